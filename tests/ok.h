/** Calls of the library that must succeed, and numbers that must be near, in Criterion's tests. */
#ifndef TAU_TESTS_OK_H
#define TAU_TESTS_OK_H

#include <criterion/criterion.h>
#include <math.h>

#include "core/status.h"

#define OK(call)                                                                                             \
    do {                                                                                                     \
        const tau_status ok_status = (call);                                                                 \
        cr_assert_eq(ok_status, TAU_STATUS_OK, "%s: %s (%s)", #call, tau_error_last()->what,                 \
                     tau_error_last()->why);                                                                 \
    } while (0)

/** Compares with a tolerance; NaN equals nothing. */
#define NEAR(a, b, tolerance)                                                                                \
    cr_assert(fabs((double)(a) - (double)(b)) <= (tolerance), "%s = %.12g, not %.12g", #a, (double)(a),      \
              (double)(b))

#endif
