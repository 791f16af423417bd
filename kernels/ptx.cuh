/** Single instructions of sm_80 and sm_90 that C++ has no words for. tests/emulation/ptx.h is the twin that
 * runs on the host and finds misuse. Semantics: PTX ISA 9.0. An instruction of a
 * later architecture than the code is compiled for traps.
 *
 * Asynchronous units read and write behind the threads' back:
 *   - What wgmma will read must have been stored with ptx_store_shared_8 or cp.async, and fenced by
 * ptx_fence_proxy_async() in the thread that stored it, before the barrier that hands it over.
 *   - Accumulators of a wgmma must not be touched from its issue to its wait.
 * Pointers are generic ones; those named `shared` must point to shared memory. */
#ifndef TAU_KERNELS_PTX_CUH
#define TAU_KERNELS_PTX_CUH

#include <cuda_runtime.h>
#include <stdint.h>

#define TAU_PTX __device__ __forceinline__

// ---- shared memory --------------------------------------------------------------------------------------

/** The address of shared memory that instructions and descriptors take: 32 bits, an offset in the window. */
TAU_PTX uint32_t ptx_shared_address(const void *shared) {
    return static_cast<uint32_t>(__cvta_generic_to_shared(shared));
}

/** Stores 8 bytes that the async proxy will read, to `shared` aligned to 8. */
TAU_PTX void ptx_store_shared_8(void *shared, uint2 value) {
    asm volatile("st.shared.v2.b32 [%0], {%1, %2};" ::"r"(ptx_shared_address(shared)), "r"(value.x),
                 "r"(value.y)
                 : "memory");
}

/** Makes this thread's stores to shared memory visible to wgmma. */
TAU_PTX void ptx_fence_proxy_async() {
#if __CUDA_ARCH__ >= 900
    asm volatile("fence.proxy.async.shared::cta;" ::: "memory");
#endif
}

// ---- cp.async: global to shared memory past the registers -----------------------------------------------

/** 16 bytes, both pointers aligned to 16. There after the wait, for this thread; for others after a barrier.
 */
TAU_PTX void ptx_cp_async_16(void *shared, const void *global) {
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16;" ::"r"(ptx_shared_address(shared)), "l"(global)
                 : "memory");
}

/** Closes a group of copies; the wait leaves the last `pending` groups of this thread under way. */
TAU_PTX void ptx_cp_async_commit() {
    asm volatile("cp.async.commit_group;" ::: "memory");
}
template <int pending> TAU_PTX void ptx_cp_async_wait() {
    asm volatile("cp.async.wait_group %0;" ::"n"(pending) : "memory");
}

// ---- mbarrier: a barrier in shared memory ---------------------------------------------------------------

/** A phase is complete after `count` arrivals. One thread initialises, calls ptx_fence_mbarrier_init(), and a
 * __syncthreads() follows. The first phase has parity 0. */
TAU_PTX void ptx_mbarrier_init(uint64_t *barrier, uint32_t count) {
    asm volatile("mbarrier.init.shared::cta.b64 [%0], %1;" ::"r"(ptx_shared_address(barrier)), "r"(count)
                 : "memory");
}

TAU_PTX void ptx_fence_mbarrier_init() {
#if __CUDA_ARCH__ >= 900
    asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory");
#endif
}

/** Arrives; what this thread did before is visible to those who wait. */
TAU_PTX void ptx_mbarrier_arrive(uint64_t *barrier) {
    asm volatile("{\n.reg .b64 state;\nmbarrier.arrive.shared::cta.b64 state, [%0];\n}" ::"r"(
                     ptx_shared_address(barrier))
                 : "memory");
}

/** Waits until the phase of this parity is complete: parity 1 is so before the first phase ends, so that a
 * producer's first wait for an empty slot passes when it asks for parity 1. */
