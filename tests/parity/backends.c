#include "parity/backends.h"

#include <stdio.h>
#include <string.h>

#include "backend_ref/backend_ref.h"
#ifdef PARITY_HAS_CPU
#include "backend_cpu/backend_cpu.h"
#endif

void parity_backends_register(void) {
    tau_backend_register(tau_backend_ref_get());
#ifdef PARITY_HAS_CPU
    tau_backend_register(tau_backend_cpu_get());
#endif
}

static const tau_precision precisions[] = {TAU_PRECISION_EXACT, TAU_PRECISION_FINE};

bool parity_subject_get(parity_subject *out, int index) {
    const tau_backend *backend;
    for (int b = 0; (backend = tau_backend_get(b)); b++) {
        if (strcmp(backend->name, "ref") == 0 || backend->available() != TAU_STATUS_OK) continue;
        for (size_t p = 0; p < sizeof precisions / sizeof *precisions; p++) {
            if (index-- > 0) continue;
            snprintf(out->backend, sizeof out->backend, "%s", backend->name);
            out->precision = precisions[p];
            return true;
        }
    }
    return false;
}
