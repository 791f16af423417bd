/* The recorded inputs and targets of DeepReplay. */
#include <math.h>
#include <string.h>

#include "core/memory.h"
#include "store/deepreplay_internal.h"

static tau_status damaged(const tau_deepreplay *replay, tau_status code, const char *member,
                          const char *why) {
    return tau_fail(code, "cannot use the %s of '%s' in %s" TAU_WHY "%s", member, replay->group,
                    tau_h5_path(replay->file), why);
}

/* Samples of (H, W, C), one after the other, to (C, H, W). */
static tau_status turn_images(float *inputs, size_t count, const tau_shape *shape) {
    const size_t channels = (size_t)shape->dim[0], places = (size_t)(shape->dim[1] * shape->dim[2]);
    const size_t size = channels * places;
    float *copy;
    TAU_TRY(TAU_ALLOC(copy, size));
    for (size_t n = 0; n < count; n++) {
        memcpy(copy, inputs + n * size, size * sizeof *copy);
        for (size_t c = 0; c < channels; c++)
            for (size_t p = 0; p < places; p++) inputs[n * size + c * places + p] = copy[p * channels + c];
    }
    tau_mem_free(copy);
    return TAU_STATUS_OK;
}

/* The one place of a row that holds 1 among zeros; -1 = it is not such a row. */
static int32_t hot_place(const float *row, size_t width) {
    int32_t found = -1;
    for (size_t i = 0; i < width; i++) {
        if (row[i] == 0.0f) continue;
        if (row[i] != 1.0f || found >= 0) return -1;
        found = (int32_t)i;
    }
    return found;
}

static tau_status read_class(const tau_deepreplay *replay, int32_t *out, const float *row, size_t width,
                             size_t classes) {
    if (width > 1) {
        *out = hot_place(row, width);
        if (*out >= 0) return TAU_STATUS_OK;
        return damaged(replay, TAU_STATUS_UNSUPPORTED, "targets",
                       "the loss takes classes, but a row of them is not one 1 among zeros");
    }
    if (row[0] >= 0 && row[0] < (float)classes && row[0] == floorf(row[0])) {
        *out = (int32_t)row[0];
        return TAU_STATUS_OK;
    }
    return damaged(replay, TAU_STATUS_INPUT, "targets", "one of them is not the number of a class");
}

static tau_status fill(tau_samples *samples, const tau_deepreplay *replay, const float *inputs,
                       const float *targets, size_t width) {
    const tau_shape *shape = &samples->input_shape;
    memcpy(samples->inputs, inputs, samples->count * tau_shape_size(shape) * sizeof *inputs);
    if (replay->model->channels_last) TAU_TRY(turn_images(samples->inputs, samples->count, shape));
    if (samples->values)
        memcpy(samples->values, targets, samples->count * width * sizeof *targets);
    else
        for (size_t n = 0; n < samples->count; n++)
            TAU_TRY(read_class(replay, &samples->classes[n], targets + n * width, width,
                               (size_t)samples->class_count));
    tau_mem_free(samples->source);
    samples->source = NULL;
    return tau_string_format(&samples->source, "%s (DeepReplay)", replay->group);
}

/* Keras reads (n, …) however the sample's axes are cut; the number of elements is what must agree. */
static tau_status make(tau_samples **out, const tau_deepreplay *replay, const tau_h5_extent *inputs,
                       const tau_h5_extent *targets) {
    const tau_graph *graph = replay->model->graph;
    const tau_shape *shape = &graph->values[graph->input].shape;
    const size_t outputs = tau_shape_size(&graph->values[graph->output].shape);
    if (inputs->rank < 1 || inputs->count == 0)
        return damaged(replay, TAU_STATUS_INPUT, "inputs", "there are no samples in them");
    const size_t count = (size_t)inputs->dim[0];
    if (inputs->count / count != tau_shape_size(shape))
        return damaged(replay, TAU_STATUS_SHAPE, "inputs", "a sample is not what the network takes");
    if (targets->rank < 1 || targets->count == 0 || (size_t)targets->dim[0] != count)
        return damaged(replay, TAU_STATUS_INPUT, "targets", "there are not as many as inputs");
    const size_t width = targets->count / count;
    const bool classes = replay->model->classes;
    if (width != outputs && !(classes && width == 1))
        return damaged(replay, TAU_STATUS_SHAPE, "targets", "a row of them is not as long as the outputs");
    if (outputs > INT32_MAX) return damaged(replay, TAU_STATUS_SHAPE, "outputs", "there are too many");
    return tau_samples_create(out, count, shape, classes ? (int)outputs : 0, classes ? 0 : width);
}

static tau_status locate(char out[TAU_STORE_PATH], tau_h5_extent *extent, const tau_deepreplay *replay,
                         const char *member) {
    return tau_h5_inspect(extent, replay->file, tau_store_path(out, replay->group, member));
}

tau_status tau_deepreplay_read_samples(tau_deepreplay *replay, tau_samples **samples) {
    char path[TAU_STORE_PATH];
    tau_h5_extent inputs_extent, targets_extent;
    float *inputs = NULL, *targets = NULL;
    *samples = NULL;
    TAU_TRY(locate(path, &inputs_extent, replay, "inputs"));
    TAU_TRY(locate(path, &targets_extent, replay, "targets"));
    TAU_TRY(make(samples, replay, &inputs_extent, &targets_extent));
    tau_status status = tau_h5_read_floats(&inputs, &inputs_extent, replay->file,
                                           tau_store_path(path, replay->group, "inputs"));
    if (status == TAU_STATUS_OK)
        status = tau_h5_read_floats(&targets, &targets_extent, replay->file,
                                    tau_store_path(path, replay->group, "targets"));
    if (status == TAU_STATUS_OK)
        status = fill(*samples, replay, inputs, targets, targets_extent.count / (*samples)->count);
    tau_mem_free(inputs);
    tau_mem_free(targets);
    if (status == TAU_STATUS_OK) return TAU_STATUS_OK;
    tau_samples_destroy(*samples);
    *samples = NULL;
    return status;
}
