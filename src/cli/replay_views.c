#include "cli/replay_views.h"

#include <math.h>
#include <string.h>

#include "cli/options.h"
#include "cli/replay_views_internal.h"
#include "core/memory.h"

#define FIGURE_NAMES                                                                                         \
    "dashboard, feature-space, boundary, probability, distribution, loss-metric, loss, metrics, "            \
    "loss-histogram, "                                                                                       \
    "violins, learner, confusion"

/* ---- one figure ---- */

static void release_view(view *v) {
    tau_figure_spec_clear(&v->spec);
    tau_features_destroy(v->features);
    tau_probabilities_destroy(v->probabilities);
    tau_loss_histogram_destroy(v->losses);
    tau_violins_destroy(v->violins);
    tau_learner_destroy(v->learner);
    for (int i = 0; i < TAU_PICTURE_METRICS_MAX; i++) {
        tau_mem_free(v->values[i]);
        tau_mem_free(v->expanded[i]);
    }
    tau_mem_free(v->list);
    tau_mem_free(v->x);
    tau_mem_free(v->penalty);
    tau_mem_free(v->significant);
}

static tau_status find_kind(const view_kind **out, const char *name) {
    const char *names[32];
    int count = 0;
    for (const view_kind *kind = tau_view_kinds; kind->name; kind++) {
        *out = kind;
        if (strcmp(kind->name, name) == 0) return TAU_STATUS_OK;
        names[count++] = kind->name;
    }
    names[count] = NULL;
    const char *near = tau_cli_nearest(name, names);
    return tau_fail(TAU_STATUS_USAGE,
                    "a training has no figure \"%s\"" TAU_WHY "it has " FIGURE_NAMES TAU_FIX "%s%s", name,
                    near ? "did you mean " : "use one of these", near ? near : "");
}

static tau_status check_keys(const view *v) {
    static const char *const common[] = {"title", "span", NULL};
    const char *keys[16];
    int count = 0;
    for (int i = 0; v->kind->keys[i]; i++) keys[count++] = v->kind->keys[i];
    for (int i = 0; common[i]; i++) keys[count++] = common[i];
    keys[count] = NULL;
    return tau_figure_spec_check(&v->spec, keys);
}

static tau_status read_common(const tau_replay_views *views, view *v) {
    const char *span = tau_figure_spec_get(&v->spec, "span"), *scale = tau_figure_spec_get(&v->spec, "scale");
    size_t rows, columns;
    v->common_scale = views->film;
    v->log = views->log;
    v->class_index = -1;
    if (span) {
        TAU_TRY(tau_cli_parse_grid(&rows, &columns, span, "--figure …:span"));
        if (rows < 1 || columns < 1 || rows > 16 || columns > 16)
            return tau_fail(TAU_STATUS_USAGE,
                            "--figure …:span: \"%s\" is too large" TAU_FIX "write ROWSxCOLUMNS", span);
        v->row_span = (int)rows, v->column_span = (int)columns;
    }
    if (scale && strcmp(scale, "all") != 0 && strcmp(scale, "frame") != 0)
        return tau_fail(TAU_STATUS_USAGE, "--figure %s:scale cannot be \"%s\"" TAU_FIX "write all or frame",
                        v->spec.name, scale);
    if (scale) v->common_scale = strcmp(scale, "all") == 0;
    return TAU_STATUS_OK;
}

static tau_status add_view(tau_replay_views *views, const char *text) {
    TAU_TRY(TAU_GROW(views->views, views->capacity, views->count + 1));
    view *v = &views->views[views->count++];
    TAU_TRY(tau_figure_spec_parse(&v->spec, text));
    TAU_TRY(find_kind(&v->kind, v->spec.name));
    TAU_TRY(check_keys(v));
    TAU_TRY(read_common(views, v));
    return v->kind->create(views, v);
}

/* ---- the dashboard ---- */

