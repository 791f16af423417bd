/** Fields, paths and curves for tests that draw, and the memory behind them. */
#ifndef TESTS_FIGURE_FIELDS_H
#define TESTS_FIGURE_FIELDS_H

#include "figure/field.h"

/** Starts empty; everything that is made in it lives until fields_release. */
typedef struct field_memory {
    void *blocks[256];
    int count;
} field_memory;

/** Zeros, never NULL. The process ends where there is no memory or no room for another block. */
void *fields_alloc(field_memory *memory, size_t count, size_t size);
void fields_release(field_memory *memory);

/** f over nx × ny points of [-range, range]². */
tau_field *fields_add(field_memory *memory, size_t nx, size_t ny, double range, double (*f)(double, double));

/** A spiral from near (cos turn, sin turn) to the middle.
 * @param[in] loss  at a point, u of the way along; NULL for a path without losses */
void fields_fill_path(field_memory *memory, tau_path *path, size_t count, double turn, const char *label,
                      double (*loss)(double x, double y, double u));

/** A line from alpha = -0.5 to 1.5 with its minimum at 1 + shift, and everything that a line can have. */
void fields_fill_curve(field_memory *memory, tau_curve *curve, size_t count, double shift, const char *label);

/** One number everywhere, and none anywhere. */
double fields_flat(double x, double y);
double fields_nothing(double x, double y);

/** Names of optimisers, to tell paths and curves apart. */
extern const char *const fields_optimizers[6];

#endif
