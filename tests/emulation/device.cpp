// The card: properties, errors, failures on demand.
#include "device.hpp"
#include <cstdio>
#include <cstdlib>

namespace emulation {

card current_card;

static thread_local cudaError_t last_error = cudaSuccess;
static thread_local int device_of_thread = 0;
static long calls_made;
static struct {
    std::string function;
    long countdown; // 0: none pending
    cudaError_t error;
} failure;

std::recursive_mutex &runtime_lock() {
    static std::recursive_mutex *lock =
        immortal(new std::recursive_mutex()); // outlives the destructors of other files
    return *lock;
}

static void read_environment() {
    const char *schedule_text = getenv("TAU_EMULATION_SCHEDULE");
    const char *streams = getenv("TAU_EMULATION_STREAMS");
    current_schedule = schedule();
    if (schedule_text != nullptr && !schedule_parse(schedule_text, &current_schedule)) {
        fault(site{__FILE__, __LINE__}, "TAU_EMULATION_SCHEDULE=%s is no schedule", schedule_text);
    }
    current_card.eager = streams != nullptr && std::string(streams) == "eager";
}

int current_device() {
    return device_of_thread;
}

call::call(const char *function) : refusal(cudaSuccess), lock(runtime_lock()) {
    static bool first = true;
    if (first) read_environment();
    first = false;
    calls_made++;
    if (!current_card.driver) {
        refusal = cudaErrorInsufficientDriver;
    } else if (current_card.devices == 0) {
        refusal = cudaErrorNoDevice;
    }
    if (failure.countdown > 0 && (failure.function.empty() || failure.function == function)) {
        if (--failure.countdown == 0) refusal = failure.error;
    }
}

cudaError_t call::end(cudaError_t error) {
    if (error != cudaSuccess && error != cudaErrorNotReady) last_error = error;
    return error;
}

size_t card_shared_optin() {
    int capability = current_card.major * 10 + current_card.minor;
    if (capability >= 90) return 227 << 10;
    if (capability == 80 || capability == 87) return 163 << 10;
    if (capability >= 80) return 99 << 10;
    return capability >= 75 ? 64 << 10 : capability >= 70 ? 96 << 10 : 48 << 10;
}

} // namespace emulation

using namespace emulation;

