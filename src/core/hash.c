#include "core/hash.h"

#include <nettle/sha2.h>
#include <pthread.h>
#include <stdio.h>

void tau_hash_sha256(char out[TAU_HASH_TEXT], const tau_hash_part *parts, size_t count) {
    struct sha256_ctx context;
    sha256_init(&context);
    for (size_t i = 0; i < count; i++) sha256_update(&context, parts[i].size, parts[i].bytes);
    uint8_t digest[SHA256_DIGEST_SIZE];
    sha256_digest(&context, sizeof digest, digest);
    for (size_t i = 0; i < sizeof digest; i++) snprintf(out + 2 * i, 3, "%02x", digest[i]);
}

static uint32_t table[256];
static pthread_once_t table_once = PTHREAD_ONCE_INIT;

static void fill_table(void) {
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t crc = i;
        for (int bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >> 1) ^ 0x82F63B78u : crc >> 1;
        table[i] = crc;
    }
}

uint32_t tau_hash_crc32c(uint32_t crc, const void *bytes, size_t size) {
    pthread_once(&table_once, fill_table);
    const uint8_t *byte = bytes;
    crc = ~crc;
    for (size_t i = 0; i < size; i++) crc = (crc >> 8) ^ table[(crc ^ byte[i]) & 0xff];
    return ~crc;
}
