/* Reading a run, also while it grows. What is small is read at once; states and series when they are asked
 * for. */
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "core/memory.h"
#include "core/progress.h"
#include "store/run_internal.h"

struct tau_run {
    tau_h5 *file;
    char *group;
    tau_run_header header;
    tau_run_sign sign;
    tau_graph *graph;
    size_t count; /* states */
    bool guarded; /* by a writer, before the sign was read */
    int64_t *steps;
    double *epochs;
    char **names; /* of the series, NULL-terminated, in one block */
    size_t name_count;
};

static tau_status damaged(const tau_run *run, const char *what, const char *why) {
    return tau_fail(TAU_STATUS_INPUT, "cannot read the %s of '%s' in %s" TAU_WHY "%s", what, run->group,
                    tau_h5_path(run->file), why);
}

/* A table of vectors must be as wide as the model says. */
static tau_status check_width(tau_run *run, const char *member, size_t width) {
    char path[TAU_STORE_PATH];
    tau_h5_extent extent;
    TAU_TRY(tau_h5_inspect(&extent, run->file, tau_store_path(path, run->group, member)));
    if (extent.rank == 2 && extent.type <= TAU_H5_TYPE_F64 && (size_t)extent.dim[1] == width)
        return TAU_STATUS_OK;
    return damaged(run, "states", "they are not as long as the model's parameters");
}

static tau_status read_states(tau_run *run) {
    char path[TAU_STORE_PATH];
    tau_h5_extent extent;
    TAU_TRY(check_width(run, "states/theta", run->graph->theta_size));
    if (run->graph->buffer_size > 0) TAU_TRY(check_width(run, "states/buffers", run->graph->buffer_size));
    TAU_TRY(tau_run_count_states(&run->count, run->file, run->group, run->graph->buffer_size > 0));
    TAU_TRY(tau_h5_inspect(&extent, run->file, tau_store_path(path, run->group, "states/step")));
    TAU_TRY(TAU_ALLOC(run->steps, run->count));
    TAU_TRY(TAU_ALLOC(run->epochs, run->count));
    TAU_TRY(tau_h5_read_rows(run->file, path, TAU_H5_TYPE_I64, 0, run->count, run->steps));
    tau_store_path(path, run->group, "states/epoch");
    TAU_TRY(tau_h5_read_rows(run->file, path, TAU_H5_TYPE_F64, 0, run->count, run->epochs));
    for (size_t i = 0; i < run->count; i++)
        if (run->steps[i] < 0 || (i > 0 && run->steps[i] < run->steps[i - 1]) || !isfinite(run->epochs[i]))
            return damaged(run, "states", "their steps do not follow each other");
    return TAU_STATUS_OK;
}

/* The names, with a NULL behind the last. */
static tau_status read_names(tau_run *run) {
    char path[TAU_STORE_PATH], **names;
    size_t count;
    TAU_TRY(tau_h5_read_texts(&names, &count, run->file, tau_store_path(path, run->group, "metrics/names")));
    tau_status status = TAU_ALLOC(run->names, count + 1);
    for (size_t i = 0; i < count && status == TAU_STATUS_OK; i++) {
        status = tau_string_copy(&run->names[i], names[i]);
        if (status == TAU_STATUS_OK) run->name_count++;
    }
    tau_mem_free(names);
    return status;
}

static tau_status load(tau_run *run, const char *wanted) {
    TAU_TRY(tau_store_check_format(run->file));
    TAU_TRY(tau_store_choose_group(&run->group, run->file, &TAU_STORE_RUNS, wanted));
    TAU_TRY(tau_run_read_header(&run->header, run->file, run->group));
    TAU_TRY(tau_run_read_sign(&run->sign, run->file, run->group));
    TAU_TRY(tau_run_read_graph(&run->graph, run->file, run->group));
    TAU_TRY(read_states(run));
    return read_names(run);
}

tau_status tau_run_open(tau_run **out, const char *path, const char *group) {
    tau_run *run;
    *out = NULL;
    TAU_TRY(TAU_ALLOC(run, 1));
    run->guarded = tau_h5_is_being_written(path);
    tau_status status = tau_h5_open_follow(&run->file, path);
    if (status == TAU_STATUS_OK) status = load(run, group);
    if (status != TAU_STATUS_OK) {
        tau_run_close(run);
        return status;
    }
    *out = run;
    return TAU_STATUS_OK;
}

