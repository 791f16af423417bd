#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/file.h"
#include "data/data.h"
#include "h5/file.h"
#include "landscapes.h"
#include "store/groups.h"
#include "store/run.h"
#include "viewer/document.h"

static tau_document *open_only(const char *path) {
    tau_document *documents[4];
    int count;
    cr_assert_eq(tau_document_open(documents, 4, &count, path), TAU_STATUS_OK, "%s: %s",
                 tau_error_last()->what, tau_error_last()->why);
    cr_assert_eq(count, 1);
    return documents[0];
}

static tau_status try_open(const char *path) {
    tau_document *documents[4];
    int count;
    tau_status status = tau_document_open(documents, 4, &count, path);
    cr_assert_eq(count, 0);
    return status;
}

Test(document, a_landscape_becomes_a_scene_with_its_path) {
    tau_document *d = open_only(write_bowl("a.land.h5", 5, 0.25, 7, 0));
    cr_assert_str_eq(d->title, "a");
    cr_assert_eq(d->scene.field->nx, 5);
    cr_assert_eq(d->scene.field->value[0], 1.25 * 1.25 + 1);
    cr_assert_eq(d->states, 7);
    cr_assert_eq(d->scene.path_count, 1);
    cr_assert_eq(d->scene.paths[0].step[6], 60);
    cr_assert_eq(d->series_count, 2);
    cr_assert_str_eq(d->honesty, "run: 90.0 % of its way in the plane, up to 25 % beside it");
    cr_assert(strstr(d->summary, "5×5 points · 500 samples · cpu"), "%s", d->summary);
    cr_assert_not(d->growing);
    tau_document_close(d);
}

Test(document, a_place_is_read_on_points_and_between_them) {
    tau_document *d = open_only(write_bowl("a.land.h5", 5, 0, 0, 0));
    char text[TAU_DOCUMENT_TEXT];
    tau_reading on = tau_document_read(d, (const double[]){0.5, -1});
    cr_assert(on.inside && on.exact);
    cr_assert_eq(on.loss, 1.25);
    cr_assert_eq(on.loss_se, 0.01);
    tau_reading_format(text, &on, d);
    cr_assert_str_eq(text, "α 0.5   β −1   loss 1.25 ± 0.01   accuracy 68.8 %   mcc 0.25");
    tau_reading edge = tau_document_read(d, (const double[]){-1, 0});
    tau_reading_format(text, &edge, d);
    cr_assert(strstr(text, "   mcc not defined"), "%s", text);
    tau_reading between = tau_document_read(d, (const double[]){0.25, 0});
    cr_assert(between.inside && !between.exact);
    cr_assert_float_eq(between.loss, 0.125, 1e-12);
    cr_assert_float_eq(between.metrics[0], 0.125, 1e-12);
    cr_assert_not(tau_document_read(d, (const double[]){1.01, 0}).inside);
    cr_assert_not(tau_document_read(d, (const double[]){NAN, 0}).inside);
    double lowest[2];
    cr_assert(tau_document_find_minimum(d, lowest));
    cr_assert_eq(lowest[0], 0);
    cr_assert_eq(lowest[1], 0);
    tau_document_close(d);
}

Test(document, what_is_not_computed_is_told_and_makes_the_file_grow) {
    tau_document *d = open_only(write_bowl("a.land.h5", 5, 0, 0, 3));
    char text[TAU_DOCUMENT_TEXT];
    cr_assert(d->growing);
    cr_assert(strstr(d->summary, "3 still to come"));
    tau_reading r = tau_document_read(d, (const double[]){-1, -1});
    tau_reading_format(text, &r, d);
    cr_assert(strstr(text, "not computed yet"), "%s", text);
    tau_document_close(d);
}

