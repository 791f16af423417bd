# The kernels and the C files around them, listed once: nvcc builds them for the plugin, the host's compiler for
# the emulation of the tests.
set(TAU_KERNEL_FILES operators activation batch_norm binary conv conv_backward dropout gather layout linear pool
    softmax tau loss watch fast_affine fast_cnn fast_block fast_conv fast_elementwise fast_layout fast_pack fast_pool fast_share)
list(TRANSFORM TAU_KERNEL_FILES PREPEND ${PROJECT_SOURCE_DIR}/kernels/)
list(TRANSFORM TAU_KERNEL_FILES APPEND .cu)
