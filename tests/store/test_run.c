#include "store/run.h"

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "core/file.h"
#include "h5/attribute.h"
#include "h5/dataset.h"
#include "store/run_fixture.h"

static void make_directory(void) {
    (void)scratch("");
}
TestSuite(run, .init = make_directory);

static const char *run_path(void) {
    return scratch("a.run.h5");
}

/* States of invented numbers at steps 0, 10, 20 …; 10 steps an epoch. */
static void write_states(tau_run_writer *writer, int from, int to) {
    tau_train_state *state;
    OK(tau_train_state_create(&state, 19, 6));
    for (int t = from; t < to; t++) {
        state->step = (uint64_t)(10 * t);
        for (int i = 0; i < 19; i++) state->theta[i] = (float)(100 * t + i);
        for (int i = 0; i < 6; i++) state->buffers[i] = (float)(-t - i);
        OK(tau_run_write_metric(writer, "loss", state->step, t, 1.0 / (1 + t)));
        OK(tau_run_write_state(writer, state, t));
    }
    tau_train_state_destroy(state);
}

static void make_run(const char *group, int states) {
    training t = make_training();
    OK(tau_run_create(&t.writer, run_path(), group, &t.header, t.model, t.data.train));
    write_states(t.writer, 0, states);
    OK(tau_run_finish(t.writer, TAU_RUN_STATUS_FINISHED));
    clear_training(&t);
}

Test(run, comes_back_whole) {
    float theta[19], buffers[6];
    tau_run *run;
    make_run("adam", 5);
    OK(tau_run_open(&run, run_path(), NULL));
    cr_assert_str_eq(tau_run_get_group(run), "adam");
    cr_assert_eq(tau_run_get_status(run), TAU_RUN_STATUS_FINISHED);
    const tau_run_header *header = tau_run_get_header(run);
    cr_assert_str_eq(header->command, "tauscape train");
    cr_assert_str_eq(header->parameters, "{\"rate\":0.02,\"batch\":20}");
    cr_assert(header->seed == 4 && strlen(header->created) == 20 && header->created[19] == 'Z');
    cr_assert_eq(tau_run_get_state_count(run), 5u);
    OK(tau_run_read_state(run, 3, theta, buffers));
    cr_assert(theta[0] == 300 && theta[18] == 318 && buffers[0] == -3 && buffers[5] == -8);
    cr_assert(tau_run_get_step(run, 3) == 30 && tau_run_get_epoch(run, 3) == 3);
    assert_message(tau_run_read_state(run, 5, theta, buffers), TAU_STATUS_MISSING);
    tau_rows rows = tau_run_get_rows(run);
    cr_assert(rows.count == 5 && rows.width == 19);
    OK(rows.read(rows.payload, 4, theta));
    cr_assert_eq(theta[0], 400);
    cr_assert_lt(tau_run_get_silence(run), 60);
    tau_run_close(run);
}

/* What nobody holds locked is judged by its signs alone, though the process of its number lives: this one. */
Test(run, a_writer_is_judged_by_its_lock_its_process_and_the_time_since_its_last_sign) {
    training t = make_training();
    tau_run_pulse pulse = {0};
    tau_run *run;
    OK(tau_run_create(&t.writer, run_path(), "adam", &t.header, t.model, t.data.train));
    write_states(t.writer, 0, 2);
    cr_assert(tau_h5_is_being_written(run_path()));
    OK(tau_run_open(&run, run_path(), NULL));
    tau_run_feel(&pulse, run);
    cr_assert(pulse.life == TAU_RUN_LIFE_HERE && pulse.since > 0);
    cr_assert_not(tau_run_has_stopped(&pulse, -1));
    tau_run_close(run);
    tau_run_abandon(t.writer);
    cr_assert_not(tau_h5_is_being_written(run_path()));
    OK(tau_run_open(&run, run_path(), NULL));
    const double since = pulse.since;
    tau_run_feel(&pulse, run);
    cr_assert_eq(pulse.life, TAU_RUN_LIFE_UNKNOWN);
    cr_assert_geq(pulse.since, since);
    pulse.since -= 100;
    const double then = pulse.since;
    tau_run_feel(&pulse, run);
    cr_assert_eq(pulse.since, then);
    cr_assert(tau_run_has_stopped(&pulse, 60) && !tau_run_has_stopped(&pulse, 1000));
    pulse.heartbeat -= 1000; /* a new sign, by whatever clock */
    tau_run_feel(&pulse, run);
    cr_assert_not(tau_run_has_stopped(&pulse, 60));
    tau_run_close(run);
    clear_training(&t);
}

