/* Dropout: y = x, except in training, where y = x·m with m = 1/(1 - rate) for kept elements and 0 for dropped
 * ones; the mask is that of backend/dropout.h. A dropped NaN stays NaN.
 *
 * A thread draws one block of four words and serves the four neighbouring elements they belong to: elements
 * are counted through the samples of a network, so a block may reach from one sample into the next. */
#include "kernels/philox.cuh"
#include "kernels/rows.cuh"

struct mask {
    tau_dropout_mask source;
    uint32_t threshold;
    float scale;  /* of kept elements */
    bool drops;   /* in training */
    size_t count; /* elements of all samples of a network */
};

/* The words of tau_dropout_draw. */
static __device__ void draw(uint32_t words[TAU_DROPOUT_BLOCK], const tau_dropout_mask &source,
                            uint64_t block) {
    const uint32_t key[2] = {(uint32_t)source.seed, (uint32_t)(source.seed >> 32) ^ UINT32_C(0x64726f70)};
    const uint32_t counter[4] = {(uint32_t)block, (uint32_t)(block >> 32), (uint32_t)source.step,
                                 (uint32_t)(source.step >> 32) ^ ((uint32_t)source.layer << 8)};
    philox(words, key, counter);
}

/* Factors of the elements 4·block … of a network. */
static __device__ void factors(float factor[TAU_DROPOUT_BLOCK], const mask &m, uint64_t block) {
    uint32_t words[TAU_DROPOUT_BLOCK];
    if (m.drops) draw(words, m.source, block);
    for (int j = 0; j < TAU_DROPOUT_BLOCK; j++)
        factor[j] = !m.drops ? 1 : words[j] >= m.threshold ? m.scale : 0;
}

/* Calls visit(offsets of the operands, factor) for every element of the walk. */
template <void (*visit)(const size_t *at, float factor, float *to, const float *from)>
static __global__ void apply(walk w, mask m, float *to, const float *from) {
    const size_t blocks = ceil_div(m.count, (size_t)TAU_DROPOUT_BLOCK), networks = w.count / m.count;
    for (size_t i = thread_index(); i < networks * blocks; i += thread_count()) {
        const size_t network = i / blocks, block = i % blocks;
        float factor[TAU_DROPOUT_BLOCK];
        factors(factor, m, block);
        for (int j = 0; j < TAU_DROPOUT_BLOCK && block * TAU_DROPOUT_BLOCK + j < m.count; j++) {
            size_t at[WALK_OPERANDS] = {};
            walk_locate(w, network * m.count + block * TAU_DROPOUT_BLOCK + j, at);
            visit(at, factor[j], to, from);
        }
    }
}

static __device__ void multiply(const size_t *at, float factor, float *y, const float *x) {
    y[at[0]] = x[at[1]] * factor;
}

static __device__ void add(const size_t *at, float factor, float *dx, const float *dy) {
    dx[at[2]] += dy[at[0]] * factor;
}

static mask mask_of(const tau_cuda_call *call) {
    return {call->mask, tau_dropout_threshold(call->mask.rate), (float)tau_dropout_scale(call->mask.rate),
            call->training, (size_t)call->samples * size_of(call->shape)};
}

static dim3 grid_of(const tau_cuda_call *call, const mask &m) {
    return rows_grid((size_t)call->points * ceil_div(m.count, (size_t)TAU_DROPOUT_BLOCK));
}

cudaError_t tau_cuda_dropout_forward(const tau_cuda_call *call) {
    const mask m = mask_of(call);
    return launch(apply<multiply>, grid_of(call, m), dim3(ROWS_THREADS), 0, call->stream,
                  walk_rows(call, &call->inputs[0]), m, call->y, call->inputs[0].value);
}

cudaError_t tau_cuda_dropout_backward(const tau_cuda_call *call) {
    const mask m = mask_of(call);
    if (!call->inputs[0].gradient) return cudaSuccess;
    return launch(apply<add>, grid_of(call, m), dim3(ROWS_THREADS), 0, call->stream,
                  walk_rows(call, &call->inputs[0]), m, call->inputs[0].gradient, call->dy);
}
