/* From labels to targets, and from arrays to samples. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/log.h"
#include "core/memory.h"
#include "data/part.h"

enum { CLASS_LIMIT = 1000000 };

static int compare_words(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The words of all parts, sorted, each once. @lifetime the strings are the parts' */
static tau_status collect_words(char ***out, size_t *count, tau_part *const *parts, int part_count) {
    size_t all = 0;
    for (int i = 0; i < part_count; i++) all += parts[i]->word_count;
    TAU_TRY(TAU_ALLOC(*out, all));
    char **words = *out;
    all = 0;
    for (int i = 0; i < part_count; i++)
        for (size_t k = 0; k < parts[i]->word_count; k++) words[all++] = parts[i]->words[k];
    qsort(words, all, sizeof *words, compare_words);
    *count = 0;
    for (size_t i = 0; i < all; i++)
        if (i == 0 || strcmp(words[i], words[i - 1]) != 0) words[(*count)++] = words[i];
    return TAU_STATUS_OK;
}

static tau_status number_words(tau_part *part, char *const *words, size_t count) {
    tau_array *labels = &part->labels;
    labels->kind = TAU_ARRAY_KIND_INTEGERS;
    TAU_TRY(tau_array_set_shape(labels, 1, &(int64_t){(int64_t)part->word_count}, part->source));
    TAU_TRY(TAU_ALLOC(labels->value, part->word_count));
    for (size_t i = 0; i < part->word_count; i++) {
        char *const *found = bsearch(&part->words[i], words, count, sizeof *words, compare_words);
        labels->value[i] = (float)(found - words);
    }
    return TAU_STATUS_OK;
}

tau_status tau_part_number_words(tau_part *const *parts, int count) {
    int with_words = 0;
    for (int i = 0; i < count; i++) with_words += parts[i]->words != NULL;
    if (with_words == 0) return TAU_STATUS_OK;
    if (with_words < count)
        return tau_fail(TAU_STATUS_MISMATCH, "training and test labels do not fit" TAU_WHY
                                             "the labels of one are words, those of the other numbers" TAU_FIX
                                             "write both as words, or both as numbers");
    char **words = NULL;
    size_t word_count;
    TAU_TRY(collect_words(&words, &word_count, parts, count));
    tau_status status = TAU_STATUS_OK;
    for (int i = 0; i < count && status == TAU_STATUS_OK; i++)
        status = number_words(parts[i], words, word_count);
    tau_mem_free(words);
    return status;
}

/* [N,1] is [N]. */
static void drop_axes_of_one(tau_array *labels) {
    while (labels->rank > 1 && labels->dim[labels->rank - 1] == 1) labels->rank--;
}

static bool is_one_hot(const tau_array *labels) {
    if (labels->rank != 2 || labels->dim[1] < 2) return false;
    size_t width = (size_t)labels->dim[1];
    for (size_t i = 0; i < labels->count; i += width) {
        size_t ones = 0;
        for (size_t k = i; k < i + width; k++) {
            if (labels->value[k] != 0 && labels->value[k] != 1) return false;
            ones += labels->value[k] == 1;
        }
        if (ones != 1) return false;
    }
    return true;
}

static const char *label_source(const tau_part *part) {
    return part->label_source ? part->label_source : part->source;
}

static tau_status check_classes(int *class_count, const tau_part *part) {
    const tau_array *labels = &part->labels;
    float most = 0;
    for (size_t i = 0; i < labels->count; i++) {
        float label = labels->value[i];
        if (!(label >= 0 && label <= CLASS_LIMIT))
            return tau_fail(TAU_STATUS_INPUT,
                            "label %zu of %s is no class" TAU_WHY
                            "it is %g; classes are numbered from 0 to %d" TAU_FIX
                            "use a loss on values (mse, mae, huber) if these are values",
                            i, label_source(part), (double)label, CLASS_LIMIT);
        if (label > most) most = label;
    }
    *class_count = (int)most + 1;
    return TAU_STATUS_OK;
}

typedef enum target { TARGET_CLASSES, TARGET_ONE_HOT, TARGET_VALUES } target;

static target choose_target(const tau_array *labels, bool values_wanted) {
    if (values_wanted) return TARGET_VALUES;
    if (labels->rank == 1 && labels->kind != TAU_ARRAY_KIND_REALS) return TARGET_CLASSES;
    return is_one_hot(labels) ? TARGET_ONE_HOT : TARGET_VALUES;
}

static void fill_targets(tau_samples *samples, const tau_array *labels, target what) {
    if (what == TARGET_VALUES) memcpy(samples->values, labels->value, labels->count * sizeof *labels->value);
    if (what == TARGET_CLASSES)
        for (size_t i = 0; i < labels->count; i++) samples->classes[i] = (int32_t)labels->value[i];
    size_t width = labels->rank == 2 ? (size_t)labels->dim[1] : 1;
    if (what == TARGET_ONE_HOT)
        for (size_t i = 0; i < labels->count; i++)
            if (labels->value[i] == 1) samples->classes[i / width] = (int32_t)(i % width);
}

