/** How long the window took for its pictures, while a script runs: what its `frames` tells. */
#ifndef TAU_VIEWER_FRAME_TIMES_H
#define TAU_VIEWER_FRAME_TIMES_H

#include <stddef.h>

/** Zero-initialised = empty. */
typedef struct tau_frame_times {
    double *seconds; /**< [count] */
    size_t count, capacity;
} tau_frame_times;

/** Keeps one more; those past a million are left out. */
void tau_frame_times_add(tau_frame_times *times, double seconds);

/** "512 frames: median 16.7 ms, 95 % within 31.2 ms, longest 48.0 ms", and begins anew. Ranks are rounded up:
 * at least half, and 95 in 100, of the frames were as quick. */
void tau_frame_times_tell(tau_frame_times *times, char *out, size_t size);

void tau_frame_times_clear(tau_frame_times *times);

#endif