/* What can be seen of a training without knowing it. */
static tau_status add_dashboard(tau_replay_views *views, const char *text) {
    static const char *const classes[] = {"distribution", "loss", "metrics", "confusion", NULL};
    static const char *const values[] = {"loss", "loss-histogram", "violins:of=weights", NULL};
    tau_figure_spec spec;
    static const char *const no_keys[] = {NULL};
    TAU_TRY(tau_figure_spec_parse(&spec, text));
    tau_status status = tau_figure_spec_check(&spec, no_keys);
    tau_figure_spec_clear(&spec);
    TAU_TRY(status);
    int class_count = tau_replay_get_class_count(views->replay);
    if (class_count == 0) {
        size_t before = views->count;
        if (add_view(views, "learner") == TAU_STATUS_OK) return TAU_STATUS_OK;
        while (views->count > before) {
            release_view(&views->views[--views->count]);
            views->views[views->count] = (view){0};
        }
    }
    for (const char *const *name = class_count ? classes : values; *name; name++)
        if (class_count <= 20 || strcmp(*name, "confusion") != 0) TAU_TRY(add_view(views, *name));
    return TAU_STATUS_OK;
}

static tau_status add_figure(tau_replay_views *views, const char *text) {
    bool dashboard = strcmp(text, "dashboard") == 0 || strncmp(text, "dashboard:", 10) == 0;
    return dashboard ? add_dashboard(views, text) : add_view(views, text);
}

/* ---- all of them ---- */

static tau_status create(tau_replay_views *views, const tau_replay_views_options *options) {
    if (!options->figures || !options->figures[0]) TAU_TRY(add_figure(views, "dashboard"));
    for (int i = 0; options->figures && options->figures[i]; i++)
        TAU_TRY(add_figure(views, options->figures[i]));
    return TAU_ALLOC(views->pictures, views->count);
}

tau_status tau_replay_views_create(tau_replay_views **out, tau_replay *replay,
                                   const tau_replay_views_options *options) {
    TAU_TRY(TAU_ALLOC(*out, 1));
    (*out)->replay = replay;
    (*out)->options = options;
    (*out)->film = options->film;
    (*out)->log = options->log;
    tau_status status = create(*out, options);
    (*out)->options = NULL;
    if (status != TAU_STATUS_OK) {
        tau_replay_views_destroy(*out);
        *out = NULL;
    }
    return status;
}

void tau_replay_views_destroy(tau_replay_views *views) {
    if (!views) return;
    for (size_t i = 0; i < views->count; i++) release_view(&views->views[i]);
    tau_curves_destroy(views->curves);
    tau_mem_free(views->views);
    tau_mem_free(views->pictures);
    tau_mem_free(views);
}

tau_status tau_views_get_curves(tau_replay_views *views, const tau_curve_table **table) {
    if (!views->curves) TAU_TRY(tau_curves_create(&views->curves, views->replay));
    *table = tau_curves_get(views->curves);
    return TAU_STATUS_OK;
}

tau_status tau_replay_views_update(tau_replay_views *views) {
    if (views->curves) TAU_TRY(tau_curves_update(views->curves));
    for (size_t i = 0; i < views->count; i++) {
        view *v = &views->views[i];
        if (v->losses) TAU_TRY(tau_loss_histogram_update(v->losses));
        if (v->learner) TAU_TRY(tau_learner_update(v->learner));
        if (v->x) TAU_TRY(tau_view_measure(views, v));
    }
    return TAU_STATUS_OK;
}

tau_status tau_replay_views_compute(tau_replay_views *views, size_t state, double turn,
                                    const tau_picture **pictures, size_t *count) {
    views->turn = turn;
    for (size_t i = 0; i < views->count; i++) {
        view *v = &views->views[i];
        tau_picture *picture = &views->pictures[i];
        *picture = (tau_picture){.title = tau_figure_spec_get(&v->spec, "title"),
                                 .row_span = v->row_span,
                                 .column_span = v->column_span};
        TAU_TRY(v->kind->compute(views, v, state, picture));
    }
    *pictures = views->pictures;
    *count = views->count;
    return TAU_STATUS_OK;
}
