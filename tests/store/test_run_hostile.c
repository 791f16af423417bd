/* Run files that are damaged: an error or a run, never a crash, for readers and for a writer that goes on. */
#include <sys/stat.h>

#include "core/file.h"
#include "store/damage.h"
#include "store/run_fixture.h"

static void make_directory(void) {
    (void)scratch("");
}
TestSuite(run_hostile, .init = make_directory, .timeout = 280);

/* An unfinished run, so that it can be read and continued. */
static void make_unfinished(void) {
    training t = make_training();
    t.stop_after = 20;
    OK(begin_training(&t, scratch("good.run.h5"), "adam"));
    cr_assert_eq(go_on_training(&t), TAU_STATUS_CANCELLED);
    tau_run_abandon(t.writer);
    clear_training(&t);
}

static void must(bool holds) {
    if (!holds) abort();
}

static void read_everything(tau_run *run) {
    const tau_graph *graph = tau_run_get_graph(run);
    float *theta, *buffers;
    tau_samples *samples;
    tau_metric *records;
    size_t state, count;
    must(TAU_ALLOC(theta, graph->theta_size) == TAU_STATUS_OK);
    must(TAU_ALLOC(buffers, graph->buffer_size) == TAU_STATUS_OK);
    for (size_t i = 0; i < tau_run_get_state_count(run) && i < 100; i++)
        (void)!tau_run_read_state(run, i, theta, buffers);
    for (const char *const *name = tau_run_get_metric_names(run); *name; name++) {
        if (tau_run_read_metric(run, *name, &records, &count) != TAU_STATUS_OK) continue;
        tau_mem_free(records);
    }
    (void)!tau_run_find_state(run, "best", &state);
    if (tau_run_read_samples(run, &samples) == TAU_STATUS_OK) tau_samples_destroy(samples);
    tau_mem_free(buffers);
    tau_mem_free(theta);
}

static void use_run(const char *path) {
    tau_run *run;
    if (tau_run_open(&run, path, NULL) != TAU_STATUS_OK) {
        must(!run && *tau_error_last()->what && *tau_error_last()->why);
        return;
    }
    read_everything(run);
    tau_run_close(run);
}

static void go_on_with_run(const char *path) {
    tau_model *model = small_model();
    const tau_run_header header = small_header();
    tau_run_writer *writer;
    tau_train_state *state;
    if (tau_run_continue(&writer, &state, path, "adam", &header, model) == TAU_STATUS_OK) {
        (void)!tau_run_write_state(writer, state, 1);
        tau_run_abandon(writer);
        tau_train_state_destroy(state);
    } else {
        must(!writer && !state && *tau_error_last()->what && *tau_error_last()->why);
    }
    tau_model_destroy(model);
}

Test(run_hostile, truncation_is_survived) {
    make_unfinished();
    damage_by_truncation(scratch("good.run.h5"), scratch("bad.run.h5"), use_run);
}

Test(run_hostile, a_thousand_mutations_are_survived_by_readers) {
    make_unfinished();
    damage_by_mutation(scratch("good.run.h5"), scratch("bad.run.h5"), 1000, use_run);
}

Test(run_hostile, mutations_are_survived_by_writers) {
    make_unfinished();
    damage_by_mutation(scratch("good.run.h5"), scratch("bad.run.h5"), 300, go_on_with_run);
}
