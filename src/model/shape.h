/** Shapes of tensors. Activations carry no batch axis: a shape is that of one sample, and the axis of samples
 * comes before it in memory ([N, shape], row-major). */
#ifndef TAU_MODEL_SHAPE_H
#define TAU_MODEL_SHAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/status.h"

/** Most axes a tensor may have, the axis of samples not counted. */
#define TAU_SHAPE_MAX_RANK 6

typedef struct tau_shape {
    int rank; /**< 0 = one number */
    int64_t dim[TAU_SHAPE_MAX_RANK];
} tau_shape;

/** Number of elements; sizes were checked for overflow when the shape was made. */
size_t tau_shape_size(const tau_shape *shape);

bool tau_shape_equal(const tau_shape *a, const tau_shape *b);

/** Whether a sample of one shape serves where another is wanted: both have the same axes, those of 1 left
 * out, or as many numbers where one of them is a row. As many numbers in another order would be another
 * sample. */
bool tau_shape_serves(const tau_shape *given, const tau_shape *wanted);

/** Makes a shape and checks it. @errors TAU_STATUS_SHAPE: too many axes, an axis < 1, or 2^40 elements and
 * more */
TAU_CHECK tau_status tau_shape_make(tau_shape *out, int rank, const int64_t *dim);

/** The shape in which `a` and `b` broadcast, as ONNX and NumPy do (right-aligned, axes of 1 stretch).
 *  @errors TAU_STATUS_SHAPE */
TAU_CHECK tau_status tau_shape_broadcast(tau_shape *out, const tau_shape *a, const tau_shape *b);

/** Text such as "32x3x3"; "scalar" for rank 0. @param[out] out  at least TAU_SHAPE_TEXT bytes */
#define TAU_SHAPE_TEXT 128
const char *tau_shape_format(char out[TAU_SHAPE_TEXT], const tau_shape *shape);

/** Channels, height and width of an image-like value: [C,H,W], or [C,L] seen as [C,1,L].
 *  @errors TAU_STATUS_SHAPE when the rank is neither 2 nor 3 */
TAU_CHECK tau_status tau_shape_image(const tau_shape *shape, int64_t *c, int64_t *h, int64_t *w);

#endif
