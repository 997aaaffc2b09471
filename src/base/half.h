/* SPDX-License-Identifier: Apache-2.0 */
/* half.h - float16 and bfloat16, round to nearest even; NaN stays NaN. */
#ifndef MG_HALF_H
#define MG_HALF_H

float mg_half_to_float(uint16_t h);
uint16_t mg_float_to_half(float f);
static inline float
mg_bfloat16_to_float(uint16_t b)
{
	uint32_t u = (uint32_t)b << 16;
	float f;
	memcpy(&f, &u, 4);
	return f;
}
uint16_t mg_float_to_bfloat16(float f);
#endif
