/** Between the blocked layout and rows [samples, C·H·W], and from tensor to tensor within it.
 *
 *  A thread has the vector of one sample: 8 channels of one position. Its lanes are the 8 samples of a block
 *  and 4 positions, so blocked tensors are read and written in whole lines; of rows, a warp touches 8 pieces
 *  at a time, and the lines stay in L1 until its neighbours have used the rest. Rows are rare: the data once,
 *  and what tensor cores cannot do. */
#include "kernels/fast.cuh"

/** Element of a sample [C,H,W] that channel `channel` at a place is. */
static __device__ inline size_t row_element(const blocked_shape &shape, const blocked_place &place,
                                            unsigned channel) {
    return (static_cast<size_t>(channel) * shape.height + place.row) * shape.width + place.column;
}

static __device__ inline size_t sample_size(const blocked_shape &shape) {
    return static_cast<size_t>(shape.channels) * shape.height * shape.width;
}

typedef struct rows_problem {
    tau_fast_tensor tensor;
    size_t point_stride; /* of the rows */
    unsigned samples;
    int points;
    unsigned char *overflow;
} rows_problem;

static __global__ void __launch_bounds__(FAST_THREADS)
    from_rows(unsigned count, const rows_problem problem, const float *x) {
    const unsigned vector = thread_vector();
    if (vector >= count) return;
    const blocked_shape shape = blocked_shape_of(problem.tensor);
    const blocked_place place = blocked_place_at(shape, vector);
    const unsigned sample = place.group * 8 + place.sample;
    for (int point = static_cast<int>(blockIdx.y); point < problem.points;
         point += static_cast<int>(gridDim.y)) {
        const float *row =
            x + static_cast<size_t>(point) * problem.point_stride + sample * sample_size(shape);
        float values[8];
#pragma unroll
        for (unsigned i = 0; i < 8; i++) {
            const unsigned channel = place.block * 8 + i;
            const bool exists = sample < problem.samples && channel < shape.channels;
            values[i] = exists ? __ldg(row + row_element(shape, place, channel)) : 0.0f;
        }
        bool overflow = false;
        blocked_vectors(problem.tensor, point)[vector] = pack_vector(values, &overflow);
        mark_overflow(problem.overflow, point, overflow);
    }
}

cudaError_t tau_cuda_fast_from_rows(const tau_fast_tensor *y, const float *x, size_t point_stride, int points,
                                    int samples, unsigned char *overflow, cudaStream_t stream) {
    const rows_problem problem = {*y, point_stride, static_cast<unsigned>(samples), points, overflow};
    return launch_vectors(from_rows, blocked_count(y, ceil_div(samples, 8)), points, stream, problem, x);
}

static __global__ void __launch_bounds__(FAST_THREADS)
    to_rows(unsigned count, const rows_problem problem, float *y) {
    const unsigned vector = thread_vector();
    if (vector >= count) return;
    const blocked_shape shape = blocked_shape_of(problem.tensor);
    const blocked_place place = blocked_place_at(shape, vector);
    const unsigned sample = place.group * 8 + place.sample;
    if (sample >= problem.samples) return;
    for (int point = static_cast<int>(blockIdx.y); point < problem.points;
         point += static_cast<int>(gridDim.y)) {
        float *row = y + static_cast<size_t>(point) * problem.point_stride + sample * sample_size(shape);
        float values[8];
        unpack_vector(values, blocked_vectors(problem.tensor, point)[vector]);
#pragma unroll
        for (unsigned i = 0; i < 8; i++) {
            const unsigned channel = place.block * 8 + i;
            if (channel < shape.channels) row[row_element(shape, place, channel)] = values[i];
        }
    }
}

cudaError_t tau_cuda_fast_to_rows(float *y, const tau_fast_tensor *x, int points, int samples,
                                  cudaStream_t stream) {
    const size_t size =
        static_cast<size_t>(x->channels) * static_cast<size_t>(x->height) * static_cast<size_t>(x->width);
    const rows_problem problem = {*x, size * static_cast<size_t>(samples), static_cast<unsigned>(samples),
                                  points, nullptr};
    return launch_vectors(to_rows, blocked_count(x, ceil_div(samples, 8)), points, stream, problem, y);
}

/** ---- unfolding ---- */

