#include "replays.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SAMPLES 400
#define EPOCHS  60
#define LINES   22

static const char *const names[REPLAY_COUNT] = {
    "features",      "features-pca",   "features-space",   "features-unit", "features-regression",
    "boundary-many", "probability",    "probability-many", "distribution",  "loss-metric",
    "metrics",       "loss-log",       "loss-histogram",   "violins",       "learner",
    "confusion",     "confusion-many", "canonical",        "dashboard",     "nan",
    "one-sample",    "one-class",      "constant",         "huge"};

const char *replay_get_name(replay_kind kind) {
    return names[kind];
}

#define MAKE(r, type, count) ((type *)fields_alloc(&(r)->memory, count, sizeof(type)))

void replay_release(replay *r) {
    fields_release(&r->memory);
    memset(r, 0, sizeof *r);
}

/* A sequence without a state: the same numbers everywhere. */
static double noise(size_t i, int stream) {
    uint64_t x = (i + 1) * 0x9E3779B97F4A7C15u + (uint64_t)stream * 0xD1B54A32D192ED03u;
    x ^= x >> 31, x *= 0x7FB5D329728EA185u, x ^= x >> 27, x *= 0x81DADEF4BC2DD44Du, x ^= x >> 33;
    return (double)(x >> 11) / 9007199254740992.0;
}

static double normal(size_t i, int stream) {
    return sqrt(-2 * log(noise(i, stream) + 1e-12)) * cos(6.283185307 * noise(i, stream + 1));
}

static tau_moment moment_of(double progress) {
    return (tau_moment){.state = (size_t)(progress * EPOCHS),
                        .step = (int64_t)(progress * EPOCHS) * 10,
                        .epoch = floor(progress * EPOCHS)};
}

/* ---- feature spaces ---- */

static double parabola(double x, double y) {
    return 1 / (1 + exp(-12 * (y - x * x + 0.2)));
}

static void bend(double progress, const double in[2], double out[3]) {
    double x = in[0], y = in[1];
    out[0] = tanh(x + progress * 1.6 * y);
    out[1] = tanh((1 - progress) * y + progress * (1.8 * x - 0.5 * y + 0.3));
    out[2] = tanh(1.5 * x * y + progress);
}

static void make_sheet(replay *r, tau_feature_frame *f, double progress, bool bent, int planes, size_t side) {
    double *mesh = MAKE(r, double, side *side * 2);
    int32_t *decision = MAKE(r, int32_t, side * side);
    float *values = MAKE(r, float, side *side *(size_t)planes);
    for (size_t i = 0; i < side * side; i++) {
        double in[2] = {-1 + 2.0 * (double)(i % side) / (double)(side - 1),
                        -1 + 2.0 * (double)(i / side) / (double)(side - 1)},
               out[3];
        bend(progress, in, out);
        memcpy(mesh + 2 * i, bent ? out : in, 2 * sizeof(double));
        if (planes == 1) values[i] = (float)(0.5 + (parabola(in[0], in[1]) - 0.5) * (0.15 + 0.85 * progress));
        double sum = 0;
        for (int k = 0; k < planes && planes > 1; k++)
            sum += exp(5 * progress * cos(atan2(in[1], in[0]) - 6.2832 * k / planes));
        for (int k = 0; k < planes && planes > 1; k++)
            values[(size_t)k * side * side + i] =
                (float)(exp(5 * progress * cos(atan2(in[1], in[0]) - 6.2832 * k / planes)) / sum);
    }
    for (size_t i = 0; i < side * side; i++)
        for (int k = 1; k < planes; k++)
            if (values[(size_t)k * side * side + i] > values[(size_t)decision[i] * side * side + i])
                decision[i] = k;
    f->mesh_rows = f->mesh_columns = side;
    f->mesh = mesh;
    f->planes = planes;
    f->probability = values;
    f->decision = decision;
}

