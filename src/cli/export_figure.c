/* From landscapes and options to a figure. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/export.h"
#include "cli/files.h"
#include "core/log.h"
#include "core/memory.h"
#include "figure/figure.h"
#include "store/landscape.h"

/* Everything a picture borrows while it is drawn. */
typedef struct picture {
    tau_cli *cli;
    int count;
    tau_landscape **landscapes; /* [count] */
    int axis;                   /* of lines; -1 = they are planes */
    char **names;               /* [count], of the files, for titles and legends */
    tau_field *fields;
    tau_curve *curves;
    tau_path **paths;      /* [count] lists */
    char (*labels)[2][64]; /* [count] axis names */
    tau_figure_panel *panels;
    double *levels;
    json_t *recipe; /* of the first landscape */
    char *recipe_text;
    tau_figure_mark ends[2];
    char footer[256];
    tau_figure figure;
} picture;

static void clear(picture *p) {
    for (int i = 0; i < p->count; i++) {
        if (p->landscapes) tau_landscape_destroy(p->landscapes[i]);
        if (p->names) tau_mem_free(p->names[i]);
        if (p->paths) tau_mem_free(p->paths[i]);
    }
    json_decref(p->recipe);
    free(p->recipe_text);
    tau_mem_free(p->landscapes);
    tau_mem_free(p->names);
    tau_mem_free(p->fields);
    tau_mem_free(p->curves);
    tau_mem_free(p->paths);
    tau_mem_free(p->labels);
    tau_mem_free(p->panels);
    tau_mem_free(p->levels);
}

/* "dir/plane.land.h5" -> "plane". */
static tau_status short_name(char **out, const char *path) {
    const char *slash = strrchr(path, '/');
    TAU_TRY(tau_string_copy(out, slash ? slash + 1 : path));
    (*out)[strcspn(*out, ".")] = '\0';
    return TAU_STATUS_OK;
}

static const char *describe(const picture *p) {
    return p->axis < 0 ? "a plane" : p->axis == 0 ? "a line" : "a line over β";
}

static tau_status read_landscapes(picture *p) {
    const tau_cli_arguments *a = &p->cli->arguments;
    size_t count = (size_t)a->positional_count;
    p->count = a->positional_count;
    TAU_TRY(TAU_ALLOC(p->landscapes, count));
    TAU_TRY(TAU_ALLOC(p->names, count));
    TAU_TRY(TAU_ALLOC(p->fields, count));
    TAU_TRY(TAU_ALLOC(p->curves, count));
    TAU_TRY(TAU_ALLOC(p->paths, count));
    TAU_TRY(TAU_ALLOC(p->labels, count));
    TAU_TRY(TAU_ALLOC(p->panels, count));
    for (int i = 0; i < p->count; i++) {
        TAU_TRY(tau_cli_read_landscape(&p->landscapes[i], a->positional[i], tau_cli_get(a, "group")));
        TAU_TRY(short_name(&p->names[i], a->positional[i]));
        if (i == 0) p->axis = tau_export_get_only_axis(p->landscapes[0]);
        if (tau_export_get_only_axis(p->landscapes[i]) != p->axis)
            return tau_fail(TAU_STATUS_USAGE,
                            "lines and planes do not go into one picture" TAU_WHY "%s is %s, %s is not",
                            a->positional[0], describe(p), a->positional[i]);
    }
    return TAU_STATUS_OK;
}

/* ---- options ---- */

