/* Documents of landscapes and explorations: fields, curves of a line, trajectories, what the plane shows. */
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/memory.h"
#include "figure/number.h"
#include "viewer/document_content.h"

static const char *const quantities[] = {"loss", "accuracy", "standard error", "regularisation"};
enum { QUANTITIES = sizeof quantities / sizeof *quantities };

/* The accuracy, and all metrics behind the fixed quantities. What two of them differ by has a range of its
 * own. */
static bool is_share(const tau_document *document) {
    return document->kind != TAU_DOCUMENT_KIND_DIFFERENCE &&
           (document->quantity == 1 || document->quantity >= QUANTITIES);
}

/* ---- honesty ---- */

/* The largest distance from the slice as a share of the largest distance from the origin. */
static double find_residual(const tau_landscape_projection *p) {
    double residual = 0, distance = 0;
    for (size_t t = 0; t < p->count; t++) {
        if (p->residual[t] > residual) residual = p->residual[t];
        if (p->distance[t] > distance) distance = p->distance[t];
    }
    return distance > 0 ? residual / distance : NAN;
}

void tau_document_describe_honesty(tau_document *document, const double explained[2], double angle,
                                   const tau_landscape_projection *projections, int count) {
    char *out = document->honesty;
    out[0] = '\0';
    if (!isnan(explained[0])) tau_document_append_text(out, "PC 1 %.1f %%", 100 * explained[0]);
    if (!isnan(explained[0]) && !isnan(explained[1]))
        tau_document_append_text(out, ", PC 2 %.1f %%", 100 * explained[1]);
    if (!isnan(angle)) tau_document_append_text(out, "%saxes at %.0f°", *out ? " · " : "", angle);
    for (int p = 0; p < count && p < 3; p++) {
        double residual = find_residual(&projections[p]);
        tau_document_append_text(out, "%s%s: %.1f %% of its way in the %s", *out ? " · " : "",
                                 projections[p].group, 100 * projections[p].explained,
                                 document->line ? "line" : "plane");
        if (!isnan(residual)) tau_document_append_text(out, ", up to %.0f %% beside it", 100 * residual);
    }
    if (count > 3) tau_document_append_text(out, " · %d more paths", count - 3);
}

static double find_angle(const tau_landscape *landscape) {
    if (!landscape->delta || !landscape->eta) return NAN;
    double dd = 0, de = 0, ee = 0;
    for (size_t i = 0; i < landscape->theta_size; i++) {
        dd += (double)landscape->delta[i] * landscape->delta[i];
        de += (double)landscape->delta[i] * landscape->eta[i];
        ee += (double)landscape->eta[i] * landscape->eta[i];
    }
    double cosine = de / sqrt(dd * ee);
    if (!(fabs(cosine) <= 1)) return NAN;
    return acos(cosine) * 180 / 3.14159265358979323846;
}

/* ---- trajectories ---- */

static tau_status take_losses(tau_document *document, const tau_landscape_projection *p) {
    const double *values[] = {p->loss_true, p->loss_in_plane};
    const char *const names[] = {"loss", "loss in the plane"};
    for (int k = 0; k < 2; k++) {
        bool any = false;
        for (size_t t = 0; t < p->count; t++) any |= isfinite(values[k][t]);
        if (!any) continue;
        tau_series *series;
        TAU_TRY(tau_document_add_series(document, &series, p->count, p->group, names[k]));
        for (size_t t = 0; t < p->count; t++) {
            series->place[t] = (double)t;
            series->value[t] = values[k][t];
        }
    }
    return TAU_STATUS_OK;
}

tau_status tau_document_take_paths(tau_document *document, const tau_landscape_projection *projections,
                                   int count) {
    tau_document_content *content = document->content;
    if (count <= 0) return TAU_STATUS_OK;
    TAU_TRY(TAU_ALLOC(content->paths, (size_t)count));
    for (int i = 0; i < count; i++) {
        const tau_landscape_projection *p = &projections[i];
        content->paths[i] = (tau_path){.count = p->count,
                                       .coords = (const double(*)[2])p->coords,
                                       .step = p->step,
                                       .loss_true = p->loss_true,
                                       .label = p->group};
        if (p->count > document->states) {
            document->states = p->count;
            document->steps = p->step;
        }
        TAU_TRY(take_losses(document, p));
    }
    content->path_count = (size_t)count;
    document->scene.paths = content->paths;
    document->scene.path_count = content->path_count;
    return TAU_STATUS_OK;
}

