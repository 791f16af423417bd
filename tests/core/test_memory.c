#include <criterion/criterion.h>
#include <stdint.h>

#include "core/memory.h"

Test(memory, blocks_are_zeroed_and_aligned) {
    for (size_t size = 0; size < 300; size += 7) {
        uint8_t *block;
        cr_assert_eq(TAU_ALLOC(block, size), TAU_STATUS_OK);
        cr_assert_eq((uintptr_t)block % TAU_MEMORY_ALIGNMENT, 0);
        for (size_t i = 0; i < size; i++) cr_assert_eq(block[i], 0);
        tau_mem_free(block);
    }
}

Test(memory, overflowing_sizes_are_refused) {
    const size_t counts[] = {SIZE_MAX, SIZE_MAX / 8, SIZE_MAX / 8 + 1, SIZE_MAX / 16, (size_t)1 << 62};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        void *block = &block;
        cr_assert_eq(tau_mem_alloc(&block, counts[i], 8), TAU_STATUS_MEMORY, "%zu", counts[i]);
        cr_assert_null(block);
    }
    void *block = &block;
    cr_assert_eq(tau_mem_alloc(&block, SIZE_MAX - 1, 1), TAU_STATUS_MEMORY);
    cr_assert_null(block);
}

Test(memory, growing_keeps_the_old_and_zeroes_the_new) {
    int *numbers = NULL;
    size_t capacity = 0;
    for (size_t count = 1; count < 1000; count++) {
        cr_assert_eq(TAU_GROW(numbers, capacity, count), TAU_STATUS_OK);
        cr_assert_geq(capacity, count);
        cr_assert_eq(numbers[count - 1], 0);
        numbers[count - 1] = (int)count;
    }
    for (int i = 0; i < 999; i++) cr_assert_eq(numbers[i], i + 1);
    tau_mem_free(numbers);
}

Test(memory, failed_growth_leaves_the_block) {
    int *numbers = NULL;
    size_t capacity = 0;
    cr_assert_eq(TAU_GROW(numbers, capacity, 4), TAU_STATUS_OK);
    numbers[3] = 42;
    int *before = numbers;
    size_t capacity_before = capacity;
    cr_assert_eq(TAU_GROW(numbers, capacity, SIZE_MAX / 2), TAU_STATUS_MEMORY);
    cr_assert_eq(numbers, before);
    cr_assert_eq(capacity, capacity_before);
    cr_assert_eq(numbers[3], 42);
    tau_mem_free(numbers);
}

Test(memory, strings_are_copied_and_formatted) {
    char *text;
    cr_assert_eq(tau_string_copy(&text, ""), TAU_STATUS_OK);
    cr_assert_str_eq(text, "");
    tau_mem_free(text);
    cr_assert_eq(tau_string_format(&text, "%s-%0500d", "a", 7), TAU_STATUS_OK);
    cr_assert_eq(strlen(text), 502);
    cr_assert_str_eq(text + 500, "07");
    tau_mem_free(text);
}

Test(memory, freeing_null_is_legal) {
    tau_mem_free(NULL);
}
