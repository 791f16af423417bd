# Sets TAU_HAS_CUDA and enables the language where the plugin is to be built. nvcc is looked for on the PATH, in
# CUDA's customary place, and where `tools/setup --cuda` puts it.
set(TAU_HAS_CUDA OFF CACHE INTERNAL "Whether the CUDA plugin is built")
set(TAU_NVCC_OLDEST 12.4)

function(tau_check_nvcc serves nvcc)
  execute_process(COMMAND ${nvcc} --version OUTPUT_VARIABLE said ERROR_QUIET)
  if(NOT said MATCHES "release ([0-9.]+)" OR CMAKE_MATCH_1 VERSION_LESS TAU_NVCC_OLDEST)
    set(${serves} FALSE PARENT_SCOPE)
  endif()
endfunction()

if(TAU_CUDA AND NOT TAU_SANITIZE) # a sanitizer does not see into the driver
  find_program(TAU_NVCC nvcc HINTS "$ENV{CUDACXX}" ENV CUDA_PATH
    PATHS /usr/local/cuda ${PROJECT_SOURCE_DIR}/build/cuda/nvidia/cu13 PATH_SUFFIXES bin VALIDATOR tau_check_nvcc)
  if(TAU_NVCC)
    set(TAU_HAS_CUDA ON CACHE INTERNAL "Whether the CUDA plugin is built")
  elseif(NOT TAU_CUDA STREQUAL "AUTO")
    message(FATAL_ERROR "TAU_CUDA is ${TAU_CUDA}, but there is no nvcc ${TAU_NVCC_OLDEST} or newer: "
      "`tools/setup --cuda` gets one")
  else()
    message(STATUS "No CUDA plugin: there is no nvcc ${TAU_NVCC_OLDEST} or newer (`tools/setup --cuda` gets one)")
  endif()
endif()

if(TAU_HAS_CUDA)
  set(CMAKE_CUDA_COMPILER ${TAU_NVCC})
  set(CMAKE_CUDA_STANDARD 17)
  set(CMAKE_CUDA_ARCHITECTURES 90) # of CMake's own trial; the kernels name theirs below
  set(CMAKE_CUDA_VISIBILITY_PRESET hidden)
  enable_language(CUDA)
  find_package(CUDAToolkit REQUIRED)
  message(STATUS "CUDA plugin: nvcc ${CMAKE_CUDA_COMPILER_VERSION}")
endif()

# tau_add_kernels(TARGET FILES...): the kernels as nvcc compiles them, for compute capability 8.0 and 9.0, with PTX
# from which the driver makes code for newer ones. What needs instructions that only Hopper has is built for it alone.
# What ptxas says of each kernel is kept beside its object file for tools/kernel-resources.
set(TAU_HOPPER_FILES ${PROJECT_SOURCE_DIR}/kernels/fast_cnn.cu)
function(tau_add_kernels target)
  add_library(${target} OBJECT ${ARGN})
  target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/src)
  target_compile_options(${target} PRIVATE -Xptxas=-v "-Xcompiler=-Wall,-Wextra,-Wno-unused-parameter"
    $<$<BOOL:${TAU_WERROR}>:-Werror=all-warnings>)
  set_target_properties(${target} PROPERTIES CUDA_ARCHITECTURES OFF
    CUDA_COMPILER_LAUNCHER ${PROJECT_SOURCE_DIR}/tools/nvcc-log)
  set(all "-gencode=arch=compute_80,code=sm_80" "-gencode=arch=compute_90,code=[sm_90,compute_90]")
  set(hopper "-gencode=arch=compute_90a,code=sm_90a")
  foreach(file IN LISTS ARGN)
    if(file IN_LIST TAU_HOPPER_FILES)
      set_source_files_properties(${file} PROPERTIES COMPILE_OPTIONS "${hopper}")
    else()
      set_source_files_properties(${file} PROPERTIES COMPILE_OPTIONS "${all}")
    endif()
  endforeach()
endfunction()
