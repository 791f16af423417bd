// What device code calls: the interface between kernels compiled for the host and the emulation's scheduler.
#pragma once

#include "cuda_runtime_api.h"
#include <functional>

// File and line of the call, filled in by default arguments, so that faults name the kernel's line.
#define EMULATION_SITE const char *file = __builtin_FILE(), int line = __builtin_LINE()
#define EMULATION_HERE                                                                                       \
    emulation::site {                                                                                        \
        file, line                                                                                           \
    }
#define EMULATION_COUNT_OF(set) ((unsigned)__builtin_popcount(set))

namespace emulation {

struct site {
    const char *file;
    int line;
};

/** Index of the running thread in its block, x fastest; lane within its warp; warp within the block. */
unsigned thread_index();
inline unsigned lane_index() {
    return thread_index() % 32;
}
inline unsigned warp_index() {
    return thread_index() / 32;
}

/** Reports a fault of the running kernel on stderr and aborts. */
[[noreturn]] void fault(site at, const char *format, ...) __attribute__((format(printf, 2, 3)));

/** Waits until all threads of the block are here. @return how many of them brought a non-zero `predicate`. */
unsigned wait_block(int predicate, site at);
/** bar.sync id, threads. */
void wait_named_barrier(unsigned id, unsigned threads, site at);

/** Does the work of a warp-wide instruction once, when all lanes of `lanes` have arrived: `operands[lane]` is
 * what each lane brought, null for lanes outside of `lanes`. Exited lanes are missing from `lanes`. */
typedef void warp_work(void *const operands[32], unsigned lanes, site at);
/** The running lane brings `operand` to the instruction `name` of the lanes in `mask` and waits until it is
 * done. */
void wait_warp(unsigned mask, const char *name, void *operand, warp_work *work, site at);

/** Lets another thread run now and then, where the schedule is a random one. */
void perhaps_yield();

/** The block's dynamic shared memory, aligned to 128 bytes. */
void *dynamic_shared();

/** Checks a launch and puts it into its stream. `body` runs one thread. */
cudaError_t launch(const cudaLaunchConfig_t *config, const void *kernel, std::function<void()> body);

} // namespace emulation
