/** The built-in networks, one function a family. `spec` is what follows the colon of the name, NULL if
 * nothing. */
#ifndef TAU_MODEL_BUILTIN_H
#define TAU_MODEL_BUILTIN_H

#include "model/graph.h"

TAU_CHECK tau_status tau_builtin_mnist_cnn(tau_graph **out, const char *spec);
TAU_CHECK tau_status tau_builtin_lenet5(tau_graph **out, const char *spec);
TAU_CHECK tau_status tau_builtin_resnet20(tau_graph **out, const char *spec);
TAU_CHECK tau_status tau_builtin_resnet20_noshort(tau_graph **out, const char *spec);
TAU_CHECK tau_status tau_builtin_resnet56(tau_graph **out, const char *spec);
TAU_CHECK tau_status tau_builtin_mlp(tau_graph **out, const char *spec);
TAU_CHECK tau_status tau_builtin_encoder2(tau_graph **out, const char *spec);

#endif
