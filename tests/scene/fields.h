/** Landscapes with closed forms and ugly ones, for the tests of scene. */
#ifndef TESTS_SCENE_FIELDS_H
#define TESTS_SCENE_FIELDS_H

#include <stdlib.h>

#include "scene/scene.h"

typedef double (*surface)(double alpha, double beta);

/** A field and its memory; freed with fields_free. */
typedef struct owned_field {
    tau_field field;
    double *alpha, *beta, *value;
} owned_field;

static inline owned_field fields_make(size_t nx, size_t ny, const double lo[2], const double hi[2],
                                      surface z) {
    owned_field made = {.alpha = malloc(nx * sizeof(double)),
                        .beta = malloc(ny * sizeof(double)),
                        .value = malloc(nx * ny * sizeof(double))};
    for (size_t i = 0; i < nx; i++)
        made.alpha[i] = nx > 1 ? lo[0] + (hi[0] - lo[0]) * (double)i / (double)(nx - 1) : lo[0];
    for (size_t i = 0; i < ny; i++)
        made.beta[i] = ny > 1 ? lo[1] + (hi[1] - lo[1]) * (double)i / (double)(ny - 1) : lo[1];
    for (size_t i = 0; i < nx * ny; i++) made.value[i] = z(made.alpha[i % nx], made.beta[i / nx]);
    made.field = (tau_field){nx, ny, made.alpha, made.beta, made.value, NULL, "loss", false};
    return made;
}

static inline void fields_free(owned_field *made) {
    free(made->alpha);
    free(made->beta);
    free(made->value);
}

#endif