static void make_lines(replay *r, tau_feature_frame *f, double progress, bool bent) {
    size_t points = 1000, dims = (size_t)f->dims;
    double *lines = MAKE(r, double, LINES *points *dims);
    for (size_t l = 0; l < LINES; l++)
        for (size_t i = 0; i < points; i++) {
            double fixed = -1 + 0.2 * (double)(l % 11), runs = -1 + 2.0 * (double)i / (double)(points - 1),
                   out[3];
            double in[2] = {l < 11 ? fixed : runs, l < 11 ? runs : fixed};
            bend(progress, in, out);
            memcpy(lines + (l * points + i) * dims, bent ? out : in, dims * sizeof(double));
        }
    f->line_count = LINES;
    f->line_points = points;
    f->lines = lines;
}

static tau_feature_frame *make_features(replay *r, double progress, int dims, int classes, bool bent,
                                        size_t count) {
    tau_feature_frame *f = MAKE(r, tau_feature_frame, 1);
    double *points = MAKE(r, double, count *(size_t)dims);
    int32_t *labels = MAKE(r, int32_t, count);
    *f = (tau_feature_frame){.moment = moment_of(progress),
                             .dims = dims,
                             .axis = {"unit 1", "unit 2", "unit 3"},
                             .count = count,
                             .points = points,
                             .labels = classes ? labels : NULL,
                             .class_count = classes};
    for (size_t i = 0; i < count; i++) {
        double in[2] = {2 * noise(i, 1) - 1, 2 * noise(i, 2) - 1}, out[3];
        labels[i] = classes == 2 ? parabola(in[0], in[1]) > 0.5
                    : classes > 2
                        ? (int)((atan2(in[1], in[0]) / 6.2832 + 1 + 0.5 / classes) * classes) % classes
                        : 0;
        bend(progress, in, out);
        memcpy(points + i * (size_t)dims, bent ? out : in, (size_t)dims * sizeof(double));
    }
    return f;
}

static tau_picture features_picture(const tau_feature_frame *f) {
    return (tau_picture){.kind = TAU_PICTURE_KIND_FEATURES,
                         .features = {.frame = f,
                                      .low = {NAN, NAN, NAN},
                                      .high = {NAN, NAN, NAN},
                                      .value_low = NAN,
                                      .value_high = NAN}};
}

static void add_features(replay *r, replay_kind kind, double progress) {
    tau_feature_frame *f;
    switch (kind) {
    case REPLAY_FEATURES_PCA:
        f = make_features(r, progress, 2, 10, true, SAMPLES);
        f->axis[0] = "PC 1", f->axis[1] = "PC 2";
        f->projected = true, f->explained[0] = 0.713, f->explained[1] = 0.152;
        break;
    case REPLAY_FEATURES_SPACE:
        f = make_features(r, progress, 3, 2, true, SAMPLES);
        make_lines(r, f, progress, true);
        f->projected = true, f->explained[0] = 0.5, f->explained[1] = 0.3, f->explained[2] = 0.1;
        break;
    case REPLAY_FEATURES_UNIT:
        f = make_features(r, progress, 1, 2, true, SAMPLES);
        break;
    case REPLAY_FEATURES_REGRESSION:
        f = make_features(r, progress, 2, 0, true, SAMPLES);
        make_sheet(r, f, progress, true, 1, 60);
        break;
    case REPLAY_BOUNDARY_MANY:
        f = make_features(r, progress, 2, 5, false, SAMPLES);
        f->axis[0] = "x1", f->axis[1] = "x2";
        make_sheet(r, f, progress, false, 5, 200);
        make_lines(r, f, progress, false);
        break;
    default:
        f = make_features(r, progress, 2, 2, true, SAMPLES);
        make_sheet(r, f, progress, true, 1, 100);
        make_lines(r, f, progress, true);
    }
    r->pictures[r->count++] = features_picture(f);
}

/* ---- histograms ---- */

