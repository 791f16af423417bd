/* From a slice in words to vectors. */
#include <math.h>
#include <string.h>

#include "cli/files.h"
#include "cli/slice_spec.h"
#include "core/log.h"
#include "core/memory.h"
#include "slice/project.h"

enum { GROUPS_MAX = 64 };

/* ---- trajectories of one or several groups as one list of rows ---- */

typedef struct trajectories {
    tau_run *runs[GROUPS_MAX];
    bool owned[GROUPS_MAX];
    int count;
    size_t rows;
    size_t width;
} trajectories;

static void close_trajectories(trajectories *t) {
    for (int i = 0; i < t->count; i++)
        if (t->owned[i]) tau_run_close(t->runs[i]);
    *t = (trajectories){0};
}

static tau_status add_run(trajectories *t, tau_run *run, bool owned) {
    if (t->count == GROUPS_MAX) {
        if (owned) tau_run_close(run);
        return tau_fail(TAU_STATUS_USAGE, "--group names more than %d groups", GROUPS_MAX);
    }
    t->runs[t->count] = run;
    t->owned[t->count++] = owned;
    t->rows += tau_run_get_state_count(run);
    size_t width = tau_run_get_graph(run)->theta_size;
    if (t->width && t->width != width)
        return tau_fail(TAU_STATUS_MISMATCH,
                        "the groups are of different networks" TAU_WHY
                        "%s has %zu parameters, the first group %zu" TAU_FIX "name groups of one network",
                        tau_run_get_group(run), width, t->width);
    t->width = width;
    return TAU_STATUS_OK;
}

static tau_status open_trajectories(trajectories *t, const tau_slice_spec *spec, const tau_subject *subject) {
    *t = (trajectories){0};
    if (!spec->groups || !strchr(spec->groups, ',')) return add_run(t, subject->run, false);
    char **names;
    TAU_TRY(tau_run_split_groups(&names, subject->path, spec->groups));
    tau_status status = TAU_STATUS_OK;
    for (size_t i = 0; names[i] && status == TAU_STATUS_OK; i++) {
        tau_run *run;
        status = tau_run_open(&run, subject->path, names[i]);
        if (status == TAU_STATUS_OK) status = add_run(t, run, true);
    }
    tau_run_free_names(names);
    return status;
}

static tau_status read_row(void *payload, size_t row, float *out) {
    trajectories *t = payload;
    for (int i = 0; i < t->count; i++) {
        size_t here = tau_run_get_state_count(t->runs[i]);
        if (row < here) return tau_run_read_state(t->runs[i], row, out, NULL);
        row -= here;
    }
    return tau_fail(TAU_STATUS_MISSING, "there is no row %zu", row);
}

static tau_rows rows_of(trajectories *t) {
    return (tau_rows){.count = t->rows, .width = t->width, .read = read_row, .payload = t};
}

/* ---- ranges ---- */

/* The range that the rows span on the slice, and 20 % more on each side. */
static tau_status range_of_rows(tau_made_slice *made, const tau_rows *rows) {
    tau_projection projection = {0};
    TAU_TRY(tau_project_rows(&projection, made->slice, rows));
    for (int axis = 0; axis < 2; axis++) {
        double lo = INFINITY, hi = -INFINITY;
        for (size_t t = 0; t < projection.count; t++) {
            lo = fmin(lo, projection.coords[2 * t + axis]);
            hi = fmax(hi, projection.coords[2 * t + axis]);
        }
        double margin = 0.2 * (hi - lo);
        if (!(margin > 0)) margin = 1;
        made->lo[axis] = lo - margin;
        made->hi[axis] = hi + margin;
    }
    made->has_range = true;
    tau_projection_clear(&projection);
    return TAU_STATUS_OK;
}

/* ---- one maker for each kind ---- */

