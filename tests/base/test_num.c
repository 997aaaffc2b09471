/* SPDX-License-Identifier: Apache-2.0 */
/* test_num.c - numbers as text; half and bfloat16. */
#include "testing.h"
#include "base/bytes.h"
#include "base/half.h"
#include "base/num.h"

#include <math.h>

START_TEST(integers)
{
	int64_t i;

	ck_assert(mg_parse_i64("-9223372036854775808", 20, &i) && i == INT64_MIN);
	ck_assert(!mg_parse_i64("9223372036854775808", 19, &i));
	ck_assert(!mg_parse_i64("", 0, &i) && !mg_parse_i64("-", 1, &i) && !mg_parse_i64("1 ", 2, &i));
}
END_TEST

START_TEST(doubles_go_there_and_back)
{
	static const double known[] = { 0.1, 1e300, 5e-324, -0.0, 1.0 / 3, 123456789012345680.0, 0.00085 };
	char buf[MG_NUM_MAX];
	double back;

	for (size_t i = 0; i < MG_COUNT(known); i++) {
		size_t n = mg_format_double(buf, known[i]);
		ck_assert(mg_parse_double(buf, n, &back) && memcmp(&back, &known[i], 8) == 0);
	}
	ck_assert_uint_eq(mg_format_float(buf, 0.1f), 3);
	ck_assert_str_eq(buf, "0.1");
	mg_format_float(buf, 50);
	ck_assert_str_eq(buf, "50");
	mg_format_double(buf, -1500);
	ck_assert_str_eq(buf, "-1500");
	mg_format_double(buf, 1e22);
	ck_assert_str_eq(buf, "1e+22");
	mg_format_float(buf, 1e-7f);
	ck_assert_str_eq(buf, "1e-07");
	ck_assert(mg_parse_double("-inf", 4, &back) && back == -INFINITY);
	ck_assert(mg_parse_double("nan", 3, &back) && isnan(back));
	ck_assert(!mg_parse_double("0x10", 4, &back) && !mg_parse_double("1e", 2, &back) && !mg_parse_double("", 0, &back));
}
END_TEST

START_TEST(units)
{
	uint64_t u;
	int64_t i;
	double d;

	ck_assert(mg_parse_size("16K", &u) && u == 16384);
	ck_assert(mg_parse_steps("10k", &i) && i == 10000);
	ck_assert(mg_parse_steps("1M", &i) && i == 1000000);
	ck_assert(mg_parse_duration("2d", &d) && d == 172800);
	ck_assert(!mg_parse_size("K", &u) && !mg_parse_size("99999999999999G", &u));
}
END_TEST

START_TEST(every_half_goes_there_and_back)
{
	for (unsigned h = 0; h < 65536; h++) {
		float f = mg_half_to_float((uint16_t)h);
		ck_assert_uint_eq(mg_float_to_half(f), h);
		f = mg_bfloat16_to_float((uint16_t)h);
		ck_assert_uint_eq(mg_float_to_bfloat16(f), h);
	}
	ck_assert_uint_eq(mg_float_to_half(65519.0f), 0x7bff);
	ck_assert_uint_eq(mg_float_to_half(65520.0f), 0x7c00);
	ck_assert_uint_eq(mg_float_to_half(0x1p-25f), 0);
	ck_assert_uint_eq(mg_float_to_half(0x1.8p-25f), 1);
}
END_TEST

START_TEST(varints)
{
	static const uint64_t known[] = { 0, 1, 127, 128, 16383, 16384, UINT32_MAX, UINT64_MAX };
	uint8_t buf[10];
	uint64_t back;

	for (size_t i = 0; i < MG_COUNT(known); i++) {
		size_t n = mg_varint_put(buf, known[i]);
		ck_assert_uint_eq(n, mg_varint_size(known[i]));
		ck_assert_uint_eq(mg_varint_get(buf, buf + n, &back), n);
		ck_assert_uint_eq(back, known[i]);
		ck_assert_uint_eq(mg_varint_get(buf, buf + n - 1, &back), 0);
	}
	ck_assert(mg_unzigzag(mg_zigzag(INT64_MIN)) == INT64_MIN && mg_zigzag(-1) == 1);
}
END_TEST

Suite *
test_num(void)
{
	TCase *t;
	Suite *s = mg_suite("num", &t);

	tcase_add_test(t, integers);
	tcase_add_test(t, doubles_go_there_and_back);
	tcase_add_test(t, units);
	tcase_add_test(t, every_half_goes_there_and_back);
	tcase_add_test(t, varints);
	return s;
}
