/* Landscapes and journals that are damaged or made to harm: an error or a landscape, never a crash. */
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/file.h"
#include "core/journal.h"
#include "core/rng.h"
#include "h5/attribute.h"
#include "h5/dataset.h"
#include "store/damage.h"
#include "store/fixture.h"
#include "store/landscape_internal.h"

static void make_file(void) {
    tau_landscape *landscape = make_landscape(5, 4, MEASURED);
    fill_landscape(landscape);
    add_projection(landscape, "adam", 3);
    OK(tau_landscape_set_directions(landscape, (float[]){1, 2}, NULL, 2));
    OK(tau_landscape_write(landscape, scratch("good.land.h5")));
    tau_landscape_destroy(landscape);
}

/* Reads and, where that succeeds, looks at everything; what was read must hold together. */
static void use_landscape(const char *path) {
    tau_landscape *landscape;
    if (tau_landscape_read(&landscape, path, NULL) != TAU_STATUS_OK) {
        if (landscape || !*tau_error_last()->what || !*tau_error_last()->why) abort();
        return;
    }
    const tau_landscape_summary summary = tau_landscape_summarize(landscape);
    if (summary.done > summary.points) abort();
    tau_landscape_destroy(landscape);
}

Test(landscape_hostile, truncation_at_every_byte_is_survived) {
    make_file();
    damage_by_truncation(scratch("good.land.h5"), scratch("bad.land.h5"), use_landscape);
}

Test(landscape_hostile, a_thousand_mutations_are_survived) {
    make_file();
    damage_by_mutation(scratch("good.land.h5"), scratch("bad.land.h5"), 1000, use_landscape);
}

/* A journal with a few records beside an empty landscape. */
static void make_journal(void) {
    tau_landscape *landscape = make_landscape(5, 4, MEASURED);
    tau_journal *journal;
    char *identity;
    OK(tau_landscape_write(landscape, scratch("bad.land.h5")));
    OK(tau_landscape_journal_identity(&identity, landscape));
    OK(tau_journal_open(&journal, scratch("good.journal"), identity, NULL, NULL));
    for (size_t row = 0; row < 3; row++) {
        const tau_point points[2] = {point_at(0, row), point_at(1, row)};
        const double metrics[4] = {0.25, 0.5, NAN, 1};
        OK(tau_landscape_encode(&(tau_sweep_tile){0, row, 2, 1, points, NULL, metrics, MEASURED_METRICS},
                                (tau_landscape_emit)tau_journal_append, journal));
    }
    tau_journal_close(journal);
    tau_mem_free(identity);
    tau_landscape_destroy(landscape);
}

/* `path` is the journal's. */
static void use_journal(const char *path) {
    char *landscape_path;
    OK(tau_string_copy(&landscape_path, path));
    *strstr(landscape_path, ".journal") = '\0';
    use_landscape(landscape_path);
    tau_mem_free(landscape_path);
}

Test(landscape_hostile, a_journal_cut_at_every_byte_keeps_its_whole_records) {
    make_journal();
    damage_by_truncation(scratch("good.journal"), scratch("bad.land.h5.journal"), use_journal);
}

Test(landscape_hostile, a_journal_mutated_a_thousand_times_is_survived) {
    make_journal();
    damage_by_mutation(scratch("good.journal"), scratch("bad.land.h5.journal"), 1000, use_journal);
}

static void replay_words(const uint32_t head[4], size_t points, uint32_t precision) {
    enum { POINT = 36 + 8 * MEASURED_METRICS };
    uint8_t record[16 + POINT * 64] = {0};
    for (int i = 0; i < 4; i++)
        for (int byte = 0; byte < 4; byte++) record[4 * i + byte] = (uint8_t)(head[i] >> (8 * byte));
    for (size_t i = 0; i < points; i++) record[16 + POINT * i + 32] = (uint8_t)precision;
    tau_landscape *landscape = make_landscape(5, 4, MEASURED);
    cr_assert_eq(tau_landscape_replay(landscape, record, 16 + POINT * points), TAU_STATUS_INPUT,
                 "%u %u %u %u with %zu points", head[0], head[1], head[2], head[3], points);
    cr_assert_eq(tau_landscape_summarize(landscape).done, 0u);
    tau_landscape_destroy(landscape);
}

