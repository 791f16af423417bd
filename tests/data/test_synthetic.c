#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "data/data.h"
#include "ok.h"

/* The bytes of every set, pinned: they must be the same on every machine and for ever. Changing a set is
 * changing everyone's results. */
static const char *const golden[][2] = {
    {"digits:n=200", "59f2601c1b6bafab9aa0837d2fb8e74c885a0bec1dc45c57b1e691d281936a73"},
    {"moons", "2e33d503b3af4d1c072a229f495fe2ba5e022300157471f9c2d99b72f7b5178e"},
    {"circles", "febaa937723213a73e7d53a178298f08bd99fe81c3fda75f1c000ef6ae000531"},
    {"spirals", "9667ff4a3179b82f0994d38592d13ea12a0f8ac1d133d22294aec96e29360ad4"},
    {"xor", "b17e857dc51fe1c3379617c023f6abce0ec260159cb3fdf1518561a86c352ae9"},
    {"lines", "4adf1978f9a33892616c23c6eb1c996f09e4f57e18eaa9075e4c23472dbfff05"},
    {"parabola", "9182d38b81552b4479248ce22b277300f03b8cbe5cfabfdaff49f85fc5b643a9"},
    {"ball", "ff2b3a16c8f8760cd93fe394249f519d1b88407d2db79de5b452f9746984af26"},
    {"hypercube", "965342862c05fa3b30b9ea799785ca7250dda2ab5b945f01f29de10f891bb2fe"},
    {"imbalanced", "0f18fc20187f338387e3e2c02663bbb8f1537f36027898d2060bda0c39fd00fd"},
    {"mail", "64b9f7887f60182f5054b4485fe12681b75c88518206390cfc0f4fbdd2e6a540"},
    {"noisy-line", "f01509557f5b1271ebb87076ac849dade9919ac5e30c83d0c22111baa4681903"},
    {"sine", "d4926fabd8c06d3532458b6141710b623ec1bf7777fd41a3cf9b9f1e270df8de"},
};

Test(synthetic, every_set_has_its_pinned_bytes) {
    for (size_t i = 0; i < sizeof golden / sizeof *golden; i++) {
        tau_dataset data;
        char digest[TAU_HASH_TEXT];
        OK(tau_data_synthetic(&data, golden[i][0], 1, 0));
        tau_samples_digest(data.train, digest);
        cr_expect_str_eq(digest, golden[i][1], "{\"%s\", \"%s\"},", golden[i][0], digest);
        cr_assert_null(data.test);
        tau_dataset_clear(&data);
    }
}

Test(synthetic, the_list_names_sets_that_can_be_made) {
    size_t count = 0;
    for (const char *const *set = tau_data_synthetic_list(); *set; set += 2, count++) {
        char spec[64];
        tau_dataset data;
        snprintf(spec, sizeof spec, "%s:%s", set[0], strcmp(set[0], "hypercube") ? "n=200" : "dims=7");
        OK(tau_data_synthetic(&data, spec, 3, 0.25));
        cr_assert_eq(data.train->count + data.test->count, strcmp(set[0], "hypercube") ? 200u : 128u);
        cr_assert(*set[1] && strstr(data.train->source, spec));
        size_t numbers = data.train->count * tau_shape_size(&data.train->input_shape);
        for (size_t i = 0; i < numbers; i++) cr_assert(isfinite(data.train->inputs[i]));
        tau_dataset_clear(&data);
    }
    cr_assert_eq(count, sizeof golden / sizeof *golden);
}

static size_t of_class(const tau_samples *samples, int class) {
    size_t count = 0;
    for (size_t i = 0; i < samples->count; i++) count += samples->classes[i] == class;
    return count;
}

Test(synthetic, classes_are_balanced_as_described) {
    const char *even[] = {"moons", "circles", "spirals", "xor", "lines", "parabola"};
    tau_dataset data;
    for (int i = 0; i < 6; i++) {
        OK(tau_data_synthetic(&data, even[i], 1, 0));
        cr_assert_eq(2 * of_class(data.train, 1), data.train->count);
        tau_dataset_clear(&data);
    }
    OK(tau_data_synthetic(&data, "digits:n=500", 1, 0));
    for (int i = 0; i < 10; i++) cr_assert_eq(of_class(data.train, i), 50u);
    tau_dataset_clear(&data);
    OK(tau_data_synthetic(&data, "imbalanced", 1, 0));
    cr_assert_eq(data.train->input_shape.dim[0], 15);
    double positive =
        (double)of_class(data.train, 1) / 10000; /* 10 % with 5 % of all drawn at random: 12 % */
    cr_assert_float_eq(positive, 0.12, 0.01);
    tau_dataset_clear(&data);
    OK(tau_data_synthetic(&data, "mail", 1, 0));
    cr_assert_eq(data.train->input_shape.dim[0], 57);
    cr_assert_eq(data.train->count, 4601u);
    cr_assert_eq(of_class(data.train, 1), 1813u); /* 39.4 % of 4,601 */
    tau_dataset_clear(&data);
    OK(tau_data_synthetic(&data, "hypercube", 1, 0));
    cr_assert_eq(of_class(data.train, 1), 638u); /* sum of C(10, k), k = 5..10 */
    tau_dataset_clear(&data);
}