Test(document, a_changed_file_is_stale_and_read_again) {
    const char *path = write_bowl("a.land.h5", 5, 0, 3, 4);
    tau_document *d = open_only(path);
    cr_assert_not(tau_document_is_stale(d));
    uint64_t version = d->scene.version;
    write_bowl("a.land.h5", 7, 0, 5, 0);
    cr_assert(tau_document_is_stale(d));
    cr_assert_eq(tau_document_refresh(d), TAU_STATUS_OK);
    cr_assert_not(tau_document_is_stale(d));
    cr_assert_eq(d->scene.field->nx, 7);
    cr_assert_eq(d->states, 5);
    cr_assert_neq(d->scene.version, version);
    cr_assert_str_eq(d->title, "a");
    cr_assert_eq(d->scene.title, d->title);
    tau_document_close(d);
}

Test(document, a_file_that_breaks_later_leaves_the_document_as_it_was) {
    const char *path = write_bowl("a.land.h5", 5, 0, 3, 4);
    tau_document *d = open_only(path);
    cr_assert_eq(tau_file_write(path, "rubbish", 7), TAU_STATUS_OK);
    cr_assert_neq(tau_document_refresh(d), TAU_STATUS_OK);
    cr_assert_eq(d->scene.field->nx, 5);
    cr_assert_not(tau_document_is_stale(d), "it is tried again only when it changes");
    tau_document_close(d);
}

Test(document, hostile_files_are_refused_in_words) {
    const char *path = scratch("x");
    cr_assert_eq(try_open("/no/such/file"), TAU_STATUS_MISSING);
    cr_assert_eq(try_open("/tmp"), TAU_STATUS_INPUT);
    cr_assert_eq(try_open("/dev/null"), TAU_STATUS_INPUT);
    cr_assert_eq(tau_file_write(path, "", 0), TAU_STATUS_OK);
    cr_assert_eq(try_open(path), TAU_STATUS_INPUT);
    cr_assert_eq(tau_file_write(path, "\x89HDF\r\n\x1a\nxxxx", 12), TAU_STATUS_OK);
    cr_assert_neq(try_open(path), TAU_STATUS_OK);
    cr_assert(*tau_error_last()->what);
    const char *onnx = scratch("net.onnx");
    cr_assert_eq(tau_file_write(onnx, "abc", 3), TAU_STATUS_OK);
    cr_assert_eq(try_open(onnx), TAU_STATUS_UNSUPPORTED);
    cr_assert(strstr(tau_error_last()->fix, "--data"));
}

Test(document, a_file_that_holds_nothing_is_refused) {
    tau_h5 *file;
    const char *path = scratch("nothing.h5");
    cr_assert_eq(tau_h5_create(&file, path), TAU_STATUS_OK);
    cr_assert_eq(tau_store_set_format(file), TAU_STATUS_OK);
    cr_assert_eq(tau_h5_close(file), TAU_STATUS_OK);
    cr_assert_eq(try_open(path), TAU_STATUS_MISSING, "%s: %s", tau_error_last()->what, tau_error_last()->why);
    cr_assert(strstr(tau_error_last()->why, "no training and no landscape"), "%s", tau_error_last()->why);
}

Test(document, groups_are_named_behind_a_hash) {
    const char *path = write_bowl("a.land.h5", 5, 0, 0, 0);
    char name[500];
    snprintf(name, sizeof name, "%s#bowl", path);
    tau_document_close(open_only(name));
    snprintf(name, sizeof name, "%s#other", path);
    cr_assert_eq(try_open(name), TAU_STATUS_MISSING);
}

static void record_training(const char *path, const char *group, int states) {
    const tau_data_options options = {.data = "moons:n=20", .values_wanted = true};
    const tau_run_header header = {.loss = "bce-logits"};
    tau_model *model;
    tau_dataset data = {0};
    tau_run_writer *run;
    tau_train_state *state;
    cr_assert_eq(tau_model_builtin(&model, "mlp:2-2-1:tanh", 1), TAU_STATUS_OK);
    cr_assert_eq(tau_data_load(&data, &options), TAU_STATUS_OK);
    cr_assert_eq(tau_run_create(&run, path, group, &header, model, data.train), TAU_STATUS_OK);
    cr_assert_eq(tau_train_state_create(&state, model->graph->theta_size, 0), TAU_STATUS_OK);
    for (int t = 0; t < states; t++, state->step += 10)
        cr_assert_eq(tau_run_write_state(run, state, t), TAU_STATUS_OK);
    cr_assert_eq(tau_run_finish(run, TAU_RUN_STATUS_FINISHED), TAU_STATUS_OK);
    tau_train_state_destroy(state);
    tau_dataset_clear(&data);
    tau_model_destroy(model);
}

