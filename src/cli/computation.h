/** What tauscape compute holds while it works: shared by its preparation, its recipe and its messages. */
#ifndef TAU_CLI_COMPUTATION_H
#define TAU_CLI_COMPUTATION_H

#include "cli/slice_spec.h"

typedef struct tau_computation {
    tau_cli *cli;
    const char *path; /**< of the landscape */
    tau_subject subject;
    tau_slice_spec spec;
    tau_made_slice made;
    tau_evaluator *evaluator;
    tau_grid *grid;
    tau_landscape *landscape;
    tau_landscape_writer *writer;
    tau_sweep_options sweep;
    tau_metric_choice metrics[TAU_METRIC_CHOICES_MAX];
    size_t metric_count;
    tau_point centre;                              /**< theta* itself, or the end of a line */
    double centre_metrics[TAU_METRIC_CHOICES_MAX]; /**< [metric_count] */
    double seconds;                                /**< the sweep took */
} tau_computation;

/** The recipe: everything that fixes the numbers ("identity") and what is only good to know ("provenance").
 *  @param[out] recipe  JSON, freed with tau_mem_free */
TAU_CHECK tau_status tau_computation_describe(const tau_computation *c, char **recipe);

/** What --metric asks for, without the accuracy, which is always there. @errors TAU_STATUS_USAGE with the
 * nearest name */
TAU_CHECK tau_status tau_computation_parse_metrics(tau_computation *c);

/** @errors TAU_STATUS_USAGE: metrics are asked for, and the loss knows no classes */
TAU_CHECK tau_status tau_computation_check_metrics(const tau_computation *c);

/** Name of a metric, with its average; the evaluator is there. */
void tau_computation_name_metric(const tau_computation *c, size_t index, char out[TAU_METRIC_NAME]);

/** Evaluates theta* itself, or the end of a line. @param[out] seconds  that it took */
TAU_CHECK tau_status tau_computation_measure_centre(tau_computation *c, double *seconds);

/** The points that --grid and the kind of slice ask for. @errors TAU_STATUS_USAGE */
TAU_CHECK tau_status tau_computation_parse_size(const tau_computation *c, size_t *columns, size_t *rows);

/** The range of an axis by --x, --y, the states, or the loss, which evaluates. @param[in] axis  0 = alpha
 *  @param[in] points  along the axis: a range that was not given as LO:HI has the centre on one; 0 = any */
TAU_CHECK tau_status tau_computation_choose_range(tau_computation *c, int axis, size_t points, double *lo,
                                                  double *hi);

/** Makes the grid of both ranges. */
TAU_CHECK tau_status tau_computation_create_grid(tau_computation *c, size_t columns, size_t rows);

/** Makes the empty landscape of grid, slice and recipe. */
TAU_CHECK tau_status tau_computation_create_landscape(tau_computation *c);

/** Prints the loss at the centre, and how long the open points will take.
 *  @param[in] seconds  that the centre took   @param[in] open  points to compute */
void tau_computation_say_centre(const tau_computation *c, double seconds, size_t open);

/** Prints what was found. @param[in] computed  points of this call */
void tau_computation_say_result(const tau_computation *c, size_t computed);

#endif
