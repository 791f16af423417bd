/** Allocation with overflow checks; every block is zeroed and aligned for vector loads. */
#ifndef TAU_CORE_MEMORY_H
#define TAU_CORE_MEMORY_H

#include <stddef.h>

#include "core/status.h"

/** Alignment of every block in bytes: one cache line, one AVX-512 register. */
#define TAU_MEMORY_ALIGNMENT 64

/** Allocates `count` zeroed elements of `size` bytes; a count of 0 gives a valid block.
 *  @param[out] out  the block, freed with tau_mem_free; NULL on failure
 *  @errors TAU_STATUS_MEMORY */
TAU_CHECK tau_status tau_mem_alloc(void **out, size_t count, size_t size);

/** Grows `*block` so that it holds at least `count` elements; new elements are zeroed, old ones kept.
 *  @param[in,out] capacity  elements the block can hold
 *  @errors TAU_STATUS_MEMORY (block unchanged) */
TAU_CHECK tau_status tau_mem_grow(void **block, size_t *capacity, size_t count, size_t size);

/** From now on the process keeps memory that is freed, up to 256 MiB, instead of handing it to the system:
 * for work that takes and frees megabytes many times a second, such as drawing on a processor. A hint. */
void tau_mem_keep_freed(void);

/** Frees a block; NULL is legal. */
void tau_mem_free(void *block);

/** Copies a string; the copy is freed with tau_mem_free. */
TAU_CHECK tau_status tau_string_copy(char **out, const char *text);

/** Formats into a fresh string, freed with tau_mem_free. */
TAU_CHECK tau_status tau_string_format(char **out, const char *format, ...) TAU_PRINTF(2, 3);

/** Typed shorthands: TAU_ALLOC(pointer, count) and TAU_GROW(pointer, capacity, count). */
#define TAU_ALLOC(pointer, count) tau_mem_alloc((void **)&(pointer), (count), sizeof *(pointer))
#define TAU_GROW(pointer, capacity, count)                                                                   \
    tau_mem_grow((void **)&(pointer), &(capacity), (count), sizeof *(pointer))

#endif
