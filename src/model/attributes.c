#include <math.h>
#include <string.h>

#include "model/infer.h"

static double rounded(double attribute) {
    return (double)(float)attribute;
}

static void clean_window(tau_window *out, tau_op op, const tau_window *in) {
    const bool pool = op == TAU_OP_MAX_POOL || op == TAU_OP_AVERAGE_POOL;
    if (!pool && op != TAU_OP_CONV) return;
    *out = *in;
    if (pool) out->groups = 0;
    out->count_pad = op == TAU_OP_AVERAGE_POOL && in->count_pad;
    out->ceil_mode = pool && in->ceil_mode;
}

static tau_status check_numbers(tau_op op, const tau_attributes *a) {
    const bool open_range = op == TAU_OP_CLIP || op == TAU_OP_PAD;
    const bool finite = isfinite(a->alpha) && isfinite(a->beta) && isfinite(a->gamma);
    if (isnan(a->alpha) || isnan(a->beta) || (!finite && !open_range))
        return tau_fail(TAU_STATUS_INPUT, "an attribute is not a finite number");
    if (!(a->epsilon >= 0) || !isfinite(a->epsilon) || !(a->momentum >= 0 && a->momentum <= 1))
        return tau_fail(TAU_STATUS_INPUT, "epsilon or momentum is out of range" TAU_WHY
                                          "epsilon must not be negative, momentum lies in 0..1");
    if (op == TAU_OP_DROPOUT && !(a->alpha >= 0 && a->alpha < 1))
        return tau_fail(TAU_STATUS_INPUT,
                        "the dropout rate %g is out of range" TAU_WHY "it must lie in [0, 1)", a->alpha);
    return TAU_STATUS_OK;
}

tau_status tau_attributes_clean(tau_attributes *out, tau_op op, const tau_attributes *in) {
    static const tau_attributes zero;
    if (!in) in = &zero;
    memset(out, 0, sizeof *out);
    clean_window(&out->window, op, &in->window);
    switch (op) {
    case TAU_OP_LINEAR:
        out->transposed = in->transposed;
        break;
    case TAU_OP_GELU:
        out->approximate = in->approximate;
        break;
    case TAU_OP_SOFTMAX:
    case TAU_OP_LOG_SOFTMAX:
    case TAU_OP_CONCAT:
        out->axis = in->axis;
        break;
    case TAU_OP_TRANSPOSE:
        memcpy(out->permutation, in->permutation, sizeof out->permutation);
        break;
    case TAU_OP_BATCH_NORM:
        out->epsilon = rounded(in->epsilon);
        out->momentum = rounded(in->momentum);
        break;
    case TAU_OP_PAD:
        memcpy(out->pads, in->pads, sizeof out->pads); /* fall through */
    case TAU_OP_LEAKY_RELU:
    case TAU_OP_ELU:
    case TAU_OP_DROPOUT:
        out->alpha = rounded(in->alpha);
        break;
    case TAU_OP_SELU:
        out->gamma = rounded(in->gamma); /* fall through */
    case TAU_OP_HARD_SIGMOID:
    case TAU_OP_CLIP:
        out->alpha = rounded(in->alpha);
        out->beta = rounded(in->beta);
        break;
    default:
        break;
    }
    if (op == TAU_OP_SELU) out->beta = 0;
    return check_numbers(op, out);
}
