#include "model/onnx_arena.h"

#include <string.h>

#include "core/memory.h"

tau_status tau_onnx_arena_take(tau_onnx_arena *arena, void **out, size_t count, size_t size) {
    *out = NULL;
    TAU_TRY(TAU_GROW(arena->blocks, arena->capacity, arena->count + 1));
    TAU_TRY(tau_mem_alloc(out, count, size));
    arena->blocks[arena->count++] = *out;
    return TAU_STATUS_OK;
}

tau_status tau_onnx_arena_join(tau_onnx_arena *arena, char **out, const char *first, const char *second) {
    const size_t length = strlen(first);
    TAU_TRY(tau_onnx_arena_take(arena, (void **)out, length + strlen(second) + 1, 1));
    memcpy(*out, first, length);
    strcpy(*out + length, second);
    return TAU_STATUS_OK;
}

void tau_onnx_arena_clear(tau_onnx_arena *arena) {
    for (size_t i = 0; i < arena->count; i++) tau_mem_free(arena->blocks[i]);
    tau_mem_free(arena->blocks);
    *arena = (tau_onnx_arena){0};
}
