# tau_add_module(NAME [EXPORTED] SOURCES … [USES modules…] [LINKS vendor libraries…]): one static library a module.
# `USES` are modules further left in the layer order; vendor libraries stay private to their module. The functions of
# an EXPORTED module are what plugins find in the program that opens them.

add_library(tau_options INTERFACE)
target_include_directories(tau_options INTERFACE ${PROJECT_SOURCE_DIR}/src ${PROJECT_BINARY_DIR}/generated)
# No contraction and no reassociation: the same bits wherever the pinned mathematics runs.
target_compile_options(tau_options INTERFACE
  -Wall -Wextra -Wshadow -Wvla -Wformat=2 "$<$<COMPILE_LANGUAGE:C>:-Wstrict-prototypes;-Wmissing-prototypes>"
  -ffp-contract=off -fno-strict-aliasing)
if(TAU_WERROR)
  target_compile_options(tau_options INTERFACE -Werror)
endif()
if(TAU_SANITIZE)
  target_compile_options(tau_options INTERFACE -fsanitize=${TAU_SANITIZE} -fno-omit-frame-pointer -g)
  target_link_options(tau_options INTERFACE -fsanitize=${TAU_SANITIZE})
endif()
target_compile_definitions(tau_options INTERFACE _POSIX_C_SOURCE=200809L _DEFAULT_SOURCE)

function(tau_add_module name)
  cmake_parse_arguments(ARG "EXPORTED" "" "SOURCES;USES;LINKS" ${ARGN})
  add_library(tau_${name} STATIC ${ARG_SOURCES})
  if(ARG_EXPORTED)
    set_property(TARGET tau_${name} PROPERTY C_VISIBILITY_PRESET default)
    set_property(GLOBAL APPEND PROPERTY TAU_EXPORTED tau_${name})
  endif()
  target_link_libraries(tau_${name} PUBLIC tau_options)
  foreach(module IN LISTS ARG_USES)
    target_link_libraries(tau_${name} PUBLIC tau_${module})
  endforeach()
  target_link_libraries(tau_${name} PRIVATE ${ARG_LINKS})
endfunction()

# tau_export(PROGRAM [modules…]): the program holds the exported modules whole, or those named, and shows them to its
# plugins, so that both share one state: the last error, the log, the memory.
function(tau_export program)
  get_property(modules GLOBAL PROPERTY TAU_EXPORTED)
  if(ARGN)
    set(modules ${ARGN})
  endif()
  foreach(module IN LISTS modules)
    target_sources(${program} PRIVATE $<TARGET_OBJECTS:${module}>)
  endforeach()
  set_property(TARGET ${program} PROPERTY ENABLE_EXPORTS ON)
endfunction()

# tau_add_plugin(TARGET NAME FILES…): libtauscape_NAME.so. It links none of the program's modules: it finds them in
# the program.
function(tau_add_plugin target name)
  add_library(${target} MODULE ${ARGN})
  target_link_libraries(${target} PRIVATE tau_options)
  target_link_options(${target} PRIVATE LINKER:--exclude-libs,ALL)
  set_target_properties(${target} PROPERTIES PREFIX libtauscape_ OUTPUT_NAME ${name} SUFFIX .so)
endfunction()

# tau_add_test(MODULE FILE [USES modules…] [LABELS …] [LINKS …]): tests/<module>/<file>.c as one Criterion program.
function(tau_add_test module file)
  cmake_parse_arguments(ARG "" "TIMEOUT" "USES;LABELS;LINKS" ${ARGN})
  set(target ${module}_${file})
  add_executable(${target} ${file}.c)
  target_link_libraries(${target} PRIVATE tau_${module} PkgConfig::CRITERION m ${ARG_LINKS})
  foreach(used IN LISTS ARG_USES)
    target_link_libraries(${target} PRIVATE tau_${used})
  endforeach()
  target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR}/tests)
  add_test(NAME ${module}/${file} COMMAND ${target} --jobs 1)
  if(NOT ARG_LABELS)
    set(ARG_LABELS unit)
  endif()
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 300)
  endif()
  tau_set_test_properties(${module}/${file} "${ARG_LABELS}" ${ARG_TIMEOUT})
endfunction()

# tau_set_test_properties(TEST LABELS TIMEOUT): a report of a sanitizer fails the test, and so does a program that runs
# no test. Criterion counts neither a leak nor undefined behaviour as a failure; an allocation that is refused is what
# tests of hostile input ask for.
function(tau_set_test_properties test labels timeout)
  set_tests_properties(${test} PROPERTIES LABELS "${labels}" TIMEOUT ${timeout}
    ENVIRONMENT "ASAN_OPTIONS=allocator_may_return_null=1"
    FAIL_REGULAR_EXPRESSION "ERROR: [A-Za-z]+Sanitizer;WARNING: ThreadSanitizer;runtime error:;Tested: 0 ")
endfunction()
