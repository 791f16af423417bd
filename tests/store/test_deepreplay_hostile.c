/* Recordings and models that are damaged: an error or a recording, never a crash. */
#include "core/file.h"
#include "scratch.h"
#include "store/damage.h"
#include "store/deepreplay.h"

static void make_directory(void) {
    (void)scratch("");
}
TestSuite(deepreplay_hostile, .init = make_directory, .timeout = 280);

#define MODEL "part1_activation_functions_model.h5"

static void copy_file(const char *from, const char *to) {
    uint8_t *bytes;
    size_t size;
    cr_assert_eq(tau_file_read(&bytes, &size, from, 1 << 20), TAU_STATUS_OK);
    cr_assert_eq(tau_file_write(to, bytes, size), TAU_STATUS_OK);
    tau_mem_free(bytes);
}

static void must(bool holds) {
    if (!holds) abort();
}

/* The damaged one of the two files lies in the scratch directory under either name. */
static void use(const char *path) {
    tau_deepreplay *replay;
    tau_samples *samples;
    float *theta, *buffers;
    bool found;
    (void)path;
    (void)!tau_deepreplay_recognise(&found, scratch("recording.h5"));
    if (tau_deepreplay_open(&replay, scratch("recording.h5"), NULL, NULL) != TAU_STATUS_OK) {
        must(!replay && *tau_error_last()->what && *tau_error_last()->why);
        return;
    }
    const tau_graph *graph = tau_deepreplay_get_graph(replay);
    must(TAU_ALLOC(theta, graph->theta_size) == TAU_STATUS_OK);
    must(TAU_ALLOC(buffers, graph->buffer_size) == TAU_STATUS_OK);
    for (size_t i = 0; i < tau_deepreplay_get_state_count(replay) && i < 30; i++)
        (void)!tau_deepreplay_read_state(replay, i, theta, buffers);
    if (tau_deepreplay_read_samples(replay, &samples) == TAU_STATUS_OK) tau_samples_destroy(samples);
    tau_mem_free(theta);
    tau_mem_free(buffers);
    tau_deepreplay_close(replay);
}

Test(deepreplay_hostile, mutated_models_are_survived) {
    copy_file(FIXTURES "hyperparms_in_action.h5", scratch("recording.h5"));
    damage_by_mutation(FIXTURES MODEL, scratch(MODEL), 300, use);
}

Test(deepreplay_hostile, mutated_recordings_are_survived) {
    copy_file(FIXTURES MODEL, scratch(MODEL));
    damage_by_mutation(FIXTURES "hyperparms_in_action.h5", scratch("recording.h5"), 300, use);
}

Test(deepreplay_hostile, cut_models_are_survived) {
    copy_file(FIXTURES "hyperparms_in_action.h5", scratch("recording.h5"));
    damage_by_truncation(FIXTURES MODEL, scratch(MODEL), use);
}