typedef struct unfold_problem {
    tau_fast_tensor y;
    const float *x;
    int channels, height, width, samples;
    tau_window window;
    int inputs; /* C·kh·kw: channels of one part */
    unsigned char *overflow;
} unfold_problem;

/** Channel `channel` of the unfolded data: part, channel of x, tap. */
static __device__ inline float unfolded_value(const unfold_problem &problem, const blocked_place &place,
                                              int channel) {
    const int rows = static_cast<int>(problem.window.kernel[0]),
              columns = static_cast<int>(problem.window.kernel[1]);
    const int input = channel % problem.inputs, tap = input % (rows * columns);
    const int row = static_cast<int>(place.row) * static_cast<int>(problem.window.stride[0]) +
                    tap / columns * static_cast<int>(problem.window.dilation[0]) -
                    static_cast<int>(problem.window.pad[0]);
    const int column = static_cast<int>(place.column) * static_cast<int>(problem.window.stride[1]) +
                       tap % columns * static_cast<int>(problem.window.dilation[1]) -
                       static_cast<int>(problem.window.pad[1]);
    if (row < 0 || row >= problem.height || column < 0 || column >= problem.width) return 0.0f;
    const size_t plane =
        static_cast<size_t>(place.group * 8 + place.sample) * static_cast<size_t>(problem.channels) +
        static_cast<size_t>(input / (rows * columns));
    const float value = __ldg(problem.x +
                              (plane * static_cast<size_t>(problem.height) + static_cast<size_t>(row)) *
                                  static_cast<size_t>(problem.width) +
                              static_cast<size_t>(column));
    return channel < problem.inputs ? value : half_rest(value);
}

static __global__ void __launch_bounds__(FAST_THREADS) unfold(unsigned count, const unfold_problem problem) {
    const unsigned vector = thread_vector();
    if (vector >= count) return;
    const blocked_place place = blocked_place_at(blocked_shape_of(problem.y), vector);
    const bool sample = place.group * 8 + place.sample < static_cast<unsigned>(problem.samples);
    float values[8];
#pragma unroll
    for (int i = 0; i < 8; i++) {
        const int channel = static_cast<int>(place.block) * 8 + i;
        values[i] = sample && channel < problem.y.channels ? unfolded_value(problem, place, channel) : 0.0f;
    }
    bool overflow = false;
    blocked_vectors(problem.y, 0)[vector] = pack_vector(values, &overflow);
    mark_overflow(problem.overflow, 0, overflow);
}

cudaError_t tau_cuda_fast_unfold(const tau_fast_tensor *y, const float *x, int channels, int height,
                                 int width, const tau_window *window, int parts, int samples,
                                 unsigned char *overflow, cudaStream_t stream) {
    const int inputs = channels * static_cast<int>(window->kernel[0] * window->kernel[1]);
    if (y->channels != parts * inputs) return cudaErrorInvalidValue;
    const unfold_problem problem = {*y, x, channels, height, width, samples, *window, inputs, overflow};
    return launch_vectors(unfold, blocked_count(y, ceil_div(samples, 8)), 1, stream, problem);
}

/** ---- concatenation ---- */

static __global__ void __launch_bounds__(FAST_THREADS)
    concat(unsigned count, const tau_fast_tensor y, const tau_fast_tensor x, unsigned first_block,
           int points) {
    const unsigned vector = thread_vector();
    if (vector >= count) return;
    blocked_place place = blocked_place_at(blocked_shape_of(x), vector);
    place.block += first_block;
    const unsigned target = blocked_index(blocked_shape_of(y), place);
    for (int point = static_cast<int>(blockIdx.y); point < points; point += static_cast<int>(gridDim.y)) {
        blocked_vectors(y, point)[target] = blocked_vectors(x, point)[vector];
    }
}

cudaError_t tau_cuda_fast_concat(const tau_fast_tensor *y, const tau_fast_tensor *x, int first, int points,
                                 int groups, cudaStream_t stream) {
    if (first % 8 != 0 || x->channels % 8 != 0 || first + x->channels > y->channels)
        return cudaErrorInvalidValue;
    return launch_vectors(concat, blocked_count(x, groups), points, stream, *y, *x,
                          static_cast<unsigned>(first / 8), points);
}
