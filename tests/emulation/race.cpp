// What the thread sanitizer sees of kernels: missing barriers are reported, as a race or, where a producer
// overruns its consumers by two phases of an mbarrier, as a deadlock; sound kernels are not. A plain program,
// which starts itself for each broken kernel and reads the report. Without that sanitizer it runs the sound
// ones alone.
#include "test_support.hpp"
#include <pthread.h>

#if defined(__SANITIZE_THREAD__)
static const bool SANITIZED = true;
#else
static const bool SANITIZED = false;
#endif

template <bool sound> static __global__ void block_neighbours(float *out) {
    __shared__ float shared[64];
    shared[threadIdx.x] = (float)threadIdx.x;
    if (sound) __syncthreads();
    out[threadIdx.x] = shared[63 - threadIdx.x];
}

template <bool sound> static __global__ void second_barrier(float *out) {
    TAU_DYNAMIC_SHARED(float, shared);
    float sum = 0;
    for (int round = 0; round < 4; round++) {
        shared[threadIdx.x] = sum;
        __syncthreads();
        sum += shared[63 - threadIdx.x];
        if (sound) __syncthreads();
    }
    out[threadIdx.x] = sum;
}

template <bool sound> static __global__ void warp_neighbours(float *out) {
    __shared__ float shared[64];
    shared[threadIdx.x] = 1.0f;
    if (sound) __syncwarp();
    out[threadIdx.x] = shared[threadIdx.x ^ 1];
}

// Lanes of two warps talk through shared memory, which __syncwarp does not order.
template <bool sound> static __global__ void across_warps(float *out) {
    __shared__ float shared[64];
    shared[threadIdx.x] = 1.0f;
    __syncwarp();
    if (sound) __syncthreads();
    out[threadIdx.x] = shared[threadIdx.x ^ 32];
}

template <bool wait_full, bool wait_empty> static __global__ void ring(float *out) {
    __shared__ float slot[32];
    __shared__ uint64_t full, empty;
    if (threadIdx.x == 0) {
        ptx_mbarrier_init(&full, 32);
        ptx_mbarrier_init(&empty, 32);
        ptx_fence_mbarrier_init();
    }
    __syncthreads();
    int lane = threadIdx.x % 32;
    float sum = 0;
    for (unsigned round = 0; round < 6; round++) {
        if (threadIdx.x < 32) {
            if (wait_empty) ptx_mbarrier_wait_parity(&empty, (round & 1) ^ 1);
            slot[lane] = (float)round;
            ptx_mbarrier_arrive(&full);
        } else {
            if (wait_full) ptx_mbarrier_wait_parity(&full, round & 1);
            sum += slot[31 - lane];
            ptx_mbarrier_arrive(&empty);
        }
    }
    out[threadIdx.x] = sum;
}

template <bool sound> static __global__ void copied(float *out) {
    __shared__ __align__(16) float shared[128];
    ptx_cp_async_16(shared + 4 * threadIdx.x, out + 4 * threadIdx.x);
    ptx_cp_async_commit();
    ptx_cp_async_wait<0>();
    if (sound) __syncthreads();
    float seen = shared[4 * (threadIdx.x ^ 1)];
    __syncthreads();
    out[threadIdx.x] = seen;
}

// The last warp to arrive computes for all, so a store after the product must still count as after
// everybody's loads.
template <bool sound> static __global__ void reused(float *out) {
    __shared__ __align__(16) uint4 shared[32];
    uint32_t d[4];
    shared[threadIdx.x] = make_uint4(1, 2, 3, 4);
    if (sound) __syncwarp();
    ptx_ldmatrix_x4(d, &shared[threadIdx.x]);
    shared[threadIdx.x] = make_uint4(d[0], d[1], d[2], d[3]);
    out[threadIdx.x] = 0;
}

template <bool sound> static __global__ void counted(unsigned *out) {
    if (sound) {
        atomicAdd(out, 1u);
    } else {
        *out += 1;
    }
}

template <typename T> static void run(void (*kernel)(T *), unsigned threads) {
    on_card<T> out(256);
    if (launch(kernel, dim3(3), dim3(threads), 1024, nullptr, out.data) != cudaSuccess) abort();
    out.read();
}

static void run_sound() {
    run(block_neighbours<true>, 64);
    run(second_barrier<true>, 64);
    run(warp_neighbours<true>, 64);
    run(across_warps<true>, 64);
    run(ring<true, true>, 64);
    run(copied<true>, 32);
    run(reused<true>, 32);
    run(counted<true>, 64);
}

// Host threads take turns in the runtime.
static void *run_from_another_thread(void *) {
    for (int i = 0; i < 20; i++) {
        run(second_barrier<true>, 64);
        run(counted<true>, 64);
    }
    return nullptr;
}

static void run_from_threads() {
    pthread_t threads[3];
    for (pthread_t &thread : threads) {
        if (pthread_create(&thread, nullptr, run_from_another_thread, nullptr) != 0) abort();
    }
    for (pthread_t thread : threads) pthread_join(thread, nullptr);
}

static const struct {
    const char *name, *kernel;
    void (*run)();
} BROKEN[] = {
    {"no barrier after a store", "block_neighbours", [] { run(block_neighbours<false>, 64); }},
    {"no barrier before the next store", "second_barrier", [] { run(second_barrier<false>, 64); }},
    {"no __syncwarp", "warp_neighbours", [] { run(warp_neighbours<false>, 64); }},
    {"__syncwarp in place of __syncthreads", "across_warps", [] { run(across_warps<false>, 64); }},
    {"no wait for a full slot", "ring", [] { run(ring<false, true>, 64); }},
    {"no wait for an empty slot", "ring", [] { run(ring<true, false>, 64); }},
    {"no barrier after cp.async", "copied", [] { run(copied<false>, 32); }},
    {"no atomic", "counted", [] { run(counted<false>, 64); }},
};

static int check_broken(const char *program, size_t which) {
    std::string command = "TSAN_OPTIONS=atexit_sleep_ms=0 " + std::string(program) + " " +
                          std::to_string(which) + " 2>&1",
                text;
    FILE *child = popen(command.c_str(), "r");
    char part[512];
    while (fgets(part, sizeof part, child) != nullptr) text += part;
    pclose(child);
    bool race =
        text.find("data race") != std::string::npos && text.find(BROKEN[which].kernel) != std::string::npos;
    bool reported = race || text.find("emulation: deadlock") != std::string::npos;
    printf("%-40s %s\n", BROKEN[which].name, reported ? "reported" : "NOT REPORTED");
    return reported ? 0 : 1;
}

int main(int count, char **arguments) {
    if (count == 2) {
        BROKEN[atoi(arguments[1])].run();
        return 0;
    }
    int missed = 0;
    for (const char *schedule : SCHEDULES) {
        emulation_set_schedule(schedule);
        run_sound();
    }
    run_from_threads();
    for (size_t i = 0; SANITIZED && i < sizeof BROKEN / sizeof *BROKEN; i++)
        missed += check_broken(arguments[0], i);
    return missed != 0;
}
