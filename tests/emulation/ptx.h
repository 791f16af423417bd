// The emulated twin of kernels/ptx.cuh: the same functions, and what the hardware leaves undefined is found.
// What each does stands there; what is checked stands here.
//
// Asynchronous work is done as late as it may be. cp.async delivers in its wait, and fills the target with
// NaN until then. wgmma reads its B operand and writes its accumulators in its wait; the accumulators hold
// NaN until then. What wgmma reads must have been stored by ptx_store_shared_8 (or cp.async) and then fenced
// with ptx_fence_proxy_async() by the thread that stored it.
#pragma once

#include "cuda_fp16.h"
#include "cuda_runtime.h"
#include <stdint.h>

namespace emulation {

// Shared memory.
uint32_t shared_address(const void *pointer, site at);
void check_aligned(const void *pointer, unsigned bytes, const char *what, site at);
/** Faults where `bytes` from here are misaligned, or reach past the end of dynamic shared memory. */
void check_shared(const void *pointer, unsigned bytes, const char *what, site at);
/** The running thread has stored `bytes` here: the async proxy sees it after the thread's next fence. */
void note_store(const void *pointer, unsigned bytes);
void fence_proxy_async();
void copy_async(void *shared, const void *global, unsigned bytes, site at);
void copy_commit();
/** Delivers all groups but the last `pending`. */
void copy_wait(unsigned pending);

// Barriers in shared memory.
void mbarrier_init(uint64_t *barrier, uint32_t count, site at);
void mbarrier_arrive(uint64_t *barrier, site at);
void mbarrier_wait(uint64_t *barrier, uint32_t parity, site at);

// Matrices of a warp and of a warpgroup.
void multiply_m16n8k16(float *d, const uint32_t *a, const uint32_t *b, site at);
uint32_t transpose_matrix(uint32_t value, site at);
/** Four matrices of 8 x 8. */
void load_matrices(uint32_t *d, const void *row, bool transposed, site at);
uint64_t matrix_descriptor(uint32_t address, uint32_t leading_bytes, uint32_t stride_bytes, site at);
void warpgroup_fence();
void warpgroup_multiply(float *d, unsigned n, bool accumulate, const uint32_t *a, uint64_t descriptor,
                        site at);
void warpgroup_commit();
void warpgroup_wait(unsigned pending, site at);
void require_capability(int major, int minor, const char *what, site at);
/** The registers of this thread from now on. A block has those it was launched with, here as many as a
 * multiprocessor can give it; faults at its end where its threads hold more, since one would wait for ever.
 */
void set_registers(unsigned registers, bool more, site at);

} // namespace emulation

// ---- shared memory --------------------------------------------------------------------------------------
inline uint32_t ptx_shared_address(const void *pointer, EMULATION_SITE) {
    return emulation::shared_address(pointer, EMULATION_HERE);
}

inline void ptx_store_shared_8(void *shared, uint2 value, EMULATION_SITE) {
    emulation::check_shared(shared, sizeof value, "ptx_store_shared_8", EMULATION_HERE);
    *(uint2 *)shared = value;
    emulation::note_store(shared, sizeof value);
    emulation::perhaps_yield();
}
inline void ptx_fence_proxy_async() {
    emulation::fence_proxy_async();
    emulation::perhaps_yield();
}

// ---- cp.async -------------------------------------------------------------------------------------------
inline void ptx_cp_async_16(void *shared, const void *global, EMULATION_SITE) {
    emulation::copy_async(shared, global, 16, EMULATION_HERE);
}
inline void ptx_cp_async_commit() {
    emulation::copy_commit();
}
template <int pending> inline void ptx_cp_async_wait() {
    emulation::copy_wait(pending);
    emulation::perhaps_yield();
}

// ---- mbarrier -------------------------------------------------------------------------------------------
inline void ptx_mbarrier_init(uint64_t *barrier, uint32_t count, EMULATION_SITE) {
    emulation::mbarrier_init(barrier, count, EMULATION_HERE);
}
inline void ptx_fence_mbarrier_init() {}
inline void ptx_mbarrier_arrive(uint64_t *barrier, EMULATION_SITE) {
    emulation::perhaps_yield();
    emulation::mbarrier_arrive(barrier, EMULATION_HERE);
    emulation::perhaps_yield();
}
inline void ptx_mbarrier_wait_parity(uint64_t *barrier, uint32_t parity, EMULATION_SITE) {
    emulation::mbarrier_wait(barrier, parity, EMULATION_HERE);
    emulation::perhaps_yield();
}

// ---- named barriers, registers --------------------------------------------------------------------------
inline void ptx_bar_sync(unsigned id, unsigned threads, EMULATION_SITE) {
    emulation::wait_named_barrier(id, threads, EMULATION_HERE);
}
template <int registers> inline void ptx_setmaxnreg_inc(EMULATION_SITE) {
    static_assert(registers % 8 == 0 && registers >= 24 && registers <= 256,
                  "a multiple of 8 from 24 to 256");
    emulation::set_registers(registers, true, EMULATION_HERE);
}
template <int registers> inline void ptx_setmaxnreg_dec(EMULATION_SITE) {
    static_assert(registers % 8 == 0 && registers >= 24 && registers <= 256,
                  "a multiple of 8 from 24 to 256");
    emulation::set_registers(registers, false, EMULATION_HERE);
}

// ---- numbers --------------------------------------------------------------------------------------------
inline float ptx_max_nan(float a, float b) {
    return a != a || a > b ? a : b;
}

// ---- matrices of a warp ---------------------------------------------------------------------------------
inline void ptx_mma_m16n8k16(float *d, const uint32_t *a, const uint32_t *b, EMULATION_SITE) {
    emulation::multiply_m16n8k16(d, a, b, EMULATION_HERE);
}
inline uint32_t ptx_movmatrix_trans(uint32_t value, EMULATION_SITE) {
    return emulation::transpose_matrix(value, EMULATION_HERE);
}
inline void ptx_ldmatrix_x4(uint32_t *d, const void *row, EMULATION_SITE) {
    emulation::load_matrices(d, row, false, EMULATION_HERE);
}
inline void ptx_ldmatrix_x4_trans(uint32_t *d, const void *row, EMULATION_SITE) {
    emulation::load_matrices(d, row, true, EMULATION_HERE);
}

// ---- matrices of a warpgroup ----------------------------------------------------------------------------
inline uint64_t ptx_matrix_descriptor(uint32_t address, uint32_t leading_bytes, uint32_t stride_bytes,
                                      EMULATION_SITE) {
    return emulation::matrix_descriptor(address, leading_bytes, stride_bytes, EMULATION_HERE);
}
inline void ptx_wgmma_fence() {
    emulation::warpgroup_fence();
}
template <int count> inline void ptx_wgmma_fence_operand(float (&)[count]) {}
inline void ptx_wgmma_commit() {
    emulation::warpgroup_commit();
}
template <int pending> inline void ptx_wgmma_wait(EMULATION_SITE) {
    emulation::warpgroup_wait(pending, EMULATION_HERE);
}

template <bool accumulate>
inline void ptx_wgmma_m64n96k16(float (&d)[48], const uint32_t (&a)[4], uint64_t descriptor, EMULATION_SITE) {
    emulation::warpgroup_multiply(d, 96, accumulate, a, descriptor, EMULATION_HERE);
}
