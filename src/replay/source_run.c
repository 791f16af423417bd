/* Run files as a source. */
#include <jansson.h>
#include <string.h>

#include "core/memory.h"
#include "replay/source.h"
#include "store/run.h"

static tau_status open_run(void **file, const char *path, const char *group, const char *loss) {
    (void)loss;
    return tau_run_open((tau_run **)file, path, group);
}

static void close_run(void *file) {
    tau_run_close(file);
}

static const char *get_group(const void *file) {
    return tau_run_get_group(file);
}

static const char *get_created(const void *file) {
    const char *created = tau_run_get_header(file)->created;
    return created ? created : "";
}

static const tau_graph *get_graph(const void *file) {
    return tau_run_get_graph(file);
}

static tau_status get_loss(const void *file, tau_loss *out) {
    const char *name = tau_run_get_header(file)->loss;
    if (name && *name) return tau_loss_parse(out, name);
    return tau_fail(TAU_STATUS_USAGE,
                    "cannot evaluate '%s'" TAU_WHY
                    "the run does not say with which loss it was trained" TAU_FIX "name one with --loss",
                    tau_run_get_group(file));
}

static size_t get_count(const void *file) {
    return tau_run_get_state_count(file);
}

static tau_moment get_moment(const void *file, size_t state) {
    return (tau_moment){state, tau_run_get_step(file, state), tau_run_get_epoch(file, state)};
}

static bool is_growing(const void *file, double *silence) {
    const bool running = tau_run_get_status(file) == TAU_RUN_STATUS_RUNNING;
    *silence = running ? tau_run_get_silence(file) : 0;
    return running;
}

static double first_decay(const tau_run *run) {
    const char *text = tau_run_get_header(run)->parameters;
    json_t *parameters = text ? json_loads(text, 0, NULL) : NULL;
    const double decay = json_number_value(json_object_get(parameters, "weight_decay"));
    json_decref(parameters);
    return decay;
}

static bool has_series(const tau_run *run, const char *name) {
    const char *const *names = tau_run_get_metric_names(run);
    while (names && *names && strcmp(*names, name) != 0) names++;
    return names && *names;
}

/* The trainer's penalty is weight_decay·theta², over all parameters. What was changed after a step holds from
 * the next one on. */
static tau_status get_decay(void *file, double *out) {
    tau_metric *changes = NULL;
    size_t count = 0, at = 0;
    double decay = first_decay(file);
    if (has_series(file, "set_weight_decay"))
        TAU_TRY(tau_run_read_metric(file, "set_weight_decay", &changes, &count));
    for (size_t state = 0; state < tau_run_get_state_count(file); state++) {
        while (at < count && changes[at].step < tau_run_get_step(file, state)) decay = changes[at++].value;
        out[state] = decay > 0 ? decay : 0;
    }
    tau_mem_free(changes);
    return TAU_STATUS_OK;
}

static tau_status read_samples(void *file, tau_samples **out) {
    return tau_run_read_samples(file, out);
}

static tau_status read_state(void *file, size_t state, float *theta, float *buffers) {
    return tau_run_read_state(file, state, theta, buffers);
}

static tau_status find_state(void *file, const char *text, size_t *state) {
    return tau_run_find_state(file, text, state);
}

static const char *const *get_series_names(const void *file) {
    return tau_run_get_metric_names(file);
}

static tau_status read_series(void *file, const char *name, tau_series *out) {
    tau_metric *records;
    size_t count;
    TAU_TRY(tau_run_read_metric(file, name, &records, &count));
    tau_status status = tau_series_create(out, count);
    for (size_t i = 0; status == TAU_STATUS_OK && i < count; i++) {
        out->step[i] = (double)records[i].step;
        out->epoch[i] = records[i].epoch;
        out->value[i] = records[i].value;
    }
    tau_mem_free(records);
    return status;
}

const tau_source TAU_SOURCE_RUN = {
    .kind = TAU_REPLAY_KIND_RUN,
    .open = open_run,
    .close = close_run,
    .get_group = get_group,
    .get_created = get_created,
    .get_graph = get_graph,
    .get_loss = get_loss,
    .get_count = get_count,
    .get_moment = get_moment,
    .is_growing = is_growing,
    .get_decay = get_decay,
    .read_samples = read_samples,
    .read_state = read_state,
    .find_state = find_state,
    .get_series_names = get_series_names,
    .read_series = read_series,
};