/* ---- landscapes ---- */

/* What a landscape shows: the fixed quantities, behind them its metrics. */
static const char *name_quantity(const tau_landscape *landscape, int quantity) {
    return quantity < QUANTITIES ? quantities[quantity] : landscape->metrics[quantity - QUANTITIES].name;
}

static const double *get_values(const tau_landscape *landscape, int quantity) {
    const double *const values[QUANTITIES] = {landscape->loss, landscape->accuracy, landscape->loss_se,
                                              landscape->regularisation};
    return quantity < QUANTITIES ? values[quantity] : landscape->metrics[quantity - QUANTITIES].values;
}

static void name_axes(tau_document *document) {
    static const char *const symbols[] = {"α", "β"};
    const tau_landscape *landscape = document->content->landscape;
    for (int axis = 0; axis < 2; axis++) {
        char *label = document->content->axes[axis];
        size_t size = sizeof document->content->axes[axis];
        if (isnan(landscape->explained[axis]))
            snprintf(label, size, "%s", symbols[axis]);
        else
            snprintf(label, size, "%s (PC %d, %.1f %%)", symbols[axis], axis + 1,
                     100 * landscape->explained[axis]);
    }
    document->scene.xlabel = document->content->axes[0];
    document->scene.ylabel = document->content->axes[1];
}

static tau_status take_line(tau_document *document) {
    tau_document_content *content = document->content;
    const tau_landscape *landscape = content->landscape;
    TAU_TRY(TAU_ALLOC(content->curves, 1));
    bool has_accuracy = false;
    for (size_t i = 0; i < landscape->columns; i++) has_accuracy |= isfinite(landscape->accuracy[i]);
    content->curves[0] = (tau_curve){.count = landscape->columns,
                                     .alpha = landscape->alpha,
                                     .loss = landscape->loss,
                                     .loss_se = landscape->loss_se,
                                     .right = has_accuracy ? landscape->accuracy : NULL,
                                     .share = true,
                                     .done = landscape->done,
                                     .label = document->title};
    content->curve_count = 1;
    document->scene.curves = content->curves;
    document->scene.curve_count = 1;
    return TAU_STATUS_OK;
}

static void take_field(tau_document *document) {
    tau_document_content *content = document->content;
    const tau_landscape *landscape = content->landscape;
    const char *name = name_quantity(landscape, document->quantity);
    content->field = (tau_field){.nx = landscape->columns,
                                 .ny = landscape->rows,
                                 .alpha = landscape->alpha,
                                 .beta = landscape->beta,
                                 .value = get_values(landscape, document->quantity),
                                 .done = landscape->done,
                                 .name = name,
                                 .share = is_share(document)};
    document->scene.field = &content->field;
    document->scene.zlabel = name;
}

/* Points, samples and device, from the values and the recipe. */
static void summarize(tau_document *document) {
    const tau_landscape *landscape = document->content->landscape;
    tau_landscape_summary s = tau_landscape_summarize(landscape);
    char *out = document->summary;
    out[0] = '\0';
    tau_document_append_text(out, "%zu×%zu points", landscape->columns, landscape->rows);
    if (s.done < s.points) tau_document_append_text(out, ", %zu still to come", s.points - s.done);
    if (s.infinite + s.nan) tau_document_append_text(out, ", %zu not finite", s.infinite + s.nan);
    json_t *recipe = landscape->recipe ? json_loads(landscape->recipe, 0, NULL) : NULL;
    const json_t *identity = json_object_get(recipe, "identity");
    json_int_t samples = json_integer_value(json_object_get(identity, "samples"));
    const char *backend = json_string_value(json_object_get(identity, "backend"));
    const char *precision = json_string_value(json_object_get(identity, "precision"));
    if (samples > 0) tau_document_append_text(out, " · %lld samples", (long long)samples);
    if (backend)
        tau_document_append_text(out, " · %.40s%s%.40s", backend, precision ? ", " : "",
                                 precision ? precision : "");
    json_decref(recipe);
    document->growing = document->path && s.done < s.points;
}

