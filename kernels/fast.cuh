/** What the kernels of the fast path share: values on their way into f16, activations, and the blocked layout
 * of kernels/fast.h seen by a warp (a block of 8 samples × 8 channels, 128 bytes) and by a thread (a vector:
 * the 8 channels of one sample of a block, 16 bytes). */
#ifndef TAU_KERNELS_FAST_CUH
#define TAU_KERNELS_FAST_CUH

#include "kernels/device.cuh"
#include "kernels/fast.h"

/** ---- f16 ---- */

/** Two values as f16, the first in the low half; `overflow` becomes true if one is not finite there: NaN, an
 * infinity, or what rounds to one. The exponent of such a value is all ones, and one more carries out of it.
 */
static __device__ __forceinline__ uint32_t pack_halves(float low, float high, bool *overflow) {
    const __half2 halves = __floats2half2_rn(low, high);
    uint32_t bits;
    memcpy(&bits, &halves, sizeof bits);
    *overflow = *overflow || (((bits & 0x7c007c00u) + 0x04000400u) & 0x80008000u) != 0;
    return bits;
}

static __device__ __forceinline__ float2 unpack_halves(uint32_t bits) {
    __half2 halves;
    memcpy(&halves, &bits, sizeof halves);
    return __half22float2(halves);
}

/** What is left of a value when its f16 neighbour is taken off. */
static __device__ __forceinline__ float half_rest(float value) {
    return value - __half2float(__float2half_rn(value));
}

/** Marks a network whose values left the range of f16; every thread that does writes the same. */
static __device__ __forceinline__ void mark_overflow(unsigned char *overflow, int point, bool bad) {
    if (bad) overflow[point] = 1;
}

/** ---- activations ---- */

/** An activation made ready for many values. Those of straight pieces are clamp(x < 0 ? slope·x : x). */
typedef struct activation_form {
    tau_fast_activation function;
    bool curved;
    float slope, low, high;
} activation_form;

static __device__ __forceinline__ activation_form activation_make(const tau_fast_activation &function) {
    const float infinity = __uint_as_float(0x7f800000u);
    activation_form form = {function, false, 1.0f, -infinity, infinity};
    switch (function.op) {
    case TAU_OP_COUNT:
        break;
    case TAU_OP_RELU:
        form.low = 0.0f;
        break;
    case TAU_OP_LEAKY_RELU:
        form.slope = function.alpha;
        break;
    case TAU_OP_CLIP:
        form.low = function.alpha, form.high = function.beta;
        break;
    default:
        form.curved = true;
    }
    return form;
}

/** Comparisons with NaN are false, so that it travels. */
static __device__ __forceinline__ float clamp_value(float x, float low, float high) {
    return x < low ? low : x > high ? high : x;
}

/** The other activations, as backend_ref/activation.c has them; GELU is the exact one. */
static __device__ __attribute__((noinline)) float activate_curved(tau_op op, float alpha, float beta,
                                                                  float gamma, float x) {
    switch (op) {
    case TAU_OP_ELU:
        return x < 0 ? alpha * expm1f(x) : x;
    case TAU_OP_SELU:
        return gamma * (x < 0 ? alpha * expm1f(x) : x);
    case TAU_OP_GELU:
        return x * 0.5f * erfcf(-x * 0.70710678f);
    case TAU_OP_SIGMOID:
        return 1.0f / (1.0f + expf(-x));
    case TAU_OP_HARD_SIGMOID:
        return clamp_value(fmaf(alpha, x, beta), 0.0f, 1.0f);
    case TAU_OP_TANH:
        return tanhf(x);
    case TAU_OP_SOFTPLUS:
        return x > 0 ? x + log1pf(expf(-x)) : log1pf(expf(x));
    case TAU_OP_SOFTSIGN:
        return x / (1.0f + fabsf(x));
    default: /* TAU_OP_ERF */
        return erff(x);
    }
}

/** The identity and ReLU, which most layers have. */
static __device__ __forceinline__ float activate_ramp(const activation_form &form, float x) {
    return x < form.low ? form.low : x;
}

static __device__ __forceinline__ float activate(const activation_form &form, float x) {
    if (!form.curved) return clamp_value(x < 0 ? form.slope * x : x, form.low, form.high);
    const tau_fast_activation &f = form.function;
    return activate_curved(f.op, f.alpha, f.beta, f.gamma, x);
}

/** ---- a block, seen by a warp ---- */

/** Stores a block that the warp holds as an accumulator: lane l has samples 2·(l%4) and the next of channel
 * l/4. The transposition gives it channels 2·(l%4) and the next of sample l/4, word l of the block. All lanes
 * call it, also where the block does not exist and nothing is stored. */