static double *make_edges(replay *r, size_t bins, double lo, double hi) {
    double *edges = MAKE(r, double, bins + 1);
    for (size_t i = 0; i <= bins; i++) edges[i] = lo + (hi - lo) * (double)i / (double)bins;
    return edges;
}

static tau_probability_frame *make_probabilities(replay *r, double progress, size_t classes, size_t bins,
                                                 size_t count) {
    tau_probability_frame *f = MAKE(r, tau_probability_frame, 1);
    tau_probability_case *cases = MAKE(r, tau_probability_case, classes);
    uint64_t *all = MAKE(r, uint64_t, bins);
    for (size_t c = 0; c < classes; c++) {
        uint64_t *right = MAKE(r, uint64_t, bins), *wrong = MAKE(r, uint64_t, bins);
        cases[c] = (tau_probability_case){.class_index = (int)c, .right = right, .wrong = wrong};
        strcpy(cases[c].name, classes > 2 ? "Class 0" : c ? "Positive Cases" : "Negative Cases");
        if (classes > 2) cases[c].name[6] = (char)('0' + c);
        for (size_t i = 0; i < count / classes; i++) {
            double p =
                1 / (1 + exp(-(progress * 4 * (classes > 2 || c ? 1 : -1) + 1.2 * normal(i, 10 + (int)c))));
            size_t bin = (size_t)fmin(p * (double)bins, (double)bins - 1);
            bool is_right = classes > 2 || c ? p > 0.5 : p <= 0.5;
            (is_right ? right : wrong)[bin]++;
            all[bin]++;
            cases[c].total++, cases[c].right_total += is_right;
        }
    }
    *f = (tau_probability_frame){.moment = moment_of(progress),
                                 .binary = classes == 2,
                                 .bins = bins,
                                 .edges = make_edges(r, bins, 0, 1),
                                 .case_count = classes,
                                 .cases = cases,
                                 .all = all};
    return f;
}

static void add_probability(replay *r, double progress, size_t classes, size_t count) {
    r->pictures[r->count++] = (tau_picture){
        .kind = TAU_PICTURE_KIND_PROBABILITY,
        .probability = {.frame = make_probabilities(r, progress, classes, 10, count), .class_index = -1}};
}

static void add_distribution(replay *r, double progress) {
    r->pictures[r->count++] = (tau_picture){.kind = TAU_PICTURE_KIND_DISTRIBUTION,
                                            .distribution = make_probabilities(r, progress, 2, 50, 2000)};
}

static void add_loss_histogram(replay *r, double progress, size_t count) {
    tau_loss_frame *f = MAKE(r, tau_loss_frame, 1);
    uint64_t *counts = MAKE(r, uint64_t, 30);
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        double loss = fmin(3, fabs(normal(i, 30)) * (1.3 - progress));
        counts[(size_t)fmin(loss * 10, 29)]++;
        sum += loss;
    }
    *f = (tau_loss_frame){.moment = moment_of(progress),
                          .bins = 30,
                          .edges = make_edges(r, 30, 0, 3),
                          .counts = counts,
                          .highest = count / 2,
                          .mean = sum / (double)count};
    r->pictures[r->count++] = (tau_picture){.kind = TAU_PICTURE_KIND_LOSS_HISTOGRAM, .loss_histogram = f};
}

/* ---- curves ---- */

