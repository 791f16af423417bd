// Memory of the card and pinned memory of the host. Fresh memory is full of NaN.
#include "device.hpp"
#include <cstdlib>

namespace emulation {

struct allocation {
    size_t bytes;
    int device;
};
static std::map<uintptr_t, allocation> on_card;
static std::map<uintptr_t, size_t> pinned;

static size_t used_of(int device) {
    size_t used = 0;
    for (const auto &entry : on_card) used += entry.second.device == device ? entry.second.bytes : 0;
    return used;
}

bool is_device_range(const void *pointer, size_t bytes) {
    uintptr_t address = (uintptr_t)pointer;
    auto after = on_card.upper_bound(address);
    if (after == on_card.begin()) return false;
    --after;
    return address + bytes <= after->first + after->second.bytes;
}

bool is_pinned(const void *pointer) {
    uintptr_t address = (uintptr_t)pointer;
    auto after = pinned.upper_bound(address);
    if (after == pinned.begin()) return false;
    --after;
    return address < after->first + after->second;
}

static void expose(uintptr_t address, size_t bytes, bool exposed) {
#if EMULATION_ASAN
    if (exposed) {
        __asan_unpoison_memory_region((void *)address, bytes);
    } else {
        __asan_poison_memory_region((void *)address, bytes);
    }
#else
    (void)address, (void)bytes, (void)exposed;
#endif
}

void expose_card_memory(bool exposed) {
    if (!EMULATION_ASAN) return;
    for (const auto &entry : on_card) expose(entry.first, entry.second.bytes, exposed);
}

size_t pinned_blocks() {
    return pinned.size();
}

// As cudaMalloc, aligned to 256 bytes. The end is where the caller asked for it, so that ASan guards it.
static void *allocate(size_t bytes) {
    void *memory = nullptr;
    if (posix_memalign(&memory, 256, bytes) != 0) return nullptr;
    memset(memory, 0xff, bytes);
    return memory;
}

} // namespace emulation

using namespace emulation;

extern "C" {

size_t emulation_allocated(void) {
    std::lock_guard<std::recursive_mutex> guard(runtime_lock());
    size_t bytes = 0;
    for (const auto &entry : on_card) bytes += entry.second.bytes;
    return bytes;
}

size_t emulation_allocations(void) {
    std::lock_guard<std::recursive_mutex> guard(runtime_lock());
    return on_card.size();
}

cudaError_t cudaMemGetInfo(size_t *free, size_t *total) {
    EMULATION_CALL(cudaMemGetInfo);
    size_t used = used_of(current_device());
    *total = current_card.memory;
    *free = used < current_card.memory ? current_card.memory - used : 0;
    return cudaSuccess;
}

cudaError_t cudaMalloc(void **devPtr, size_t size) {
    EMULATION_CALL(cudaMalloc);
    *devPtr = nullptr;
    cudaError_t forbidden = capture_forbids();
    if (forbidden != cudaSuccess) return call.end(forbidden);
    if (size == 0) return cudaSuccess;
    size_t used = used_of(current_device());
    if (used > current_card.memory || size > current_card.memory - used)
        return call.end(cudaErrorMemoryAllocation);
    void *memory = allocate(size);
    if (memory == nullptr) return call.end(cudaErrorMemoryAllocation);
    on_card[(uintptr_t)memory] = {size, current_device()};
    expose((uintptr_t)memory, size, false);
    *devPtr = memory;
    return cudaSuccess;
}

cudaError_t cudaFree(void *devPtr) {
    EMULATION_CALL(cudaFree);
    cudaError_t forbidden = capture_forbids();
    if (forbidden != cudaSuccess) return call.end(forbidden);
    if (devPtr == nullptr) return cudaSuccess;
    auto entry = on_card.find((uintptr_t)devPtr);
    if (entry == on_card.end()) return call.end(cudaErrorInvalidValue);
    streams_finish_all(); // cudaFree waits for the device
    expose(entry->first, entry->second.bytes, true);
    on_card.erase(entry);
    free(devPtr);
    return cudaSuccess;
}

cudaError_t cudaMallocHost(void **ptr, size_t size) {
    EMULATION_CALL(cudaMallocHost);
    *ptr = nullptr;
    if (size == 0) return cudaSuccess;
    *ptr = allocate(size);
    if (*ptr == nullptr) return call.end(cudaErrorMemoryAllocation);
    pinned[(uintptr_t)*ptr] = size;
    return cudaSuccess;
}

cudaError_t cudaFreeHost(void *ptr) {
    EMULATION_CALL(cudaFreeHost);
    if (ptr == nullptr) return cudaSuccess;
    if (pinned.count((uintptr_t)ptr) == 0) return call.end(cudaErrorInvalidValue);
    streams_finish_all();
    pinned.erase((uintptr_t)ptr);
    free(ptr);
    return cudaSuccess;
}

} // extern "C"
