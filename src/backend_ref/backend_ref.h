/** The reference backend: every operator as its definition reads, in double, with no regard to speed. */
#ifndef TAU_BACKEND_REF_BACKEND_REF_H
#define TAU_BACKEND_REF_BACKEND_REF_H

#include "backend/backend_impl.h"

/** "ref". Parameters of a point are formed in FP64 and rounded to FP32 once, as on every backend; all else is
 *  double, so `exact` and `fine` mean the same here. @lifetime static */
const tau_backend *tau_backend_ref_get(void);

#endif
