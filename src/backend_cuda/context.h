/** The device: which one, what it can do, its memory, and how its errors become ours. */
#ifndef TAU_BACKEND_CUDA_CONTEXT_H
#define TAU_BACKEND_CUDA_CONTEXT_H

#include <cuda_runtime_api.h>
#include <stddef.h>

#include "core/status.h"

typedef struct tau_cuda_context {
    int device;
    char name[256];      /**< "NVIDIA H200" */
    char capability[16]; /**< "sm_90" */
    int major, minor;
    int multiprocessors;
} tau_cuda_context;

/** Opens device `index`; the calling thread works with it from then on.
 *  @errors TAU_STATUS_DEVICE: no driver, a driver too old, no device, one too old (before sm_80), each with
 * its remedy */
TAU_CHECK tau_status tau_cuda_context_open(tau_cuda_context *out, int index);

/** What a call of CUDA's made of it: TAU_STATUS_OK; TAU_STATUS_MEMORY (and the error is cleared) when memory
 * ran out; TAU_STATUS_DEVICE otherwise, naming the call and CUDA's error. */
TAU_CHECK tau_status tau_cuda_check(cudaError_t error, const char *call);

#define TAU_CUDA_TRY(call) TAU_TRY(tau_cuda_check((call), #call))

/** Device memory; freed with tau_cuda_free. @param[out] out  NULL on failure */
TAU_CHECK tau_status tau_cuda_allocate(void **out, size_t bytes);
void tau_cuda_free(void *memory);

/** Copies from the host to the device; every stream finds the data there once it has returned. */
TAU_CHECK tau_status tau_cuda_upload(void *to, const void *from, size_t bytes);

#endif