static tau_status make_line(tau_made_slice *out, const tau_slice_spec *spec, const tau_subject *subject) {
    tau_state from = {0}, to = {0};
    tau_status status = tau_subject_read_state(subject, spec->from, &from);
    if (status == TAU_STATUS_OK) status = tau_subject_read_state(subject, spec->to, &to);
    size_t size = subject->graph->theta_size * sizeof *from.theta;
    if (status == TAU_STATUS_OK && memcmp(from.theta, to.theta, size) == 0)
        status = tau_fail(TAU_STATUS_USAGE,
                          "there is no line from %s to %s" TAU_WHY "both have the same parameters" TAU_FIX
                          "name two states that differ: --from first --to last",
                          spec->from, spec->to);
    if (status == TAU_STATUS_OK)
        status = tau_slice_create_line(&out->slice, subject->graph, tau_state_get_view(&from),
                                       tau_state_get_view(&to), spec->move_buffers);
    tau_state_clear(&from);
    tau_state_clear(&to);
    out->has_range = true;
    out->lo[0] = -0.5, out->hi[0] = 1.5;
    return status;
}

static tau_status make_random(tau_made_slice *out, const tau_slice_spec *spec, const tau_subject *subject,
                              const tau_state *centre) {
    const tau_graph *graph = subject->graph;
    float *axes[2] = {NULL, NULL};
    tau_status status = TAU_STATUS_OK;
    for (int axis = 0; axis < (spec->line ? 1 : 2) && status == TAU_STATUS_OK; axis++) {
        status = TAU_ALLOC(axes[axis], graph->theta_size);
        if (status != TAU_STATUS_OK) break;
        tau_direction_random(axes[axis], graph, spec->seed, axis);
        tau_direction_normalize(axes[axis], centre->theta, graph, spec->norm, spec->ignore);
    }
    if (status == TAU_STATUS_OK)
        status = tau_slice_create_plane(&out->slice, graph, tau_state_get_view(centre), axes[0], axes[1]);
    tau_mem_free(axes[0]);
    tau_mem_free(axes[1]);
    if (spec->norm == TAU_NORM_FILTER) {
        out->has_range = true;
        out->lo[0] = out->lo[1] = -1;
        out->hi[0] = out->hi[1] = 1;
    }
    return status;
}

static tau_status make_pca(tau_made_slice *out, const tau_slice_spec *spec, const tau_subject *subject,
                           const tau_state *centre, const tau_cancel *cancel) {
    trajectories t;
    tau_pca pca = {0};
    tau_status status = open_trajectories(&t, spec, subject);
    tau_rows rows = rows_of(&t);
    if (status == TAU_STATUS_OK) status = tau_direction_pca(&pca, &rows, centre->theta, cancel);
    if (status == TAU_STATUS_OK)
        status = tau_slice_create_plane(&out->slice, subject->graph, tau_state_get_view(centre), pca.axis[0],
                                        spec->line ? NULL : pca.axis[1]);
    if (status == TAU_STATUS_OK) {
        out->explained[0] = pca.explained[0];
        if (!spec->line) out->explained[1] = pca.explained[1];
        status = range_of_rows(out, &rows);
    }
    tau_pca_clear(&pca);
    close_trajectories(&t);
    return status;
}

/* Three states named "A,B,C". */
static tau_status read_three(tau_state states[3], const tau_slice_spec *spec, const tau_subject *subject) {
    const char *word = spec->states;
    for (int i = 0; i < 3; i++) {
        char name[1024] = "";
        size_t length = strcspn(word, ",");
        bool last = word[length] == '\0';
        if (length == 0 || length >= sizeof name || last != (i == 2))
            return tau_fail(TAU_STATUS_USAGE,
                            "--dirs states:%s does not name three states" TAU_FIX
                            "write states:A,B,C, as in states:first,epoch:2,last",
                            spec->states);
        strncat(name, word, length);
        TAU_TRY(tau_subject_read_state(subject, name, &states[i]));
        word += length + !last;
    }
    return TAU_STATUS_OK;
}

static tau_status read_of_three(void *payload, size_t row, float *out) {
    const tau_slice *slice = ((void **)payload)[0];
    const tau_state *states = ((void **)payload)[1];
    memcpy(out, states[row].theta, slice->theta_size * sizeof *out);
    return TAU_STATUS_OK;
}