/* It may have said so just after the group was read. */
Test(run, a_writer_that_went_while_its_group_was_read_is_not_told_dead) {
    int ends[2];
    tau_run_pulse pulse = {0};
    tau_run *run;
    char byte;
    cr_assert_eq(pipe(ends), 0);
    const pid_t test = getpid(), writer = fork();
    cr_assert_neq(writer, -1);
    if (writer == 0) {
        training t = make_training();
        OK(tau_run_create(&t.writer, run_path(), "adam", &t.header, t.model, t.data.train));
        write_states(t.writer, 0, 2);
        cr_assert_eq(write(ends[1], "", 1), 1);
        while (getppid() == test) usleep(10000);
        _exit(1);
    }
    close(ends[1]);
    cr_assert_eq(read(ends[0], &byte, 1), 1);
    OK(tau_run_open(&run, run_path(), NULL));
    cr_assert_eq(kill(writer, SIGKILL), 0);
    cr_assert_eq(waitpid(writer, NULL, 0), writer);
    tau_run_feel(&pulse, run);
    cr_assert_eq(pulse.life, TAU_RUN_LIFE_UNKNOWN);
    tau_run_close(run);
    OK(tau_run_open(&run, run_path(), NULL));
    tau_run_feel(&pulse, run);
    cr_assert_eq(pulse.life, TAU_RUN_LIFE_GONE);
    tau_run_close(run);
}

Test(run, the_graph_comes_back_the_same_network) {
    char ours[TAU_HASH_TEXT], theirs[TAU_HASH_TEXT];
    tau_run *run;
    tau_model *model = small_model();
    make_run("adam", 1);
    OK(tau_run_open(&run, run_path(), NULL));
    const tau_graph *graph = tau_run_get_graph(run);
    tau_graph_digest(model->graph, ours);
    tau_graph_digest(graph, theirs);
    cr_assert_str_eq(ours, theirs);
    cr_assert(graph->theta_size == 19 && graph->buffer_size == 6);
    for (int i = 0; i < graph->parameter_count; i++) {
        cr_assert_str_eq(graph->parameters[i].name, model->graph->parameters[i].name);
        cr_assert_eq(graph->parameters[i].offset, model->graph->parameters[i].offset);
        cr_assert_eq(graph->parameters[i].role, model->graph->parameters[i].role);
    }
    tau_run_close(run);
    tau_model_destroy(model);
}

Test(run, the_table_of_parameters_outranks_the_order_of_the_graph) {
    const char *const order[] = {"out.bias",   "norm.weight", "hidden.weight",
                                 "out.weight", "norm.bias",   "hidden.bias"};
    training t = make_training();
    tau_run *run;
    OK(tau_graph_reorder(t.model->graph, order, 6));
    OK(tau_run_create(&t.writer, run_path(), "a", &t.header, t.model, t.data.train));
    OK(tau_run_finish(t.writer, TAU_RUN_STATUS_FINISHED));
    OK(tau_run_open(&run, run_path(), NULL));
    for (int i = 0; i < 6; i++) cr_assert_str_eq(tau_run_get_graph(run)->parameters[i].name, order[i]);
    cr_assert_eq(tau_run_get_graph(run)->parameters[5].offset, 16u);
    tau_run_close(run);
    clear_training(&t);
}

