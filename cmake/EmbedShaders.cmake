# cmake -DOUT=file.c -DFILES=a.vert;b.frag -P EmbedShaders.cmake: the texts as an array of names and bytes. Bytes, because
# C promises no more than 4095 characters of a string.
set(entries)
set(text "#include \"viewer/program.h\"\n\n")
foreach(file IN LISTS FILES)
  get_filename_component(name ${file} NAME)
  string(MAKE_C_IDENTIFIER ${name} identifier)
  file(READ ${file} hex HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
  string(APPEND text "static const char ${identifier}[] = {${bytes}0};\n")
  string(APPEND entries "    {\"${name}\", ${identifier}},\n")
endforeach()
string(APPEND text "\nconst tau_shader tau_shaders[] = {\n${entries}    {0},\n};\n")
file(WRITE ${OUT} "${text}")