static tau_status make_states(tau_made_slice *out, const tau_slice_spec *spec, const tau_subject *subject) {
    tau_state states[3] = {{0}, {0}, {0}};
    float *u = NULL, *v = NULL;
    size_t size = subject->graph->theta_size;
    tau_status status = read_three(states, spec, subject);
    if (status == TAU_STATUS_OK) status = TAU_ALLOC(u, size);
    if (status == TAU_STATUS_OK) status = TAU_ALLOC(v, size);
    if (status == TAU_STATUS_OK)
        status = tau_direction_plane3(u, v, states[0].theta, states[1].theta, states[2].theta, size);
    if (status == TAU_STATUS_OK)
        status = tau_slice_create_plane(&out->slice, subject->graph, tau_state_get_view(&states[0]), u, v);
    if (status == TAU_STATUS_OK) {
        void *payload[] = {out->slice, states};
        status = range_of_rows(
            out, &(tau_rows){.count = 3, .width = size, .read = read_of_three, .payload = payload});
    }
    tau_mem_free(u);
    tau_mem_free(v);
    for (int i = 0; i < 3; i++) tau_state_clear(&states[i]);
    return status;
}

static tau_status make_from_file(tau_made_slice *out, const tau_slice_spec *spec, const tau_subject *subject,
                                 const tau_state *centre) {
    tau_landscape *landscape;
    TAU_TRY(tau_cli_read_landscape(&landscape, spec->file, NULL));
    tau_status status = TAU_STATUS_OK;
    if (!landscape->delta || (!spec->line && !landscape->eta))
        status =
            tau_fail(TAU_STATUS_MISSING,
                     "%s holds no directions" TAU_WHY "random directions are stored only on request" TAU_FIX
                     "compute it with --store-directions, or repeat its --seed",
                     spec->file);
    else if (landscape->theta_size != subject->graph->theta_size)
        status = tau_fail(TAU_STATUS_MISMATCH,
                          "the directions of %s are of another network" TAU_WHY
                          "they have %zu components, the network %zu parameters" TAU_FIX
                          "name a landscape of the same network",
                          spec->file, landscape->theta_size, subject->graph->theta_size);
    else
        status = tau_slice_create_plane(&out->slice, subject->graph, tau_state_get_view(centre),
                                        landscape->delta, spec->line ? NULL : landscape->eta);
    if (status == TAU_STATUS_OK) {
        out->has_range = true;
        out->lo[0] = landscape->alpha[0], out->hi[0] = landscape->alpha[landscape->columns - 1];
        out->lo[1] = landscape->beta[0], out->hi[1] = landscape->beta[landscape->rows - 1];
        if (!(out->lo[0] < out->hi[0]) || !(out->lo[1] < out->hi[1])) out->has_range = false;
    }
    tau_landscape_destroy(landscape);
    return status;
}

tau_status tau_slice_spec_make(tau_made_slice *out, const tau_slice_spec *spec, const tau_subject *subject,
                               const tau_cancel *cancel) {
    *out = (tau_made_slice){.explained = {NAN, NAN}};
    if (spec->transform == TAU_TRANSFORM_TAU) return make_line(out, spec, subject);
    if (spec->directions == TAU_DIRECTIONS_STATES) return make_states(out, spec, subject);
    tau_state centre;
    TAU_TRY(tau_subject_read_state(subject, spec->centre, &centre));
    tau_status status;
    if (spec->transform != TAU_TRANSFORM_TAU_2D) {
        status = tau_slice_create_radial(&out->slice, subject->graph, tau_state_get_view(&centre),
                                         spec->transform);
        out->has_range = true;
        out->lo[0] = out->lo[1] = 0;
        out->hi[0] = out->hi[1] = 1;
    } else if (spec->directions == TAU_DIRECTIONS_PCA) {
        status = make_pca(out, spec, subject, &centre, cancel);
    } else if (spec->directions == TAU_DIRECTIONS_FILE) {
        status = make_from_file(out, spec, subject, &centre);
    } else {
        status = make_random(out, spec, subject, &centre);
    }
    tau_state_clear(&centre);
    if (status != TAU_STATUS_OK) tau_made_slice_clear(out);
    return status;
}

void tau_made_slice_clear(tau_made_slice *made) {
    tau_slice_destroy(made->slice);
    *made = (tau_made_slice){0};
}
