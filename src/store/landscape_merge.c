/* Landscapes of one recipe: compared and joined. */
#include <stdio.h>
#include <string.h>

#include "core/memory.h"
#include "store/landscape_internal.h"

static tau_status compare_axis(const tau_recipe_words *words, const char *name, const double *ours,
                               size_t our_count, const double *theirs, size_t their_count) {
    enum { TEXT = 96 };
    if (our_count == their_count && memcmp(ours, theirs, our_count * sizeof *ours) == 0) return TAU_STATUS_OK;
    char our_text[TEXT], their_text[TEXT];
    snprintf(our_text, TEXT, "%.17g:%.17g in %zu points", ours[0], ours[our_count - 1], our_count);
    snprintf(their_text, TEXT, "%.17g:%.17g in %zu points", theirs[0], theirs[their_count - 1], their_count);
    return tau_recipe_differ(words, name, our_text, their_text);
}

tau_status tau_landscape_compare(const tau_landscape *ours, const tau_landscape *theirs,
                                 const tau_recipe_words *words) {
    TAU_TRY(tau_recipe_compare_identities(ours->recipe, theirs->recipe, words));
    if (strcmp(ours->name, theirs->name) != 0)
        return tau_recipe_differ(words, "name", ours->name, theirs->name);
    if (ours->line != theirs->line)
        return tau_recipe_differ(words, "kind", ours->line ? "line" : "plane",
                                 theirs->line ? "line" : "plane");
    if (strcmp(ours->transform, theirs->transform) != 0)
        return tau_recipe_differ(words, "transform", ours->transform, theirs->transform);
    TAU_TRY(compare_axis(words, "alpha", ours->alpha, ours->columns, theirs->alpha, theirs->columns));
    return compare_axis(words, "beta", ours->beta, ours->rows, theirs->beta, theirs->rows);
}

static void copy_point(tau_landscape *into, const tau_landscape *from, size_t i) {
    into->loss[i] = from->loss[i];
    into->loss_se[i] = from->loss_se[i];
    into->accuracy[i] = from->accuracy[i];
    into->regularisation[i] = from->regularisation[i];
    for (int m = 0; m < into->metric_count; m++) into->metrics[m].values[i] = from->metrics[m].values[i];
    into->precision[i] = from->precision[i];
    into->done[i] = from->done[i];
}

static tau_status copy_projection(tau_landscape_projection *out, const tau_landscape_projection *from) {
    TAU_TRY(tau_landscape_projection_create(out, from->group, from->count));
    const size_t bytes = from->count * sizeof(double);
    memcpy(out->coords, from->coords, 2 * bytes);
    memcpy(out->residual, from->residual, bytes);
    memcpy(out->distance, from->distance, bytes);
    memcpy(out->loss_true, from->loss_true, bytes);
    memcpy(out->loss_in_plane, from->loss_in_plane, bytes);
    memcpy(out->step, from->step, from->count * sizeof *from->step);
    out->explained = from->explained;
    return TAU_STATUS_OK;
}

static bool has_projection(const tau_landscape *landscape, const char *group) {
    for (int i = 0; i < landscape->projection_count; i++)
        if (strcmp(landscape->projections[i].group, group) == 0) return true;
    return false;
}

tau_status tau_landscape_adopt(tau_landscape *into, const tau_landscape *from) {
    if (into->theta_size == 0 && from->theta_size > 0)
        TAU_TRY(tau_landscape_set_directions(into, from->delta, from->eta, from->theta_size));
    for (int i = 0; i < from->projection_count; i++) {
        if (has_projection(into, from->projections[i].group)) continue;
        tau_landscape_projection copy;
        TAU_TRY(copy_projection(&copy, &from->projections[i]));
        tau_status status = tau_landscape_set_projection(into, &copy);
        tau_landscape_projection_clear(&copy);
        TAU_TRY(status);
    }
    for (size_t i = 0; i < into->columns * into->rows; i++)
        if (into->done[i] == TAU_DONE_NOT && from->done[i] != TAU_DONE_NOT) copy_point(into, from, i);
    return TAU_STATUS_OK;
}

/* Compared as bits, so that NaN equals itself and -0 is not 0. */
static bool same_bits(double a, double b) {
    return memcmp(&a, &b, sizeof a) == 0;
}

static bool same_point(const tau_landscape *a, const tau_landscape *b, size_t i) {
    for (int m = 0; m < a->metric_count; m++)
        if (!same_bits(a->metrics[m].values[i], b->metrics[m].values[i])) return false;
    return a->done[i] == b->done[i] && a->precision[i] == b->precision[i] &&
           same_bits(a->loss[i], b->loss[i]) && same_bits(a->loss_se[i], b->loss_se[i]) &&
           same_bits(a->accuracy[i], b->accuracy[i]) && same_bits(a->regularisation[i], b->regularisation[i]);
}

/* Points that both parts have. */
static tau_status compare_points(const tau_landscape *into, const tau_landscape *part, const char *path) {
    for (size_t i = 0; i < into->columns * into->rows; i++) {
        if (into->done[i] == TAU_DONE_NOT || part->done[i] == TAU_DONE_NOT || same_point(into, part, i))
            continue;
        return tau_fail(TAU_STATUS_MISMATCH,
                        "cannot merge %s" TAU_WHY
                        "its point in column %zu, row %zu has loss %.17g; another part says %.17g" TAU_FIX
                        "one of the parts is damaged or its recipe is wrong: compute it again",
                        path, i % into->columns, i / into->columns, part->loss[i], into->loss[i]);
    }
    return TAU_STATUS_OK;
}

tau_status tau_landscape_merge(tau_landscape *into, const tau_landscape *part, const char *part_path) {
    const tau_recipe_words words = {
        .verb = "merge",
        .path = part_path,
        .theirs = "it was computed",
        .ours = "the parts before it say",
        .fix = "merge only parts of one landscape: the same command with --shard i/n",
    };
    TAU_TRY(tau_landscape_compare(into, part, &words));
    TAU_TRY(compare_points(into, part, part_path));
    return tau_landscape_adopt(into, part);
}
