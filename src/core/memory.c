#include "core/memory.h"

#include <malloc.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

tau_status tau_mem_alloc(void **out, size_t count, size_t size) {
    *out = NULL;
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes) || bytes > PTRDIFF_MAX - TAU_MEMORY_ALIGNMENT)
        return tau_fail(TAU_STATUS_MEMORY,
                        "cannot allocate %zu elements of %zu bytes" TAU_WHY "the size overflows", count,
                        size);
    size_t rounded = (bytes + TAU_MEMORY_ALIGNMENT) / TAU_MEMORY_ALIGNMENT * TAU_MEMORY_ALIGNMENT;
    void *block = aligned_alloc(TAU_MEMORY_ALIGNMENT, rounded);
    if (!block)
        return tau_fail(TAU_STATUS_MEMORY,
                        "cannot allocate %zu bytes" TAU_WHY "the system has no memory left" TAU_FIX
                        "use fewer samples, a smaller model or a larger machine",
                        bytes);
    memset(block, 0, rounded);
    *out = block;
    return TAU_STATUS_OK;
}

tau_status tau_mem_grow(void **block, size_t *capacity, size_t count, size_t size) {
    if (count <= *capacity && *block) return TAU_STATUS_OK;
    size_t wanted = *capacity < 8 ? 8 : *capacity + *capacity / 2;
    if (wanted < count) wanted = count;
    void *grown;
    TAU_TRY(tau_mem_alloc(&grown, wanted, size));
    if (*block) memcpy(grown, *block, *capacity * size);
    tau_mem_free(*block);
    *block = grown;
    *capacity = wanted;
    return TAU_STATUS_OK;
}

void tau_mem_keep_freed(void) {
    mallopt(M_TRIM_THRESHOLD, 256 << 20);
    mallopt(M_MMAP_THRESHOLD, 32 << 20); /* larger blocks never stay */
}

void tau_mem_free(void *block) {
    free(block);
}

tau_status tau_string_copy(char **out, const char *text) {
    size_t length = strlen(text) + 1;
    TAU_TRY(tau_mem_alloc((void **)out, length, 1));
    memcpy(*out, text, length);
    return TAU_STATUS_OK;
}

tau_status tau_string_format(char **out, const char *format, ...) {
    *out = NULL;
    va_list arguments, measured;
    va_start(arguments, format);
    va_copy(measured, arguments);
    int length = vsnprintf(NULL, 0, format, measured);
    va_end(measured);
    tau_status status = length < 0 ? tau_fail(TAU_STATUS_INPUT, "cannot format a text")
                                   : tau_mem_alloc((void **)out, (size_t)length + 1, 1);
    if (status == TAU_STATUS_OK) vsnprintf(*out, (size_t)length + 1, format, arguments);
    va_end(arguments);
    return status;
}