extern "C" {

void emulation_reset(void) {
    std::lock_guard<std::recursive_mutex> guard(runtime_lock());
    current_card = card();
    read_environment();
    failure.countdown = 0;
    last_error = cudaSuccess;
    device_of_thread = 0;
    calls_made = launches = switches = 0;
}

void emulation_set_devices(int count) {
    current_card.devices = count;
}
void emulation_set_driver(bool sufficient) {
    current_card.driver = sufficient;
}
void emulation_set_multiprocessors(int count) {
    current_card.multiprocessors = count;
}
void emulation_set_memory(size_t bytes) {
    current_card.memory = bytes;
}
void emulation_set_streams(bool eager) {
    current_card.eager = eager;
}
bool emulation_set_schedule(const char *text) {
    return schedule_parse(text, &current_schedule);
}
long emulation_calls(void) {
    return calls_made;
}
long emulation_launches(void) {
    return launches;
}
long emulation_switches(void) {
    return switches;
}
size_t emulation_handles(void) {
    return pinned_blocks() + stream_handles();
}

void emulation_set_capability(int major, int minor) {
    current_card.major = major;
    current_card.minor = minor;
}

void emulation_fail(const char *function, long nth, cudaError_t error) {
    failure.function = function == nullptr ? "" : function;
    failure.countdown = nth;
    failure.error = error;
}

cudaError_t cudaGetLastError(void) {
    cudaError_t error = last_error;
    last_error = cudaSuccess;
    return error;
}

cudaError_t cudaPeekAtLastError(void) {
    return last_error;
}

cudaError_t cudaGetDeviceCount(int *count) {
    emulation::call call("cudaGetDeviceCount");
    *count = call.refusal == cudaSuccess ? current_card.devices : 0;
    return call.end(call.refusal);
}

cudaError_t cudaGetDevice(int *device) {
    EMULATION_CALL(cudaGetDevice);
    *device = device_of_thread;
    return cudaSuccess;
}

cudaError_t cudaSetDevice(int device) {
    EMULATION_CALL(cudaSetDevice);
    if (device < 0 || device >= current_card.devices) return call.end(cudaErrorInvalidDevice);
    device_of_thread = device;
    return cudaSuccess;
}

cudaError_t cudaGetDeviceProperties(struct cudaDeviceProp *prop, int device) {
    EMULATION_CALL(cudaGetDeviceProperties);
    if (device < 0 || device >= current_card.devices) return call.end(cudaErrorInvalidDevice);
    memset(prop, 0, sizeof *prop);
    snprintf(prop->name, sizeof prop->name, "Emulated GPU %d", device);
    memcpy(prop->uuid.bytes, "emulated card", 13);
    prop->uuid.bytes[15] = (char)device;
    prop->totalGlobalMem = current_card.memory;
    prop->sharedMemPerBlock = 48 << 10;
    prop->regsPerBlock = prop->regsPerMultiprocessor = 65536;
    prop->warpSize = WARP;
    prop->maxThreadsPerBlock = MAX_THREADS;
    prop->maxThreadsDim[0] = prop->maxThreadsDim[1] = MAX_THREADS;
    prop->maxThreadsDim[2] = 64;
    prop->maxGridSize[0] = 0x7fffffff;
    prop->maxGridSize[1] = prop->maxGridSize[2] = 65535;
    prop->major = current_card.major;
    prop->minor = current_card.minor;
    prop->multiProcessorCount = current_card.multiprocessors;
    prop->concurrentKernels = prop->unifiedAddressing = 1;
    prop->pciBusID = device + 1;
    prop->asyncEngineCount = 3;
    prop->memoryBusWidth = 5120;
    prop->l2CacheSize = 50 << 20;
    prop->persistingL2CacheMaxSize = 32 << 20;
    prop->maxThreadsPerMultiProcessor = 2048;
    prop->sharedMemPerBlockOptin = card_shared_optin();
    prop->reservedSharedMemPerBlock = 1 << 10;
    prop->sharedMemPerMultiprocessor = card_shared_optin() + (1 << 10);
    prop->maxBlocksPerMultiProcessor = 32;
    return cudaSuccess;
}

// Those of cudaDeviceProp, and some that CUDA 13 has as attributes alone.
static std::map<int, int> attributes_of(const struct cudaDeviceProp &prop) {
    return {
        {cudaDevAttrMaxThreadsPerBlock, prop.maxThreadsPerBlock},
        {cudaDevAttrMaxBlockDimX, prop.maxThreadsDim[0]},
        {cudaDevAttrMaxBlockDimY, prop.maxThreadsDim[1]},
        {cudaDevAttrMaxBlockDimZ, prop.maxThreadsDim[2]},
        {cudaDevAttrMaxGridDimX, prop.maxGridSize[0]},
        {cudaDevAttrMaxGridDimY, prop.maxGridSize[1]},
        {cudaDevAttrMaxGridDimZ, prop.maxGridSize[2]},
        {cudaDevAttrMaxSharedMemoryPerBlock, (int)prop.sharedMemPerBlock},
        {cudaDevAttrWarpSize, prop.warpSize},
        {cudaDevAttrMaxRegistersPerBlock, prop.regsPerBlock},
        {cudaDevAttrClockRate, 1785000},
        {cudaDevAttrMultiProcessorCount, prop.multiProcessorCount},
        {cudaDevAttrConcurrentKernels, prop.concurrentKernels},
        {cudaDevAttrEccEnabled, prop.ECCEnabled},
        {cudaDevAttrPciBusId, prop.pciBusID},
        {cudaDevAttrPciDeviceId, prop.pciDeviceID},
        {cudaDevAttrPciDomainId, prop.pciDomainID},
        {cudaDevAttrMemoryClockRate, 2619000},
        {cudaDevAttrGlobalMemoryBusWidth, prop.memoryBusWidth},
        {cudaDevAttrL2CacheSize, prop.l2CacheSize},
        {cudaDevAttrMaxThreadsPerMultiProcessor, prop.maxThreadsPerMultiProcessor},
        {cudaDevAttrAsyncEngineCount, prop.asyncEngineCount},
        {cudaDevAttrUnifiedAddressing, prop.unifiedAddressing},
        {cudaDevAttrComputeCapabilityMajor, prop.major},
        {cudaDevAttrComputeCapabilityMinor, prop.minor},
        {cudaDevAttrMaxSharedMemoryPerMultiprocessor, (int)prop.sharedMemPerMultiprocessor},
        {cudaDevAttrMaxRegistersPerMultiprocessor, prop.regsPerMultiprocessor},
        {cudaDevAttrMaxSharedMemoryPerBlockOptin, (int)prop.sharedMemPerBlockOptin},
        {cudaDevAttrMaxBlocksPerMultiprocessor, prop.maxBlocksPerMultiProcessor},
        {cudaDevAttrMaxPersistingL2CacheSize, prop.persistingL2CacheMaxSize},
        {cudaDevAttrReservedSharedMemoryPerBlock, (int)prop.reservedSharedMemPerBlock},
    };
}

cudaError_t cudaDeviceGetAttribute(int *value, enum cudaDeviceAttr attr, int device) {
    EMULATION_CALL(cudaDeviceGetAttribute);
    struct cudaDeviceProp prop;
    cudaError_t error = cudaGetDeviceProperties(&prop, device);
    if (error != cudaSuccess) return error;
    std::map<int, int> attributes = attributes_of(prop);
    auto found = attributes.find((int)attr);
    if (found == attributes.end()) return call.end(cudaErrorInvalidValue);
    *value = found->second;
    return cudaSuccess;
}

cudaError_t cudaDriverGetVersion(int *driverVersion) {
    std::lock_guard<std::recursive_mutex> guard(runtime_lock());
    *driverVersion =
        current_card.driver ? CUDART_VERSION : 0; // succeeds without a driver, as the real one does
    return cudaSuccess;
}

cudaError_t cudaDeviceSynchronize(void) {
    EMULATION_CALL(cudaDeviceSynchronize);
    cudaError_t forbidden = capture_forbids();
    if (forbidden != cudaSuccess) return call.end(forbidden);
    streams_finish_all();
    return cudaSuccess;
}

} // extern "C"