Test(landscape_hostile, records_outside_the_grid_or_of_other_sizes_are_refused) {
    replay_words((uint32_t[]){5, 0, 1, 1}, 1, 1);
    replay_words((uint32_t[]){0, 4, 1, 1}, 1, 1);
    replay_words((uint32_t[]){4, 0, 2, 1}, 2, 1);
    replay_words((uint32_t[]){0, 3, 1, 2}, 2, 1);
    replay_words((uint32_t[]){0, 0, 0, 0}, 0, 1);
    replay_words((uint32_t[]){0, 0, 2, 2}, 3, 1);
    replay_words((uint32_t[]){0, 0, 1, 1}, 1, 4);
    replay_words((uint32_t[]){UINT32_MAX, 0, 1, 1}, 1, 1);
    replay_words((uint32_t[]){1, 0, UINT32_MAX, 1}, 1, 1);
    replay_words((uint32_t[]){0, 0, 1u << 31, 1u << 31}, 1, 1);
    tau_landscape *landscape = make_landscape(5, 4, MEASURED);
    const uint8_t few[15] = {0};
    cr_assert_eq(tau_landscape_replay(landscape, few, sizeof few), TAU_STATUS_INPUT);
    cr_assert_eq(tau_landscape_replay(landscape, few, 0), TAU_STATUS_INPUT);
    tau_landscape_destroy(landscape);
}

/* ---- files that are sound HDF5, but no sound landscape ---- */

static const char *recipe_of_bad = MEASURED;

/* Replaces one data set by another. */
static void replace_data(const char *member, tau_h5_type type, int rank, const int64_t *dim,
                         const void *data) {
    static const char *const members[] = {
        "alpha", "beta",      "loss",     "loss_se", "accuracy", "regularisation",
        "done",  "precision", "macro-f1", "mcc",     NULL};
    char from_path[64], path[64];
    tau_h5 *from, *to;
    make_file();
    unlink(scratch("bad.land.h5"));
    OK(tau_h5_open_read(&from, scratch("good.land.h5")));
    OK(tau_h5_create(&to, scratch("bad.land.h5")));
    OK(tau_h5_set_i64(to, "/", "tauscape_format", 1));
    for (int i = 0; members[i]; i++) {
        snprintf(path, sizeof path, "/plane/%s", members[i]);
        if (strcmp(members[i], member) != 0) OK(tau_h5_copy(to, path, from, path));
    }
    snprintf(from_path, sizeof from_path, "/plane/%s", member);
    if (data) OK(tau_h5_write(to, from_path, type, rank, dim, data));
    OK(tau_h5_set_text(to, "/plane", "kind", "plane"));
    OK(tau_h5_set_text(to, "/plane", "transform", "tau_2d"));
    OK(tau_h5_set_text(to, "/plane", "recipe", recipe_of_bad));
    OK(tau_h5_set_f64(to, "/plane", "explained_delta", NAN));
    OK(tau_h5_set_f64(to, "/plane", "explained_eta", NAN));
    OK(tau_h5_close(to));
    tau_h5_discard(from);
}

static void assert_refused(void) {
    tau_landscape *landscape;
    tau_status status = tau_landscape_read(&landscape, scratch("bad.land.h5"), NULL);
    cr_assert(status == TAU_STATUS_INPUT || status == TAU_STATUS_MISSING || status == TAU_STATUS_SHAPE, "%d",
              status);
    cr_assert_null(landscape);
    cr_assert(*tau_error_last()->what && *tau_error_last()->why);
}