TAU_PTX void ptx_mbarrier_wait_parity(uint64_t *barrier, uint32_t parity) {
    uint32_t complete;
#if __CUDA_ARCH__ >= 900 // sleeps a while
#define TAU_PTX_TEST "mbarrier.try_wait.parity"
#else
#define TAU_PTX_TEST "mbarrier.test_wait.parity"
#endif
    do {
        asm volatile("{\n.reg .pred p;\n" TAU_PTX_TEST
                     ".shared::cta.b64 p, [%1], %2;\nselp.u32 %0, 1, 0, p;\n}"
                     : "=r"(complete)
                     : "r"(ptx_shared_address(barrier)), "r"(parity)
                     : "memory");
    } while (complete == 0);
#undef TAU_PTX_TEST
}

// ---- named barriers, registers --------------------------------------------------------------------------

/** Waits at barrier `id`, 1 to 15, for `threads` threads, a multiple of 32. */
TAU_PTX void ptx_bar_sync(unsigned id, unsigned threads) {
    asm volatile("bar.sync %0, %1;" ::"r"(id), "r"(threads) : "memory");
}

/** The registers of each thread of this warpgroup from now on: a multiple of 8 from 24 to 256. `inc` waits
 * until other warpgroups of the block have given back as many as it adds: the block has those it was launched
 * with, and no others. sm_90a. */
template <int registers> TAU_PTX void ptx_setmaxnreg_inc() {
    static_assert(registers % 8 == 0 && registers >= 24 && registers <= 256,
                  "a multiple of 8 from 24 to 256");
#ifdef __CUDA_ARCH_FEAT_SM90_ALL
    asm volatile("setmaxnreg.inc.sync.aligned.u32 %0;" ::"n"(registers));
#endif
}
template <int registers> TAU_PTX void ptx_setmaxnreg_dec() {
    static_assert(registers % 8 == 0 && registers >= 24 && registers <= 256,
                  "a multiple of 8 from 24 to 256");
#ifdef __CUDA_ARCH_FEAT_SM90_ALL
    asm volatile("setmaxnreg.dec.sync.aligned.u32 %0;" ::"n"(registers));
#endif
}

// ---- numbers --------------------------------------------------------------------------------------------

/** The larger value, NaN where either is (9.7.3.12). */
TAU_PTX float ptx_max_nan(float a, float b) {
    float result;
    asm("max.NaN.f32 %0, %1, %2;" : "=f"(result) : "f"(a), "f"(b));
    return result;
}

// ---- matrices of a warp ---------------------------------------------------------------------------------

/** D[16,8] += A[16,16]·B[16,8], halves with FP32 sums, by a whole warp. In lane l with r = l/4,
 * c = 2(l%4): a[i] = A at row r + 8(i%2), columns c + 8(i/2) and the next; b[i] = B at rows c + 8i and the
 * next, column r; d[i] = D at row r + 8(i/2), column c + i%2. The lower half of a register comes first. */
TAU_PTX void ptx_mma_m16n8k16(float *d, const uint32_t *a, const uint32_t *b) {
    asm volatile(
        "mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, "
        "{%0, %1, %2, %3};"
        : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}

/** Transposes an 8 x 8 matrix of halves, of which lane l holds row l/4, columns 2(l%4) and the next. */
TAU_PTX uint32_t ptx_movmatrix_trans(uint32_t value) {
    uint32_t result;
    asm volatile("movmatrix.sync.aligned.m8n8.trans.b16 %0, %1;" : "=r"(result) : "r"(value));
    return result;
}

/** Loads four 8 x 8 matrices of halves: lane 8m + r brings the address, aligned to 16, of row r of matrix m;
 * d[m] of lane l becomes row l/4, columns 2(l%4) and the next, of matrix m, or of its transpose. */
TAU_PTX void ptx_ldmatrix_x4(uint32_t *d, const void *shared) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(d[0]), "=r"(d[1]), "=r"(d[2]), "=r"(d[3])
                 : "r"(ptx_shared_address(shared))
                 : "memory");
}
TAU_PTX void ptx_ldmatrix_x4_trans(uint32_t *d, const void *shared) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(d[0]), "=r"(d[1]), "=r"(d[2]), "=r"(d[3])
                 : "r"(ptx_shared_address(shared))
                 : "memory");
}

