/* Points of many dimensions in two classes. */
#include <math.h>

#include "core/memory.h"
#include "core/reproducible.h"
#include "data/synthetic.h"

/* A point of the ball of this radius, by a normal direction and the radius' distribution r^d. */
static void ball_point(double *point, size_t dims, double radius, tau_synthetic_draw *draw) {
    double squares = 0;
    for (size_t k = 0; k < dims; k++) {
        point[k] = tau_synthetic_normal(draw, 1);
        squares += point[k] * point[k];
    }
    double u = 1 - tau_synthetic_uniform(draw, 0, 1); /* (0, 1]: the logarithm stays finite */
    double length = radius * tau_repro_exp(tau_repro_log(u) / (double)dims);
    for (size_t k = 0; k < dims; k++) point[k] *= squares > 0 ? length / sqrt(squares) : 0;
}

/* DeepReplay's: points of a ball scaled to a standard deviation of 1 over all numbers; class 1 where the sum
 * of the coordinates is farther from 0 than a fraction of the radius. */
tau_status tau_synthetic_ball(tau_samples **out, const double *option, uint64_t seed) {
    size_t dims = (size_t)option[1];
    TAU_TRY(tau_synthetic_table(out, option[0], (int64_t)dims, 2));
    size_t numbers = (*out)->count * dims;
    double *points;
    tau_status status = TAU_ALLOC(points, numbers);
    if (status != TAU_STATUS_OK) return status;
    tau_synthetic_draw draw = tau_synthetic_stream(seed, "ball");
    double radius = sqrt((double)dims), sum = 0, squares = 0;
    for (size_t i = 0; i < (*out)->count; i++) ball_point(points + i * dims, dims, radius, &draw);
    for (size_t k = 0; k < numbers; k++) sum += points[k];
    double mean = sum / (double)numbers;
    for (size_t k = 0; k < numbers; k++) squares += (points[k] - mean) * (points[k] - mean);
    double scale = squares > 0 ? 1 / sqrt(squares / (double)numbers) : 1;
    for (size_t i = 0; i < (*out)->count; i++) {
        double total = 0;
        for (size_t k = i * dims; k < (i + 1) * dims; k++) {
            total += points[k] * scale;
            (*out)->inputs[k] = (float)(points[k] * scale);
        }
        (*out)->classes[i] = fabs(total) > radius * scale * option[2];
    }
    tau_mem_free(points);
    return TAU_STATUS_OK;
}

/* DeepReplay's: every corner of the cube once; class 1 where at least half of the coordinates are +1. */
tau_status tau_synthetic_hypercube(tau_samples **out, const double *option, uint64_t seed) {
    (void)seed;
    size_t dims = (size_t)option[0];
    TAU_TRY(tau_synthetic_table(out, (double)((size_t)1 << dims), (int64_t)dims, 2));
    for (size_t i = 0; i < (*out)->count; i++) {
        size_t positive = 0;
        for (size_t k = 0; k < dims; k++) {
            bool up = i >> (dims - 1 - k) & 1;
            positive += up;
            (*out)->inputs[i * dims + k] = up ? 1 : -1;
        }
        (*out)->classes[i] = 2 * positive >= dims;
    }
    return TAU_STATUS_OK;
}

enum { FEATURES = 15, INFORMATIVE = 2, REDUNDANT = 2, CLUSTERS = 4 };

/* The mixing matrices of the imbalanced set: one per cluster, one from informative to redundant features. */
typedef struct mixture {
    double cluster[CLUSTERS][INFORMATIVE][INFORMATIVE], redundant[INFORMATIVE][REDUNDANT];
    uint64_t corner[CLUSTERS];
    double separation;
} mixture;

static void draw_mixture(mixture *out, double separation, uint64_t seed) {
    tau_synthetic_draw draw = tau_synthetic_stream(seed, "imbalanced mixture");
    tau_rng_permutation(out->corner, CLUSTERS, (tau_rng_key){seed, tau_rng_stream("imbalanced corners")});
    double *entry = &out->cluster[0][0][0];
    for (int k = 0; k < CLUSTERS * INFORMATIVE * INFORMATIVE; k++)
        entry[k] = tau_synthetic_uniform(&draw, -1, 1);
    for (int k = 0; k < INFORMATIVE * REDUNDANT; k++)
        out->redundant[k / REDUNDANT][k % REDUNDANT] = tau_synthetic_uniform(&draw, -1, 1);
    out->separation = separation;
}

static void imbalanced_point(float *point, const mixture *mix, int cluster, tau_synthetic_draw *draw) {
    double normal[INFORMATIVE], informative[INFORMATIVE];
    for (int k = 0; k < INFORMATIVE; k++) normal[k] = tau_synthetic_normal(draw, 1);
    for (int k = 0; k < INFORMATIVE; k++) {
        double centre = mix->corner[cluster] >> k & 1 ? mix->separation : -mix->separation, sum = 0;
        for (int j = 0; j < INFORMATIVE; j++) sum += normal[j] * mix->cluster[cluster][j][k];
        informative[k] = centre + sum;
        point[k] = (float)informative[k];
    }
    for (int k = 0; k < REDUNDANT; k++) {
        double sum = 0;
        for (int j = 0; j < INFORMATIVE; j++) sum += informative[j] * mix->redundant[j][k];
        point[INFORMATIVE + k] = (float)sum;
    }
    for (int k = INFORMATIVE + REDUNDANT; k < FEATURES; k++) point[k] = (float)tau_synthetic_normal(draw, 1);
}

/* In the manner of scikit-learn's make_classification (Guyon 2003): two clusters a class on the corners of a
 * square, each with a covariance of its own; 2 informative, 2 redundant and 11 useless features; a share of
 * the labels is drawn at random. */
tau_status tau_synthetic_imbalanced(tau_samples **out, const double *option, uint64_t seed) {
    TAU_TRY(tau_synthetic_table(out, option[0], FEATURES, 2));
    mixture mix;
    draw_mixture(&mix, option[2], seed);
    tau_synthetic_draw draw = tau_synthetic_stream(seed, "imbalanced");
    tau_synthetic_draw labels = tau_synthetic_stream(seed, "imbalanced labels");
    size_t positive = (size_t)((double)(*out)->count * option[1] + 0.5);
    for (size_t i = 0; i < (*out)->count; i++) {
        int class = i < positive;
        imbalanced_point((*out)->inputs + i * FEATURES, &mix, class + 2 * (int)(i % 2), &draw);
        bool flip = tau_synthetic_uniform(&labels, 0, 1) < option[3];
        int other = (int)tau_rng_below(labels.key, labels.next++, 2);
        (*out)->classes[i] = flip ? other : class;
    }
    return TAU_STATUS_OK;
}
