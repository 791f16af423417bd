/** Memory of one export: many small messages that live and die together. */
#ifndef TAU_MODEL_ONNX_ARENA_H
#define TAU_MODEL_ONNX_ARENA_H

#include <stddef.h>

#include "core/status.h"

/** Zero-initialised = empty. */
typedef struct tau_onnx_arena {
    void **blocks;
    size_t count, capacity;
} tau_onnx_arena;

/** `count` zeroed elements. @lifetime until the arena is cleared */
TAU_CHECK tau_status tau_onnx_arena_take(tau_onnx_arena *arena, void **out, size_t count, size_t size);

/** A copy of the first text followed by the second. */
TAU_CHECK tau_status tau_onnx_arena_join(tau_onnx_arena *arena, char **out, const char *first,
                                         const char *second);

void tau_onnx_arena_clear(tau_onnx_arena *arena);

#endif
