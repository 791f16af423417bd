/* The table of synthetic sets, and from a user's "NAME:key=value,…" to samples. */
#include "data/synthetic.h"

#include <math.h>
#include <string.h>

#include "core/memory.h"
#include "core/text.h"
#include "data/data.h"
#include "data/suggest.h"

#define COUNT(n)                                                                                             \
    { "n", n, 2, 1e7, true }
#define NOISE(value, limit)                                                                                  \
    { "noise", value, 0, limit, false }

static const tau_synthetic_set sets[] = {
    {"digits",
     "handwritten-like numerals, 28x28 pixels, 10 classes",
     "(x - 0.134)/0.25",
     tau_synthetic_digits,
     {{"n", 12000, 20, 1e6, true}, NOISE(0.35, 1)}},
    {"moons",
     "two half circles in each other's arms, 2 classes",
     "",
     tau_synthetic_moons,
     {COUNT(1000), NOISE(0.1, 10)}},
    {"circles",
     "a circle in a circle, 2 classes",
     "",
     tau_synthetic_circles,
     {COUNT(1000), NOISE(0.08, 10), {"factor", 0.5, 0, 1, false}}},
    {"spirals",
     "two arms of a spiral, 2 classes",
     "",
     tau_synthetic_spirals,
     {COUNT(1000), NOISE(0.02, 10), {"turns", 1.5, 0.1, 10, false}}},
    {"xor", "four quadrants of a square, 2 classes", "", tau_synthetic_xor, {COUNT(1000), NOISE(0.05, 10)}},
    {"lines",
     "two sine lines one above the other, 2 classes",
     "",
     tau_synthetic_lines,
     {COUNT(1000), NOISE(0, 10)}},
    {"parabola",
     "DeepReplay's two parabolas, 2 classes",
     "",
     tau_synthetic_parabola,
     {COUNT(2000), NOISE(0, 10)}},
    {"ball",
     "DeepReplay's ball in 10 dimensions, 2 classes",
     "",
     tau_synthetic_ball,
     {COUNT(1000), {"dims", 10, 1, 1000, true}, {"fraction", 0.5, 0, 1000, false}}},
    {"hypercube",
     "DeepReplay's corners of a cube in 10 dimensions, 2 classes",
     "",
     tau_synthetic_hypercube,
     {{"dims", 10, 1, 20, true}}},
    {"imbalanced",
     "15 features, 10 % of class 1, 5 % of the labels random, 2 classes",
     "",
     tau_synthetic_imbalanced,
     {COUNT(10000),
      {"positive", 0.1, 0, 1, false},
      {"separation", 0.7, 0, 100, false},
      {"flip", 0.05, 0, 1, false}}},
    {"mail",
     "57 features of mails in the shape of Spambase, standardised, 39 % unwanted, 2 classes",
     "",
     tau_synthetic_mail,
     {COUNT(4601), {"positive", 0.394, 0, 1, false}}},
    {"noisy-line",
     "a line whose noise grows with x, regression",
     "",
     tau_synthetic_noisy_line,
     {COUNT(10000), NOISE(0.4, 100), {"slope", 0.7, -1e6, 1e6, false}, {"intercept", 0.2, -1e6, 1e6, false}}},
    {"sine",
     "sin x on [pi, 3 pi), else 0, with noise, regression",
     "",
     tau_synthetic_sine,
     {COUNT(10000), NOISE(0.5, 100)}},
};

enum { SET_COUNT = sizeof sets / sizeof *sets };

const char *const *tau_data_synthetic_list(void) {
    static const char *list[2 * SET_COUNT + 1];
    for (int i = 0; i < SET_COUNT; i++) list[2 * i] = sets[i].name, list[2 * i + 1] = sets[i].description;
    return list;
}

tau_status tau_synthetic_table(tau_samples **out, double n, int64_t features, int class_count) {
    tau_shape shape;
    *out = NULL;
    TAU_TRY(tau_shape_make(&shape, 1, &features));
    return tau_samples_create(out, (size_t)n, &shape, class_count, class_count ? 0 : 1);
}

