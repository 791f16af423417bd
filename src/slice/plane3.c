/* eq:plane3 */
#include <math.h>

#include "core/memory.h"
#include "slice/directions.h"
#include "slice/dot.h"

static tau_status on_a_line(void) {
    return tau_fail(TAU_STATUS_INPUT, "the three states span no plane" TAU_WHY
                                      "they lie on a line as far as single precision can tell" TAU_FIX
                                      "choose three states that differ");
}

static void subtract(double *out, const float *a, const float *b, size_t size) {
    for (size_t i = 0; i < size; i++) out[i] = (double)a[i] - (double)b[i];
}

static double normalise(double *vector, size_t size) {
    double length = sqrt(tau_dot_f64(vector, vector, size));
    for (size_t i = 0; length > 0 && i < size; i++) vector[i] /= length;
    return length;
}

/* Twice is enough: the second pass removes what rounding left of the first. */
static double make_orthonormal(double *v, const double *u, size_t size) {
    double length = 0;
    for (int pass = 0; pass < 2; pass++) {
        double along = tau_dot_f64(u, v, size);
        for (size_t i = 0; i < size; i++) v[i] -= along * u[i];
        double left = normalise(v, size);
        if (pass == 0) length = left;
    }
    return length;
}

static tau_status span(double *u, double *v, const float *theta1, const float *theta2, const float *theta3,
                       size_t size) {
    subtract(u, theta3, theta1, size);
    subtract(v, theta2, theta1, size);
    double rounding =
        0x1p-23 * sqrt(fmax(tau_dot_f32(theta1, theta1, size), tau_dot_f32(theta2, theta2, size)));
    if (!(normalise(u, size) > rounding)) return on_a_line();
    double length = sqrt(tau_dot_f64(v, v, size)), left = make_orthonormal(v, u, size);
    return left > rounding && left > 1e-12 * length ? TAU_STATUS_OK : on_a_line();
}

tau_status tau_direction_plane3(float *u, float *v, const float *theta1, const float *theta2,
                                const float *theta3, size_t size) {
    double *first = NULL, *second = NULL;
    tau_status status = TAU_ALLOC(first, size);
    if (status == TAU_STATUS_OK) status = TAU_ALLOC(second, size);
    if (status == TAU_STATUS_OK) status = span(first, second, theta1, theta2, theta3, size);
    for (size_t i = 0; status == TAU_STATUS_OK && i < size; i++) {
        u[i] = (float)first[i];
        v[i] = (float)second[i];
    }
    tau_mem_free(first);
    tau_mem_free(second);
    return status;
}
