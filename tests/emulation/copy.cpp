// Copies and fills. A copy from ordinary host memory takes the data at the call and one to it waits, as the
// runtime's staging does; pinned memory is read and written when the stream comes to it.
#include "device.hpp"

namespace emulation {

struct plane { // `height` rows of `width` bytes, `pitch` apart
    uint8_t *data;
    size_t pitch;
};

static size_t extent(size_t pitch, size_t width, size_t height) {
    return (height - 1) * pitch + width;
}

static cudaMemcpyKind resolve(cudaMemcpyKind kind, const void *to, const void *from) {
    if (kind != cudaMemcpyDefault) return kind;
    bool to_card = is_device_range(to, 1), from_card = is_device_range(from, 1);
    if (to_card) return from_card ? cudaMemcpyDeviceToDevice : cudaMemcpyHostToDevice;
    return from_card ? cudaMemcpyDeviceToHost : cudaMemcpyHostToHost;
}

static cudaError_t check(plane to, plane from, size_t width, size_t height, cudaMemcpyKind kind) {
    if (kind < cudaMemcpyHostToHost || kind > cudaMemcpyDeviceToDevice)
        return cudaErrorInvalidMemcpyDirection;
    if (width > to.pitch || width > from.pitch) return cudaErrorInvalidValue;
    bool to_card = kind == cudaMemcpyHostToDevice || kind == cudaMemcpyDeviceToDevice;
    bool from_card = kind == cudaMemcpyDeviceToHost || kind == cudaMemcpyDeviceToDevice;
    // The real one finds a wrong direction of pointers to pageable memory too; a pointer past its block, not
    // always.
    if (to_card != is_device_range(to.data, extent(to.pitch, width, height))) return cudaErrorInvalidValue;
    if (from_card != is_device_range(from.data, extent(from.pitch, width, height)))
        return cudaErrorInvalidValue;
    return cudaSuccess;
}

static void copy_rows(plane to, plane from, size_t width, size_t height) {
    if (to.pitch == width && from.pitch == width) {
        memmove(to.data, from.data, width * height);
        return;
    }
    for (size_t row = 0; row < height; row++)
        memmove(to.data + row * to.pitch, from.data + row * from.pitch, width);
}

static cudaError_t copy_async(plane to, plane from, size_t width, size_t height, cudaMemcpyKind kind,
                              cudaStream_t stream) {
    if (width == 0 || height == 0) return cudaSuccess;
    kind = resolve(kind, to.data, from.data);
    cudaError_t error = check(to, from, width, height, kind);
    if (error != cudaSuccess) return error;
    bool from_host = kind == cudaMemcpyHostToDevice || kind == cudaMemcpyHostToHost;
    bool to_host = kind == cudaMemcpyDeviceToHost || kind == cudaMemcpyHostToHost;
    bool captured = stream_is_captured(stream);
    if (from_host && !is_pinned(from.data) && !captured) {
        std::vector<uint8_t> staged(width * height);
        copy_rows({staged.data(), width}, from, width, height);
        return stream_enqueue(stream, [to, staged = std::move(staged), width, height] {
            copy_rows(to, {const_cast<uint8_t *>(staged.data()), width}, width, height);
        });
    }
    error = stream_enqueue(stream, [=] { copy_rows(to, from, width, height); });
    if (error == cudaSuccess && to_host && !is_pinned(to.data) && !captured) stream_finish(stream);
    return error;
}

static cudaError_t fill_async(plane to, int value, size_t width, size_t height, cudaStream_t stream) {
    if (width == 0 || height == 0) return cudaSuccess;
    if (width > to.pitch || !is_device_range(to.data, extent(to.pitch, width, height)))
        return cudaErrorInvalidValue;
    return stream_enqueue(stream, [=] {
        for (size_t row = 0; row < height; row++) memset(to.data + row * to.pitch, value, width);
    });
}

// The call without a stream: in the legacy default stream, and done when it returns, but for what comes from
// ordinary memory, which is only staged by then, and for what the host has no part in.
static cudaError_t copy(plane to, plane from, size_t width, size_t height, cudaMemcpyKind kind) {
    cudaMemcpyKind known = resolve(kind, to.data, from.data);
    bool waits = known == cudaMemcpyDeviceToHost || known == cudaMemcpyHostToHost ||
                 (known == cudaMemcpyHostToDevice && is_pinned(from.data));
    cudaError_t error = copy_async(to, from, width, height, kind, nullptr);
    if (error == cudaSuccess && waits) stream_finish(nullptr);
    return error;
}

} // namespace emulation

using namespace emulation;

extern "C" {

cudaError_t cudaMemcpyAsync(void *dst, const void *src, size_t count, enum cudaMemcpyKind kind,
                            cudaStream_t stream) {
    EMULATION_CALL(cudaMemcpyAsync);
    plane to = {(uint8_t *)dst, count}, from = {(uint8_t *)const_cast<void *>(src), count};
    return call.end(copy_async(to, from, count, 1, kind, stream));
}

cudaError_t cudaMemcpy(void *dst, const void *src, size_t count, enum cudaMemcpyKind kind) {
    EMULATION_CALL(cudaMemcpy);
    plane to = {(uint8_t *)dst, count}, from = {(uint8_t *)const_cast<void *>(src), count};
    cudaError_t forbidden = capture_forbids();
    if (forbidden != cudaSuccess) return call.end(forbidden);
    return call.end(copy(to, from, count, 1, kind));
}

cudaError_t cudaMemcpy2DAsync(void *dst, size_t dpitch, const void *src, size_t spitch, size_t width,
                              size_t height, enum cudaMemcpyKind kind, cudaStream_t stream) {
    EMULATION_CALL(cudaMemcpy2DAsync);
    plane to = {(uint8_t *)dst, dpitch}, from = {(uint8_t *)const_cast<void *>(src), spitch};
    return call.end(copy_async(to, from, width, height, kind, stream));
}

cudaError_t cudaMemsetAsync(void *devPtr, int value, size_t count, cudaStream_t stream) {
    EMULATION_CALL(cudaMemsetAsync);
    return call.end(fill_async({(uint8_t *)devPtr, count}, value, count, 1, stream));
}

cudaError_t cudaMemset(void *devPtr, int value, size_t count) {
    EMULATION_CALL(cudaMemset);
    cudaError_t forbidden = capture_forbids();
    if (forbidden != cudaSuccess) return call.end(forbidden);
    return call.end(fill_async({(uint8_t *)devPtr, count}, value, count, 1, nullptr));
}

cudaError_t cudaMemset2DAsync(void *devPtr, size_t pitch, int value, size_t width, size_t height,
                              cudaStream_t stream) {
    EMULATION_CALL(cudaMemset2DAsync);
    return call.end(fill_async({(uint8_t *)devPtr, pitch}, value, width, height, stream));
}

} // extern "C"