static tau_status find_set(const tau_synthetic_set **out, const char *name, size_t length) {
    const char *names[SET_COUNT + 1] = {NULL};
    for (int i = 0; i < SET_COUNT; i++) {
        names[i] = sets[i].name;
        if (strlen(sets[i].name) == length && !memcmp(sets[i].name, name, length)) {
            *out = &sets[i];
            return TAU_STATUS_OK;
        }
    }
    char hint[TAU_SUGGEST_TEXT];
    return tau_fail(TAU_STATUS_USAGE,
                    "unknown synthetic set '%.*s'" TAU_WHY "neither a set nor a file has this name" TAU_FIX
                    "%s",
                    (int)(length < 60 ? length : 60), name, tau_suggest(hint, name, length, names));
}

static tau_status unknown_option(const tau_synthetic_set *set, const char *key, size_t length) {
    const char *names[TAU_SYNTHETIC_OPTIONS + 1] = {NULL};
    for (int i = 0; i < TAU_SYNTHETIC_OPTIONS; i++) names[i] = set->options[i].name;
    char hint[TAU_SUGGEST_TEXT];
    return tau_fail(TAU_STATUS_USAGE, "%s has no option '%.*s'" TAU_WHY "its options are others" TAU_FIX "%s",
                    set->name, (int)(length < 60 ? length : 60), key, tau_suggest(hint, key, length, names));
}

static tau_status parse_value(double *out, const tau_synthetic_set *set, const tau_synthetic_option *option,
                              const char *text, size_t length) {
    char number[64] = "";
    if (length && length < sizeof number) memcpy(number, text, length);
    if (!tau_text_parse_real(out, number) || !(*out >= option->low && *out <= option->high) ||
        (option->whole && *out != floor(*out)))
        return tau_fail(TAU_STATUS_USAGE, "%s: %s=%.*s is not possible" TAU_WHY "%s is %s from %g to %g",
                        set->name, option->name, (int)(length < 60 ? length : 60), text, option->name,
                        option->whole ? "an integer" : "a number", option->low, option->high);
    return TAU_STATUS_OK;
}

/* One "key=value" of `length` bytes. */
static tau_status parse_option(double *values, const tau_synthetic_set *set, const char *text,
                               size_t length) {
    const char *equals = memchr(text, '=', length);
    size_t key = equals ? (size_t)(equals - text) : length;
    for (int i = 0; i < TAU_SYNTHETIC_OPTIONS && set->options[i].name; i++) {
        const char *name = set->options[i].name;
        if (strlen(name) != key || memcmp(name, text, key) != 0) continue;
        if (!equals)
            return tau_fail(TAU_STATUS_USAGE,
                            "%s: option '%s' has no value" TAU_WHY "options are written key=value" TAU_FIX
                            "write %s:%s=%g",
                            set->name, name, set->name, name, set->options[i].value);
        return parse_value(&values[i], set, &set->options[i], equals + 1, length - key - 1);
    }
    return unknown_option(set, text, key);
}

static tau_status parse(const tau_synthetic_set **set, double *values, const char *spec) {
    size_t name = strcspn(spec, ":");
    TAU_TRY(find_set(set, spec, name));
    for (int i = 0; i < TAU_SYNTHETIC_OPTIONS; i++) values[i] = (*set)->options[i].value;
    if (!spec[name]) return TAU_STATUS_OK;
    for (const char *text = spec + name + 1;; text++) {
        size_t length = strcspn(text, ",");
        TAU_TRY(parse_option(values, *set, text, length));
        text += length;
        if (!*text) return TAU_STATUS_OK;
    }
}

static tau_status split_or_shuffle(tau_dataset *out, const tau_samples *all, uint64_t seed,
                                   double test_fraction) {
    if (test_fraction == 0) return tau_samples_take(&out->train, all, all->count, seed);
    return tau_samples_split(&out->train, &out->test, all, test_fraction, seed);
}

tau_status tau_data_synthetic(tau_dataset *out, const char *spec, uint64_t seed, double test_fraction) {
    *out = (tau_dataset){NULL, NULL};
    const tau_synthetic_set *set = NULL;
    double values[TAU_SYNTHETIC_OPTIONS];
    TAU_TRY(parse(&set, values, spec));
    tau_samples *all = NULL;
    tau_status status = set->make(&all, values, seed);
    if (status == TAU_STATUS_OK)
        status = tau_string_format(&all->source, "%s (seed %llu)", spec, (unsigned long long)seed);
    if (status == TAU_STATUS_OK) status = tau_string_copy(&all->normalisation, set->normalisation);
    if (status == TAU_STATUS_OK) status = split_or_shuffle(out, all, seed, test_fraction);
    tau_samples_destroy(all);
    return status;
}
