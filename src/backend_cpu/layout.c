#include "backend_cpu/lower.h"
#include "core/memory.h"

bool tau_cpu_is_activation(const tau_graph *graph, int value) {
    return value >= 0 && (graph->values[value].kind == TAU_VALUE_KIND_INPUT ||
                          graph->values[value].kind == TAU_VALUE_KIND_ACTIVATION);
}

static tau_status append_tensor(tau_cpu_program *program, int *index, const tau_cpu_tensor *tensor) {
    TAU_TRY(TAU_GROW(program->tensors, program->tensor_capacity, (size_t)program->tensor_count + 1));
    *index = program->tensor_count++;
    program->tensors[*index] = *tensor;
    program->tensors[*index].twin = -1;
    program->tensors[*index].alias = *index;
    return TAU_STATUS_OK;
}

tau_status tau_cpu_tensor_plain(tau_cpu_program *program, int *index, const tau_shape *shape) {
    const size_t size = tau_shape_size(shape);
    return append_tensor(program, index, &(tau_cpu_tensor){.size = size, .stride = tau_cpu_pad(size)});
}

tau_status tau_cpu_tensor_image(tau_cpu_program *program, int *index, size_t channels, size_t height,
                                size_t width) {
    tau_cpu_tensor tensor = {.layout = TAU_CPU_LAYOUT_IMAGE,
                             .channels = channels,
                             .height = height,
                             .width = width,
                             .channel_stride = tau_cpu_pad(channels)};
    tensor.size = tensor.stride = height * width * tensor.channel_stride;
    return append_tensor(program, index, &tensor);
}

tau_status tau_cpu_tensor_like(tau_cpu_program *program, int *index, int like) {
    tau_cpu_tensor tensor = program->tensors[like];
    tensor.stride = tau_cpu_pad(tensor.size);
    return append_tensor(program, index, &tensor);
}

tau_status tau_cpu_step_append(tau_cpu_program *program, tau_cpu_step **step,
                               const tau_cpu_operation *operation, int input_count) {
    TAU_TRY(TAU_GROW(program->steps, program->step_capacity, (size_t)program->step_count + 1));
    tau_cpu_step *added = &program->steps[program->step_count];
    *added = (tau_cpu_step){.operation = operation,
                            .node_index = -1,
                            .input_count = input_count,
                            .output = -1,
                            .residual = -1,
                            .packed = program->packed_size};
    TAU_TRY(TAU_ALLOC(added->inputs, (size_t)input_count));
    program->step_count++;
    TAU_TRY(TAU_ALLOC(added->accumulates, (size_t)input_count));
    for (int i = 0; i < input_count; i++) added->inputs[i] = -1;
    *step = added;
    return TAU_STATUS_OK;
}

bool tau_cpu_tensor_alike(const tau_cpu_program *program, int a, int b) {
    const tau_cpu_tensor *s = &program->tensors[a], *t = &program->tensors[b];
    if (s->layout != t->layout || s->size != t->size) return false;
    return s->layout == TAU_CPU_LAYOUT_PLAIN ||
           (s->channels == t->channels && s->width == t->width && s->channel_stride == t->channel_stride);
}

static tau_status convert(tau_cpu_program *program, int from, int to, const tau_cpu_operation *operation) {
    tau_cpu_step *step;
    TAU_TRY(tau_cpu_step_append(program, &step, operation, 1));
    step->inputs[0] = from;
    step->output = to;
    program->tensors[from].twin = to;
    program->tensors[to].twin = from;
    return TAU_STATUS_OK;
}

/* One pixel or one channel lie the same in either layout. */
static void share_memory(tau_cpu_program *program, int tensor, int with) {
    tau_cpu_tensor *t = &program->tensors[tensor];
    t->alias = program->tensors[with].alias;
    t->stride = program->tensors[with].stride;
    t->twin = with;
    program->tensors[with].twin = tensor;
}

tau_status tau_cpu_want_plain(tau_cpu_program *program, int *tensor, int value) {
    const int from = program->tensor_of[value];
    *tensor = from;
    if (program->tensors[from].layout == TAU_CPU_LAYOUT_PLAIN) return TAU_STATUS_OK;
    if (program->tensors[from].twin >= 0) {
        *tensor = program->tensors[from].twin;
        return TAU_STATUS_OK;
    }
    TAU_TRY(tau_cpu_tensor_plain(program, tensor, &program->graph->values[value].shape));
    const tau_cpu_tensor *image = &program->tensors[from];
    if (image->height * image->width == 1 || image->channel_stride == 1) {
        share_memory(program, *tensor, from);
        return TAU_STATUS_OK;
    }
    return convert(program, from, *tensor, &tau_cpu_to_plain);
}

static bool is_image_of(const tau_cpu_tensor *tensor, size_t c, size_t h, size_t w) {
    return tensor->layout == TAU_CPU_LAYOUT_IMAGE && tensor->channels == c && tensor->height == h &&
           tensor->width == w;
}

/* Channels, height and width of any value with an axis of channels. */
static void image_of(const tau_shape *shape, size_t *c, size_t *h, size_t *w) {
    *c = (size_t)shape->dim[0];
    *w = shape->rank > 1 ? (size_t)shape->dim[shape->rank - 1] : 1;
    *h = tau_shape_size(shape) / (*c * *w);
}

tau_status tau_cpu_want_image(tau_cpu_program *program, int *tensor, int value) {
    size_t c, h, w;
    image_of(&program->graph->values[value].shape, &c, &h, &w);
    *tensor = program->tensor_of[value];
    if (is_image_of(&program->tensors[*tensor], c, h, w)) return TAU_STATUS_OK;
    int plain;
    TAU_TRY(tau_cpu_want_plain(program, &plain, value));
    const int twin = program->tensors[plain].twin;
    if (twin >= 0 && is_image_of(&program->tensors[twin], c, h, w)) {
        *tensor = twin;
        return TAU_STATUS_OK;
    }
    TAU_TRY(tau_cpu_tensor_image(program, tensor, c, h, w));
    const bool padded = program->tensors[plain].stride % TAU_CPU_PANEL == 0;
    tau_cpu_tensor *image = &program->tensors[*tensor];
    if (c == 1 || (h * w == 1 && padded)) {
        if (c == 1) image->channel_stride = 1, image->size = h * w;
        share_memory(program, *tensor, plain);
        return TAU_STATUS_OK;
    }
    if (c < TAU_CPU_PANEL) { /* a few channels side by side: the first convolution of a network */
        image->channel_stride = c;
        image->size = c * h * w;
        image->stride = tau_cpu_pad(image->size);
    }
    return convert(program, plain, *tensor, &tau_cpu_to_image);
}