static __device__ __forceinline__ void store_block(void *block, int lane, uint32_t accumulator,
                                                   bool exists = true) {
    const uint32_t word = ptx_movmatrix_trans(accumulator);
    if (exists) static_cast<uint32_t *>(block)[lane] = word;
}

/** The inverse; zeros where the block does not exist. */
static __device__ __forceinline__ uint32_t load_block(const void *block, int lane, bool exists = true) {
    return ptx_movmatrix_trans(exists ? static_cast<const uint32_t *>(block)[lane] : 0u);
}

/** ---- a vector, seen by a thread ---- */

/** Sizes of an activation in blocked layout. */
typedef struct blocked_shape {
    unsigned channels, blocks, height, width; /**< blocks of 8 channels */
} blocked_shape;

static __host__ __device__ inline blocked_shape blocked_shape_of(const tau_fast_tensor &tensor) {
    const unsigned channels = static_cast<unsigned>(tensor.channels);
    return {channels, (channels + 7) / 8, static_cast<unsigned>(tensor.height),
            static_cast<unsigned>(tensor.width)};
}

/** Which vector: [groups][height][blocks][width][8 samples]. */
typedef struct blocked_place {
    unsigned group, row, block, column, sample;
} blocked_place;

static __device__ __forceinline__ blocked_place blocked_place_at(const blocked_shape &shape, unsigned index) {
    blocked_place place;
    place.sample = index % 8, index /= 8;
    place.column = index % shape.width, index /= shape.width;
    place.block = index % shape.blocks, index /= shape.blocks;
    place.row = index % shape.height, place.group = index / shape.height;
    return place;
}

/** The inverse: the index of a vector within its network. */
static __device__ __forceinline__ unsigned blocked_index(const blocked_shape &shape,
                                                         const blocked_place &place) {
    const unsigned block = (place.group * shape.height + place.row) * shape.blocks + place.block;
    return (block * shape.width + place.column) * 8 + place.sample;
}

/** The vectors of one network. */
static __device__ __forceinline__ uint4 *blocked_vectors(const tau_fast_tensor &tensor, int point) {
    unsigned short *values = static_cast<unsigned short *>(tensor.data);
    return reinterpret_cast<uint4 *>(values + static_cast<size_t>(point) * tensor.point_stride);
}

static __device__ __forceinline__ void unpack_vector(float (&out)[8], uint4 vector) {
    const float2 a = unpack_halves(vector.x), b = unpack_halves(vector.y);
    const float2 c = unpack_halves(vector.z), d = unpack_halves(vector.w);
    out[0] = a.x, out[1] = a.y, out[2] = b.x, out[3] = b.y;
    out[4] = c.x, out[5] = c.y, out[6] = d.x, out[7] = d.y;
}

static __device__ __forceinline__ uint4 pack_vector(const float (&values)[8], bool *overflow) {
    return make_uint4(
        pack_halves(values[0], values[1], overflow), pack_halves(values[2], values[3], overflow),
        pack_halves(values[4], values[5], overflow), pack_halves(values[6], values[7], overflow));
}

enum { FAST_THREADS = 256 };
constexpr unsigned fast_grid_y = 65535;

/** Launches a thread a vector of each network: x over the vectors, y over the networks. Vectors of one
 * network count in 32 bits (64 GiB), which spares the threads the division of 64-bit numbers. */
template <class... Expected, class... Actual>
static inline cudaError_t launch_vectors(void (*kernel)(unsigned, Expected...), size_t vectors, int points,
                                         cudaStream_t stream, Actual... arguments) {
    if (vectors > UINT32_MAX - FAST_THREADS || points < 1) return cudaErrorInvalidValue;
    const unsigned count = static_cast<unsigned>(vectors), rows = static_cast<unsigned>(points);
    if (count == 0) return cudaSuccess;
    const dim3 grid(ceil_div<unsigned>(count, FAST_THREADS), rows < fast_grid_y ? rows : fast_grid_y);
    return launch(kernel, grid, dim3(FAST_THREADS), 0, stream, count, arguments...);
}

/** Vectors of one network. */
static inline size_t blocked_count(const tau_fast_tensor *tensor, int groups) {
    return tau_fast_group_size(tensor->channels, tensor->height, tensor->width) / 8 *
           static_cast<size_t>(groups);
}

/** The vector of a thread of launch_vectors, at or past `count` for threads too many. */
static __device__ __forceinline__ unsigned thread_vector(void) {
    return blockIdx.x * blockDim.x + threadIdx.x;
}

#endif
