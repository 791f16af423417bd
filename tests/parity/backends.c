#include "parity/backends.h"

#include <stdlib.h>
#include <string.h>

#include "backend_ref/backend_ref.h"
#ifdef PARITY_HAS_CPU
#include "backend_cpu/backend_cpu.h"
#endif
#ifdef PARITY_HAS_CUDA
#include "backend_cuda/backend_cuda.h"
#endif

void parity_backends_register(void) {
    tau_backend_register(tau_backend_ref_get());
#ifdef PARITY_HAS_CPU
    tau_backend_register(tau_backend_cpu_get());
#endif
#ifdef PARITY_HAS_CUDA
    tau_backend_register(tau_backend_cuda_get());
#endif
}

/* FP32 is right to 1e-6. FP16 has 11 bits: each rounding is wrong by up to 2.4e-4 of the value, which over
 * the five samples of the table leaves up to 3e-4 of the loss where weights and activations are rounded, and
 * half of that where weights are not; over a real sample it cancels further. What cuda captures and derives
 * is FP32 in every mode: once is enough. */
static const parity_subject subjects[] = {
    {"cpu", TAU_PRECISION_EXACT, 1e-6, true},  {"cpu", TAU_PRECISION_FINE, 1e-6, true},
    {"cuda", TAU_PRECISION_EXACT, 1e-6, true}, {"cuda", TAU_PRECISION_FINE, 3e-4, false},
    {"cuda", TAU_PRECISION_FAST, 6e-4, false},
};

static bool is_wanted(const parity_subject *subject) {
    const char *only = getenv("PARITY_BACKEND");
    if (only && strcmp(only, subject->backend) != 0) return false;
    const tau_backend *backend;
    for (int b = 0; (backend = tau_backend_get(b)); b++)
        if (strcmp(backend->name, subject->backend) == 0) return backend->available() == TAU_STATUS_OK;
    return false;
}

bool parity_subject_get(parity_subject *out, int index) {
    for (size_t s = 0; s < sizeof subjects / sizeof *subjects; s++) {
        if (!is_wanted(&subjects[s]) || index-- > 0) continue;
        *out = subjects[s];
        return true;
    }
    return false;
}
