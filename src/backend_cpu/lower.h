/** Inside the lowering: tensors in the layout that a step wants. Between lower.c and layout.c. */
#ifndef TAU_BACKEND_CPU_LOWER_H
#define TAU_BACKEND_CPU_LOWER_H

#include "backend_cpu/operations.h"

/** A new tensor for a value of that shape. @param[out] index  its number */
TAU_CHECK tau_status tau_cpu_tensor_plain(tau_cpu_program *program, int *index, const tau_shape *shape);
TAU_CHECK tau_status tau_cpu_tensor_image(tau_cpu_program *program, int *index, size_t channels,
                                          size_t height, size_t width);

/** A new tensor of the same layout and size as `like`. */
TAU_CHECK tau_status tau_cpu_tensor_like(tau_cpu_program *program, int *index, int like);

/** Appends a step with room for `input_count` inputs (all -1). @param[out] step  valid until the next one */
TAU_CHECK tau_status tau_cpu_step_append(tau_cpu_program *program, tau_cpu_step **step,
                                         const tau_cpu_operation *operation, int input_count);

/** The tensor of an activation in the layout wanted; a step that converts it is appended if need be. */
TAU_CHECK tau_status tau_cpu_want_plain(tau_cpu_program *program, int *tensor, int value);
TAU_CHECK tau_status tau_cpu_want_image(tau_cpu_program *program, int *tensor, int value);

/** Whether two tensors lie alike in memory, but for the distance of samples. */
bool tau_cpu_tensor_alike(const tau_cpu_program *program, int a, int b);

bool tau_cpu_is_activation(const tau_graph *graph, int value);

#endif
