/** SHA-256, the identity of models and data in a recipe; CRC32C, the checksum of journal records. */
#ifndef TAU_CORE_HASH_H
#define TAU_CORE_HASH_H

#include <stddef.h>
#include <stdint.h>

/** Bytes of a digest as text: 64 hexadecimal digits and the end. */
#define TAU_HASH_TEXT 65

/** One part of what is hashed; a list of parts hashes as their concatenation. */
typedef struct tau_hash_part {
    const void *bytes;
    size_t size;
} tau_hash_part;

/** SHA-256 of the parts, as hexadecimal text. */
void tau_hash_sha256(char out[TAU_HASH_TEXT], const tau_hash_part *parts, size_t count);

/** CRC32C (Castagnoli) of a block. @param[in] crc  0, or the result for the bytes before */
uint32_t tau_hash_crc32c(uint32_t crc, const void *bytes, size_t size);

#endif