Test(document, steps_are_found_among_the_states_that_are_shown) {
    const char *path = scratch("two.run.h5");
    double state;
    record_training(path, "sgd", 3);
    record_training(path, "adam", 5);
    tau_document *d = open_only(path);
    cr_assert_eq(d->states, 5);
    cr_assert_eq(tau_document_find_state(d, "step:39", &state), TAU_STATUS_OK, "%s", tau_error_last()->what);
    cr_assert_eq(state, 3);
    tau_document_close(d);
    d = open_only(write_bowl("a.land.h5", 5, 0, 3, 0));
    cr_assert_eq(tau_document_find_state(d, "step:15", &state), TAU_STATUS_OK);
    cr_assert_eq(state, 1);
    cr_assert_eq(tau_document_find_state(d, "best", &state), TAU_STATUS_MISSING);
    cr_assert(strstr(tau_error_last()->why, "epochs") && strstr(tau_error_last()->fix, "step:S"));
    d->steps = NULL;
    cr_assert_eq(tau_document_find_state(d, "step:15", &state), TAU_STATUS_MISSING);
    cr_assert(strstr(tau_error_last()->why, "steps") && !strstr(tau_error_last()->fix, "step:S"));
    tau_document_close(d);
}

Test(document, quantities_change_what_is_shown) {
    tau_document *d = open_only(write_bowl("a.land.h5", 5, 0, 3, 0));
    cr_assert_eq(tau_document_set_quantity(d, 1), TAU_STATUS_OK);
    cr_assert_str_eq(tau_document_get_quantity(d, 1), "accuracy");
    cr_assert_str_eq(d->scene.field->name, "accuracy");
    cr_assert_eq(d->scene.field->value[12], 1);
    cr_assert_str_eq(tau_document_get_quantity(d, 4), "mcc");
    cr_assert_eq(tau_document_set_quantity(d, 4), TAU_STATUS_OK);
    cr_assert_str_eq(d->scene.zlabel, "mcc");
    cr_assert_null(d->scene.paths[0].loss_true, "a loss has no height among metrics");
    cr_assert_eq(d->scene.field->value[14], 0.5);
    cr_assert_eq(tau_document_refresh(d), TAU_STATUS_OK);
    cr_assert_str_eq(d->scene.field->name, "mcc");
    cr_assert_null(tau_document_get_quantity(d, 5));
    cr_assert_null(tau_document_get_quantity(d, 99));
    cr_assert_eq(tau_document_set_quantity(d, 99), TAU_STATUS_OK);
    cr_assert_eq(d->quantity, 0);
    cr_assert_not_null(d->scene.paths[0].loss_true);
    tau_document_close(d);
}

Test(difference, is_point_by_point_and_only_on_one_grid) {
    tau_document *a = open_only(write_bowl("a.land.h5", 5, 0.5, 0, 0));
    tau_document *b = open_only(write_bowl("b.land.h5", 5, 0, 0, 2));
    tau_document *c = open_only(write_bowl("c.land.h5", 7, 0, 0, 0));
    tau_document *d;
    cr_assert_eq(tau_document_open_difference(&d, a, b), TAU_STATUS_OK);
    cr_assert_str_eq(d->title, "a − b");
    cr_assert_float_eq(d->scene.field->value[14], -0.75, 1e-12);
    cr_assert_eq(d->scene.field->done[0], TAU_FIELD_STATE_NOT_COMPUTED);
    cr_assert_eq(tau_document_set_quantity(d, 1), TAU_STATUS_OK);
    cr_assert_not(d->scene.field->share, "what accuracies differ by does not end at 1");
    tau_document_close(d);
    cr_assert_eq(tau_document_open_difference(&d, a, c), TAU_STATUS_MISMATCH);
    cr_assert_null(d);
    tau_document_close(a);
    tau_document_close(b);
    tau_document_close(c);
}
