#include "backend_cuda/backend_cuda.h"

#include <stdio.h>

#include "backend_cuda/evaluate.h"
#include "backend_cuda/rows.h"

/* What the last device that was opened can do; plans and `available` open devices. */
static _Thread_local tau_cuda_context opened;

static tau_status available(void) {
    return tau_cuda_context_open(&opened, 0);
}

static const char *instruction_set(void) {
    if (opened.capability[0] == '\0' && available() != TAU_STATUS_OK) return "none";
    return opened.capability;
}

static const char *describe(int device) {
    static _Thread_local char text[320];
    struct cudaDeviceProp properties;
    int count = 0;
    const bool found = cudaGetDeviceCount(&count) == cudaSuccess && device >= 0 && device < count &&
                       cudaGetDeviceProperties(&properties, device) == cudaSuccess;
    (void)cudaGetLastError();
    if (!found) return NULL;
    snprintf(text, sizeof text, "%s, %.0f GiB, sm_%d%d", properties.name,
             (double)properties.totalGlobalMem / (double)(1 << 30), properties.major, properties.minor);
    return text;
}

static tau_status supports(const tau_graph *graph, tau_precision precision) {
    (void)precision; /* all of them */
    return tau_cuda_rows_supports(graph);
}

static tau_status create(tau_plan **out, const tau_plan_request *request) {
    TAU_TRY(tau_cuda_plan_create(out, request));
    opened = (*out)->context;
    return TAU_STATUS_OK;
}

const tau_backend tau_backend_cuda = {
    .name = "cuda",
    .kernel_version = 1,
    .default_precision = TAU_PRECISION_FAST,
    .instruction_set = instruction_set,
    .available = available,
    .describe = describe,
    .supports = supports,
    .create = create,
    .destroy = tau_cuda_plan_destroy,
    .set_basis = tau_cuda_plan_set_basis,
    .tile = tau_cuda_evaluate_tile,
    .states = tau_cuda_evaluate_states,
    .capture = tau_cuda_evaluate_capture,
    .gradient = tau_cuda_plan_gradient,
};

const tau_backend *tau_backend_cuda_get(void) {
    return &tau_backend_cuda;
}
