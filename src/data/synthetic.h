/** The makers of synthetic sets, private to this module. A set is the same bytes on every machine: its makers
 * use tau_rng_*, tau_repro_*, plain arithmetic and sqrt, and nothing of the C library that may round
 * differently. */
#ifndef TAU_DATA_SYNTHETIC_H
#define TAU_DATA_SYNTHETIC_H

#include "core/rng.h"
#include "data/samples.h"

/** Most options a set may have. */
#define TAU_SYNTHETIC_OPTIONS 6

typedef struct tau_synthetic_option {
    const char *name; /**< NULL ends the list */
    double value;     /**< unless the user gives another */
    double low, high; /**< the range accepted, ends included */
    bool whole;       /**< integers only */
} tau_synthetic_option;

/** Makes a whole set in any order; who calls it shuffles.
 *  @param[in] option  values in the order of the set's options; see the table in synthetic.c */
typedef tau_status (*tau_synthetic_make)(tau_samples **out, const double *option, uint64_t seed);

typedef struct tau_synthetic_set {
    const char *name, *description, *normalisation;
    tau_synthetic_make make;
    tau_synthetic_option options[TAU_SYNTHETIC_OPTIONS];
} tau_synthetic_set;

/** Draws from one stream one after the other. */
typedef struct tau_synthetic_draw {
    tau_rng_key key;
    uint64_t next;
} tau_synthetic_draw;

static inline tau_synthetic_draw tau_synthetic_stream(uint64_t seed, const char *name) {
    return (tau_synthetic_draw){{seed, tau_rng_stream(name)}, 0};
}

static inline double tau_synthetic_uniform(tau_synthetic_draw *draw, double low, double high) {
    return low + (high - low) * tau_rng_uniform(draw->key, draw->next++);
}

static inline double tau_synthetic_normal(tau_synthetic_draw *draw, double deviation) {
    return deviation * tau_rng_normal(draw->key, draw->next++);
}

/** Samples with `features` numbers each and class targets; regression when class_count is 0. */
TAU_CHECK tau_status tau_synthetic_table(tau_samples **out, double n, int64_t features, int class_count);

/* digits.c */
tau_status tau_synthetic_digits(tau_samples **out, const double *option, uint64_t seed);
/* synthetic_plane.c: two numbers, two classes */
tau_status tau_synthetic_moons(tau_samples **out, const double *option, uint64_t seed);
tau_status tau_synthetic_circles(tau_samples **out, const double *option, uint64_t seed);
tau_status tau_synthetic_spirals(tau_samples **out, const double *option, uint64_t seed);
tau_status tau_synthetic_xor(tau_samples **out, const double *option, uint64_t seed);
tau_status tau_synthetic_parabola(tau_samples **out, const double *option, uint64_t seed);
tau_status tau_synthetic_lines(tau_samples **out, const double *option, uint64_t seed);
/* synthetic_space.c: many numbers, two classes */
tau_status tau_synthetic_ball(tau_samples **out, const double *option, uint64_t seed);
tau_status tau_synthetic_hypercube(tau_samples **out, const double *option, uint64_t seed);
tau_status tau_synthetic_imbalanced(tau_samples **out, const double *option, uint64_t seed);
/* synthetic_mail.c: 57 numbers, two classes */
tau_status tau_synthetic_mail(tau_samples **out, const double *option, uint64_t seed);
/* synthetic_curve.c: regression, one number to one number */
tau_status tau_synthetic_noisy_line(tau_samples **out, const double *option, uint64_t seed);
tau_status tau_synthetic_sine(tau_samples **out, const double *option, uint64_t seed);

#endif
