#include <inttypes.h>

#include "model/infer.h"

/* Larger numbers in a window are nonsense, and their products would overflow. */
static const int64_t window_limit = 1 << 20;

static tau_status check_window(const tau_window *window) {
    for (int i = 0; i < 2; i++) {
        const int64_t values[3] = {window->kernel[i], window->stride[i], window->dilation[i]};
        for (int k = 0; k < 3; k++)
            if (values[k] < 1 || values[k] > window_limit)
                return tau_fail(TAU_STATUS_SHAPE,
                                "kernel, stride and dilation must be positive" TAU_WHY
                                "one of them is %" PRId64,
                                values[k]);
    }
    for (int i = 0; i < 4; i++)
        if (window->pad[i] < 0 || window->pad[i] > window_limit)
            return tau_fail(TAU_STATUS_SHAPE,
                            "padding of %" PRId64 " cannot be used" TAU_WHY "it must not be negative",
                            window->pad[i]);
    return TAU_STATUS_OK;
}

/* Places of the window along one axis (0 height, 1 width). In ceil mode the last window must begin within the
 * input or its leading padding, as in PyTorch. */
static tau_status count_places(int64_t *out, const tau_window *window, int axis, int64_t input) {
    const int64_t extent = window->dilation[axis] * (window->kernel[axis] - 1) + 1;
    const int64_t before = window->pad[axis], padded = input + before + window->pad[axis + 2];
    const int64_t stride = window->stride[axis];
    if (extent > padded)
        return tau_fail(TAU_STATUS_SHAPE,
                        "the window is larger than its input" TAU_WHY "it spans %" PRId64 " of %" PRId64
                        " padded elements",
                        extent, padded);
    int64_t places = (padded - extent) / stride + 1;
    if (window->ceil_mode && (padded - extent) % stride != 0 && places * stride < input + before) places++;
    *out = places;
    return TAU_STATUS_OK;
}

static tau_status make_output(tau_shape *out, const tau_shape *input, int64_t channels,
                              const tau_window *window) {
    int64_t c, h, w;
    TAU_TRY(tau_shape_image(input, &c, &h, &w));
    int64_t dim[3] = {channels, 0, 0};
    TAU_TRY(count_places(&dim[1], window, 0, h));
    TAU_TRY(count_places(&dim[2], window, 1, w));
    if (input->rank == 3) return tau_shape_make(out, 3, dim);
    if (dim[1] != 1)
        return tau_fail(TAU_STATUS_SHAPE, "a two-dimensional window on a sample with one axis of positions");
    dim[1] = dim[2];
    return tau_shape_make(out, 2, dim);
}

static tau_status check_conv_weight(const tau_shape *weight, const tau_shape *input, tau_window *window) {
    char wt[TAU_SHAPE_TEXT], it[TAU_SHAPE_TEXT];
    if ((input->rank != 2 && input->rank != 3) || weight->rank != input->rank + 1)
        return tau_fail(TAU_STATUS_SHAPE,
                        "weights of shape %s do not fit samples of shape %s" TAU_WHY
                        "convolutions over one or two axes of positions are supported",
                        tau_shape_format(wt, weight), tau_shape_format(it, input));
    const int64_t groups = window->groups;
    if (groups < 1 || input->dim[0] % groups != 0 || weight->dim[0] % groups != 0)
        return tau_fail(TAU_STATUS_SHAPE,
                        "%" PRId64 " groups do not divide the channels" TAU_WHY "there are %" PRId64
                        " in and %" PRId64 " out",
                        groups, input->dim[0], weight->dim[0]);
    if (weight->dim[1] != input->dim[0] / groups)
        return tau_fail(TAU_STATUS_SHAPE,
                        "weights of shape %s do not fit samples of shape %s" TAU_WHY "they read %" PRId64
                        " channels of each of %" PRId64 " groups",
                        tau_shape_format(wt, weight), tau_shape_format(it, input), weight->dim[1], groups);
    const int64_t kernel[2] = {weight->rank == 4 ? weight->dim[2] : 1, weight->dim[weight->rank - 1]};
    for (int i = 0; i < 2; i++) {
        if (window->kernel[i] != 0 && window->kernel[i] != kernel[i])
            return tau_fail(TAU_STATUS_SHAPE, "the kernel shape contradicts the weights' shape %s",
                            tau_shape_format(wt, weight));
        window->kernel[i] = kernel[i];
    }
    return TAU_STATUS_OK;
}

tau_status tau_infer_conv(tau_shape *out, const tau_infer_request *request) {
    const tau_shape *input = &request->inputs[0]->shape, *weight = &request->inputs[1]->shape;
    const tau_value *bias = request->inputs[2];
    tau_window *window = &request->attributes->window;
    TAU_TRY(check_conv_weight(weight, input, window));
    if (bias && (bias->shape.rank != 1 || bias->shape.dim[0] != weight->dim[0]))
        return tau_fail(TAU_STATUS_SHAPE, "the bias does not have one element for each output channel");
    TAU_TRY(check_window(window));
    return make_output(out, input, weight->dim[0], window);
}

static tau_status nothing_but_padding(void) {
    return tau_fail(TAU_STATUS_SHAPE, "the padding of a pool reaches beyond its window" TAU_WHY
                                      "some windows would hold nothing but padding");
}

/* Padding at the end may be longer than the window as long as the last window begins before it: so exporters
 * write ceil_mode where their opset has none. */
tau_status tau_infer_pool(tau_shape *out, const tau_infer_request *request) {
    const tau_shape *input = &request->inputs[0]->shape;
    const tau_window *window = &request->attributes->window;
    TAU_TRY(check_window(window));
    for (int i = 0; i < 2; i++) {
        const int64_t reach = window->dilation[i] * (window->kernel[i] - 1);
        if (window->pad[i] > reach) return nothing_but_padding();
        if (request->op == TAU_OP_AVERAGE_POOL && window->dilation[i] != 1)
            return tau_fail(TAU_STATUS_UNSUPPORTED, "average pools with dilation are not supported");
    }
    int64_t c, h, w;
    TAU_TRY(tau_shape_image(input, &c, &h, &w));
    TAU_TRY(make_output(out, input, c, window));
    const int64_t size[2] = {h, w}, places[2] = {out->rank == 3 ? out->dim[1] : 1, out->dim[out->rank - 1]};
    for (int i = 0; i < 2; i++)
        if ((places[i] - 1) * window->stride[i] >= size[i] + window->pad[i]) return nothing_but_padding();
    return TAU_STATUS_OK;
}
