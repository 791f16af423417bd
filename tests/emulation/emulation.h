// Steering the emulated GPU from tests: which card it is, how its threads are scheduled, what shall fail.
// Plain C.
//
// Environment, read before the first call:
//   TAU_EMULATION_SCHEDULE  ordered | shuffled:SEED | starve:FIRST-LAST:SEED      (emulation_set_schedule)
//   TAU_EMULATION_STREAMS   lazy | eager                                          (emulation_set_streams)
//
// A fault of a kernel (a divergent barrier, a deadlock, an accumulator read too early, …) is written to
// stderr with file, line, block and thread of the kernel, and the process aborts.
#pragma once

#include "cuda_runtime_api.h"
#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Back to the default card: one device, compute capability 9.0, 3 multiprocessors, 1 GiB, the schedule and
 * streams of the environment, no failure pending, last error cleared. What is allocated stays allocated. */
void emulation_reset(void);

/** Number of cards; with 0, cudaGetDeviceCount answers cudaErrorNoDevice. */
void emulation_set_devices(int count);
/** false: every call answers cudaErrorInsufficientDriver (35), as on a machine without a driver. */
void emulation_set_driver(bool sufficient);
/** Compute capability; sets also the shared memory that such a card has. wgmma needs 9.0, cp.async 8.0. */
void emulation_set_capability(int major, int minor);
/** Multiprocessors of each card. The default of 3 makes persistent grids loop. */
void emulation_set_multiprocessors(int count);
/** Memory of each card in bytes: cudaMalloc beyond it answers cudaErrorMemoryAllocation. */
void emulation_set_memory(size_t bytes);

/** Bytes, and number, of cudaMalloc blocks that were not freed: 0 after a clean shutdown. */
size_t emulation_allocated(void);
size_t emulation_allocations(void);
/** Pinned host blocks, streams, events, graphs and graph executables that were not destroyed. */
size_t emulation_handles(void);

/** `ordered`: threads run in the order of their index. `shuffled:SEED`: in a random order that changes all
 * the time, blocks too, with random switches inside the wrappers of ptx.h. `starve:FIRST-LAST:SEED`: as
 * shuffled, and threads FIRST to LAST of each block run rarely while any other can. @return false where the
 * text is none of these. */
bool emulation_set_schedule(const char *schedule);
/** Streams do their work as late as the calls of the host allow (lazy, the default: forgotten synchronisation
 * shows), or at once. */
void emulation_set_streams(bool eager);

/** The `nth` call from now on (1 = the next) of `function`, or of any function where it is NULL, fails with
 * `error`. */
void emulation_fail(const char *function, long nth, cudaError_t error);
/** Calls of runtime functions since the last emulation_reset: the range of `nth` for a sweep over all
 * failures. */
long emulation_calls(void);

/** Kernel launches and switches between threads since the last emulation_reset. */
long emulation_launches(void);
long emulation_switches(void);

#ifdef __cplusplus
}
#endif