static tau_curves_picture make_curves(replay *r, double progress) {
    double *x = MAKE(r, double, EPOCHS + 1), *loss = MAKE(r, double, EPOCHS + 1),
           *penalty = MAKE(r, double, EPOCHS + 1);
    bool *significant = MAKE(r, bool, EPOCHS + 1);
    tau_curves_picture p = {
        .count = EPOCHS + 1, .x = x, .x_name = "Epoch", .loss = loss, .loss_name = "Loss"};
    p.current = (size_t)(progress * EPOCHS);
    const char *metrics[] = {"Accuracy", "Precision", "Recall", "F1"};
    for (int m = 0; m < 4; m++) {
        double *values = MAKE(r, double, EPOCHS + 1);
        for (int i = 0; i <= EPOCHS; i++)
            values[i] = 0.5 + 0.45 * (1 - exp(-i * (0.1 + 0.03 * m))) + 0.02 * normal((size_t)i, 50 + m);
        p.metrics[m] = values, p.metric_names[m] = metrics[m];
    }
    for (int i = 0; i <= EPOCHS; i++) {
        x[i] = i;
        loss[i] = 0.1 + 0.6 * exp(-i * 0.08) + 0.01 * normal((size_t)i, 60);
        penalty[i] = 0.002 * i;
        significant[i] = penalty[i] > 0.1 * (loss[i] + penalty[i]);
    }
    p.penalty = penalty, p.significant = significant;
    return p;
}

static void add_curves(replay *r, replay_kind kind, double progress) {
    tau_curves_picture p = make_curves(r, progress);
    p.metric_count = kind == REPLAY_METRICS ? 4 : kind == REPLAY_LOSS_LOG ? 0 : 1;
    p.unit_range = kind == REPLAY_METRICS;
    p.log_loss = kind == REPLAY_LOSS_LOG;
    if (kind == REPLAY_METRICS) p.loss = NULL;
    if (kind != REPLAY_LOSS_LOG) p.penalty = NULL;
    r->pictures[r->count++] = (tau_picture){.kind = TAU_PICTURE_KIND_CURVES, .curves = p};
}

/* ---- violins, learner, confusion ---- */

static void add_violins(replay *r, double progress) {
    static const char *const layers[] = {"conv1", "conv2", "fc1", "a layer with a long name", "fc2"};
    tau_violin_frame *f = MAKE(r, tau_violin_frame, 1);
    tau_violin *violins = MAKE(r, tau_violin, 5);
    for (int v = 0; v < 5; v++) {
        double *at = MAKE(r, double, 64), *density = MAKE(r, double, 64), s = 0.1 + 0.2 * v + progress * 0.3;
        for (int i = 0; i < 64; i++)
            at[i] = s * (-2.5 + 5.0 * i / 63), density[i] = exp(-0.5 * pow(at[i] / s, 2)) / s;
        violins[v] = (tau_violin){.layer = layers[v],
                                  .count = 500,
                                  .low = at[0],
                                  .high = at[63],
                                  .points = 64,
                                  .quartile = {-0.67 * s, 0, 0.67 * s},
                                  .at = at,
                                  .density = density};
    }
    violins[2] = (tau_violin){.layer = "fc1", .count = 500, .flat = true, .low = 0.5, .high = 0.5};
    violins[4] = (tau_violin){.layer = "fc2", .not_finite = 500, .low = NAN, .high = NAN};
    *f = (tau_violin_frame){.moment = moment_of(progress),
                            .kind = TAU_VIOLIN_KIND_WEIGHTS,
                            .count = 5,
                            .violins = violins,
                            .low = -3,
                            .high = 3};
    r->pictures[r->count++] = (tau_picture){.kind = TAU_PICTURE_KIND_VIOLINS, .violins = {f, NAN, NAN}};
}

