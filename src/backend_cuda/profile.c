#include "backend_cuda/profile.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "core/log.h"
#include "kernels/watch.h"

enum { KERNELS_MAX = 256, PENDING_MAX = 1024 };

typedef struct total {
    const void *kernel;
    long launches;
    double milliseconds;
} total;

typedef struct launch {
    const void *kernel;
    cudaEvent_t begin, end;
} launch;

static total totals[KERNELS_MAX];
static int total_count;
static launch pending[PENDING_MAX];
static int pending_count, made_count; /* events are made once and used again */

static void add(const void *kernel, double milliseconds) {
    int i = 0;
    while (i < total_count && totals[i].kernel != kernel) i++;
    if (i == KERNELS_MAX) return;
    if (i == total_count) totals[total_count++] = (total){.kernel = kernel};
    totals[i].launches++;
    totals[i].milliseconds += milliseconds;
}

static void settle(void) {
    for (int i = 0; i < pending_count; i++) {
        float milliseconds = 0;
        if (cudaEventSynchronize(pending[i].end) == cudaSuccess &&
            cudaEventElapsedTime(&milliseconds, pending[i].begin, pending[i].end) == cudaSuccess)
            add(pending[i].kernel, milliseconds);
    }
    pending_count = 0;
}

static void watch(const void *kernel, cudaStream_t stream, bool after) {
    if (after) {
        if (pending_count == made_count) return; /* its events could not be made */
        (void)cudaEventRecord(pending[pending_count++].end, stream);
        if (pending_count == PENDING_MAX) settle();
        return;
    }
    launch *next = &pending[pending_count];
    if (pending_count == made_count) {
        if (cudaEventCreate(&next->begin) != cudaSuccess || cudaEventCreate(&next->end) != cudaSuccess) {
            tau_cuda_launch_watch = NULL;
            return;
        }
        made_count++;
    }
    next->kernel = kernel;
    (void)cudaEventRecord(next->begin, stream);
}

void tau_cuda_profile_start(void) {
    const char *wanted = getenv("TAUSCAPE_CUDA_PROFILE");
    if (wanted && strcmp(wanted, "1") == 0) tau_cuda_launch_watch = watch;
}

void tau_cuda_profile_report(void) {
    if (!tau_cuda_launch_watch) return;
    settle();
    for (int i = 0; i < total_count; i++)
        tau_log(TAU_LOG_LEVEL_NOTE, "kernel %s: %ld launches, %.4f ms",
                tau_cuda_kernel_name(totals[i].kernel), totals[i].launches, totals[i].milliseconds);
    total_count = 0;
    for (int i = 0; i < made_count; i++) {
        (void)cudaEventDestroy(pending[i].begin);
        (void)cudaEventDestroy(pending[i].end);
    }
    made_count = 0;
    tau_cuda_launch_watch = NULL;
}
