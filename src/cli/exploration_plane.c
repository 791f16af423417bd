/* Planes of an exploration: from words to slices with names, ranges and the states on them. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cli/exploration.h"
#include "core/memory.h"
#include "slice/project.h"

void tau_exploration_plane_clear(tau_exploration_plane *plane) {
    for (int p = 0; p < plane->projection_count; p++) tau_landscape_projection_clear(&plane->projections[p]);
    tau_mem_free(plane->projections);
    tau_mem_free(plane->words);
    tau_made_slice_clear(&plane->made);
    *plane = (tau_exploration_plane){0};
}

/* ---- states on the plane ---- */

/* Where the states lie; their losses where they are known. */
static tau_status project_run(const tau_exploration *e, tau_landscape_projection *out, tau_run *run,
                              const tau_slice *slice) {
    size_t count = tau_run_get_state_count(run);
    tau_projection projection = {0};
    const tau_rows rows = tau_run_get_rows(run);
    TAU_TRY(tau_landscape_projection_create(out, tau_run_get_group(run), count));
    TAU_TRY(tau_project_rows(&projection, slice, &rows));
    bool known = run == e->computation.subject.run && e->loss_true;
    for (size_t t = 0; t < count; t++) {
        out->coords[2 * t] = projection.coords[2 * t];
        out->coords[2 * t + 1] = projection.coords[2 * t + 1];
        out->residual[t] = projection.residual[t];
        out->distance[t] = projection.distance[t];
        out->loss_true[t] = known && t < e->state_count ? e->loss_true[t] : NAN;
        out->loss_in_plane[t] = NAN;
        out->step[t] = tau_run_get_step(run, t);
    }
    out->explained = projection.explained;
    tau_projection_clear(&projection);
    return TAU_STATUS_OK;
}

static tau_status project_group(const tau_exploration *e, tau_exploration_plane *plane, const char *name) {
    tau_run *own = e->computation.subject.run, *run = own;
    if (strcmp(name, tau_run_get_group(own)) != 0)
        TAU_TRY(tau_run_open(&run, e->computation.subject.path, name));
    tau_status status = project_run(e, &plane->projections[plane->projection_count], run, plane->made.slice);
    plane->projection_count++;
    if (run != own) tau_run_close(run);
    return status;
}

static tau_status project(const tau_exploration *e, tau_exploration_plane *plane) {
    const tau_subject *subject = &e->computation.subject;
    if (!subject->run || tau_run_get_state_count(subject->run) == 0) return TAU_STATUS_OK;
    const char *groups = plane->spec.groups ? plane->spec.groups : tau_run_get_group(subject->run);
    char **names;
    size_t count = 0;
    TAU_TRY(tau_run_split_groups(&names, subject->path, groups));
    while (names[count]) count++;
    tau_status status = TAU_ALLOC(plane->projections, count);
    for (size_t i = 0; i < count && status == TAU_STATUS_OK; i++) status = project_group(e, plane, names[i]);
    tau_run_free_names(names);
    return status;
}

/* ---- names and ranges ---- */

static void name_plane(const tau_exploration *e, tau_exploration_plane *plane) {
    static const char *const symbols[] = {"α", "β"};
    const tau_slice_spec *spec = &plane->spec;
    const char *path = e->computation.subject.path, *slash = strrchr(path, '/'),
               *name = slash ? slash + 1 : path;
    int length = (int)strcspn(name, ".");
    char kind[128];
    switch (spec->directions) {
    case TAU_DIRECTIONS_RANDOM:
        snprintf(kind, sizeof kind, "random plane %llu", (unsigned long long)spec->seed);
        break;
    case TAU_DIRECTIONS_PCA:
        snprintf(kind, sizeof kind, "plane of the training");
        break;
    case TAU_DIRECTIONS_STATES:
        snprintf(kind, sizeof kind, "plane through %.80s", spec->states);
        break;
    case TAU_DIRECTIONS_FILE:
        snprintf(kind, sizeof kind, "plane of %.80s", spec->file);
        break;
    default:
        snprintf(kind, sizeof kind, "%s", tau_transform_name(spec->transform));
    }
    if (spec->transform == TAU_TRANSFORM_TAU)
        snprintf(kind, sizeof kind, "line from %.40s to %.40s", spec->from, spec->to);
    snprintf(plane->name, sizeof plane->name, "%.*s: %s", length > 100 ? 100 : length, name, kind);
    for (int axis = 0; axis < 2; axis++) {
        if (isnan(plane->made.explained[axis]))
            snprintf(plane->axes[axis], sizeof plane->axes[axis], "%s", symbols[axis]);
        else
            snprintf(plane->axes[axis], sizeof plane->axes[axis], "%s (PC %d, %.1f %%)", symbols[axis],
                     axis + 1, 100 * plane->made.explained[axis]);
    }
}