static void assert_samples_come_back(const tau_samples *samples) {
    tau_model *model = small_model();
    tau_run_header header = small_header();
    tau_run_writer *writer;
    tau_run *run;
    tau_samples *back;
    char ours[TAU_HASH_TEXT], theirs[TAU_HASH_TEXT];
    OK(tau_run_create(&writer, run_path(), "a", &header, model, samples));
    OK(tau_run_finish(writer, TAU_RUN_STATUS_FINISHED));
    OK(tau_run_open(&run, run_path(), NULL));
    OK(tau_run_read_samples(run, &back));
    tau_samples_digest(samples, ours);
    tau_samples_digest(back, theirs);
    cr_assert_str_eq(ours, theirs);
    cr_assert_str_eq(back->source, samples->source);
    cr_assert_str_eq(back->normalisation, samples->normalisation);
    cr_assert_eq(back->class_count, samples->class_count);
    tau_samples_destroy(back);
    tau_run_close(run);
    tau_model_destroy(model);
    unlink(run_path());
}

Test(run, samples_of_classes_and_of_values_come_back) {
    tau_dataset values, classes;
    OK(tau_data_load(&values,
                     &(tau_data_options){.data = "moons:n=20", .test_fraction = 0.1, .values_wanted = true}));
    OK(tau_data_load(&classes, &(tau_data_options){.data = "moons:n=20", .test_fraction = 0.1}));
    cr_assert(values.train->values && classes.train->classes);
    assert_samples_come_back(values.train);
    assert_samples_come_back(classes.train);
    tau_dataset_clear(&values);
    tau_dataset_clear(&classes);
}

/* A recording of `framework` for a network of 1x28x28 whose samples have other axes. */
static tau_shape read_back_shape(const char *framework) {
    const tau_shape shape = {3, {2, 14, 28}};
    tau_run_header header = small_header();
    tau_model *model;
    tau_samples *samples;
    tau_run_writer *writer;
    tau_run *run;
    header.framework = (char *)framework;
    OK(tau_model_builtin(&model, "mnist-cnn", 1));
    OK(tau_samples_create(&samples, 3, &shape, 10, 0));
    OK(tau_run_create(&writer, scratch("axes.run.h5"), framework, &header, model, samples));
    OK(tau_run_finish(writer, TAU_RUN_STATUS_FINISHED));
    tau_samples_destroy(samples);
    OK(tau_run_open(&run, scratch("axes.run.h5"), framework));
    OK(tau_run_read_samples(run, &samples));
    const tau_shape found = samples->input_shape;
    tau_samples_destroy(samples);
    tau_run_close(run);
    tau_model_destroy(model);
    return found;
}

Test(run, samples_that_an_older_version_trained_on_fit_its_network) {
    const tau_shape own = read_back_shape("tauscape"), foreign = read_back_shape("pytorch");
    cr_assert(tau_shape_equal(&own, &(tau_shape){3, {1, 28, 28}}));
    cr_assert(tau_shape_equal(&foreign, &(tau_shape){3, {2, 14, 28}}));
}

Test(run, series_are_kept_apart_and_in_order) {
    training t = make_training();
    tau_run *run;
    tau_metric *records;
    size_t count;
    OK(tau_run_create(&t.writer, run_path(), "a", &t.header, t.model, t.data.train));
    for (int i = 0; i < 40000; i++) {
        OK(tau_run_write_metric(t.writer, "loss", (uint64_t)i, i / 10.0, -i));
        if (i % 10 == 9) OK(tau_run_write_metric(t.writer, "val_loss", (uint64_t)i, i / 10.0, NAN));
    }
    OK(tau_run_finish(t.writer, TAU_RUN_STATUS_FAILED));
    OK(tau_run_open(&run, run_path(), NULL));
    cr_assert_eq(tau_run_get_status(run), TAU_RUN_STATUS_FAILED);
    const char *const *names = tau_run_get_metric_names(run);
    cr_assert(!strcmp(names[0], "loss") && !strcmp(names[1], "val_loss") && !names[2]);
    OK(tau_run_read_metric(run, "loss", &records, &count));
    cr_assert_eq(count, 40000u);
    for (int i = 0; i < 40000; i++) cr_assert(records[i].step == i && records[i].value == -i);
    tau_mem_free(records);
    OK(tau_run_read_metric(run, "val_loss", &records, &count));
    cr_assert(count == 4000 && isnan(records[7].value));
    tau_mem_free(records);
    assert_message(tau_run_read_metric(run, "accuracy", &records, &count), TAU_STATUS_MISSING);
    cr_assert_null(records);
    tau_run_close(run);
    clear_training(&t);
}

