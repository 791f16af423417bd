/** The evaluator for processors: vectorised loops of its own, compiled for several instruction sets. */
#ifndef TAU_BACKEND_CPU_H
#define TAU_BACKEND_CPU_H

#include "backend/backend_impl.h"

/** The backend "cpu". Modes: exact and fine (the default). The environment variable TAUSCAPE_CPU_ISA
 * (portable, avx2, avx512) forces a lower instruction set than the machine's best. @lifetime static */
const tau_backend *tau_backend_cpu_get(void);

#endif
