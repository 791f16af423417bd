/** Recordings to replay: DeepReplay's fixture, and runs whose states are set by hand. */
#ifndef TAU_TESTS_REPLAY_REPLAY_FIXTURE_H
#define TAU_TESTS_REPLAY_REPLAY_FIXTURE_H

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "backend/backend_impl.h"
#include "backend_ref/backend_ref.h"
#include "core/memory.h"
#include "model/layers.h"
#include "ok.h"
#include "replay/replay.h"
#include "scratch.h"
#include "store/run.h"

static inline void assert_fails(tau_status got, tau_status expected, const char *part) {
    const tau_error *error = tau_error_last();
    cr_assert_eq(got, expected, "%d: %s (%s)", got, error->what, error->why);
    cr_assert(*error->what);
    cr_assert(strstr(error->what, part) || strstr(error->why, part), "'%s' is not in: %s (%s)", part,
              error->what, error->why);
}

static inline tau_replay_options ref_options(void) {
    static tau_pool *pool;
    tau_backend_register(tau_backend_ref_get());
    if (!pool) OK(tau_pool_create(&pool, 1));
    return (tau_replay_options){.backend = "ref", .pool = pool};
}

static inline tau_replay *open_with(const char *path, const char *group, tau_replay_options options) {
    tau_replay *replay;
    OK(tau_replay_open(&replay, path, group, &options));
    return replay;
}

static inline tau_replay *open_ref(const char *path) {
    return open_with(path, NULL, ref_options());
}

#ifdef DEEPREPLAY_FIXTURES
static inline tau_replay *open_fixture(void) {
    return open_ref(DEEPREPLAY_FIXTURES "hyperparms_in_action.h5");
}
#endif

/** A run of a built-in network with states given one after the other, 10 steps and one epoch apart.
 *  @param[in] theta  [count, P]   @param[in] parameters  hyper-parameters, or NULL */
static inline void record_model(const char *path, tau_model *model, const char *loss, const char *parameters,
                                const tau_samples *samples, const float *theta, size_t count) {
    const size_t size = model->graph->theta_size;
    const tau_run_header header = {.command = "test",
                                   .framework = "tauscape",
                                   .loss = (char *)loss,
                                   .optimizer = "sgd",
                                   .parameters = (char *)(parameters ? parameters : "{}")};
    tau_run_writer *writer;
    tau_train_state *state;
    OK(tau_run_create(&writer, path, "run", &header, model, samples));
    OK(tau_train_state_create(&state, size, model->graph->buffer_size));
    memcpy(state->buffers, model->buffers, model->graph->buffer_size * sizeof *model->buffers);
    for (size_t i = 0; i < count; i++) {
        memcpy(state->theta, theta + i * size, size * sizeof *theta);
        state->step = 10 * i;
        OK(tau_run_write_state(writer, state, (double)i));
        for (uint64_t b = 1; b <= 10 && i + 1 < count; b++)
            OK(tau_run_write_metric(writer, "loss", 10 * i + b, (double)i + (double)b / 10,
                                    1.0 / (double)(10 * i + b)));
    }
    OK(tau_run_finish(writer, TAU_RUN_STATUS_FINISHED));
    tau_train_state_destroy(state);
}

static inline void record(const char *path, const char *name, const char *loss, const char *parameters,
                          const tau_samples *samples, const float *theta, size_t count) {
    tau_model *model;
    OK(tau_model_builtin(&model, name, 1));
    record_model(path, model, loss, parameters, samples, theta, count);
    tau_model_destroy(model);
}

/** Samples of `width` features with classes (`class_count` > 0, from `targets`) or single values. */
static inline tau_samples *make_samples(size_t count, int64_t width, const float *inputs,
                                        const float *targets, int class_count) {
    tau_samples *samples;
    tau_shape shape;
    OK(tau_shape_make(&shape, 1, &width));
    OK(tau_samples_create(&samples, count, &shape, class_count, 1));
    memcpy(samples->inputs, inputs, count * (size_t)width * sizeof *inputs);
    for (size_t i = 0; i < count; i++) {
        if (class_count)
            samples->classes[i] = (int32_t)targets[i];
        else
            samples->values[i] = targets[i];
    }
    return samples;
}

#endif
