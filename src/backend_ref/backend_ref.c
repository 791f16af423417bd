#include "backend_ref/backend_ref.h"

#include "backend_ref/plan.h"

static const char *instruction_set(void) {
    return "portable";
}

static tau_status available(void) {
    return TAU_STATUS_OK;
}

static tau_status supports(const tau_graph *graph, tau_precision precision) {
    (void)graph;
    if (precision == TAU_PRECISION_EXACT || precision == TAU_PRECISION_FINE) return TAU_STATUS_OK;
    return tau_fail(TAU_STATUS_UNSUPPORTED,
                    "the device ref cannot compute in precision %s" TAU_WHY "it computes in double" TAU_FIX
                    "choose exact or fine",
                    tau_precision_name(precision));
}

const tau_backend *tau_backend_ref_get(void) {
    static const tau_backend backend = {
        .name = "ref",
        .kernel_version = 1,
        .default_precision = TAU_PRECISION_EXACT,
        .instruction_set = instruction_set,
        .available = available,
        .supports = supports,
        .create = tau_ref_plan_create,
        .destroy = tau_ref_plan_destroy,
        .set_basis = tau_ref_plan_set_basis,
        .tile = tau_ref_plan_tile,
        .states = tau_ref_plan_states,
        .capture = tau_ref_plan_capture,
        .gradient = tau_ref_plan_gradient,
    };
    return &backend;
}
