/** Philox 4x32-10 (Salmon et al. 2011) on the device: the words of tau_rng_philox. */
#ifndef TAU_KERNELS_PHILOX_CUH
#define TAU_KERNELS_PHILOX_CUH

#include "kernels/device.cuh"

/** @param[in] key  [2]   @param[in] counter  [4]   @param[out] out  [4] */
static __device__ inline void philox(uint32_t out[4], const uint32_t key[2], const uint32_t counter[4]) {
    uint32_t k0 = key[0], k1 = key[1];
    uint32_t c0 = counter[0], c1 = counter[1], c2 = counter[2], c3 = counter[3];
    for (int round = 0; round < 10; round++) {
        const uint64_t p0 = UINT64_C(0xD2511F53) * c0, p1 = UINT64_C(0xCD9E8D57) * c2;
        const uint32_t n0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0, n2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
        c0 = n0, c1 = (uint32_t)p1, c2 = n2, c3 = (uint32_t)p0;
        k0 += 0x9E3779B9u, k1 += 0xBB67AE85u;
    }
    out[0] = c0, out[1] = c1, out[2] = c2, out[3] = c3;
}

#endif
