#include "viewer/frame_times.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/memory.h"

enum { MOST = 1000000 };

void tau_frame_times_add(tau_frame_times *times, double seconds) {
    if (times->count == MOST || TAU_GROW(times->seconds, times->capacity, times->count + 1) != TAU_STATUS_OK)
        return;
    times->seconds[times->count++] = seconds;
}

static int compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Milliseconds within which `percent` of the sorted times lie. */
static double get_rank(const tau_frame_times *times, size_t percent) {
    return 1e3 * times->seconds[(times->count * percent + 99) / 100 - 1];
}

void tau_frame_times_tell(tau_frame_times *times, char *out, size_t size) {
    if (times->count == 0) {
        snprintf(out, size, "no frames");
        return;
    }
    qsort(times->seconds, times->count, sizeof *times->seconds, compare);
    snprintf(out, size, "%zu frames: median %.1f ms, 95 %% within %.1f ms, longest %.1f ms", times->count,
             get_rank(times, 50), get_rank(times, 95), get_rank(times, 100));
    times->count = 0;
}

void tau_frame_times_clear(tau_frame_times *times) {
    tau_mem_free(times->seconds);
    *times = (tau_frame_times){0};
}
