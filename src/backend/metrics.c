/* Metrics of confusion matrices. eq:mcc */
#include "backend/metrics.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *const kind_names[TAU_METRIC_KIND_COUNT] = {
    [TAU_METRIC_KIND_ACCURACY] = "accuracy",
    [TAU_METRIC_KIND_PRECISION] = "precision",
    [TAU_METRIC_KIND_RECALL] = "recall",
    [TAU_METRIC_KIND_SPECIFICITY] = "specificity",
    [TAU_METRIC_KIND_F1] = "f1",
    [TAU_METRIC_KIND_BALANCED] = "balanced-accuracy",
    [TAU_METRIC_KIND_MCC] = "mcc",
};

const char *tau_metric_kind_name(tau_metric_kind kind) {
    return kind_names[kind];
}

tau_status tau_metric_kind_parse(const char *name, tau_metric_kind *kind, tau_average *average) {
    const char *rest = name;
    *average = TAU_AVERAGE_MACRO;
    if (!strncmp(name, "macro-", 6)) rest += 6;
    if (!strncmp(name, "micro-", 6)) {
        rest += 6;
        *average = TAU_AVERAGE_MICRO;
    }
    for (int k = 0; k < TAU_METRIC_KIND_COUNT; k++) {
        *kind = (tau_metric_kind)k;
        if (!strcmp(rest, kind_names[k])) return TAU_STATUS_OK;
    }
    *kind = TAU_METRIC_KIND_ACCURACY;
    return tau_fail(
        TAU_STATUS_MISSING,
        "there is no metric '%.60s'" TAU_WHY
        "there are accuracy, precision, recall, specificity, f1, balanced-accuracy and mcc" TAU_FIX
        "name one of these, with macro- or micro- before it, or give an expression of tp, tn, fp, fn",
        name);
}

static tau_measure ratio(double numerator, double denominator) {
    if (denominator == 0) return (tau_measure){.undefined = true};
    return (tau_measure){.value = numerator / denominator};
}

/* eq:mcc; each root by itself, so that no product of counts overflows or loses digits. */
static tau_measure correlation(const tau_confusion *c) {
    const double below =
        sqrt(c->tp + c->fp) * sqrt(c->tp + c->fn) * sqrt(c->tn + c->fp) * sqrt(c->tn + c->fn);
    return ratio(c->tp * c->tn - c->fp * c->fn, below);
}

static tau_measure balanced(const tau_confusion *c) {
    const tau_measure recall = ratio(c->tp, c->tp + c->fn), specificity = ratio(c->tn, c->tn + c->fp);
    return (tau_measure){.value = (recall.value + specificity.value) / 2,
                         .undefined = recall.undefined || specificity.undefined};
}

tau_measure tau_metric_binary(const tau_confusion *c, tau_metric_kind kind) {
    switch (kind) {
    case TAU_METRIC_KIND_ACCURACY:
        return ratio(c->tp + c->tn, c->tp + c->tn + c->fp + c->fn);
    case TAU_METRIC_KIND_PRECISION:
        return ratio(c->tp, c->tp + c->fp);
    case TAU_METRIC_KIND_RECALL:
        return ratio(c->tp, c->tp + c->fn);
    case TAU_METRIC_KIND_SPECIFICITY:
        return ratio(c->tn, c->tn + c->fp);
    case TAU_METRIC_KIND_F1:
        return ratio(2 * c->tp, 2 * c->tp + c->fp + c->fn);
    case TAU_METRIC_KIND_BALANCED:
        return balanced(c);
    default:
        return correlation(c);
    }
}

/* ---- several classes ---- */

/* Samples of a class, those without a decision too. */
static double row_sum(const uint64_t *matrix, const uint64_t *undecided, size_t classes, size_t row) {
    double sum = undecided ? (double)undecided[row] : 0;
    for (size_t j = 0; j < classes; j++) sum += (double)matrix[row * classes + j];
    return sum;
}

static double column_sum(const uint64_t *matrix, size_t classes, size_t column) {
    double sum = 0;
    for (size_t i = 0; i < classes; i++) sum += (double)matrix[i * classes + column];
    return sum;
}

static double all_sum(const uint64_t *matrix, const uint64_t *undecided, size_t classes) {
    double all = 0;
    for (size_t i = 0; i < classes; i++) all += row_sum(matrix, undecided, classes, i);
    return all;
}

/* @param[in] all  all samples: summed once for all classes, whose number may be large */
static tau_confusion one_class(const uint64_t *matrix, const uint64_t *undecided, size_t classes, size_t k,
                               double all) {
    const double tp = (double)matrix[k * classes + k];
    const double fn = row_sum(matrix, undecided, classes, k) - tp, fp = column_sum(matrix, classes, k) - tp;
    /* A sample of another class with no decision is no error about this class of a matrix of several; of two
     * classes it is one: what is not decided is wrong. */
    double lost = 0;
    for (size_t i = 0; i < classes && undecided && classes == 2; i++)
        if (i != k) lost += (double)undecided[i];
    return (tau_confusion){.tp = tp, .tn = all - tp - fn - fp - lost, .fp = fp + lost, .fn = fn};
}