tau_status tau_document_take_landscape(tau_document *document) {
    const tau_landscape *landscape = document->content->landscape;
    document->line = landscape->line || landscape->rows == 1;
    document->scene.title = document->title;
    document->scene.version++;
    name_axes(document);
    if (document->line)
        TAU_TRY(take_line(document));
    else
        take_field(document);
    TAU_TRY(tau_document_take_paths(document, landscape->projections, landscape->projection_count));
    tau_document_describe_honesty(document, landscape->explained, find_angle(landscape),
                                  landscape->projections, landscape->projection_count);
    summarize(document);
    return TAU_STATUS_OK;
}

/* ---- quantities ---- */

static tau_status take_picture(tau_document *document) {
    tau_document_content *content = document->content;
    const tau_explore_picture *p = &content->picture;
    document->scene.version++;
    document->scene.zlabel = quantities[document->quantity];
    document->scene.field = NULL;
    document->scene.curve_count = 0;
    if (p->columns == 0) return TAU_STATUS_OK;
    if (document->line) {
        if (!content->curves) TAU_TRY(TAU_ALLOC(content->curves, 1));
        content->curves[0] = (tau_curve){.count = p->columns,
                                         .alpha = p->alpha,
                                         .loss = p->loss,
                                         .loss_se = p->loss_se,
                                         .right = p->accuracy,
                                         .share = true,
                                         .done = p->state};
        document->scene.curves = content->curves;
        document->scene.curve_count = 1;
        return TAU_STATUS_OK;
    }
    const double *const values[QUANTITIES] = {p->loss, p->accuracy, p->loss_se, p->loss};
    content->field = (tau_field){.nx = p->columns,
                                 .ny = p->rows,
                                 .alpha = p->alpha,
                                 .beta = p->beta,
                                 .value = values[document->quantity],
                                 .done = p->state,
                                 .name = quantities[document->quantity],
                                 .share = is_share(document)};
    document->scene.field = &content->field;
    return TAU_STATUS_OK;
}

/* The true loss of a state says nothing on the scale of something else: there the path lies on what is shown.
 */
static void place_paths(tau_document *document) {
    const tau_landscape *landscape = document->content->landscape;
    const tau_landscape_projection *projections = landscape               ? landscape->projections
                                                  : document->exploration ? document->exploration->projections
                                                                          : NULL;
    for (size_t p = 0; projections && p < document->content->path_count; p++)
        document->content->paths[p].loss_true = document->quantity == 0 ? projections[p].loss_true : NULL;
}

static int count_quantities(const tau_document *document) {
    if (document->kind == TAU_DOCUMENT_KIND_RUN) return (int)document->content->metric_name_count + 1;
    if (document->line) return 1;
    if (document->exploration) return 3;
    return QUANTITIES + (document->content->landscape ? document->content->landscape->metric_count : 0);
}

const char *tau_document_get_quantity(const tau_document *document, int index) {
    if (index < 0 || index >= count_quantities(document)) return NULL;
    if (document->kind == TAU_DOCUMENT_KIND_RUN)
        return index == 0 ? "all losses" : document->content->metric_names[index - 1];
    return name_quantity(document->content->landscape, index);
}

tau_status tau_document_set_quantity(tau_document *document, int index) {
    document->quantity = index >= 0 && index < count_quantities(document) ? index : 0;
    if (document->kind == TAU_DOCUMENT_KIND_RUN) return tau_document_take_metrics(document);
    place_paths(document);
    if (document->exploration) return take_picture(document);
    document->scene.version++;
    if (!document->line && document->content->landscape) take_field(document);
    return TAU_STATUS_OK;
}