Test(run, several_groups_live_in_one_file) {
    char **names;
    tau_run *run;
    make_run("sgd", 3);
    make_run("adam", 2);
    OK(tau_run_list_groups(&names, run_path()));
    cr_assert(!strcmp(names[0], "adam") && !strcmp(names[1], "sgd") && !names[2]);
    tau_run_free_names(names);
    assert_message(tau_run_open(&run, run_path(), NULL), TAU_STATUS_MISSING);
    cr_assert(strstr(tau_error_last()->why, "adam, sgd"));
    assert_message(tau_run_open(&run, run_path(), "rmsprop"), TAU_STATUS_MISSING);
    cr_assert(strstr(tau_error_last()->why, "adam, sgd"));
    OK(tau_run_open(&run, run_path(), "sgd"));
    cr_assert_eq(tau_run_get_state_count(run), 3u);
    tau_run_close(run);
    OK(tau_run_open(&run, run_path(), "adam"));
    cr_assert_eq(tau_run_get_state_count(run), 2u);
    tau_run_close(run);
}

Test(run, a_group_that_exists_is_an_error_and_nothing_is_written) {
    uint8_t *before, *after;
    size_t size_before, size_after;
    training t = make_training();
    make_run("adam", 2);
    OK(tau_file_read(&before, &size_before, run_path(), 1 << 30));
    assert_message(tau_run_create(&t.writer, run_path(), "adam", &t.header, t.model, t.data.train),
                   TAU_STATUS_EXISTS);
    cr_assert(strstr(tau_error_last()->what, "'adam'") && strstr(tau_error_last()->fix, "--group adam-2"));
    cr_assert_null(t.writer);
    assert_message(tau_run_continue(&t.writer, &t.state, run_path(), "adam", &t.header, t.model),
                   TAU_STATUS_EXISTS);
    assert_message(tau_run_create(&t.writer, run_path(), "a/b", &t.header, t.model, t.data.train),
                   TAU_STATUS_USAGE);
    OK(tau_file_read(&after, &size_after, run_path(), 1 << 30));
    cr_assert(size_before == size_after && !memcmp(before, after, size_after));
    tau_mem_free(before);
    tau_mem_free(after);
    clear_training(&t);
}

Test(run, files_of_other_kinds_are_refused_and_left_alone) {
    training t = make_training();
    tau_run *run;
    tau_h5 *file;
    OK(tau_file_write(scratch("text.run.h5"), "hello", 5));
    assert_message(tau_run_create(&t.writer, scratch("text.run.h5"), "a", &t.header, t.model, t.data.train),
                   TAU_STATUS_INPUT);
    assert_message(tau_run_open(&run, scratch("text.run.h5"), NULL), TAU_STATUS_INPUT);
    assert_message(tau_run_open(&run, scratch("none.run.h5"), NULL), TAU_STATUS_MISSING);
    OK(tau_h5_create(&file, scratch("other.h5")));
    OK(tau_h5_close(file));
    assert_message(tau_run_create(&t.writer, scratch("other.h5"), "a", &t.header, t.model, t.data.train),
                   TAU_STATUS_INPUT);
    OK(tau_h5_create(&file, scratch("l.land.h5")));
    OK(tau_h5_set_i64(file, "/", "tauscape_format", 1));
    OK(tau_h5_write(file, "/plane/loss", TAU_H5_TYPE_F64, 0, NULL, &(double){1}));
    OK(tau_h5_close(file));
    assert_message(tau_run_create(&t.writer, scratch("l.land.h5"), "a", &t.header, t.model, t.data.train),
                   TAU_STATUS_EXISTS);
    assert_message(
        tau_run_create(&t.writer, scratch("no/such/a.run.h5"), "a", &t.header, t.model, t.data.train),
        TAU_STATUS_IO);
    clear_training(&t);
}

