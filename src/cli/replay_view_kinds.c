/* The figures of a training: which settings they have, what replay computes for them. */
#include <math.h>
#include <string.h>

#include "cli/options.h"
#include "cli/replay_views_internal.h"
#include "core/memory.h"

/* ---- feature space and boundary ---- */

static tau_status set_limits(view *v) {
    for (int k = 0; k < 3; k++) v->low[k] = v->high[k] = NAN;
    return v->common_scale ? tau_features_get_limits(v->features, v->low, v->high) : TAU_STATUS_OK;
}

static tau_status create_features(tau_replay_views *views, view *v) {
    const tau_replay_views *before = views->options->before;
    tau_features_options options = {.layer = tau_figure_spec_get(&v->spec, "layer")};
    const size_t place = (size_t)(v - views->views);
    if (before && place < before->count) options.before = before->views[place].features;
    uint64_t dims = 0, lines = 0, mesh = 0;
    TAU_TRY(tau_figure_spec_get_count(&v->spec, "dims", &dims, 1, 3));
    TAU_TRY(tau_figure_spec_get_count(&v->spec, "lines", &lines, 2, 200));
    TAU_TRY(tau_figure_spec_get_count(&v->spec, "mesh", &mesh, 2, 2000));
    TAU_TRY(tau_figure_spec_get_range(&v->spec, "x", options.x));
    TAU_TRY(tau_figure_spec_get_range(&v->spec, "y", options.y));
    options.dims = (int)dims, options.lines = lines, options.mesh = mesh;
    TAU_TRY(tau_features_create(&v->features, views->replay, &options));
    return set_limits(v);
}

static tau_status create_boundary(tau_replay_views *views, view *v) {
    tau_boundary_options options = {0};
    const char *features = tau_figure_spec_get(&v->spec, "features");
    uint64_t lines = 0, mesh = 0;
    if (features) {
        const char *parts[3];
        uint64_t axis[2];
        TAU_TRY(tau_string_copy(&v->list, features));
        TAU_TRY(tau_figure_spec_split(v->list, parts, 2));
        for (int k = 0; k < 2; k++) {
            if (!parts[k])
                return tau_fail(TAU_STATUS_USAGE, "--figure boundary:features names one feature" TAU_FIX
                                                  "name two, such as 1+2");
            TAU_TRY(tau_cli_parse_count(&axis[k], parts[k], "--figure boundary:features"));
            if (axis[k] < 1 || axis[k] > 1000000)
                return tau_fail(
                    TAU_STATUS_USAGE,
                    "there is no feature %s" TAU_WHY "the first is 1" TAU_FIX "write features=1+2", parts[k]);
            options.axis[k] = (int)axis[k] - 1;
        }
        if (axis[0] == axis[1])
            return tau_fail(TAU_STATUS_USAGE, "--figure boundary:features names one feature twice" TAU_FIX
                                              "name two, such as 1+2");
    }
    TAU_TRY(tau_figure_spec_get_count(&v->spec, "lines", &lines, 2, 200));
    TAU_TRY(tau_figure_spec_get_count(&v->spec, "mesh", &mesh, 2, 2000));
    TAU_TRY(tau_figure_spec_get_range(&v->spec, "x", options.x));
    TAU_TRY(tau_figure_spec_get_range(&v->spec, "y", options.y));
    options.lines = lines, options.mesh = mesh;
    TAU_TRY(tau_boundary_create(&v->features, views->replay, &options));
    return set_limits(v);
}

static tau_status compute_features(tau_replay_views *views, view *v, size_t state, tau_picture *out) {
    TAU_TRY(tau_features_compute(v->features, state, &v->frame.feature));
    out->kind = TAU_PICTURE_KIND_FEATURES;
    out->features = (tau_features_picture){
        .frame = &v->frame.feature, .value_low = NAN, .value_high = NAN, .azimuth = views->turn};
    memcpy(out->features.low, v->low, sizeof v->low);
    memcpy(out->features.high, v->high, sizeof v->high);
    return TAU_STATUS_OK;
}

/* ---- probabilities ---- */

static tau_status create_probability(tau_replay_views *views, view *v) {
    uint64_t bins = 10, one = 0;
    TAU_TRY(tau_figure_spec_get_count(&v->spec, "bins", &bins, 1, 1000));
    int classes = tau_replay_get_class_count(views->replay);
    if (tau_figure_spec_get(&v->spec, "class") && classes > 0) {
        TAU_TRY(tau_figure_spec_get_count(&v->spec, "class", &one, 0, (uint64_t)classes - 1));
        v->class_index = (int)one;
    }
    return tau_probabilities_create(&v->probabilities, views->replay, bins);
}

static tau_status compute_probability(tau_replay_views *views, view *v, size_t state, tau_picture *out) {
    (void)views;
    TAU_TRY(tau_probabilities_compute(v->probabilities, state, &v->frame.probability));
    out->kind = TAU_PICTURE_KIND_PROBABILITY;
    out->probability = (tau_probability_picture){&v->frame.probability, v->class_index};
    return TAU_STATUS_OK;
}