Test(landscape_hostile, members_that_are_missing_or_of_another_shape_or_kind_are_refused) {
    const double values[40] = {0};
    const uint8_t states[20] = {3};
    const double not_finite[5] = {0, 1, NAN, 3, 4};
    static const char *const members[] = {"alpha",          "beta", "loss",      "loss_se",  "accuracy",
                                          "regularisation", "done", "precision", "macro-f1", "mcc"};
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        replace_data(members[i], TAU_H5_TYPE_F64, 0, NULL, NULL);
        assert_refused();
        replace_data(members[i], TAU_H5_TYPE_F64, 2, (const int64_t[]){5, 4}, values);
        assert_refused();
        replace_data(members[i], TAU_H5_TYPE_F64, 1, (const int64_t[]){20}, values);
        assert_refused();
        replace_data(members[i], TAU_H5_TYPE_F64, 0, NULL, values);
        assert_refused();
    }
    replace_data("done", TAU_H5_TYPE_U8, 2, (const int64_t[]){4, 5}, states);
    assert_refused();
    replace_data("alpha", TAU_H5_TYPE_F64, 1, (const int64_t[]){5}, not_finite);
    assert_refused();
    replace_data("alpha", TAU_H5_TYPE_F64, 1, (const int64_t[]){0}, values);
    assert_refused();
    replace_data("none", TAU_H5_TYPE_F64, 0, NULL, NULL);
    tau_landscape *landscape;
    OK(tau_landscape_read(&landscape, scratch("bad.land.h5"), NULL));
    tau_landscape_destroy(landscape);
}

Test(landscape_hostile, a_point_not_done_has_no_values_whatever_the_file_says) {
    const uint8_t none[20] = {0};
    replace_data("done", TAU_H5_TYPE_U8, 2, (const int64_t[]){4, 5}, none);
    tau_landscape *landscape;
    OK(tau_landscape_read(&landscape, scratch("bad.land.h5"), NULL));
    for (int i = 0; i < 20; i++)
        cr_assert(isnan(landscape->loss[i]) && isnan(landscape->regularisation[i]) &&
                  isnan(landscape->metrics[1].values[i]) && !landscape->precision[i]);
    tau_landscape_destroy(landscape);
}

static void refuse_metrics(const char *list) {
    char recipe[4096];
    snprintf(recipe, sizeof recipe, "{\"identity\":{\"metrics\":%s}}", list);
    recipe_of_bad = recipe;
    replace_data("none", TAU_H5_TYPE_F64, 0, NULL, NULL);
    assert_refused();
    cr_assert(strstr(tau_error_last()->what, "plane") || strstr(tau_error_last()->why, "plane"), "%s (%s)",
              tau_error_last()->what, tau_error_last()->why);
}

Test(landscape_hostile, metrics_that_are_no_list_of_own_names_are_refused) {
    static const char *const lists[] = {"7",
                                        "\"mcc\"",
                                        "{}",
                                        "[7]",
                                        "[\"\"]",
                                        "[\"a/b\"]",
                                        "[\"precision\"]",
                                        "[\"loss\"]",
                                        "[\"mcc\",\"mcc\"]",
                                        "[\"..\"]",
                                        "[\"MCC\"]",
                                        "[\"auc\"]"};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) refuse_metrics(lists[i]);
    char list[4096] = "[\"name-of-33-characters-is-too-long\"]";
    refuse_metrics(list);
    size_t used = 0;
    for (int i = 0; i <= TAU_LANDSCAPE_METRICS_MAX; i++)
        used += (size_t)sprintf(list + used, "%s\"m%d\"", i ? "," : "[", i);
    strcpy(list + used, "]");
    refuse_metrics(list);
}

/* A file of a time when no metrics were asked for may hold data sets of their names. */
Test(landscape_hostile, data_sets_that_the_recipe_does_not_name_are_left_alone) {
    const double values[3] = {0};
    tau_landscape *landscape;
    recipe_of_bad = RECIPE(0);
    replace_data("mcc", TAU_H5_TYPE_F64, 1, (const int64_t[]){3}, values);
    OK(tau_landscape_read(&landscape, scratch("bad.land.h5"), NULL));
    cr_assert_eq(landscape->metric_count, 0);
    tau_landscape_destroy(landscape);
}
