/* Whether there is a GPU to test on: 0 = yes; 77 = none, the test is skipped (with TAU_REQUIRE_GPU=1 a
 * failure); 1 = there is one that does not work. */
#include <cuda_runtime_api.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(void) {
    const char *required = getenv("TAU_REQUIRE_GPU");
    int count = 0;
    const cudaError_t error = cudaGetDeviceCount(&count);
    if (error == cudaSuccess && count > 0) return 0;
    printf("no GPU: %s\n", cudaGetErrorString(error));
    if (required && strcmp(required, "1") == 0) return 1;
    return error == cudaErrorNoDevice || error == cudaErrorInsufficientDriver ? 77 : 1;
}