tau_confusion tau_metric_counts(const uint64_t *matrix, const uint64_t *undecided, size_t classes,
                                int class_index) {
    const double all = all_sum(matrix, undecided, classes);
    if (class_index >= 0) return one_class(matrix, undecided, classes, (size_t)class_index, all);
    tau_confusion sum = {0};
    for (size_t k = 0; k < classes; k++) {
        const tau_confusion c = one_class(matrix, undecided, classes, k, all);
        sum.tp += c.tp;
        sum.tn += c.tn;
        sum.fp += c.fp;
        sum.fn += c.fn;
    }
    return sum;
}

/* R_K of Gorodkin (2004), the correlation of the true class and the decided one. A sample with no decision
 * counts as decided for a class that no sample has. eq:mcc */
static tau_measure correlation_of_classes(const uint64_t *matrix, const uint64_t *undecided, size_t classes) {
    double all = 0, right = 0, products = 0, rows = 0, columns = 0, lost = 0;
    for (size_t k = 0; k < classes; k++) {
        const double row = row_sum(matrix, undecided, classes, k), column = column_sum(matrix, classes, k);
        all += row;
        right += (double)matrix[k * classes + k];
        products += row * column;
        rows += row * row;
        columns += column * column;
        if (undecided) lost += (double)undecided[k];
    }
    columns += lost * lost;
    return ratio(right * all - products, sqrt(all * all - columns) * sqrt(all * all - rows));
}

static tau_measure accuracy_of_classes(const uint64_t *matrix, const uint64_t *undecided, size_t classes) {
    double all = 0, right = 0;
    for (size_t k = 0; k < classes; k++) {
        all += row_sum(matrix, undecided, classes, k);
        right += (double)matrix[k * classes + k];
    }
    return ratio(right, all);
}

/* The mean recall of the classes that occur. */
static tau_measure balanced_of_classes(const uint64_t *matrix, const uint64_t *undecided, size_t classes) {
    double sum = 0, occurring = 0;
    tau_measure out = {0};
    for (size_t k = 0; k < classes; k++) {
        const double row = row_sum(matrix, undecided, classes, k);
        if (row > 0) sum += (double)matrix[k * classes + k] / row;
        occurring += row > 0;
        out.undefined_classes += row == 0;
    }
    out.undefined = occurring == 0;
    out.value = occurring > 0 ? sum / occurring : 0;
    return out;
}

static tau_measure macro(const uint64_t *matrix, const uint64_t *undecided, size_t classes,
                         tau_metric_kind kind) {
    const double all = all_sum(matrix, undecided, classes);
    tau_measure out = {0};
    for (size_t k = 0; k < classes; k++) {
        const tau_confusion counts = one_class(matrix, undecided, classes, k, all);
        const tau_measure one = tau_metric_binary(&counts, kind);
        out.value += one.value / (double)classes;
        out.undefined_classes += one.undefined;
    }
    out.undefined = out.undefined_classes > 0;
    return out;
}

tau_measure tau_metric_matrix(const uint64_t *matrix, const uint64_t *undecided, size_t classes,
                              tau_metric_kind kind, tau_average average) {
    if (classes == 2) {
        const tau_confusion counts = tau_metric_counts(matrix, undecided, classes, 1);
        return tau_metric_binary(&counts, kind);
    }
    if (kind == TAU_METRIC_KIND_MCC) return correlation_of_classes(matrix, undecided, classes);
    if (kind == TAU_METRIC_KIND_ACCURACY) return accuracy_of_classes(matrix, undecided, classes);
    if (kind == TAU_METRIC_KIND_BALANCED) return balanced_of_classes(matrix, undecided, classes);
    if (average == TAU_AVERAGE_MACRO) return macro(matrix, undecided, classes, kind);
    const tau_confusion counts = tau_metric_counts(matrix, undecided, classes, -1);
    return tau_metric_binary(&counts, kind);
}

/* ---- of the points of a landscape ---- */

static bool has_averages(tau_metric_kind kind) {
    return kind == TAU_METRIC_KIND_PRECISION || kind == TAU_METRIC_KIND_RECALL ||
           kind == TAU_METRIC_KIND_SPECIFICITY || kind == TAU_METRIC_KIND_F1;
}

size_t tau_metric_choices_sort(tau_metric_choice *choices, size_t count, size_t classes) {
    bool wanted[TAU_METRIC_KIND_COUNT][2] = {{false}};
    for (size_t i = 0; i < count; i++) {
        const bool matters = classes > 2 && has_averages(choices[i].kind);
        wanted[choices[i].kind][matters ? choices[i].average : TAU_AVERAGE_MACRO] = true;
    }
    size_t left = 0;
    for (int kind = TAU_METRIC_KIND_ACCURACY + 1; kind < TAU_METRIC_KIND_COUNT; kind++)
        for (int average = 0; average < 2; average++)
            if (wanted[kind][average])
                choices[left++] = (tau_metric_choice){(tau_metric_kind)kind, (tau_average)average};
    return left;
}

void tau_metric_choice_name(char out[TAU_METRIC_NAME], tau_metric_choice choice, size_t classes) {
    const char *prefix = !has_averages(choice.kind)            ? ""
                         : classes == 2                        ? "binary-"
                         : choice.average == TAU_AVERAGE_MICRO ? "micro-"
                                                               : "macro-";
    snprintf(out, TAU_METRIC_NAME, "%s%s", prefix, kind_names[choice.kind]);
}

double tau_metric_choice_value(tau_metric_choice choice, const uint64_t *confusion, size_t classes) {
    const tau_measure one =
        tau_metric_matrix(confusion, confusion + classes * classes, classes, choice.kind, choice.average);
    return one.undefined ? NAN : one.value;
}
