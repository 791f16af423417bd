#include <criterion/criterion.h>
#include <string.h>

#include "core/hash.h"
#include "core/memory.h"

static void assert_sha256(const char *text, const char *expected) {
    char digest[TAU_HASH_TEXT];
    tau_hash_sha256(digest, &(tau_hash_part){text, strlen(text)}, 1);
    cr_assert_str_eq(digest, expected);
}

/* Known answers of FIPS 180-4 and NIST's example values. */
Test(hash, sha256_known_answers) {
    assert_sha256("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_sha256("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                  "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

Test(hash, parts_hash_as_their_concatenation) {
    char whole[TAU_HASH_TEXT], parts[TAU_HASH_TEXT];
    tau_hash_sha256(whole, &(tau_hash_part){"landscape", 9}, 1);
    tau_hash_sha256(parts, (tau_hash_part[]){{"land", 4}, {"", 0}, {"scape", 5}}, 3);
    cr_assert_str_eq(whole, parts);
}

/* Known answers of RFC 3720, B.4, and the customary check value of "123456789". */
Test(hash, crc32c_known_answers) {
    uint8_t bytes[32] = {0};
    cr_assert_eq(tau_hash_crc32c(0, bytes, 32), 0x8a9136aau);
    memset(bytes, 0xff, 32);
    cr_assert_eq(tau_hash_crc32c(0, bytes, 32), 0x62a8ab43u);
    for (int i = 0; i < 32; i++) bytes[i] = (uint8_t)i;
    cr_assert_eq(tau_hash_crc32c(0, bytes, 32), 0x46dd794eu);
    for (int i = 0; i < 32; i++) bytes[i] = (uint8_t)(31 - i);
    cr_assert_eq(tau_hash_crc32c(0, bytes, 32), 0x113fdb5cu);
    cr_assert_eq(tau_hash_crc32c(0, "123456789", 9), 0xe3069283u);
    cr_assert_eq(tau_hash_crc32c(0, "", 0), 0);
}

Test(hash, crc32c_can_be_continued) {
    const char *text = "one tile after another";
    for (size_t cut = 0; cut <= strlen(text); cut++) {
        uint32_t first = tau_hash_crc32c(0, text, cut);
        cr_assert_eq(tau_hash_crc32c(first, text + cut, strlen(text) - cut),
                     tau_hash_crc32c(0, text, strlen(text)));
    }
}
