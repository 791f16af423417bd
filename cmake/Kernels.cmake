# The kernels and the C files around them, listed once: nvcc builds them for the plugin, the host's compiler for
# the emulation of the tests.
set(TAU_KERNEL_FILES operators activation batch_norm binary conv conv_backward dropout gather layout linear pool
    softmax tau loss watch fast_affine fast_cnn fast_block fast_conv fast_elementwise fast_layout fast_pack fast_pool fast_share)
list(TRANSFORM TAU_KERNEL_FILES PREPEND ${PROJECT_SOURCE_DIR}/kernels/)
list(TRANSFORM TAU_KERNEL_FILES APPEND .cu)

# Without plugin.c, which makes a plugin of them, and blas.c, which opens cuBLAS.
set(TAU_BACKEND_CUDA_FILES arena backend_cuda capture context evaluate fast_chain fast_engine fast_fuse fast_lower
    fast_parameters fast_places fast_steps gradient lane places plan profile rows)
list(TRANSFORM TAU_BACKEND_CUDA_FILES PREPEND ${PROJECT_SOURCE_DIR}/src/backend_cuda/)
list(TRANSFORM TAU_BACKEND_CUDA_FILES APPEND .c)
