#include "backend_cuda/context.h"

#include <stdio.h>
#include <string.h>

/* The kernels need what Ampere brought: asynchronous copies and its matrix instructions. */
enum { LEAST_MAJOR = 8 };
#define LEAST_MEMORY ((size_t)256 << 20)

static tau_status fail_driver(void) {
    int driver = 0, runtime = CUDART_VERSION;
    if (cudaDriverGetVersion(&driver) != cudaSuccess || driver == 0) {
        (void)cudaGetLastError();
        return tau_fail(TAU_STATUS_DEVICE,
                        "no GPU can be used" TAU_WHY "there is no NVIDIA driver on this machine" TAU_FIX
                        "install the driver of the GPU, or choose --device cpu");
    }
    return tau_fail(TAU_STATUS_DEVICE,
                    "no GPU can be used" TAU_WHY
                    "the NVIDIA driver is too old: it serves CUDA %d.%d, this build needs %d.%d" TAU_FIX
                    "install a newer driver, or choose --device cpu",
                    driver / 1000, driver % 1000 / 10, runtime / 1000, runtime % 1000 / 10);
}

static tau_status fail_count(cudaError_t error) {
    (void)cudaGetLastError();
    switch (error) {
    case cudaErrorInsufficientDriver:
        return fail_driver();
    case cudaErrorNoDevice:
        return tau_fail(TAU_STATUS_DEVICE,
                        "no GPU can be used" TAU_WHY
                        "the NVIDIA driver sees no device on this machine" TAU_FIX
                        "look at nvidia-smi and CUDA_VISIBLE_DEVICES (a container needs the GPU passed in), "
                        "or choose --device cpu");
    case cudaErrorSystemDriverMismatch:
        return tau_fail(TAU_STATUS_DEVICE,
                        "no GPU can be used" TAU_WHY
                        "the NVIDIA driver and its libraries are of different versions" TAU_FIX
                        "restart the machine after the update, or choose --device cpu");
    default:
        return tau_fail(TAU_STATUS_DEVICE,
                        "no GPU can be used" TAU_WHY "CUDA does not start: %s" TAU_FIX
                        "see whether nvidia-smi works, or choose --device cpu",
                        cudaGetErrorString(error));
    }
}

static tau_status find_device(struct cudaDeviceProp *out, int index) {
    int count = 0;
    cudaError_t error = cudaGetDeviceCount(&count);
    if (error == cudaSuccess && count == 0) error = cudaErrorNoDevice;
    if (error != cudaSuccess) return fail_count(error);
    if (index < 0 || index >= count)
        return tau_fail(TAU_STATUS_DEVICE,
                        "there is no GPU %d" TAU_WHY "this machine has %d, counted from 0" TAU_FIX
                        "choose --device cuda:0 to cuda:%d",
                        index, count, count - 1);
    error = cudaGetDeviceProperties(out, index);
    return error == cudaSuccess ? TAU_STATUS_OK : fail_count(error);
}

static tau_status check_capability(const struct cudaDeviceProp *properties) {
    if (properties->major >= LEAST_MAJOR) return TAU_STATUS_OK;
    return tau_fail(TAU_STATUS_DEVICE,
                    "the GPU %s cannot be used" TAU_WHY
                    "it has compute capability %d.%d, the kernels need %d.0 or more" TAU_FIX
                    "choose another GPU (cuda:1, ...), or --device cpu",
                    properties->name, properties->major, properties->minor, LEAST_MAJOR);
}

static tau_status start_device(const struct cudaDeviceProp *properties, int index) {
    size_t free_bytes = 0, total = 0;
    cudaError_t error = cudaSetDevice(index);
    if (error == cudaSuccess) error = cudaMemGetInfo(&free_bytes, &total);
    if (error == cudaErrorMemoryAllocation) free_bytes = 0;
    if (error != cudaSuccess && error != cudaErrorMemoryAllocation) {
        (void)cudaGetLastError();
        return tau_fail(TAU_STATUS_DEVICE,
                        "the GPU %s does not start" TAU_WHY "%s" TAU_FIX
                        "see whether another program holds it (nvidia-smi), or choose --device cpu",
                        properties->name, cudaGetErrorString(error));
    }
    if (error == cudaSuccess && free_bytes >= LEAST_MEMORY) return TAU_STATUS_OK;
    (void)cudaGetLastError();
    return tau_fail(TAU_STATUS_DEVICE,
                    "the GPU %s has too little free memory" TAU_WHY "%zu MiB are free, %zu are needed" TAU_FIX
                    "end other programs on it (nvidia-smi lists them), or choose another device",
                    properties->name, free_bytes >> 20, LEAST_MEMORY >> 20);
}

tau_status tau_cuda_context_open(tau_cuda_context *out, int index) {
    struct cudaDeviceProp properties;
    *out = (tau_cuda_context){0};
    TAU_TRY(find_device(&properties, index));
    TAU_TRY(check_capability(&properties));
    TAU_TRY(start_device(&properties, index));
    out->device = index;
    snprintf(out->name, sizeof out->name, "%s", properties.name);
    snprintf(out->capability, sizeof out->capability, "sm_%d%d", properties.major, properties.minor);
    out->major = properties.major;
    out->minor = properties.minor;
    out->multiprocessors = properties.multiProcessorCount;
    return TAU_STATUS_OK;
}

tau_status tau_cuda_check(cudaError_t error, const char *call) {
    if (error == cudaSuccess) return TAU_STATUS_OK;
    (void)cudaGetLastError();
    const int name = (int)strcspn(call, "(");
    if (error == cudaErrorMemoryAllocation)
        return tau_fail(TAU_STATUS_MEMORY,
                        "the memory of the GPU is exhausted" TAU_WHY "%.*s: %s" TAU_FIX
                        "end other programs on it, or choose fewer samples",
                        name, call, cudaGetErrorString(error));
    if (error == cudaErrorNoKernelImageForDevice)
        return tau_fail(TAU_STATUS_DEVICE,
                        "this build has no kernels for the GPU" TAU_WHY "%.*s: %s" TAU_FIX
                        "build tauscape for its compute capability, or choose --device cpu",
                        name, call, cudaGetErrorString(error));
    return tau_fail(TAU_STATUS_DEVICE,
                    "the GPU failed" TAU_WHY "%.*s: %s (%s)" TAU_FIX
                    "run the command again; if it fails again, choose --device cpu and report it",
                    name, call, cudaGetErrorString(error), cudaGetErrorName(error));
}

tau_status tau_cuda_allocate(void **out, size_t bytes) {
    *out = NULL;
    /* A block for nothing is still a block, as with tau_mem_alloc. */
    const cudaError_t error = cudaMalloc(out, bytes > 0 ? bytes : 1);
    if (error != cudaSuccess) *out = NULL;
    return tau_cuda_check(error, "cudaMalloc");
}

void tau_cuda_free(void *memory) {
    if (memory) (void)cudaFree(memory);
}

tau_status tau_cuda_upload(void *to, const void *from, size_t bytes) {
    if (bytes == 0) return TAU_STATUS_OK;
    TAU_CUDA_TRY(cudaMemcpy(to, from, bytes, cudaMemcpyHostToDevice));
    /* The copy may return when the data are staged, and streams of plans wait for no other. */
    TAU_CUDA_TRY(cudaStreamSynchronize(NULL));
    return TAU_STATUS_OK;
}
