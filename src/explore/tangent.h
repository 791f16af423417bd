/** Gradients of the loss along a slice and in full, piece by piece so that they can be cancelled. */
#ifndef TAU_EXPLORE_TANGENT_H
#define TAU_EXPLORE_TANGENT_H

#include "explore/explore.h"

typedef struct tau_tangent {
    tau_evaluator *evaluator;
    size_t samples;
    const tau_graph *graph;
    const tau_slice *slice;
    const tau_cancel *cancel;
    int axes;          /**< along which one moves: 1 on lines and radial slices */
    float *theta;      /**< [P] of the last point */
    float *buffers;    /**< [Q] */
    float *gradient;   /**< [P] of a piece */
    uint32_t *indices; /**< [samples] */
    double gram[TAU_BASIS_MAX * TAU_BASIS_MAX];
} tau_tangent;

/** @lifetime all is borrowed until clear   @errors TAU_STATUS_MEMORY (to be cleared all the same) */
TAU_CHECK tau_status tau_tangent_create(tau_tangent *out, const tau_explore_stage *stage,
                                        const tau_graph *graph, const tau_slice *slice,
                                        const tau_cancel *cancel);
void tau_tangent_clear(tau_tangent *tangent);

/** d loss/d(alpha, beta) of the mean loss of the whole sample: the inner products of the full gradient with
 * what the parameters change by. @errors those of the evaluator, TAU_STATUS_CANCELLED */
TAU_CHECK tau_status tau_tangent_slope(tau_tangent *tangent, const double at[2], double slope[2]);

/** The full gradient at tangent->theta and buffers. @param[out] sum  [P] */
TAU_CHECK tau_status tau_tangent_full(tau_tangent *tangent, double *sum);

/** Loss at a point of the slice. @errors those of the evaluator, TAU_STATUS_CANCELLED */
TAU_CHECK tau_status tau_tangent_loss(const tau_tangent *tangent, const double at[2], tau_point *out);

/** Orthonormal coordinates u of a slice around a point: (alpha, beta) = at + L^-T·u with L·L^T the products
 * of the tangents, so that lengths are those of parameter space. */
typedef struct tau_tangent_frame {
    double at[2];
    double l00, l10, l11;
    int axes;
} tau_tangent_frame;

/** @errors TAU_STATUS_INPUT: axes that are zero, parallel or not finite */
TAU_CHECK tau_status tau_tangent_make_frame(tau_tangent_frame *out, const tau_tangent *tangent,
                                            const double at[2]);
/** From u to (alpha, beta). */
void tau_tangent_place(const tau_tangent_frame *frame, const double u[2], double at[2]);
/** From a slope in (alpha, beta) to one in u: L^-1·slope. */
void tau_tangent_turn(const tau_tangent_frame *frame, const double slope[2], double out[2]);

#endif
