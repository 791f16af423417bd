/** Metrics of a confusion matrix: binary, and of several classes with macro and micro averages. eq:mcc */
#ifndef TAU_BACKEND_METRICS_H
#define TAU_BACKEND_METRICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/status.h"

/** Counts of one class against all others. */
typedef struct tau_confusion {
    double tp, tn, fp, fn;
} tau_confusion;

typedef enum tau_metric_kind {
    TAU_METRIC_KIND_ACCURACY,
    TAU_METRIC_KIND_PRECISION,   /**< TP/(TP+FP) */
    TAU_METRIC_KIND_RECALL,      /**< TP/(TP+FN), sensitivity */
    TAU_METRIC_KIND_SPECIFICITY, /**< TN/(TN+FP) */
    TAU_METRIC_KIND_F1,          /**< 2TP/(2TP+FP+FN) */
    TAU_METRIC_KIND_BALANCED,    /**< balanced accuracy: binary, mean of recall and specificity; of several
                                      classes the mean recall of those that occur */
    TAU_METRIC_KIND_MCC,         /**< eq:mcc; of several classes R_K */
    TAU_METRIC_KIND_COUNT
} tau_metric_kind;

/** How the metrics of several classes become one. Binary: the positive class alone, and no averaging. */
typedef enum tau_average {
    TAU_AVERAGE_MACRO, /**< mean over the classes */
    TAU_AVERAGE_MICRO, /**< of the summed counts */
} tau_average;

/** A value, and whether its denominator was zero, so that it stands for "not defined". */
typedef struct tau_measure {
    double value;          /**< 0 where a denominator is zero */
    bool undefined;        /**< a denominator was zero: to be said */
    int undefined_classes; /**< macro: classes whose own value is not defined and counts as 0 */
} tau_measure;

/** "accuracy", "precision", "recall", "specificity", "f1", "balanced-accuracy", "mcc". */
const char *tau_metric_kind_name(tau_metric_kind kind);

/** A name, perhaps with "macro-" or "micro-" before it. @errors TAU_STATUS_MISSING with the names there are
 */
TAU_CHECK tau_status tau_metric_kind_parse(const char *name, tau_metric_kind *kind, tau_average *average);

/** Of one class against the others. */
tau_measure tau_metric_binary(const tau_confusion *counts, tau_metric_kind kind);

/** Of a matrix of two or more classes; of two, class 1 is the positive one.
 *  @param[in] matrix  [classes, classes] row = the true class, column = the class decided on
 *  @param[in] undecided  [classes] samples of each class with no decision (a NaN), wrong for every class;
 *             NULL = none */
tau_measure tau_metric_matrix(const uint64_t *matrix, const uint64_t *undecided, size_t classes,
                              tau_metric_kind kind, tau_average average);

/** Counts of one class against all others, or with `class_index` -1 their sums over the classes. */
tau_confusion tau_metric_counts(const uint64_t *matrix, const uint64_t *undecided, size_t classes,
                                int class_index);

/** A metric that is asked for of every point of a landscape. */
typedef struct tau_metric_choice {
    tau_metric_kind kind;
    tau_average average;
} tau_metric_choice;

enum { TAU_METRIC_CHOICES_MAX = 2 * TAU_METRIC_KIND_COUNT, TAU_METRIC_NAME = 32 };

/** Brings choices into one order, each once, without the accuracy, which every point has anyway; averages
 * that make no difference become macro. @param[in,out] choices  [count]   @return how many are left */
size_t tau_metric_choices_sort(tau_metric_choice *choices, size_t count, size_t classes);

/** The name, which says what was averaged: "mcc", "balanced-accuracy"; "macro-f1", "micro-f1"; of two
 * classes "binary-f1", the F1 of class 1. */
void tau_metric_choice_name(char out[TAU_METRIC_NAME], tau_metric_choice choice, size_t classes);

/** The value of one point; NaN where it is not defined, also where that is so of one class of a macro
 * average.
 *  @param[in] confusion  [tau_confusion_size(classes)] counts of backend.h */
double tau_metric_choice_value(tau_metric_choice choice, const uint64_t *confusion, size_t classes);

#endif
