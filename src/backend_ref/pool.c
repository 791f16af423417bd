/* Pools over windows of one sample: x[C,H,W] -> y[C,H',W']; 1-D: x[C,L], height 1.
 *
 * The window of y[c,i,j] holds x[c, i·s0 + u·d0 - p0, j·s1 + v·d1 - p1] for 0 <= u < k0, 0 <= v < k1.
 * Max: the largest element inside the image; a NaN is larger than all. The gradient goes to the first largest
 * (or the first NaN) in row-major order.
 * Average: the sum inside the image over the number of elements inside the image, or with `count_pad` inside
 * the padded image; what ceil mode adds beyond the padding never counts (as in PyTorch).
 * Global average: y[c] = mean of x[c,…]. */
#include <math.h>

#include "backend_ref/operators.h"

typedef struct pool_size {
    int64_t channels, height, width, rows, columns;
} pool_size;

static pool_size size_of(const tau_ref_call *call) {
    const tau_shape *x = call->inputs[0].shape, *y = call->shape;
    int last = x->rank - 1;
    return (pool_size){x->dim[0], last == 2 ? x->dim[1] : 1, x->dim[last], last == 2 ? y->dim[1] : 1,
                       y->dim[last]};
}

/* One window: what its elements are and how many count for an average. */
typedef struct window_at {
    const tau_window *window;
    const pool_size *n;
    int64_t channel, top, left;
} window_at;

static int64_t element(const window_at *at, int64_t u, int64_t v) {
    int64_t row = at->top + u * at->window->dilation[0], column = at->left + v * at->window->dilation[1];
    if (row < 0 || row >= at->n->height || column < 0 || column >= at->n->width) return -1;
    return (at->channel * at->n->height + row) * at->n->width + column;
}

/* Offset of the element that a max pool takes, or -1 if all is padding. */
static int64_t largest(const window_at *at, const double *x) {
    int64_t best = -1;
    for (int64_t u = 0; u < at->window->kernel[0]; u++)
        for (int64_t v = 0; v < at->window->kernel[1]; v++) {
            int64_t i = element(at, u, v);
            if (i < 0) continue;
            if (best < 0 || (!isnan(x[best]) && !(x[i] <= x[best]))) best = i;
        }
    return best;
}

static double divisor(const window_at *at) {
    const tau_window *window = at->window;
    int64_t count = 0;
    for (int64_t u = 0; u < window->kernel[0]; u++)
        for (int64_t v = 0; v < window->kernel[1]; v++) {
            bool in_padded =
                at->top + u < at->n->height + window->pad[2] && at->left + v < at->n->width + window->pad[3];
            count += window->count_pad ? in_padded : element(at, u, v) >= 0;
        }
    return (double)count;
}

static double sum(const window_at *at, const double *x) {
    double total = 0;
    for (int64_t u = 0; u < at->window->kernel[0]; u++)
        for (int64_t v = 0; v < at->window->kernel[1]; v++) {
            int64_t i = element(at, u, v);
            if (i >= 0) total += x[i];
        }
    return total;
}

static void spread(const window_at *at, double *dx, double share) {
    for (int64_t u = 0; u < at->window->kernel[0]; u++)
        for (int64_t v = 0; v < at->window->kernel[1]; v++) {
            int64_t i = element(at, u, v);
            if (i >= 0) dx[i] += share;
        }
}

typedef void (*window_visit)(const tau_ref_call *call, const window_at *at, size_t output);

static void visit_windows(const tau_ref_call *call, window_visit visit) {
    const tau_window *window = &call->attributes->window;
    const pool_size n = size_of(call);
    size_t output = 0;
    for (int64_t c = 0; c < n.channels; c++)
        for (int64_t i = 0; i < n.rows; i++)
            for (int64_t j = 0; j < n.columns; j++) {
                const window_at at = {window, &n, c, i * window->stride[0] - window->pad[0],
                                      j * window->stride[1] - window->pad[1]};
                visit(call, &at, output++);
            }
}

static void take_largest(const tau_ref_call *call, const window_at *at, size_t output) {
    int64_t i = largest(at, call->inputs[0].value);
    call->y[output] = i < 0 ? -INFINITY : call->inputs[0].value[i];
}

static void give_to_largest(const tau_ref_call *call, const window_at *at, size_t output) {
    int64_t i = largest(at, call->inputs[0].value);
    if (i >= 0) call->inputs[0].gradient[i] += call->dy[output];
}

static void take_average(const tau_ref_call *call, const window_at *at, size_t output) {
    call->y[output] = sum(at, call->inputs[0].value) / divisor(at);
}

static void give_shares(const tau_ref_call *call, const window_at *at, size_t output) {
    spread(at, call->inputs[0].gradient, call->dy[output] / divisor(at));
}

void tau_ref_max_pool_forward(const tau_ref_call *call) {
    visit_windows(call, take_largest);
}

void tau_ref_max_pool_backward(const tau_ref_call *call) {
    if (call->inputs[0].gradient) visit_windows(call, give_to_largest);
}

void tau_ref_average_pool_forward(const tau_ref_call *call) {
    visit_windows(call, take_average);
}

void tau_ref_average_pool_backward(const tau_ref_call *call) {
    if (call->inputs[0].gradient) visit_windows(call, give_shares);
}

void tau_ref_global_average_pool_forward(const tau_ref_call *call) {
    size_t channels = (size_t)call->inputs[0].shape->dim[0];
    size_t positions = tau_shape_size(call->inputs[0].shape) / channels;
    for (size_t c = 0; c < channels; c++) {
        double total = 0;
        for (size_t i = 0; i < positions; i++) total += call->inputs[0].value[c * positions + i];
        call->y[c] = total / (double)positions;
    }
}

void tau_ref_global_average_pool_backward(const tau_ref_call *call) {
    double *dx = call->inputs[0].gradient;
    size_t channels = dx ? (size_t)call->inputs[0].shape->dim[0] : 0;
    size_t positions = tau_shape_size(call->inputs[0].shape) / (size_t)call->inputs[0].shape->dim[0];
    for (size_t c = 0; c < channels; c++)
        for (size_t i = 0; i < positions; i++) dx[c * positions + i] += call->dy[c] / (double)positions;
}
