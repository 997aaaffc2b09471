/* SPDX-License-Identifier: Apache-2.0 */
/* test_wire.c - the cursor: fields as they are, and everything that is not one. */
#include "proto_test.h"

START_TEST(reads_what_it_writes)
{
	mg_str s = MG_STR_INIT;
	mg_wire w;
	mg_wire_field f;

	mg_wire_put_varint(&s, 1, UINT64_MAX);
	mg_wire_put_bytes(&s, 2, "abc", 3);
	mg_wire_put_32(&s, 0x1fffffff, 0xdeadbeef);
	mg_wire_put_64(&s, 16, 0x0123456789abcdefu);
	w = (mg_wire){ (uint8_t *)s.ptr, (uint8_t *)s.ptr + s.len };
	ck_assert_int_eq(mg_wire_next(&w, &f), 1);
	ck_assert(f.number == 1 && f.type == MG_WIRE_VARINT && f.value == UINT64_MAX);
	ck_assert_int_eq(mg_wire_next(&w, &f), 1);
	ck_assert(f.number == 2 && f.type == MG_WIRE_LEN && f.value == 3 && memcmp(f.data, "abc", 3) == 0);
	ck_assert_int_eq(mg_wire_next(&w, &f), 1);
	ck_assert(f.number == 0x1fffffff && f.type == MG_WIRE_32 && f.value == 0xdeadbeef);
	ck_assert_int_eq(mg_wire_next(&w, &f), 1);
	ck_assert(f.number == 16 && f.type == MG_WIRE_64 && f.value == 0x0123456789abcdefu);
	ck_assert_int_eq(mg_wire_next(&w, &f), 0);
	mg_str_clear(&s);
}
END_TEST

static const char *const malformed[] = {
	"00 01",                                        /* number 0 */
	"08",                                           /* no value */
	"08 80",                                        /* half a varint */
	"08 FF FF FF FF FF FF FF FF FF 02",             /* 65 bits */
	"08 80 80 80 80 80 80 80 80 80 80 01",          /* 11 bytes */
	"0B 0C",                                        /* a group */
	"0E 00",                                        /* type 6 */
	"0D 01 02 03",                                  /* 3 of 4 bytes */
	"09 01 02 03 04 05 06 07",                      /* 7 of 8 */
	"0A 02 41",                                     /* longer than what is left */
	"0A FF FF FF FF FF FF FF FF FF 01 41",          /* a length of 2^64 - 1 */
	"80 80 80 80 10 01",                            /* number 2^29 */
};

START_TEST(refuses_malformed)
{
	uint8_t bytes[64];
	size_t n = from_hex(malformed[_i], bytes);
	mg_wire w = { bytes, bytes + n };
	mg_wire_field f;

	ck_assert_int_eq(mg_wire_next(&w, &f), -1);
	ck_assert_ptr_eq(w.at, bytes);
}
END_TEST

Suite *
test_wire(void)
{
	TCase *t;
	Suite *s = mg_suite("wire", &t);

	tcase_add_test(t, reads_what_it_writes);
	tcase_add_loop_test(t, refuses_malformed, 0, MG_COUNT(malformed));
	return s;
}