static void add_learner(replay *r, double progress) {
    tau_learner_frame *f = MAKE(r, tau_learner_frame, 1);
    double *sx = MAKE(r, double, SAMPLES), *sy = MAKE(r, double, SAMPLES), *low = MAKE(r, double, SAMPLES);
    double *lx = MAKE(r, double, SAMPLES), *ly = MAKE(r, double, SAMPLES), *high = MAKE(r, double, SAMPLES);
    double *step = MAKE(r, double, EPOCHS + 1), *total = MAKE(r, double, EPOCHS + 1);
    size_t shown = (size_t)(progress * EPOCHS) + 1;
    for (size_t i = 0; i < SAMPLES; i++) {
        sx[i] = lx[i] = 10.0 * (double)i / SAMPLES;
        sy[i] = 2 + 0.5 * sx[i] + 0.15 * sx[i] * normal(i, 70);
        ly[i] = progress * (2 + 0.5 * lx[i]);
        double loss = pow(sy[i] - ly[i], 2) * 0.2;
        low[i] = ly[i] - loss, high[i] = ly[i] + loss;
    }
    for (size_t i = 0; i <= EPOCHS; i++)
        step[i] = 10.0 * (double)i, total[i] = 20 * exp(-(double)i * 0.1) + 0.5;
    *f = (tau_learner_frame){.moment = moment_of(progress),
                             .scatter_count = SAMPLES,
                             .scatter_x = sx,
                             .scatter_y = sy,
                             .line_count = SAMPLES,
                             .line_x = lx,
                             .line_y = ly,
                             .line_loss = low,
                             .band_low = low,
                             .band_high = high,
                             .total_count = shown,
                             .total_step = step,
                             .total_loss = total,
                             .batch_count = shown,
                             .batch_step = step,
                             .batch_loss = total,
                             .x = {0, 10},
                             .y = {0, 9},
                             .last_step = 600,
                             .loss_range = {0.5, 20.5},
                             .step_label = "Batch",
                             .penalty = {.l2 = 2, .total = 2, .share = 0.12, .significant = true}};
    r->pictures[r->count++] = (tau_picture){.kind = TAU_PICTURE_KIND_LEARNER, .learner = f};
}

static void add_confusion(replay *r, double progress, int classes, bool undecided) {
    uint64_t *matrix = MAKE(r, uint64_t, (size_t)(classes * classes)),
             *none = MAKE(r, uint64_t, (size_t)classes);
    for (int t = 0; t < classes; t++)
        for (int d = 0; d < classes; d++)
            matrix[t * classes + d] =
                (uint64_t)(t == d ? 400 * progress + 30 : 60 * (1 - progress) * noise((size_t)d, t));
    none[0] = undecided ? 12 : 0;
    r->pictures[r->count++] = (tau_picture){.kind = TAU_PICTURE_KIND_CONFUSION,
                                            .confusion = {classes, matrix, none, moment_of(progress)}};
}

/* ---- compositions ---- */

static void add_canonical(replay *r, double progress) {
    add_features(r, REPLAY_FEATURES, progress);
    add_probability(r, progress, 2, SAMPLES);
    add_curves(r, REPLAY_LOSS_METRIC, progress);
    add_loss_histogram(r, progress, SAMPLES);
    r->rows = 2, r->columns = 4;
}

/* Numbers that are none, everywhere. */
static void add_nan(replay *r) {
    add_canonical(r, 0.5);
    tau_feature_frame *f = (tau_feature_frame *)r->pictures[0].features.frame;
    for (size_t i = 0; i < f->count * 2; i++) ((double *)f->points)[i] = NAN;
    for (size_t i = 0; i < f->line_count * f->line_points * 2; i++)
        ((double *)f->lines)[i] = i % 3 ? NAN : INFINITY;
    for (size_t i = 0; i < f->mesh_rows * f->mesh_columns; i++) ((float *)f->probability)[i] = NAN;
    f->not_finite = f->count;
    tau_curves_picture *p = &r->pictures[2].curves;
    for (size_t i = 0; i < p->count; i++)
        ((double *)p->loss)[i] = i ? NAN : INFINITY, ((double *)p->metrics[0])[i] = NAN;
    tau_loss_frame *loss = (tau_loss_frame *)r->pictures[3].loss_histogram;
    memset((uint64_t *)loss->counts, 0, 30 * sizeof(uint64_t));
    loss->highest = 0, loss->not_finite = SAMPLES, loss->mean = NAN;
    add_violins(r, 0.5);
    tau_violin_frame *v = (tau_violin_frame *)r->pictures[4].violins.frame;
    for (size_t i = 0; i < v->count; i++)
        ((tau_violin *)v->violins)[i] = (tau_violin){.layer = "fc", .not_finite = 9, .low = NAN, .high = NAN};
    v->low = -1, v->high = 1;
    r->rows = r->columns = 0;
}