void tau_run_close(tau_run *run) {
    if (!run) return;
    tau_h5_discard(run->file);
    tau_store_free_names(run->names);
    tau_mem_free(run->epochs);
    tau_mem_free(run->steps);
    tau_graph_destroy(run->graph);
    tau_run_header_clear(&run->header);
    tau_mem_free(run->group);
    tau_mem_free(run);
}

tau_status tau_run_list_groups(char ***names, const char *path) {
    tau_h5 *file;
    *names = NULL;
    TAU_TRY(tau_h5_open_follow(&file, path));
    tau_status status = tau_store_check_format(file);
    if (status == TAU_STATUS_OK) status = tau_store_list_groups(names, file, &TAU_STORE_RUNS);
    tau_h5_discard(file);
    return status;
}

void tau_run_free_names(char **names) {
    tau_store_free_names(names);
}

const char *tau_run_get_group(const tau_run *run) {
    return run->group;
}
const tau_run_header *tau_run_get_header(const tau_run *run) {
    return &run->header;
}
tau_run_status tau_run_get_status(const tau_run *run) {
    return (tau_run_status)run->sign.status;
}
double tau_run_get_silence(const tau_run *run) {
    const double silence = tau_run_now() - run->sign.heartbeat;
    return silence > 0 ? silence : 0;
}
const tau_graph *tau_run_get_graph(const tau_run *run) {
    return run->graph;
}
size_t tau_run_get_state_count(const tau_run *run) {
    return run->count;
}
int64_t tau_run_get_step(const tau_run *run, size_t state) {
    return run->steps[state];
}
double tau_run_get_epoch(const tau_run *run, size_t state) {
    return run->epochs[state];
}
const char *const *tau_run_get_metric_names(const tau_run *run) {
    return (const char *const *)run->names;
}

tau_status tau_run_read_state(tau_run *run, size_t state, float *theta, float *buffers) {
    char path[TAU_STORE_PATH];
    if (state >= run->count)
        return tau_fail(TAU_STATUS_MISSING,
                        "'%s' in %s has no state %zu" TAU_WHY "there are %zu, counted from 0", run->group,
                        tau_h5_path(run->file), state, run->count);
    TAU_TRY(tau_h5_read_rows(run->file, tau_store_path(path, run->group, "states/theta"), TAU_H5_TYPE_F32,
                             state, 1, theta));
    if (!buffers || run->graph->buffer_size == 0) return TAU_STATUS_OK;
    tau_store_path(path, run->group, "states/buffers");
    return tau_h5_read_rows(run->file, path, TAU_H5_TYPE_F32, state, 1, buffers);
}

static tau_status read_row(void *payload, size_t row, float *out) {
    return tau_run_read_state(payload, row, out, NULL);
}

tau_rows tau_run_get_rows(tau_run *run) {
    return (tau_rows){.count = run->count, .width = run->graph->theta_size, .read = read_row, .payload = run};
}

tau_status tau_run_read_samples(tau_run *run, tau_samples **samples) {
    TAU_TRY(tau_run_load_samples(samples, run->file, run->group));
    const tau_shape *wanted = &run->graph->values[run->graph->input].shape;
    tau_shape *shape = &(*samples)->input_shape;
    /* Older versions trained on as many numbers whatever their axes: to that network they are its samples. */
    if (strcmp(run->header.framework, "tauscape") == 0 && !tau_shape_serves(shape, wanted) &&
        tau_shape_size(shape) == tau_shape_size(wanted))
        *shape = *wanted;
    return TAU_STATUS_OK;
}

/* ---- its writer ---- */

static bool ran_here(const tau_run *run) {
    char host[sizeof run->sign.host] = "";
    return run->sign.pid > 0 && run->sign.pid <= INT32_MAX && gethostname(host, sizeof host - 1) == 0 &&
           strncmp(host, run->sign.host, sizeof host) == 0;
}

bool tau_run_is_writer(const tau_run *run, int64_t process) {
    return run->sign.pid == process && ran_here(run);
}

