/** One step of an optimiser, element by element: the same bits for any number of threads. */
#ifndef TAU_TRAIN_OPTIMIZER_H
#define TAU_TRAIN_OPTIMIZER_H

#include "train/train.h"

/** Updates theta and the moments from a gradient. The weight decay's gradient 2·lambda·theta is added first.
 * Forms are PyTorch's: momentum v = m·v + g; Nesterov steps along g + m·v; Adam with bias correction (0.9,
 * 0.999, 1e-8); RMSprop with 0.99 and 1e-8.
 *  @param[in] gradient  [P]   @param[in] rate  of this step   @param[in] state  its step counts finished
 * steps */
void tau_optimizer_step(tau_train_state *state, const float *gradient, const tau_train_options *options,
                        double rate);

#endif
