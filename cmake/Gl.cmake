# Sets TAU_HAS_GL where the plugin with the viewer is to be built: OpenGL through GLEW, windows through GLFW, contexts
# without a window through EGL, panels through Dear ImGui.
set(TAU_HAS_GL OFF CACHE INTERNAL "Whether the OpenGL plugin is built")

if(TAU_GL)
  pkg_check_modules(GL_PARTS IMPORTED_TARGET glfw3 glew egl)
  find_path(TAU_IMGUI_DIR imgui.h PATH_SUFFIXES imgui)
  find_library(TAU_IMGUI imgui)
  find_library(TAU_STB stb)
  if(GL_PARTS_FOUND AND TAU_IMGUI_DIR AND TAU_IMGUI)
    set(TAU_HAS_GL ON CACHE INTERNAL "Whether the OpenGL plugin is built")
    enable_language(CXX)
    set(CMAKE_CXX_STANDARD 17)
    set(CMAKE_CXX_STANDARD_REQUIRED ON)
    set(CMAKE_CXX_EXTENSIONS OFF)
    add_library(tau_imgui INTERFACE)
    target_include_directories(tau_imgui SYSTEM INTERFACE ${TAU_IMGUI_DIR} ${TAU_IMGUI_DIR}/backends)
    target_link_libraries(tau_imgui INTERFACE ${TAU_IMGUI} $<$<BOOL:${TAU_STB}>:${TAU_STB}>)
  elseif(NOT TAU_GL STREQUAL "AUTO")
    message(FATAL_ERROR "TAU_GL is ${TAU_GL}, but glfw3, glew, egl or imgui is missing: `tools/setup` installs them")
  else()
    message(STATUS "No OpenGL plugin: glfw3, glew, egl or imgui is missing (`tools/setup` installs them)")
  endif()
endif()

# tau_embed_shaders(OUT FOLDER): a C file with the text of every shader in the folder.
function(tau_embed_shaders out folder)
  file(GLOB files CONFIGURE_DEPENDS ${folder}/*.vert ${folder}/*.frag)
  add_custom_command(OUTPUT ${out}
    COMMAND ${CMAKE_COMMAND} "-DOUT=${out}" "-DFILES=${files}" -P ${PROJECT_SOURCE_DIR}/cmake/EmbedShaders.cmake
    DEPENDS ${files} ${PROJECT_SOURCE_DIR}/cmake/EmbedShaders.cmake VERBATIM)
endfunction()