/* A number of a process may be another's by now, or that of another container of this name: the lock, which
 * only a living writer holds, must agree. A writer that let go of it before the sign was read would have said
 * that it finished; one that did so since may have. */
static tau_run_life find_life(const tau_run *run) {
    if (run->sign.status != TAU_RUN_STATUS_RUNNING) return TAU_RUN_LIFE_ENDED;
    if (!ran_here(run)) return TAU_RUN_LIFE_UNKNOWN;
    const bool dead = kill((pid_t)run->sign.pid, 0) != 0 && errno == ESRCH;
    if (dead == run->guarded) return TAU_RUN_LIFE_UNKNOWN;
    return dead ? TAU_RUN_LIFE_GONE : TAU_RUN_LIFE_HERE;
}

void tau_run_feel(tau_run_pulse *pulse, const tau_run *run) {
    if (pulse->since == 0 || pulse->heartbeat != run->sign.heartbeat) pulse->since = tau_progress_now();
    pulse->heartbeat = run->sign.heartbeat;
    pulse->life = find_life(run);
}

double tau_run_get_quiet(const tau_run_pulse *pulse) {
    return pulse->life == TAU_RUN_LIFE_ENDED ? 0 : tau_progress_now() - pulse->since;
}

bool tau_run_has_stopped(const tau_run_pulse *pulse, double stale) {
    return pulse->life == TAU_RUN_LIFE_GONE ||
           (pulse->life == TAU_RUN_LIFE_UNKNOWN && tau_run_get_quiet(pulse) > stale);
}

/* ---- series ---- */

static tau_status find_series(const tau_run *run, const char *name, int64_t *index) {
    for (*index = 0; *index < (int64_t)run->name_count; (*index)++)
        if (strcmp(run->names[*index], name) == 0) return TAU_STATUS_OK;
    return tau_fail(TAU_STATUS_MISSING, "'%s' in %s has no series '%s'" TAU_WHY "it has %zu others",
                    run->group, tau_h5_path(run->file), name, run->name_count);
}

/* Adds the records of a block that belong to the series. */
static tau_status pick(tau_metric **out, size_t *count, size_t *capacity, const tau_run_record *block,
                       size_t block_size, int64_t series) {
    size_t found = 0;
    for (size_t i = 0; i < block_size; i++) found += block[i].name == series;
    TAU_TRY(TAU_GROW(*out, *capacity, *count + found));
    for (size_t i = 0; i < block_size; i++)
        if (block[i].name == series)
            (*out)[(*count)++] = (tau_metric){block[i].step, block[i].epoch, block[i].value};
    return TAU_STATUS_OK;
}

static tau_status read_series(tau_run *run, int64_t series, tau_metric **out, size_t *count) {
    enum { BLOCK = 1 << 14 };
    char path[TAU_STORE_PATH];
    size_t rows, capacity = 0;
    tau_run_record *block;
    tau_h5_extent extent;
    TAU_TRY(tau_h5_inspect(&extent, run->file, tau_store_path(path, run->group, "metrics/records")));
    TAU_TRY(tau_h5_count_rows(&rows, run->file, path));
    TAU_TRY(TAU_ALLOC(block, BLOCK));
    tau_status status = TAU_GROW(*out, capacity, 1);
    for (size_t row = 0; row < rows && status == TAU_STATUS_OK; row += BLOCK) {
        const size_t size = rows - row < BLOCK ? rows - row : BLOCK;
        status = tau_h5_read_records(run->file, path, &TAU_RUN_RECORD, row, size, block);
        if (status == TAU_STATUS_OK) status = pick(out, count, &capacity, block, size, series);
    }
    tau_mem_free(block);
    return status;
}

tau_status tau_run_read_metric(tau_run *run, const char *name, tau_metric **records, size_t *count) {
    int64_t series;
    *records = NULL;
    *count = 0;
    TAU_TRY(find_series(run, name, &series));
    tau_status status = read_series(run, series, records, count);
    if (status == TAU_STATUS_OK) return TAU_STATUS_OK;
    tau_mem_free(*records);
    *records = NULL;
    *count = 0;
    return status;
}