// ---- matrices of a warpgroup ----------------------------------------------------------------------------

/* Matrix products of a warpgroup, sm_90a:
 *
 *   ptx_wgmma_fence(); ptx_wgmma_m64n96k16<false>(d, a, b); …; ptx_wgmma_commit(); ptx_wgmma_wait<0>();
 *
 * D[64,N] = A[64,16]·B[16,N] (+ D where `accumulate`), halves with FP32 sums. Each of the four warps has 16
 * rows of A and D: warp w rows 16w to 16w + 15, a[] as for ptx_mma_m16n8k16; d[4j + i] = D at row r + 8(i/2),
 * column 8j + c + i%2. B lies in shared memory as core matrices of 128 bytes, each 8 columns n of 8
 * consecutive k, and is named by a descriptor, the same in all four warps. */

/** B without swizzle, K-major: `leading_bytes` from a core matrix to that of the next 8 k,
 * `stride_bytes` to that of the next 8 n. All aligned to 16 bytes, below 2^18. To move the matrix by `bytes`,
 * add bytes / 16 to the descriptor. */
TAU_PTX uint64_t ptx_matrix_descriptor(uint32_t shared_address, uint32_t leading_bytes,
                                       uint32_t stride_bytes) {
    return static_cast<uint64_t>((shared_address & 0x3ffff) >> 4) |
           static_cast<uint64_t>(leading_bytes >> 4) << 16 | static_cast<uint64_t>(stride_bytes >> 4) << 32;
}

#ifdef __CUDA_ARCH_FEAT_SM90_ALL
#define TAU_PTX_SM90A(...) asm volatile(__VA_ARGS__)
#else
#define TAU_PTX_SM90A(...) __trap()
#endif

/** Before the first wgmma, and whenever the kernel's own code has touched registers that one will use. */
TAU_PTX void ptx_wgmma_fence() {
    TAU_PTX_SM90A("wgmma.fence.sync.aligned;" ::: "memory");
}
TAU_PTX void ptx_wgmma_commit() {
    TAU_PTX_SM90A("wgmma.commit_group.sync.aligned;" ::: "memory");
}
/** Until all but the last `pending` groups are done. */
template <int pending> TAU_PTX void ptx_wgmma_wait() {
    TAU_PTX_SM90A("wgmma.wait_group.sync.aligned %0;" ::"n"(pending) : "memory");
}

/** Keeps the compiler from moving accesses to accumulators across this point: after the wait, before the
 * reading. */
template <int count> TAU_PTX void ptx_wgmma_fence_operand(float (&d)[count]) {
#pragma unroll
    for (int i = 0; i < count; i++) asm volatile("" : "+f"(d[i])::"memory");
}

#define TAU_PTX_D4(i)  "+f"(d[i]), "+f"(d[i + 1]), "+f"(d[i + 2]), "+f"(d[i + 3])
#define TAU_PTX_D16(i) TAU_PTX_D4(i), TAU_PTX_D4(i + 4), TAU_PTX_D4(i + 8), TAU_PTX_D4(i + 12)

template <bool accumulate>
TAU_PTX void ptx_wgmma_m64n96k16(float (&d)[48], const uint32_t (&a)[4], uint64_t descriptor) {
    TAU_PTX_SM90A("{\n.reg .pred p;\nsetp.ne.b32 p, %53, 0;\n"
                  "wgmma.mma_async.sync.aligned.m64n96k16.f32.f16.f16 {"
                  "%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, "
                  "%16, %17, %18, %19, %20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31, "
                  "%32, %33, %34, %35, %36, %37, %38, %39, %40, %41, %42, %43, %44, %45, %46, %47}, "
                  "{%48, %49, %50, %51}, %52, p, 1, 1, 0;\n}"
                  : TAU_PTX_D16(0), TAU_PTX_D16(16), TAU_PTX_D16(32)
                  : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "l"(descriptor), "n"(accumulate ? 1 : 0));
}

#undef TAU_PTX_D4
#undef TAU_PTX_D16
#undef TAU_PTX_SM90A

#endif