static tau_status parse_levels(picture *p, const char *text) {
    tau_figure_options *o = &p->figure.options;
    if (!strchr(text, ',')) {
        uint64_t count;
        TAU_TRY(tau_cli_parse_count(&count, text, "--levels"));
        if (count < 1 || count > 200)
            return tau_fail(TAU_STATUS_USAGE, "--levels: choose 1 to 200, or a list A,B,C");
        o->level_count = (int)count;
        return TAU_STATUS_OK;
    }
    TAU_TRY(TAU_ALLOC(p->levels, strlen(text)));
    for (const char *word = text; *word;) {
        char number[64] = "";
        size_t length = strcspn(word, ",");
        strncat(number, word, length < sizeof number ? length : sizeof number - 1);
        TAU_TRY(tau_cli_parse_real(&p->levels[o->levels_given], number, "--levels"));
        if (o->levels_given && !(p->levels[o->levels_given] > p->levels[o->levels_given - 1]))
            return tau_fail(TAU_STATUS_USAGE, "--levels: the list must ascend");
        o->levels_given++;
        word += length + (word[length] == ',');
    }
    o->levels = p->levels;
    return TAU_STATUS_OK;
}

static tau_status check_kind(const picture *p, const char *kind) {
    static const char *const kinds[] = {"contour", "filled", "heatmap", "surface", "line", NULL};
    const tau_cli_arguments *a = &p->cli->arguments;
    bool known = !kind;
    for (int i = 0; kinds[i] && !known; i++) known = tau_export_is_figure(kind, kinds[i]);
    if (!known) {
        char name[64] = "";
        strncat(name, kind, strcspn(kind, ":") < sizeof name ? strcspn(kind, ":") : sizeof name - 1);
        const char *near = tau_cli_nearest(name, kinds);
        return tau_fail(TAU_STATUS_USAGE,
                        "a landscape has no figure \"%s\"" TAU_WHY
                        "it has contour, filled, heatmap, surface and line" TAU_FIX "%s%s",
                        name, near ? "did you mean " : "use one of these, or name a run", near ? near : "");
    }
    if (tau_cli_get_nth(a, "figure", 1))
        return tau_fail(TAU_STATUS_USAGE,
                        "landscapes are drawn one way at a time" TAU_FIX "give --figure once");
    if (kind && tau_export_is_figure(kind, "line") != (p->axis >= 0))
        return tau_fail(TAU_STATUS_USAGE,
                        "--figure %s does not go with %s" TAU_WHY "it is %s" TAU_FIX "leave --figure out",
                        kind, a->positional[0], describe(p));
    return TAU_STATUS_OK;
}

static tau_status parse_options(picture *p) {
    const tau_cli_arguments *a = &p->cli->arguments;
    tau_figure_options *o = &p->figure.options;
    const char *kind = tau_cli_get(a, "figure"), *levels = tau_cli_get(a, "levels");
    const char *range = tau_cli_get(a, "range-loss");
    TAU_TRY(tau_export_get_page(p->cli, o, &o->rows, &o->columns));
    TAU_TRY(check_kind(p, kind));
    if (o->rows * o->columns > 1 && (p->count == 1 || p->axis >= 0))
        return tau_fail(TAU_STATUS_USAGE, "there is nothing for --layout to arrange" TAU_WHY
                                          "one diagram is drawn" TAU_FIX "leave --layout out");
    if (tau_export_is_figure(kind, "filled")) o->kind = TAU_FIGURE_KIND_FILLED;
    if (tau_export_is_figure(kind, "heatmap")) o->kind = TAU_FIGURE_KIND_HEATMAP;
    if (levels) TAU_TRY(parse_levels(p, levels));
    if (range) TAU_TRY(tau_cli_parse_range(&o->range_lo, &o->range_hi, range, "--range-loss"));
    o->log = tau_cli_has(a, "log");
    o->share_scale = tau_cli_has(a, "share-scale");
    if (tau_cli_has(a, "no-colorbar")) o->colorbar = false;
    return TAU_STATUS_OK;
}

/* ---- panels ---- */

void tau_export_name_axis(char out[64], const tau_landscape *landscape, int axis) {
    static const char *const symbols[] = {"α", "β"};
    if (isnan(landscape->explained[axis]))
        snprintf(out, 64, "%s", symbols[axis]);
    else
        snprintf(out, 64, "%s (PC %d, %.1f %%)", symbols[axis], axis + 1, 100 * landscape->explained[axis]);
}