static void add_one_sample(replay *r) {
    r->pictures[r->count++] = features_picture(make_features(r, 0.5, 2, 2, true, 1));
    add_probability(r, 0.5, 2, 1);
    add_loss_histogram(r, 0.5, 1);
    tau_curves_picture p = make_curves(r, 0);
    p.count = 1, p.metric_count = 1, p.penalty = NULL;
    r->pictures[r->count++] = (tau_picture){.kind = TAU_PICTURE_KIND_CURVES, .curves = p};
}

static void add_one_class(replay *r) {
    tau_feature_frame *f = make_features(r, 0.5, 2, 1, true, SAMPLES);
    make_sheet(r, f, 0.5, true, 1, 50);
    r->pictures[r->count++] = features_picture(f);
    add_probability(r, 0.5, 1, SAMPLES);
    add_confusion(r, 0.5, 1, true);
}

static void flatten(double *values, size_t count, double value) {
    for (size_t i = 0; i < count; i++) values[i] = value;
}

static void add_constant(replay *r, double value) {
    add_canonical(r, 0.5);
    tau_feature_frame *f = (tau_feature_frame *)r->pictures[0].features.frame;
    flatten((double *)f->points, f->count * 2, value);
    flatten((double *)f->lines, f->line_count * f->line_points * 2, value);
    flatten((double *)f->mesh, f->mesh_rows * f->mesh_columns * 2, value);
    tau_curves_picture *p = &r->pictures[2].curves;
    flatten((double *)p->loss, p->count, value);
    flatten((double *)p->metrics[0], p->count, value);
    tau_feature_frame *space = make_features(r, 0.5, 3, 2, true, 5);
    flatten((double *)space->points, 15, value);
    r->pictures[r->count++] = features_picture(space);
    r->rows = 0, r->columns = 0;
}

static void add_dashboard(replay *r, double progress) {
    add_distribution(r, progress);
    add_curves(r, REPLAY_LOSS_LOG, progress);
    add_curves(r, REPLAY_METRICS, progress);
    add_confusion(r, progress, 2, false);
    r->rows = r->columns = 2;
}

void replay_create(replay *r, replay_kind kind, double progress) {
    memset(r, 0, sizeof *r);
    if (kind <= REPLAY_BOUNDARY_MANY) add_features(r, kind, progress);
    if (kind == REPLAY_PROBABILITY) add_probability(r, progress, 2, SAMPLES);
    if (kind == REPLAY_PROBABILITY_MANY) add_probability(r, progress, 10, 3000);
    if (kind == REPLAY_DISTRIBUTION) add_distribution(r, progress);
    if (kind >= REPLAY_LOSS_METRIC && kind <= REPLAY_LOSS_LOG) add_curves(r, kind, progress);
    if (kind == REPLAY_LOSS_HISTOGRAM) add_loss_histogram(r, progress, SAMPLES);
    if (kind == REPLAY_VIOLINS) add_violins(r, progress);
    if (kind == REPLAY_LEARNER) add_learner(r, progress);
    if (kind == REPLAY_CONFUSION) add_confusion(r, progress, 2, true);
    if (kind == REPLAY_CONFUSION_MANY) add_confusion(r, progress, 10, false);
    if (kind == REPLAY_CANONICAL) add_canonical(r, progress);
    if (kind == REPLAY_DASHBOARD) add_dashboard(r, progress);
    if (kind == REPLAY_NAN) add_nan(r);
    if (kind == REPLAY_ONE_SAMPLE) add_one_sample(r);
    if (kind == REPLAY_ONE_CLASS) add_one_class(r);
    if (kind == REPLAY_CONSTANT) add_constant(r, 0.25);
    if (kind == REPLAY_HUGE) add_constant(r, 1e300);
}
