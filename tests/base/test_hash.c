/* SPDX-License-Identifier: Apache-2.0 */
/* test_hash.c - known answers of the hashes. */
#include "testing.h"
#include "base/crc32c.h"
#include "base/fprint.h"
#include "base/sha256.h"
#include "base/xxh3.h"

START_TEST(crc32c_known_answers)
{
	uint8_t block[1000];
	uint32_t whole;

	ck_assert_uint_eq(mg_crc32c("", 0), 0);
	ck_assert_uint_eq(mg_crc32c("123456789", 9), 0xe3069283);
	ck_assert_uint_eq(mg_crc32c_mask(0xe3069283), 0xc78ab0e5);
	ck_assert_uint_eq(mg_crc32c_mask(0), 0xa282ead8);
	ck_assert_uint_eq(mg_crc32c_mask(mg_crc32c("\0", 1)), 0x49258fd2);
	ck_assert_uint_eq(mg_crc32c_unmask(0xc78ab0e5), 0xe3069283);
	for (size_t i = 0; i < sizeof(block); i++)
		block[i] = (uint8_t)(i * 31);
	whole = mg_crc32c(block, sizeof(block));
	for (size_t cut = 0; cut <= sizeof(block); cut += 37)
		ck_assert_uint_eq(mg_crc32c_extend(mg_crc32c(block, cut), block + cut, sizeof(block) - cut), whole);
}
END_TEST

START_TEST(sha256_known_answers)
{
	uint8_t digest[32];
	char hex[65];
	mgreg_error err;
	mg_sha256_ctx *ctx;

	ck_assert_ok(mg_sha256("abc", 3, digest, &err), &err);
	mg_hex(hex, digest, 32);
	ck_assert_str_eq(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	ck_assert_ok(mg_sha256_new(&ctx, &err), &err);
	for (int again = 0; again < 2; again++) {
		mg_sha256_update(ctx, "a", 1);
		mg_sha256_update(ctx, "bc", 2);
		mg_sha256_final(ctx, digest);
		mg_hex(hex, digest, 32);
		ck_assert(strncmp(hex, "ba7816bf", 8) == 0);
	}
	mg_sha256_free(ctx);
	ck_assert(mg_unhex("00fF", 4, digest) && digest[1] == 0xff);
	ck_assert(!mg_unhex("0g", 2, digest) && !mg_unhex("0", 1, digest));
}
END_TEST

/* XXH3-128 of the empty input with seed 0, from the specification's published test vectors. */
START_TEST(xxh3_known_answer)
{
	uint8_t h[16];
	char hex[33];

	mg_xxh3("", 0, h);
	mg_hex(hex, h, 16);
	ck_assert_str_eq(hex, "99aa06d3014798d86001c324468d497f");
}
END_TEST

/* Lengths of every branch give distinct values, and equal bytes equal ones. */
START_TEST(fingerprints_differ)
{
	uint64_t seen[300];
	char text[300];

	memset(text, 'x', sizeof(text));
	for (size_t n = 0; n < 300; n++) {
		seen[n] = mg_fingerprint64(text, n);
		for (size_t m = 0; m < n; m++)
			ck_assert_uint_ne(seen[n], seen[m]);
	}
}
END_TEST

Suite *
test_hash(void)
{
	TCase *t;
	Suite *s = mg_suite("hash", &t);

	tcase_add_test(t, crc32c_known_answers);
	tcase_add_test(t, sha256_known_answers);
	tcase_add_test(t, xxh3_known_answer);
	tcase_add_test(t, fingerprints_differ);
	return s;
}
