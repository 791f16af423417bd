// Launches: what a card would refuse is refused; the rest goes into the stream.
#include "device.hpp"
#include <memory>

namespace emulation {

static std::map<const void *, size_t> shared_limits; // of kernels that asked for more than 48 KiB
constexpr size_t SHARED_WITHOUT_ASKING = 48 << 10;

static size_t shared_limit(const void *kernel) {
    auto asked = shared_limits.find(kernel);
    return asked == shared_limits.end() ? SHARED_WITHOUT_ASKING : asked->second;
}

static bool is_launchable(dim3 grid, dim3 threads) {
    if (grid.x == 0 || grid.y == 0 || grid.z == 0 || threads.x == 0 || threads.y == 0 || threads.z == 0)
        return false;
    if (grid.x > 0x7fffffffu || grid.y > 65535 || grid.z > 65535) return false;
    if (threads.x > MAX_THREADS || threads.y > MAX_THREADS || threads.z > 64) return false;
    return (size_t)threads.x * threads.y * threads.z <= MAX_THREADS;
}

cudaError_t launch(const cudaLaunchConfig_t *config, const void *kernel, std::function<void()> body) {
    EMULATION_CALL(cudaLaunchKernelExC);
    if (!is_launchable(config->gridDim, config->blockDim)) return call.end(cudaErrorInvalidConfiguration);
    if (config->dynamicSmemBytes > shared_limit(kernel)) return call.end(cudaErrorInvalidValue);
    if (config->dynamicSmemBytes > card_shared_optin()) return call.end(cudaErrorInvalidValue);
    dim3 grid = config->gridDim, threads = config->blockDim;
    size_t shared_bytes = config->dynamicSmemBytes;
    auto kept = std::make_shared<std::function<void()>>(std::move(body));
    return call.end(stream_enqueue(config->stream, [grid, threads, shared_bytes, kept] {
        launches++;
        run_grid(grid, threads, shared_bytes, *kept);
    }));
}

} // namespace emulation

using namespace emulation;

extern "C" {

cudaError_t cudaFuncSetAttribute(const void *func, enum cudaFuncAttribute attr, int value) {
    EMULATION_CALL(cudaFuncSetAttribute);
    if (attr == cudaFuncAttributePreferredSharedMemoryCarveout) return cudaSuccess;
    if (attr != cudaFuncAttributeMaxDynamicSharedMemorySize || value < 0)
        return call.end(cudaErrorInvalidValue);
    if ((size_t)value > card_shared_optin()) return call.end(cudaErrorInvalidValue);
    shared_limits[func] = (size_t)value;
    return cudaSuccess;
}

} // extern "C"