/* Shape of one sample: [F], images without channels [1,H,W], images [C,H,W], anything else as it is. */
static tau_status sample_shape(tau_shape *out, const tau_part *part, bool nhwc) {
    const int64_t *d = part->inputs.dim;
    switch (part->inputs.rank) {
    case 0:
        break;
    case 1:
        return tau_shape_make(out, 1, (const int64_t[]){1});
    case 3:
        return tau_shape_make(out, 3, (const int64_t[]){1, d[1], d[2]});
    case 4:
        if (nhwc) return tau_shape_make(out, 3, (const int64_t[]){d[3], d[1], d[2]});
        /* fall through */
    default:
        return tau_shape_make(out, part->inputs.rank - 1, d + 1);
    }
    return tau_fail(TAU_STATUS_SHAPE,
                    "%s holds one number" TAU_WHY "inputs have an axis of samples" TAU_FIX
                    "save an array whose first axis counts the samples",
                    part->source);
}

/* One pixel after the other [H,W,C] to one channel after the other [C,H,W], through a buffer of one sample.
 */
static tau_status channels_first(float *inputs, size_t count, const tau_shape *shape) {
    size_t channels = (size_t)shape->dim[0], pixels = (size_t)(shape->dim[1] * shape->dim[2]);
    float *sample;
    TAU_TRY(TAU_ALLOC(sample, channels * pixels));
    for (size_t i = 0; i < count; i++, inputs += channels * pixels) {
        memcpy(sample, inputs, channels * pixels * sizeof *sample);
        for (size_t p = 0; p < pixels; p++)
            for (size_t c = 0; c < channels; c++) inputs[c * pixels + p] = sample[p * channels + c];
    }
    tau_mem_free(sample);
    return TAU_STATUS_OK;
}

/* Bytes to [0,1], then (x - mean)/std; each number is rounded once. */
static tau_status normalise(tau_samples *samples, bool bytes, const tau_data_options *options) {
    double scale = bytes ? 255 : 1, mean = options->has_mean ? options->mean : 0,
           std = options->has_std ? options->std : 1;
    const char *x = bytes ? "x/255" : "x";
    size_t count = samples->count * tau_shape_size(&samples->input_shape), odd = 0;
    for (size_t i = 0; i < count; i++) {
        samples->inputs[i] = (float)((samples->inputs[i] / scale - mean) / std);
        odd += !isfinite(samples->inputs[i]);
    }
    if (odd) tau_log(TAU_LOG_LEVEL_NOTE, "%zu inputs of %s are not finite numbers", odd, samples->source);
    if (options->has_std) return tau_string_format(&samples->normalisation, "(%s - %.9g)/%.9g", x, mean, std);
    if (options->has_mean) return tau_string_format(&samples->normalisation, "%s - %.9g", x, mean);
    return tau_string_copy(&samples->normalisation, bytes ? x : "");
}

static tau_status check_counts(const tau_part *part) {
    const tau_array *inputs = &part->inputs, *labels = &part->labels;
    if (inputs->rank == 0 || inputs->dim[0] == 0 || inputs->count == 0)
        return tau_fail(TAU_STATUS_SHAPE,
                        "%s holds no samples" TAU_WHY "its first axis, that of the samples, is empty" TAU_FIX
                        "name a file with at least one sample",
                        part->source);
    if (labels->rank > 0 && labels->count > 0 && labels->dim[0] == inputs->dim[0]) return TAU_STATUS_OK;
    return tau_fail(TAU_STATUS_SHAPE,
                    "the labels of %s do not fit the inputs of %s" TAU_WHY
                    "there are %lld inputs and %lld labels" TAU_FIX
                    "name the labels of these very inputs: one for each, in their order",
                    label_source(part), part->source, (long long)inputs->dim[0],
                    labels->rank ? (long long)labels->dim[0] : 0);
}

tau_status tau_part_samples(tau_samples **out, tau_part *part, const tau_data_options *options) {
    tau_shape shape;
    int class_count = 0;
    *out = NULL;
    TAU_TRY(check_counts(part));
    TAU_TRY(sample_shape(&shape, part, options->nhwc));
    drop_axes_of_one(&part->labels);
    target what = choose_target(&part->labels, options->values_wanted);
    size_t count = (size_t)part->inputs.dim[0];
    if (what == TARGET_CLASSES) TAU_TRY(check_classes(&class_count, part));
    if (what == TARGET_ONE_HOT) class_count = (int)part->labels.dim[1];
    tau_samples *samples;
    TAU_TRY(tau_samples_create(&samples, count, &shape, class_count, part->labels.count / count));
    fill_targets(samples, &part->labels, what);
    tau_mem_free(samples->inputs);
    samples->inputs = part->inputs.value;
    part->inputs.value = NULL;
    tau_status status = tau_string_copy(&samples->source, part->source);
    if (status == TAU_STATUS_OK && options->nhwc && part->inputs.rank == 4)
        status = channels_first(samples->inputs, count, &shape);
    if (status == TAU_STATUS_OK)
        status = normalise(samples, part->inputs.kind == TAU_ARRAY_KIND_BYTES, options);
    if (status == TAU_STATUS_OK)
        *out = samples;
    else
        tau_samples_destroy(samples);
    return status;
}
