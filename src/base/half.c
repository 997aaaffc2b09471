/* SPDX-License-Identifier: Apache-2.0 */
/* half.c - IEEE 754 binary16 and bfloat16, round to nearest even. */
#include "base/base.h"
#include "base/half.h"

static uint32_t
bits_of(float f)
{
	uint32_t u;

	memcpy(&u, &f, 4);
	return u;
}

static float
float_of(uint32_t u)
{
	float f;

	memcpy(&f, &u, 4);
	return f;
}

float
mg_half_to_float(uint16_t h)
{
	uint32_t sign = (uint32_t)(h & 0x8000) << 16, exponent = h >> 10 & 0x1f, mantissa = h & 0x3ff;

	if (exponent == 0x1f)
		return float_of(sign | 0x7f800000u | mantissa << 13);
	if (exponent)
		return float_of(sign | (exponent + 112) << 23 | mantissa << 13);
	if (!mantissa)
		return float_of(sign);
	/* Subnormal: mantissa * 2^-24, exact in float. */
	return float_of(sign | bits_of((float)mantissa * 0x1p-24f));
}

uint16_t
mg_float_to_half(float f)
{
	uint32_t u = bits_of(f), sign = u >> 16 & 0x8000, a = u & 0x7fffffff, rounded;

	if (a > 0x7f800000u)            /* NaN: keep what fits of the payload, stay a NaN */
		return (uint16_t)(sign | 0x7c00 | (a >> 13 & 0x3ff) | ((a >> 13 & 0x3ff) ? 0 : 0x200));
	if (a >= 0x47800000u)           /* 2^16 and more, infinity */
		return (uint16_t)(sign | 0x7c00);
	if (a < 0x38800000u)            /* below 2^-14: adding 0.5 leaves the rounded multiple of 2^-24 in the low bits */
		return (uint16_t)(sign | (bits_of(float_of(a) + 0.5f) - 0x3f000000u));
	rounded = a + 0xfff + (a >> 13 & 1);
	return (uint16_t)(sign | (rounded - 0x38000000u) >> 13);
}

uint16_t
mg_float_to_bfloat16(float f)
{
	uint32_t u = bits_of(f);

	if ((u & 0x7fffffff) > 0x7f800000u)
		return (uint16_t)(u >> 16 | ((u >> 16 & 0x7f) ? 0 : 0x40));
	return (uint16_t)((u + 0x7fff + (u >> 16 & 1)) >> 16);
}