static void assert_finds(tau_run *run, const char *text, size_t expected) {
    size_t state;
    OK(tau_run_find_state(run, text, &state));
    cr_assert_eq(state, expected, "%s is %zu, not %zu", text, state, expected);
}

Test(run, states_are_found_by_name_number_epoch_and_step) {
    size_t state;
    tau_run *run;
    make_run("adam", 5);
    OK(tau_run_open(&run, run_path(), NULL));
    assert_finds(run, "first", 0);
    assert_finds(run, "last", 4);
    assert_finds(run, "best", 4);
    assert_finds(run, "0", 0);
    assert_finds(run, "3", 3);
    assert_finds(run, "epoch:2", 2);
    assert_finds(run, "epoch:2.9", 2);
    assert_finds(run, "epoch:4", 4);
    assert_finds(run, "step:0", 0);
    assert_finds(run, "step:39", 3);
    const char *const beyond[] = {"5",       "99999999999999999999999", "epoch:4.5", "step:41", "step:-1",
                                  "epoch:-1"};
    for (size_t i = 0; i < sizeof beyond / sizeof *beyond; i++) {
        assert_message(tau_run_find_state(run, beyond[i], &state), TAU_STATUS_MISSING);
        cr_assert(strstr(tau_error_last()->why, "0 to 4"));
    }
    const char *const nonsense[] = {"",   "lst",    "-1",      "+1",      "1.5",
                                    "1x", "epoch:", "epoch:x", "step:1x", "epoch:nan"};
    for (size_t i = 0; i < sizeof nonsense / sizeof *nonsense; i++)
        assert_message(tau_run_find_state(run, nonsense[i], &state), TAU_STATUS_USAGE);
    tau_run_close(run);
}

Test(run, best_follows_the_test_loss_and_falls_back) {
    const double loss[] = {5, 4, 3, 2, 1}, test[] = {9, 3, NAN, 7, 8};
    training t = make_training();
    tau_run *run;
    OK(tau_run_create(&t.writer, run_path(), "a", &t.header, t.model, t.data.train));
    for (int i = 0; i < 5; i++) {
        t.state = NULL;
        OK(tau_train_state_create(&t.state, 19, 6));
        t.state->step = (uint64_t)(10 * i);
        OK(tau_run_write_metric(t.writer, "epoch_loss", t.state->step, i, loss[i]));
        OK(tau_run_write_metric(t.writer, "test_loss", t.state->step, i, test[i]));
        OK(tau_run_write_metric(t.writer, "test_loss", t.state->step + 5, i, 1)); /* between states */
        OK(tau_run_write_state(t.writer, t.state, i));
        tau_train_state_destroy(t.state);
    }
    t.state = NULL;
    OK(tau_run_finish(t.writer, TAU_RUN_STATUS_FINISHED));
    OK(tau_run_open(&run, run_path(), NULL));
    assert_finds(run, "best", 1);
    tau_run_close(run);
    clear_training(&t);
}

Test(run, a_run_without_states_says_so) {
    size_t state;
    tau_run *run;
    make_run("adam", 0);
    OK(tau_run_open(&run, run_path(), NULL));
    assert_message(tau_run_find_state(run, "last", &state), TAU_STATUS_MISSING);
    tau_run_close(run);
}

Test(run, an_empty_file_left_by_a_kill_is_begun_anew) {
    training t = make_training();
    OK(tau_file_write(run_path(), "", 0));
    assert_message(tau_run_continue(&t.writer, &t.state, run_path(), "adam", &t.header, t.model),
                   TAU_STATUS_MISSING);
    clear_training(&t);
    make_run("adam", 1);
}