static tau_status create_distribution(tau_replay_views *views, view *v) {
    uint64_t bins = 50;
    TAU_TRY(tau_figure_spec_get_count(&v->spec, "bins", &bins, 1, 1000));
    return tau_probabilities_create(&v->probabilities, views->replay, bins);
}

static tau_status compute_distribution(tau_replay_views *views, view *v, size_t state, tau_picture *out) {
    (void)views;
    TAU_TRY(tau_probabilities_compute(v->probabilities, state, &v->frame.probability));
    out->kind = TAU_PICTURE_KIND_DISTRIBUTION;
    out->distribution = &v->frame.probability;
    return TAU_STATUS_OK;
}

/* ---- losses, violins, learner ---- */

static tau_status create_losses(tau_replay_views *views, view *v) {
    uint64_t bins = 30;
    TAU_TRY(tau_figure_spec_get_count(&v->spec, "bins", &bins, 1, 1000));
    return tau_loss_histogram_create(&v->losses, views->replay, tau_figure_spec_get(&v->spec, "loss"), bins);
}

static tau_status compute_losses(tau_replay_views *views, view *v, size_t state, tau_picture *out) {
    TAU_TRY(tau_loss_histogram_compute(v->losses, state, &v->frame.loss));
    if (!views->film) v->frame.loss.highest = 0; /* the axis of a still ends with its own bins */
    out->kind = TAU_PICTURE_KIND_LOSS_HISTOGRAM;
    out->loss_histogram = &v->frame.loss;
    return TAU_STATUS_OK;
}

static tau_status create_violins(tau_replay_views *views, view *v) {
    const char *of = tau_figure_spec_get(&v->spec, "of"), *layers = tau_figure_spec_get(&v->spec, "layers");
    const char *names[65];
    tau_violin_kind kind = TAU_VIOLIN_KIND_WEIGHTS;
    if (of) TAU_TRY(tau_violin_kind_parse(&kind, of));
    if (layers) {
        TAU_TRY(tau_string_copy(&v->list, layers));
        TAU_TRY(tau_figure_spec_split(v->list, names, 64));
    }
    TAU_TRY(tau_violins_create(&v->violins, views->replay, kind, layers ? names : NULL));
    v->low[0] = v->high[0] = NAN;
    return v->common_scale ? tau_violins_get_limits(v->violins, &v->low[0], &v->high[0]) : TAU_STATUS_OK;
}

static tau_status compute_violins(tau_replay_views *views, view *v, size_t state, tau_picture *out) {
    (void)views;
    TAU_TRY(tau_violins_compute(v->violins, state, &v->frame.violin));
    out->kind = TAU_PICTURE_KIND_VIOLINS;
    out->violins = (tau_violins_picture){&v->frame.violin, v->low[0], v->high[0]};
    return TAU_STATUS_OK;
}

static tau_status read_sparsity(const view *v, const char *key, long *out) {
    uint64_t value;
    const char *text = tau_figure_spec_get(&v->spec, key);
    if (!text) return TAU_STATUS_OK;
    TAU_TRY(tau_figure_spec_get_count(&v->spec, key, &value, 0, 1000000000));
    *out = (long)value;
    return TAU_STATUS_OK;
}

static tau_status create_learner(tau_replay_views *views, view *v) {
    tau_learner_options options = TAU_LEARNER_DEFAULTS;
    TAU_TRY(read_sparsity(v, "loss_smoothing", &options.loss_smoothing));
    TAU_TRY(read_sparsity(v, "graph_sparsity", &options.graph_sparsity));
    TAU_TRY(read_sparsity(v, "scatter_sparsity", &options.scatter_sparsity));
    return tau_learner_create(&v->learner, views->replay, &options);
}

static tau_status compute_learner(tau_replay_views *views, view *v, size_t state, tau_picture *out) {
    (void)views;
    TAU_TRY(tau_learner_compute(v->learner, state, &v->frame.lesson));
    out->kind = TAU_PICTURE_KIND_LEARNER;
    out->learner = &v->frame.lesson;
    return TAU_STATUS_OK;
}

const view_kind tau_view_kinds[] = {
    {"feature-space",
     {"layer", "dims", "lines", "mesh", "x", "y", "scale"},
     create_features,
     compute_features},
    {"boundary", {"features", "lines", "mesh", "x", "y", "scale"}, create_boundary, compute_features},
    {"probability", {"bins", "class"}, create_probability, compute_probability},
    {"distribution", {"bins"}, create_distribution, compute_distribution},
    {"loss-metric", {"metric"}, tau_view_create_metrics, tau_view_compute_metrics},
    {"loss", {NULL}, tau_view_create_metrics, tau_view_compute_metrics},
    {"metrics", {"of"}, tau_view_create_metrics, tau_view_compute_metrics},
    {"loss-histogram", {"bins", "loss"}, create_losses, compute_losses},
    {"violins", {"of", "layers", "scale"}, create_violins, compute_violins},
    {"learner", {"loss_smoothing", "graph_sparsity", "scatter_sparsity"}, create_learner, compute_learner},
    {"confusion", {NULL}, tau_view_create_confusion, tau_view_compute_confusion},
    {0},
};