Test(synthetic, features_of_mails_have_mean_zero_and_deviation_one) {
    tau_dataset data;
    OK(tau_data_synthetic(&data, "mail:n=500", 4, 0));
    for (size_t k = 0; k < 57; k++) {
        double sum = 0, squares = 0;
        for (size_t i = 0; i < 500; i++) {
            double value = data.train->inputs[i * 57 + k];
            sum += value, squares += value * value;
        }
        cr_assert_float_eq(sum / 500, 0, 1e-5, "feature %zu", k);
        cr_assert_float_eq(squares / 500, 1, 1e-4, "feature %zu", k);
    }
    tau_dataset_clear(&data);
}

Test(synthetic, digits_are_normalised_images) {
    tau_dataset data;
    OK(tau_data_synthetic(&data, "digits:n=1000", 5, 0.1));
    const tau_samples *train = data.train;
    cr_assert(train->count == 900 && data.test->count == 100 && train->class_count == 10);
    cr_assert(train->input_shape.rank == 3 && train->input_shape.dim[0] == 1 &&
              train->input_shape.dim[2] == 28);
    double sum = 0, squares = 0, n = 900.0 * 784;
    for (size_t i = 0; i < 900 * 784; i++)
        sum += train->inputs[i], squares += (double)train->inputs[i] * train->inputs[i];
    cr_assert_float_eq(sum / n, 0, 0.03);
    cr_assert_float_eq(squares / n, 1, 0.05);
    cr_assert_str_eq(train->normalisation, "(x - 0.134)/0.25");
    tau_dataset_clear(&data);
}

Test(synthetic, sets_follow_their_definitions) {
    tau_dataset data;
    OK(tau_data_synthetic(&data, "parabola", 1, 0));
    for (size_t i = 0; i < data.train->count; i++) {
        double x = data.train->inputs[2 * i], y = data.train->inputs[2 * i + 1];
        cr_assert_float_eq(y, x * x - 0.5 * data.train->classes[i], 1e-6);
    }
    tau_dataset_clear(&data);
    OK(tau_data_synthetic(&data, "sine:noise=0", 1, 0));
    for (size_t i = 0; i < data.train->count; i++) {
        double x = data.train->inputs[i], y = data.train->values[i];
        if (fabs(x - M_PI) < 1e-4 || fabs(x - 3 * M_PI) < 1e-4) continue;
        cr_assert_float_eq(y, x >= M_PI && x < 3 * M_PI ? sin(x) : 0, 1e-5);
    }
    tau_dataset_clear(&data);
    OK(tau_data_synthetic(&data, "ball", 1, 0));
    double squares = 0, radius = 0;
    for (size_t i = 0; i < 1000; i++) {
        double total = 0, length = 0;
        for (size_t k = 0; k < 10; k++) {
            double x = data.train->inputs[10 * i + k];
            total += x, length += x * x;
        }
        squares += length;
        if (length > radius) radius = length;
    }
    cr_assert_float_eq(squares / 10000, 1, 0.01);
    tau_dataset_clear(&data);
}

Test(synthetic, a_seed_changes_the_numbers_and_a_size_does_not_change_the_images) {
    tau_dataset a, b;
    OK(tau_data_synthetic(&a, "moons", 1, 0));
    OK(tau_data_synthetic(&b, "moons", 2, 0));
    cr_assert_arr_neq(a.train->inputs, b.train->inputs, 2000 * sizeof(float));
    tau_dataset_clear(&a);
    tau_dataset_clear(&b);
}

Test(synthetic, wrong_specifications_say_what_is_possible) {
    const char *wrong[] = {
        "",          "moon",          "moons:",         "moons:n",       "moons:n=",    "moons:n=1.5",
        "moons:n=1", "moons:noise=x", "moons:n=10,",    "moons:m=3",     "moons:n=1e9", "moons:noise=nan",
        "Moons",     "moons:n=10 ",   "moons:n=10,,n=", "digits:turns=1"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        tau_dataset data;
        cr_expect_eq(tau_data_synthetic(&data, wrong[i], 1, 0), TAU_STATUS_USAGE, "%s", wrong[i]);
        cr_expect(!data.train && !data.test);
    }
    tau_dataset data;
    cr_assert_eq(tau_data_synthetic(&data, "mons:n=10", 1, 0), TAU_STATUS_USAGE);
    cr_assert_str_eq(tau_error_last()->fix, "did you mean 'moons'?");
    cr_assert_eq(tau_data_synthetic(&data, "moons:nose=1", 1, 0), TAU_STATUS_USAGE);
    cr_assert_str_eq(tau_error_last()->fix, "did you mean 'noise'?");
}

Test(synthetic, two_classes_become_one_value_where_values_are_wanted) {
    tau_dataset data;
    tau_data_options options = {
        .data = "moons:n=100", .test_fraction = 0.2, .values_wanted = true, .seed = 4};
    OK(tau_data_load(&data, &options));
    cr_assert(!data.train->classes && data.train->class_count == 0 && data.train->target_size == 1);
    double sum = 0;
    for (size_t i = 0; i < 80; i++) sum += data.train->values[i];
    for (size_t i = 0; i < 20; i++) sum += data.test->values[i];
    cr_assert_eq(sum, 50);
    tau_dataset_clear(&data);
    options.data = "digits:n=40";
    OK(tau_data_load(&data, &options));
    cr_assert_eq(data.train->target_size, 10u);
    tau_dataset_clear(&data);
}
