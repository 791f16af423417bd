#include "backend_cuda/blas.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stddef.h>
#include <string.h>

/* What is used of cuBLAS's binary interface, version 2 of its functions: its headers come with a library of
 * half a gigabyte, which compiling does not need. */
typedef struct cublasContext *cublasHandle_t;
typedef enum cublasStatus_t {
    CUBLAS_STATUS_SUCCESS = 0,
    CUBLAS_STATUS_ALLOC_FAILED = 3,
    CUBLAS_STATUS_INVALID_VALUE = 7,
} cublasStatus_t;
typedef enum cublasMath_t { CUBLAS_PEDANTIC_MATH = 2 } cublasMath_t;
typedef enum cublasOperation_t { CUBLAS_OP_N = 0, CUBLAS_OP_T = 1 } cublasOperation_t;

typedef struct library {
    cublasStatus_t (*create)(cublasHandle_t *handle);
    cublasStatus_t (*destroy)(cublasHandle_t handle);
    cublasStatus_t (*set_stream)(cublasHandle_t handle, cudaStream_t stream);
    cublasStatus_t (*set_math_mode)(cublasHandle_t handle, cublasMath_t mode);
    cublasStatus_t (*sgemm)(cublasHandle_t handle, cublasOperation_t op_a, cublasOperation_t op_b, int m,
                            int n, int k, const float *alpha, const float *a, int a_stride, const float *b,
                            int b_stride, const float *beta, float *c, int c_stride);
} library;

/* In the order of `library`. */
static const char *const function_names[] = {"cublasCreate_v2", "cublasDestroy_v2", "cublasSetStream_v2",
                                             "cublasSetMathMode", "cublasSgemm_v2"};
enum { FUNCTIONS = sizeof function_names / sizeof *function_names };
_Static_assert(sizeof(library) == FUNCTIONS * sizeof(void *), "a name for each function");

static const char *const library_names[] = {"libcublas.so.13", "libcublas.so.12", "libcublas.so"};
enum { LIBRARIES = sizeof library_names / sizeof *library_names };

#define REMEDY                                                                                               \
    TAU_FIX                                                                                                  \
    "install cuBLAS (a part of the CUDA toolkit) where the loader finds it, or train with --device cpu"

/* Guards the loading; what is loaded stays for the life of the process. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static library functions;
static bool loaded;

static cudaError_t error_of(cublasStatus_t status) {
    switch (status) {
    case CUBLAS_STATUS_SUCCESS:
        return cudaSuccess;
    case CUBLAS_STATUS_ALLOC_FAILED:
        return cudaErrorMemoryAllocation;
    case CUBLAS_STATUS_INVALID_VALUE:
        return cudaErrorInvalidValue;
    default:
        return cudaErrorLaunchFailure;
    }
}

/* A row-major matrix is the transpose of a column-major one, so c^T = b^T·a^T is asked for. */
static cudaError_t multiply(const tau_cuda_blas *self, int m, int n, int k, tau_cuda_matrix a,
                            tau_cuda_matrix b, float beta, float *c, int c_stride, cudaStream_t stream) {
    const float one = 1;
    cublasStatus_t status = functions.set_stream(self->handle, stream);
    if (status == CUBLAS_STATUS_SUCCESS)
        status = functions.sgemm(self->handle, b.transposed ? CUBLAS_OP_T : CUBLAS_OP_N,
                                 a.transposed ? CUBLAS_OP_T : CUBLAS_OP_N, n, m, k, &one, b.data, b.stride,
                                 a.data, a.stride, &beta, c, c_stride);
    return error_of(status);
}

static tau_status load(library *out, void *file, const char *name) {
    for (int i = 0; i < FUNCTIONS; i++) {
        void *function = dlsym(file, function_names[i]);
        if (!function)
            return tau_fail(TAU_STATUS_DEVICE,
                            "the matrix products of %s cannot be used" TAU_WHY "it has no %s" REMEDY, name,
                            function_names[i]);
        /* ISO C has no conversion from an object to a function pointer; POSIX says they look alike. */
        memcpy((char *)out + (size_t)i * sizeof function, &function, sizeof function);
    }
    return TAU_STATUS_OK;
}

static tau_status create_handle(cublasHandle_t *out) {
    cublasHandle_t handle = NULL;
    cublasStatus_t status = functions.create(&handle);
    if (status == CUBLAS_STATUS_SUCCESS) {
        status = functions.set_math_mode(handle, CUBLAS_PEDANTIC_MATH);
        if (status != CUBLAS_STATUS_SUCCESS) functions.destroy(handle);
    }
    if (status == CUBLAS_STATUS_SUCCESS) {
        *out = handle;
        return TAU_STATUS_OK;
    }
    if (status == CUBLAS_STATUS_ALLOC_FAILED)
        return tau_fail(TAU_STATUS_MEMORY,
                        "the memory of the GPU is exhausted" TAU_WHY "cuBLAS finds none" TAU_FIX
                        "end other programs on it, or choose fewer samples");
    return tau_fail(TAU_STATUS_DEVICE, "cuBLAS does not start" TAU_WHY "its status is %d" REMEDY,
                    (int)status);
}

static tau_status open_library(void) {
    void *file = NULL;
    int found = 0;
    for (int i = 0; i < LIBRARIES && !file; i++) {
        file = dlopen(library_names[i], RTLD_NOW | RTLD_LOCAL);
        found = i;
    }
    if (!file)
        return tau_fail(TAU_STATUS_DEVICE,
                        "gradients on the GPU need the matrix products of cuBLAS" TAU_WHY "%s" REMEDY,
                        dlerror());
    const tau_status status = load(&functions, file, library_names[found]);
    loaded = status == TAU_STATUS_OK;
    if (!loaded) dlclose(file);
    return status;
}

tau_status tau_cuda_blas_open(tau_cuda_blas *out) {
    cublasHandle_t handle = NULL;
    *out = (tau_cuda_blas){0};
    pthread_mutex_lock(&lock);
    const tau_status status = loaded ? TAU_STATUS_OK : open_library();
    pthread_mutex_unlock(&lock);
    TAU_TRY(status);
    TAU_TRY(create_handle(&handle));
    *out = (tau_cuda_blas){handle, multiply};
    return TAU_STATUS_OK;
}

void tau_cuda_blas_close(tau_cuda_blas *blas) {
    if (blas->handle) (void)functions.destroy(blas->handle);
    *blas = (tau_cuda_blas){0};
}
