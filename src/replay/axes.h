/** Axes of a picture in the space of a layer or of the inputs: units themselves, or principal axes. For this
 * module. */
#ifndef TAU_REPLAY_AXES_H
#define TAU_REPLAY_AXES_H

#include <stdbool.h>
#include <stddef.h>

#include "core/cancel.h"
#include "core/status.h"

enum { TAU_AXES_MOST = 3 };

/** Coordinate k of x is <x - base, vector k>; a point of the picture is base + sum of coordinate·vector. */
typedef struct tau_feature_axes {
    size_t width; /**< D */
    int dims;
    double *base; /**< [D] */
    double *
        vector[TAU_AXES_MOST]; /**< each [D], orthonormal, or zero where the data have no further direction */
    bool projected;
    double explained[TAU_AXES_MOST];
} tau_feature_axes;

/** A source of rows: fills `out` with [rows, width] numbers of a block (a state). */
typedef struct tau_feature_axes_source {
    size_t blocks, rows, width;
    tau_status (*read)(void *payload, size_t block, float *out);
    void *payload;
} tau_feature_axes_source;

/** Axes that are the units `unit[k]`; base zero. */
TAU_CHECK tau_status tau_feature_axes_create_units(tau_feature_axes *out, size_t width, int dims,
                                                   const int *unit);

/** Principal axes about the mean of the rows of all blocks, an even choice of them where there are many. Rows
 * that are not finite are left out. The largest component of each axis is positive.
 *  @errors TAU_STATUS_INPUT: no row is finite */
TAU_CHECK tau_status tau_feature_axes_fit(tau_feature_axes *out, const tau_feature_axes_source *source,
                                          int dims, const tau_cancel *cancel);
void tau_feature_axes_clear(tau_feature_axes *axes);

/** Turns principal axes within the space that they span so that they lie as near as can be to earlier ones
 * (the orthogonal Procrustes problem); shares of variance become those along the turned axes. Nothing where
 * both are not of one kind, or one of the earlier axes lies across the new space.
 * @return whether they are no principal axes any more: a change of sign alone is no turn */
bool tau_feature_axes_align(tau_feature_axes *axes, const tau_feature_axes *before);

/** @param[out] out  [count, dims]   @param[in] rows  [count, width] */
void tau_feature_axes_project(const tau_feature_axes *axes, double *out, const float *rows, size_t count);

/** Points of the picture in the space of the rows. @param[out] rows  [count, width]
 *  @param[in] coordinates  [count, dims] */
void tau_feature_axes_place(const tau_feature_axes *axes, float *rows, const double *coordinates,
                            size_t count);

#endif