static void name_axes(picture *p, int i) {
    const tau_landscape *landscape = p->landscapes[i];
    for (int axis = 0; axis < 2; axis++) tau_export_name_axis(p->labels[i][axis], landscape, axis);
    const char *x = tau_cli_get(&p->cli->arguments, "xlabel"), *y = tau_cli_get(&p->cli->arguments, "ylabel");
    p->panels[i].xlabel = x ? x : p->labels[i][p->axis > 0 ? 1 : 0];
    p->panels[i].ylabel = y ? y : p->axis >= 0 ? NULL : p->labels[i][1];
}

char *tau_export_publish_recipe(const tau_landscape *landscape) {
    json_t *recipe = json_loads(landscape->recipe, 0, NULL);
    json_object_del(json_object_get(recipe, "provenance"), "host");
    char *text = recipe ? json_dumps(recipe, JSON_SORT_KEYS | JSON_REAL_PRECISION(17)) : NULL;
    json_decref(recipe);
    return text;
}

bool tau_export_is_path_visible(const tau_landscape *landscape, const tau_landscape_projection *projection) {
    const double *axes[] = {landscape->alpha, landscape->beta};
    const size_t sizes[] = {landscape->columns, landscape->rows};
    for (int axis = 0; axis < 2; axis++) {
        double lo = INFINITY, hi = -INFINITY;
        for (size_t t = 0; t < projection->count; t++) {
            lo = fmin(lo, projection->coords[2 * t + (size_t)axis]);
            hi = fmax(hi, projection->coords[2 * t + (size_t)axis]);
        }
        if (hi - lo > 0.02 * (axes[axis][sizes[axis] - 1] - axes[axis][0])) return true;
    }
    tau_log(TAU_LOG_LEVEL_NOTE, "the path of %s is not drawn: %.1f %% of its movement lies in this plane",
            projection->group, 100 * projection->explained);
    return false;
}

/* A true loss says nothing on the scale of something else. */
static tau_status add_paths(picture *p, int i, bool is_loss) {
    const tau_landscape *landscape = p->landscapes[i];
    size_t count = (size_t)landscape->projection_count, drawn = 0;
    if (tau_cli_has(&p->cli->arguments, "no-path") || count == 0) return TAU_STATUS_OK;
    TAU_TRY(TAU_ALLOC(p->paths[i], count));
    for (size_t k = 0; k < count; k++) {
        const tau_landscape_projection *projection = &landscape->projections[k];
        if (!tau_export_is_path_visible(landscape, projection)) continue;
        p->paths[i][drawn++] = (tau_path){.count = projection->count,
                                          .coords = (const double(*)[2])projection->coords,
                                          .step = projection->step,
                                          .loss_true = is_loss ? projection->loss_true : NULL,
                                          .label = count > 1 ? projection->group : "trajectory (steps)"};
    }
    p->panels[i].paths = p->paths[i];
    p->panels[i].path_count = drawn;
    return TAU_STATUS_OK;
}

static tau_status add_plane(picture *p, int i) {
    const tau_landscape *landscape = p->landscapes[i];
    tau_export_quantity quantity;
    TAU_TRY(tau_export_choose_quantity(&quantity, p->cli, landscape, p->cli->arguments.positional[i]));
    p->fields[i] = tau_export_make_field(&quantity, landscape);
    p->panels[i].field = &p->fields[i];
    p->panels[i].title = p->count > 1 ? p->names[i] : NULL;
    p->panels[i].mark_minimum = quantity.is_loss;
    name_axes(p, i);
    return add_paths(p, i, quantity.is_loss);
}

static bool has_accuracy(const tau_landscape *landscape) {
    for (size_t i = 0; i < landscape->columns * landscape->rows; i++)
        if (!isnan(landscape->accuracy[i])) return true;
    return false;
}

/* What a line shows beside the loss: the quantity that was named, by default the accuracy where there is one.
 */
