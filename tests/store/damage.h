/** Damages a file in many ways and hands every damaged copy to a reader in a child process, so that a crash
 * or a hang of the reader is a failure of the test that names the damage. */
#ifndef TAU_TESTS_STORE_DAMAGE_H
#define TAU_TESTS_STORE_DAMAGE_H

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/file.h"
#include "core/memory.h"
#include "core/rng.h"

/** The HDF5 library loses a few hundred bytes of its own when it meets a damaged file. */
const char *__lsan_default_suppressions(void);
__attribute__((visibility("default"))) const char *__lsan_default_suppressions(void) {
    return "leak:libhdf5";
}

typedef void (*damage_reader)(const char *path);

enum { DAMAGE_SECONDS = 60, DAMAGE_BATCH = 50, DAMAGE_CUTS = 4000, DAMAGE_SMALL = 16 << 10 };

static inline void damage_write(const char *path, const uint8_t *bytes, size_t size) {
    FILE *out = fopen(path, "wb");
    if (!out || fwrite(bytes, 1, size, out) != size || fclose(out) != 0) abort();
}

/** Makes the `n`-th damage of `bytes` in `copy`. @return the size of the copy */
typedef size_t (*damage_maker)(uint8_t *copy, const uint8_t *bytes, size_t size, size_t n);

/** Small files are cut at every byte, larger ones in steps of an odd number of bytes unless the environment
 * has TAU_DAMAGE_EVERY_BYTE, which takes minutes. */
static inline size_t damage_cut_step(size_t size) {
    return size <= DAMAGE_SMALL || getenv("TAU_DAMAGE_EVERY_BYTE") ? 1 : size / DAMAGE_CUTS | 1;
}

static inline size_t damage_cut(uint8_t *copy, const uint8_t *bytes, size_t size, size_t n) {
    const size_t kept = n * damage_cut_step(size);
    memcpy(copy, bytes, kept);
    return kept;
}

/** One to four bytes become others, or bits flip, or a stretch becomes zero. */
static inline size_t damage_mutate(uint8_t *copy, const uint8_t *bytes, size_t size, size_t n) {
    const tau_rng_key key = {.seed = n, .stream = tau_rng_stream("damage")};
    memcpy(copy, bytes, size);
    for (uint64_t change = 0; change < 1 + n % 4; change++) {
        const uint64_t bits = tau_rng_bits(key, change);
        const size_t at = (uint32_t)bits % size, stretch = bits >> 40 & 15;
        if (bits >> 61 == 0)
            memset(copy + at, 0, stretch < size - at ? stretch : size - at);
        else if (bits >> 63)
            copy[at] ^= (uint8_t)(1u << (bits >> 40 & 7));
        else
            copy[at] = (uint8_t)(bits >> 40);
    }
    return size;
}

/** Runs the reader on damages first..last-1 in one child. @return the child's status */
static inline int damage_run(const char *path, const uint8_t *bytes, size_t size, damage_maker make,
                             size_t first, size_t last, damage_reader reader) {
    fflush(NULL);
    const pid_t child = fork();
    if (child == 0) {
        uint8_t *copy;
        alarm(DAMAGE_SECONDS);
        if (TAU_ALLOC(copy, size + 1) != TAU_STATUS_OK) abort();
        for (size_t n = first; n < last; n++) {
            damage_write(path, copy, make(copy, bytes, size, n));
            reader(path);
        }
        tau_mem_free(copy);
        exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return status;
}

static inline void damage_all(const char *good, const char *bad, damage_maker make, size_t count,
                              damage_reader reader) {
    uint8_t *bytes;
    size_t size;
    cr_assert_eq(tau_file_read(&bytes, &size, good, 1 << 30), TAU_STATUS_OK);
    const size_t end = count ? count : (size - 1) / damage_cut_step(size) + 1;
    for (size_t first = 0; first < end; first += DAMAGE_BATCH) {
        const size_t last = first + DAMAGE_BATCH < end ? first + DAMAGE_BATCH : end;
        if (damage_run(bad, bytes, size, make, first, last, reader) == 0) continue;
        for (size_t n = first; n < last; n++) {
            const int status = damage_run(bad, bytes, size, make, n, n + 1, reader);
            cr_assert_eq(status, 0, "damage %zu of %s ends the reader with status %x", n, good,
                         (unsigned)status);
        }
        cr_assert_fail("damages %zu to %zu of %s end the reader together", first, last, good);
    }
    tau_mem_free(bytes);
}

/** Cuts the file at every byte, large ones at every few: damage_cut_step. */
static inline void damage_by_truncation(const char *good, const char *bad, damage_reader reader) {
    damage_all(good, bad, damage_cut, 0, reader);
}

static inline void damage_by_mutation(const char *good, const char *bad, size_t count, damage_reader reader) {
    damage_all(good, bad, damage_mutate, count, reader);
}

#endif
