/* Convolution (cross-correlation, as all frameworks mean it) of one sample.
 *
 * y[o,i,j] = b[o] + sum_{c,u,v} x[g·C/G + c, i·s0 + u·d0 - p0, j·s1 + v·d1 - p1] · W[o,c,u,v]
 * with G groups, g = o / (O/G) the group of output channel o, x zero outside the image;
 * x[C,H,W], W[O,C/G,k0,k1], b[O], y[O,H',W']. A 1-D convolution has height 1. */
#include "backend_ref/operators.h"

typedef struct conv_size {
    int64_t channels, height, width; /* of the input */
    int64_t outputs, rows, columns;  /* of the output */
    int64_t per_group;               /* input channels that one output channel reads */
} conv_size;

static conv_size size_of(const tau_ref_call *call) {
    const tau_shape *x = call->inputs[0].shape, *y = call->shape;
    int last = x->rank - 1;
    return (conv_size){
        x->dim[0],    last == 2 ? x->dim[1] : 1,    x->dim[last], y->dim[0], last == 2 ? y->dim[1] : 1,
        y->dim[last], call->inputs[1].shape->dim[1]};
}

/* Places of one output element: the first input channel it reads, and the corner of its window. */
typedef struct place {
    int64_t output, channel, top, left;
} place;

static place place_of(const tau_window *window, const conv_size *n, int64_t o, int64_t i, int64_t j) {
    int64_t group = o / (n->outputs / window->groups);
    return (place){o, group * n->per_group, i * window->stride[0] - window->pad[0],
                   j * window->stride[1] - window->pad[1]};
}

/* Offset of x under window element (u, v), or -1 in the padding. */
static int64_t offset_of(const tau_window *window, const conv_size *n, const place *at, int64_t c, int64_t u,
                         int64_t v) {
    int64_t row = at->top + u * window->dilation[0], column = at->left + v * window->dilation[1];
    if (row < 0 || row >= n->height || column < 0 || column >= n->width) return -1;
    return ((at->channel + c) * n->height + row) * n->width + column;
}

/* The sum that defines one output element, without bias. */
static double sum_window(const tau_ref_call *call, const conv_size *n, const place *at) {
    const tau_window *window = &call->attributes->window;
    const double *x = call->inputs[0].value, *weight = call->inputs[1].value;
    int64_t w = at->output * n->per_group * window->kernel[0] * window->kernel[1];
    double sum = 0;
    for (int64_t c = 0; c < n->per_group; c++)
        for (int64_t u = 0; u < window->kernel[0]; u++)
            for (int64_t v = 0; v < window->kernel[1]; v++, w++) {
                int64_t from = offset_of(window, n, at, c, u, v);
                if (from >= 0) sum += x[from] * weight[w];
            }
    return sum;
}

static void spread_window(const tau_ref_call *call, const conv_size *n, const place *at, double dy) {
    const tau_window *window = &call->attributes->window;
    const tau_ref_input *x = &call->inputs[0], *weight = &call->inputs[1];
    int64_t w = at->output * n->per_group * window->kernel[0] * window->kernel[1];
    for (int64_t c = 0; c < n->per_group; c++)
        for (int64_t u = 0; u < window->kernel[0]; u++)
            for (int64_t v = 0; v < window->kernel[1]; v++, w++) {
                int64_t from = offset_of(window, n, at, c, u, v);
                if (from < 0) continue;
                if (x->gradient) x->gradient[from] += dy * weight->value[w];
                if (weight->gradient) weight->gradient[w] += dy * x->value[from];
            }
}

void tau_ref_conv_forward(const tau_ref_call *call) {
    const conv_size n = size_of(call);
    const double *bias = call->input_count > 2 ? call->inputs[2].value : NULL;
    double *y = call->y;
    for (int64_t o = 0; o < n.outputs; o++)
        for (int64_t i = 0; i < n.rows; i++)
            for (int64_t j = 0; j < n.columns; j++) {
                place at = place_of(&call->attributes->window, &n, o, i, j);
                *y++ = sum_window(call, &n, &at) + (bias ? bias[o] : 0);
            }
}

void tau_ref_conv_backward(const tau_ref_call *call) {
    const conv_size n = size_of(call);
    double *dbias = call->input_count > 2 ? call->inputs[2].gradient : NULL;
    const double *dy = call->dy;
    for (int64_t o = 0; o < n.outputs; o++)
        for (int64_t i = 0; i < n.rows; i++)
            for (int64_t j = 0; j < n.columns; j++, dy++) {
                place at = place_of(&call->attributes->window, &n, o, i, j);
                spread_window(call, &n, &at, *dy);
                if (dbias) dbias[o] += *dy;
            }
}