static tau_status choose_right(const picture *p, int i, tau_export_quantity *out) {
    const tau_landscape *landscape = p->landscapes[i];
    TAU_TRY(tau_export_choose_quantity(out, p->cli, landscape, p->cli->arguments.positional[i]));
    if (!out->named) *out = (tau_export_quantity){"accuracy", landscape->accuracy, false, true, false};
    if (out->is_loss || (!out->named && !has_accuracy(landscape))) out->values = NULL;
    return TAU_STATUS_OK;
}

/* Marks the two states between which a line was drawn. */
static void name_ends(picture *p) {
    const json_t *slice = json_object_get(json_object_get(p->recipe, "identity"), "slice");
    p->ends[0] = (tau_figure_mark){0, 0, json_string_value(json_object_get(slice, "from"))};
    p->ends[1] = (tau_figure_mark){1, 0, json_string_value(json_object_get(slice, "to"))};
    p->panels[0].marks = p->ends;
    p->panels[0].mark_count = 2;
}

/* All lines share one diagram. */
static tau_status add_lines(picture *p) {
    for (int i = 0; i < p->count; i++) {
        const tau_landscape *landscape = p->landscapes[i];
        tau_export_quantity right;
        TAU_TRY(choose_right(p, i, &right));
        p->curves[i] = (tau_curve){.count = landscape->columns * landscape->rows,
                                   .alpha = p->axis > 0 ? landscape->beta : landscape->alpha,
                                   .loss = landscape->loss,
                                   .loss_se = landscape->loss_se,
                                   .right = right.values,
                                   .metric = right.name,
                                   .share = right.share,
                                   .done = landscape->done,
                                   .label = p->count > 1 ? p->names[i] : NULL};
    }
    name_axes(p, 0);
    p->panels[0].curves = p->curves;
    p->panels[0].curve_count = (size_t)p->count;
    if (strcmp(p->landscapes[0]->transform, "tau") == 0) name_ends(p);
    p->figure.panel_count = 1;
    return TAU_STATUS_OK;
}

/* "mnist-cnn · digits (seed 0) · 1000 samples · fine" from the recipe of the first landscape. */
static void write_footer(picture *p) {
    const json_t *identity = json_object_get(p->recipe, "identity");
    const json_t *provenance = json_object_get(p->recipe, "provenance");
    const char *network = json_string_value(json_object_get(provenance, "network"));
    const char *data = json_string_value(json_object_get(provenance, "data"));
    const char *precision = json_string_value(json_object_get(identity, "precision"));
    if (network && data && precision && p->count == 1) {
        snprintf(p->footer, sizeof p->footer, "%.80s · %.80s · %lld samples · %.8s", network, data,
                 (long long)json_integer_value(json_object_get(identity, "samples")), precision);
        p->figure.footer = p->footer;
    }
}

static tau_status compose(picture *p) {
    TAU_TRY(read_landscapes(p));
    TAU_TRY(parse_options(p));
    p->figure.panels = p->panels;
    p->figure.panel_count = (size_t)p->count;
    p->figure.title = tau_cli_get(&p->cli->arguments, "title");
    p->recipe = json_loads(p->landscapes[0]->recipe, 0, NULL);
    p->recipe_text = tau_export_publish_recipe(p->landscapes[0]);
    p->figure.recipe = p->recipe_text;
    if (p->axis >= 0)
        TAU_TRY(add_lines(p));
    else
        for (int i = 0; i < p->count; i++) TAU_TRY(add_plane(p, i));
    write_footer(p);
    return TAU_STATUS_OK;
}

tau_status tau_export_figure(tau_cli *cli, const char *out) {
    picture p = {.cli = cli};
    tau_status status = compose(&p);
    if (status == TAU_STATUS_OK && !cli->dry_run)
        status = tau_figure_write(&p.figure, out, tau_export_get_format(out));
    clear(&p);
    return status;
}
