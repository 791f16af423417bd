#include "data/data.h"

#include <math.h>
#include <string.h>

#include "core/file.h"
#include "core/memory.h"
#include "data/part.h"
#include "data/synthetic.h"

void tau_dataset_clear(tau_dataset *dataset) {
    tau_samples_destroy(dataset->train);
    tau_samples_destroy(dataset->test);
    *dataset = (tau_dataset){NULL, NULL};
}

/* Classes of a synthetic set as values: one number for two classes, else one-hot rows. */
static tau_status classes_to_values(tau_samples *samples) {
    if (!samples || !samples->classes) return TAU_STATUS_OK;
    size_t width = samples->class_count > 2 ? (size_t)samples->class_count : 1;
    TAU_TRY(TAU_ALLOC(samples->values, samples->count * width));
    for (size_t i = 0; i < samples->count; i++) {
        if (width == 1)
            samples->values[i] = (float)samples->classes[i];
        else
            samples->values[i * width + (size_t)samples->classes[i]] = 1;
    }
    tau_mem_free(samples->classes);
    samples->classes = NULL;
    samples->class_count = 0;
    samples->target_size = width;
    return TAU_STATUS_OK;
}

/* Both parts as samples that one network can take. */
static tau_status check_pair(tau_dataset *pair) {
    tau_samples *train = pair->train, *test = pair->test;
    char a[TAU_SHAPE_TEXT], b[TAU_SHAPE_TEXT];
    if (!tau_shape_equal(&train->input_shape, &test->input_shape))
        return tau_fail(TAU_STATUS_SHAPE,
                        "training and test data do not fit" TAU_WHY "one sample of %s is %s, of %s %s" TAU_FIX
                        "name test data of the same shape",
                        train->source, tau_shape_format(a, &train->input_shape), test->source,
                        tau_shape_format(b, &test->input_shape));
    if (!train->classes != !test->classes || train->target_size != test->target_size)
        return tau_fail(TAU_STATUS_SHAPE,
                        "training and test labels do not fit" TAU_WHY
                        "the labels of one are classes, those of the other values, or of another size" TAU_FIX
                        "name test labels of the same kind");
    int classes = train->class_count > test->class_count ? train->class_count : test->class_count;
    train->class_count = test->class_count = classes;
    return TAU_STATUS_OK;
}

static tau_status read_pair(tau_dataset *out, tau_part *train, tau_part *test,
                            const tau_data_options *options) {
    tau_part *parts[2] = {train, test};
    TAU_TRY(tau_part_read(test, options->test_data, options->test_labels));
    TAU_TRY(tau_part_number_words(parts, 2));
    TAU_TRY(tau_part_samples(&out->train, train, options));
    TAU_TRY(tau_part_samples(&out->test, test, options));
    return check_pair(out);
}

static tau_status read_and_split(tau_dataset *out, tau_part *all, const tau_data_options *options) {
    tau_samples *samples;
    TAU_TRY(tau_part_number_words(&all, 1));
    TAU_TRY(tau_part_samples(&samples, all, options));
    if (options->test_fraction == 0) {
        out->train = samples;
        return TAU_STATUS_OK;
    }
    tau_status status =
        tau_samples_split(&out->train, &out->test, samples, options->test_fraction, options->seed);
    tau_samples_destroy(samples);
    return status;
}

static tau_status load_files(tau_dataset *out, const tau_data_options *options) {
    tau_part train = {0}, test = {0};
    tau_status status = tau_part_read(&train, options->data, options->labels);
    if (status == TAU_STATUS_OK && options->test_data)
        status = read_pair(out, &train, &test, options);
    else if (status == TAU_STATUS_OK)
        status = read_and_split(out, &train, options);
    tau_part_clear(&train);
    tau_part_clear(&test);
    return status;
}

static tau_status load_synthetic(tau_dataset *out, const tau_data_options *options) {
    if (options->labels || options->test_data || options->has_mean || options->has_std)
        return tau_fail(TAU_STATUS_USAGE,
                        "the synthetic set '%s' takes no labels, test data, mean or deviation" TAU_WHY
                        "it brings its labels and is normalised",
                        options->data);
    TAU_TRY(tau_data_synthetic(out, options->data, options->seed, options->test_fraction));
    if (!options->values_wanted) return TAU_STATUS_OK;
    TAU_TRY(classes_to_values(out->train));
    return classes_to_values(out->test);
}

static tau_status check_options(const tau_data_options *options) {
    if (!options->data || !*options->data)
        return tau_fail(TAU_STATUS_USAGE,
                        "no data" TAU_WHY "neither a file nor a synthetic set was named" TAU_FIX
                        "name one with --data");
    if (options->test_data && !*options->test_data)
        return tau_fail(TAU_STATUS_USAGE, "no test data" TAU_WHY "their name is empty");
    if (options->test_labels && !options->test_data)
        return tau_fail(TAU_STATUS_USAGE,
                        "test labels without test data" TAU_WHY "labels belong to inputs" TAU_FIX
                        "name the inputs with --test-data");
    if (options->has_mean && !isfinite(options->mean))
        return tau_fail(TAU_STATUS_USAGE, "the mean is %g" TAU_WHY "it must be a finite number",
                        options->mean);
    if (options->has_std && !(isfinite(options->std) && options->std > 0))
        return tau_fail(TAU_STATUS_USAGE,
                        "the standard deviation is %g" TAU_WHY "it must be finite and above 0", options->std);
    if (!(options->test_fraction >= 0 && options->test_fraction < 1))
        return tau_fail(TAU_STATUS_USAGE,
                        "the test fraction is %g" TAU_WHY "it must be at least 0 and below 1",
                        options->test_fraction);
    return TAU_STATUS_OK;
}

/* A name with a folder, an ending or a file behind it is meant as a file. */
static bool means_file(const char *data) {
    size_t name = strcspn(data, ":");
    return tau_file_exists(data) || memchr(data, '/', name) || memchr(data, '.', name);
}

tau_status tau_data_load(tau_dataset *out, const tau_data_options *options) {
    *out = (tau_dataset){NULL, NULL};
    TAU_TRY(check_options(options));
    tau_status status = means_file(options->data) ? load_files(out, options) : load_synthetic(out, options);
    if (status != TAU_STATUS_OK) tau_dataset_clear(out);
    return status;
}
