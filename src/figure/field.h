/** What a picture shows: landscapes, curves and trajectories as plain, borrowed arrays. */
#ifndef TAU_FIGURE_FIELD_H
#define TAU_FIGURE_FIELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** State of one grid point in tau_field.done. */
typedef enum tau_field_state {
    TAU_FIELD_STATE_NOT_COMPUTED = 0,
    TAU_FIELD_STATE_DONE = 1,
    TAU_FIELD_STATE_NOT_FINITE = 2, /**< computed, and the value is inf or NaN */
} tau_field_state;

/** A quantity over a plane. @lifetime everything is borrowed */
typedef struct tau_field {
    size_t nx, ny;       /**< points along alpha and beta, at least 1 each */
    const double *alpha; /**< [nx], finite, strictly increasing */
    const double *beta;  /**< [ny], finite, strictly increasing */
    const double *value; /**< [ny,nx]; inf and NaN are drawn as "not finite" */
    const uint8_t *done; /**< [ny,nx] of tau_field_state, or NULL: every point is done */
    const char *name;    /**< what the value is: "loss"; NULL = no name */
    bool share; /**< a share or a correlation: its scale goes from 0, or its lowest value below that, to 1,
                   unless it is logarithmic, and what is NaN is called not defined, whatever `done` says of
                   the loss */
} tau_field;

/** Whether a point can be drawn, but for its logarithm: computed or stood in for, and finite. That a loss is
 * not finite says nothing of a share, which has its own values there. */
bool tau_field_has_value(const tau_field *field, size_t i);

/** The interval of an increasing axis that holds a value: the last index, but for the end, that is not above
 * it; 0 for what is below the axis. @param[in] count  at least 1 */
size_t tau_field_find_interval(const double *axis, size_t count, double value);

/** A quantity along a line. @lifetime everything is borrowed */
typedef struct tau_curve {
    size_t count;
    const double *alpha;   /**< [count], finite, strictly increasing */
    const double *loss;    /**< [count]; inf and NaN are marked at the upper edge */
    const double *loss_se; /**< [count], standard errors, or NULL */
    const double *right;   /**< [count], on its own axis: the accuracy or another quantity; NULL = none */
    const char *metric;    /**< what `right` is where it is another quantity: "mcc"; NULL = the accuracy */
    bool share;            /**< `right` is a share or a correlation: its axis goes from 0, or its lowest value
                              below that, to 1; otherwise it spans the values */
    const uint8_t *done;   /**< [count] of tau_field_state, or NULL: every point is done */
    const char *label;     /**< name in the legend, or NULL */
} tau_curve;

/** A training trajectory projected onto a plane. @lifetime everything is borrowed */
typedef struct tau_path {
    size_t count;
    const double (*coords)[2]; /**< [count,2] (alpha, beta); a point that is not finite interrupts the line */
    const int64_t *step;       /**< [count], the numbers written at step marks, or NULL: 0, 1, 2 … */
    const double *loss_true; /**< [count], loss of the state itself and not of its projection, or NULL. Marks
                                  are filled with its colour: they stand out where the plane does not show
                                  what the training saw */
    const char *label;       /**< name in the legend, or NULL */
    const double *residual;  /**< [count], distance from the plane, or NULL */
} tau_path;

#endif
