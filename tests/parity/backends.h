/** The backends that this build holds against the reference. */
#ifndef PARITY_BACKENDS_H
#define PARITY_BACKENDS_H

#include "backend/backend_impl.h"

/** Registers the reference and every backend of this build; each test process starts with it. */
void parity_backends_register(void);

/** One backend other than the reference, in one of its precisions. */
typedef struct parity_subject {
    char backend[16];
    tau_precision precision;
    double loss; /**< tolerance of losses, relative to 1 + |loss| */
    bool values; /**< captured values and gradients are the mode's own, not those of another one */
} parity_subject;

/** Subject number `index` that is available here; false past the last one. Needs registered backends. The
 * environment variable PARITY_BACKEND leaves those of one backend. */
bool parity_subject_get(parity_subject *out, int index);

#endif