/* By the command line at the start; later the range that the slice brings along. */
static tau_status choose_ranges(tau_exploration *e, tau_exploration_plane *plane, bool choose) {
    int axes = plane->made.slice->line ? 1 : 2;
    for (int axis = 0; axis < 2; axis++) {
        plane->lo[axis] = plane->made.has_range && axis < axes ? plane->made.lo[axis] : -1;
        plane->hi[axis] = plane->made.has_range && axis < axes ? plane->made.hi[axis] : 1;
    }
    if (!choose) return TAU_STATUS_OK;
    tau_computation c = e->computation;
    c.made = plane->made;
    c.spec = plane->spec;
    c.evaluator = e->evaluators[0];
    const tau_basis basis = tau_slice_get_basis(plane->made.slice);
    TAU_TRY(tau_evaluator_set_basis(c.evaluator, &basis));
    for (int axis = 0; axis < axes; axis++)
        TAU_TRY(tau_computation_choose_range(&c, axis, 0, &plane->lo[axis], &plane->hi[axis]));
    return TAU_STATUS_OK;
}

tau_status tau_exploration_make_plane(tau_exploration *e, tau_exploration_plane *plane,
                                      const tau_slice_spec *spec, bool choose) {
    plane->spec = *spec;
    TAU_TRY(tau_slice_spec_make(&plane->made, spec, &e->computation.subject, e->cli->cancel));
    TAU_TRY(choose_ranges(e, plane, choose));
    TAU_TRY(project(e, plane));
    name_plane(e, plane);
    return TAU_STATUS_OK;
}

/* ---- other planes ---- */

/* "random:SEED", "pca", "states:A,B,C". @param[in] words  borrowed by the spec */
static tau_status parse_words(const tau_exploration *e, const char *words, tau_slice_spec *out) {
    const tau_slice_spec *now = &e->planes[e->present].spec;
    *out = (tau_slice_spec){.transform = TAU_TRANSFORM_TAU_2D,
                            .centre = now->centre ? now->centre : "last",
                            .groups = now->groups};
    if (strncmp(words, "random:", 7) == 0) {
        out->directions = TAU_DIRECTIONS_RANDOM;
        out->norm = TAU_NORM_FILTER;
        out->ignore = (tau_ignore){.bias = true, .bn = true};
        return tau_cli_parse_count(&out->seed, words + 7, "the seed");
    }
    if (!e->computation.subject.run)
        return tau_fail(TAU_STATUS_USAGE,
                        "%s needs a run with several states" TAU_WHY "%s holds one set of weights" TAU_FIX
                        "choose a random plane",
                        words, e->computation.subject.path);
    if (strcmp(words, "pca") == 0) {
        out->directions = TAU_DIRECTIONS_PCA;
        return TAU_STATUS_OK;
    }
    if (strncmp(words, "states:", 7) == 0) {
        out->directions = TAU_DIRECTIONS_STATES;
        out->states = words + 7;
        return TAU_STATUS_OK;
    }
    return tau_fail(TAU_STATUS_USAGE,
                    "there is no plane \"%.60s\"" TAU_FIX "write random:SEED, pca or states:A,B,C", words);
}

tau_status tau_exploration_replane(void *payload, const char *words, tau_viewer_exploration *out) {
    tau_exploration *e = payload;
    tau_exploration_plane *fresh = &e->planes[1 - e->present];
    tau_slice_spec spec;
    char *kept;
    TAU_TRY(tau_string_copy(&kept, words));
    tau_status status = parse_words(e, kept, &spec);
    if (status != TAU_STATUS_OK) {
        tau_mem_free(kept);
        return status;
    }
    tau_exploration_plane_clear(fresh); /* that before the present one: nobody draws it any more */
    fresh->words = kept;
    const tau_cancel *before = e->cli->cancel;
    e->cli->cancel = &e->cancel;
    status = tau_exploration_make_plane(e, fresh, &spec, false);
    e->cli->cancel = before;
    TAU_TRY(status);
    TAU_TRY(tau_explore_set_slice(e->explore, fresh->made.slice, fresh->lo, fresh->hi));
    e->present = 1 - e->present;
    tau_exploration_describe(e, out);
    return TAU_STATUS_OK;
}
