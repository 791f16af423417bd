/** Weights of a layer for some networks, formed from the vectors of a slice and packed for tensor cores.
 *
 *  Element (o, i) of network p is sum_k c[p][k]·v_k[offset + o·output_stride + i·input_stride], as f16
 * nearest (and, with two parts, f16 of what that leaves). It lies where the A fragment of mma.m16n8k16 has
 * it: m-tile o/16, step q/2 for the chunk q = tap·(C/8) + c/8 of 8 channels of one tap, and there
 *
 *      lane = o%8·4 + c%8/2,  register = (q%2)·2 + (o%16)/8,  half = c%2.
 *
 *  A thread has one register of one lane, so a warp stores whole lines; it reads the vectors' elements once
 *  for all the networks that it serves.    eq:tau eq:tau_2d eq:radial */
#include "kernels/combine.cuh"
#include "kernels/fast.cuh"

enum {
    POINTS = 16, /* networks a thread serves: the vectors' 12 bytes an element become less than 1 a network */
    FRAGMENT = TAU_WARP * 4, /* registers */
};

typedef struct pack_problem {
    tau_fast_weights weights;
    tau_cuda_source source;
    uint32_t *out;
    size_t stride; /* registers from network to network */
    int parts, points, blocks, steps;
    unsigned registers; /* of one network, one part */
    unsigned char *overflow;
} pack_problem;

static int chunk_count(const tau_fast_weights *weights) {
    return ceil_div(weights->channels, 8) * weights->kernel[0] * weights->kernel[1];
}

size_t tau_fast_weights_size(const tau_fast_weights *weights, int parts) {
    const size_t steps = static_cast<size_t>(ceil_div(chunk_count(weights), 2));
    return static_cast<size_t>(ceil_div(weights->outputs, 16)) * steps * static_cast<size_t>(parts) *
           FRAGMENT * sizeof(uint32_t);
}

/** The element of theta that a half of a register holds, or SIZE_MAX for padding. */
static __device__ inline size_t source_of(const pack_problem &problem, unsigned index, int second) {
    const tau_fast_weights &weights = problem.weights;
    const int place = static_cast<int>(index % 4), lane = static_cast<int>(index / 4 % TAU_WARP);
    const int fragment = static_cast<int>(index / FRAGMENT);
    const int output = fragment / problem.steps * 16 + place % 2 * 8 + lane / 4;
    const int chunk = fragment % problem.steps * 2 + place / 2;
    const int channel = chunk % problem.blocks * 8 + lane % 4 * 2 + second, tap = chunk / problem.blocks;
    const int taps = weights.kernel[0] * weights.kernel[1];
    if (output >= weights.outputs || channel >= weights.channels || tap >= taps) return SIZE_MAX;
    const int stored = weights.copies > 1 ? weights.channels / weights.copies : weights.channels;
    const size_t input =
        static_cast<size_t>(channel % stored) * static_cast<size_t>(taps) + static_cast<size_t>(tap);
    return weights.offset + static_cast<size_t>(output) * weights.output_stride +
           input * weights.input_stride;
}

static __global__ void __launch_bounds__(FAST_THREADS) pack(const __grid_constant__ pack_problem problem) {
    const unsigned index = blockIdx.x * blockDim.x + threadIdx.x;
    if (index >= problem.registers) return;
    size_t element[2];
    combine_terms terms[2];
#pragma unroll
    for (int i = 0; i < 2; i++) {
        element[i] = source_of(problem, index, i);
        terms[i] = {};
        if (element[i] != SIZE_MAX && problem.source.coefficients != nullptr) {
            terms[i] = combine_read(problem.source, element[i]);
        }
    }
    const size_t fragment = index / FRAGMENT, rest = index % FRAGMENT;
    uint32_t *out = problem.out + fragment * static_cast<size_t>(problem.parts) * FRAGMENT + rest;
    const int first = static_cast<int>(blockIdx.y) * POINTS, left = problem.points - first;
    for (int point = first; point < first + (left < POINTS ? left : POINTS); point++) {
        float value[2];
#pragma unroll
        for (int i = 0; i < 2; i++) {
            const bool padding = element[i] == SIZE_MAX;
            value[i] = padding ? 0.0f : combine_value(problem.source, terms[i], element[i], point);
        }
        bool overflow = false;
        uint32_t *network = out + static_cast<size_t>(point) * problem.stride;
        network[0] = pack_halves(value[0], value[1], &overflow);
        if (problem.parts == 2) {
            network[FRAGMENT] = pack_halves(half_rest(value[0]), half_rest(value[1]), &overflow);
        }
        mark_overflow(problem.overflow, point, overflow);
    }
}

cudaError_t tau_cuda_fast_pack(void *out, size_t out_stride, const tau_fast_weights *weights, int parts,
                               const tau_cuda_source *source, int points, unsigned char *overflow,
                               cudaStream_t stream) {
    const size_t registers = tau_fast_weights_size(weights, 1) / sizeof(uint32_t);
    if (registers > INT32_MAX || points < 1 || ceil_div<int>(points, POINTS) > static_cast<int>(fast_grid_y))
        return cudaErrorInvalidValue;
    pack_problem problem = {};
    problem.weights = *weights;
    problem.source = *source;
    problem.out = static_cast<uint32_t *>(out);
    problem.stride = out_stride / sizeof(uint32_t);
    problem.parts = parts;
    problem.points = points;
    problem.blocks = ceil_div(weights->channels, 8);
    problem.steps = ceil_div(chunk_count(weights), 2);
    problem.registers = static_cast<unsigned>(registers);
    problem.overflow = overflow;
    const dim3 grid(ceil_div<unsigned>(problem.registers, FAST_THREADS),
                    static_cast<unsigned>(ceil_div<int>(points, POINTS)));
    return launch(pack, grid, dim3(FAST_THREADS), 0, stream, problem);
}
