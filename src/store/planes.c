/* SPDX-License-Identifier: Apache-2.0 */
/*
 * planes.c - elements into byte planes and back; differences between neighbouring versions.
 *
 * Element I of width W becomes byte I of planes 0 to W - 1, least significant byte first; bytes that make no whole element
 * follow as they are.  A difference is taken between integers that are ordered as the floating numbers with these bits are:
 * a small change of a weight is a small integer, whatever its sign and exponent.  Zigzag then puts small negative numbers
 * beside small positive ones, so that the high planes are nearly all zero.  Every step is a bijection for any bits.
 */
#include "base/base.h"
#include "store/planes.h"

#ifndef __clang__
#pragma GCC optimize("O3")
#endif
#if defined __x86_64__ && defined __gnu_linux__ && !defined __clang__ && !defined __SANITIZE_ADDRESS__ && !defined __SANITIZE_THREAD__
#define CLONES __attribute__((target_clones("default", "avx2")))
#else
#define CLONES
#endif

enum { BLOCK = 2048 };  /* elements whose planes are written together: they stay in the nearest cache */

#define WIDTH(type, bits, name) \
CLONES static void \
split_##name(const type *v, size_t n, uint8_t *out, size_t stride) \
{ \
	for (size_t k = 0; k < sizeof(type); k++) \
		for (size_t i = 0; i < n; i++) \
			out[k * stride + i] = (uint8_t)(v[i] >> (8 * k)); \
} \
CLONES static void \
join_##name(type *v, size_t n, const uint8_t *in, size_t stride) \
{ \
	for (size_t i = 0; i < n; i++) \
		v[i] = in[i]; \
	for (size_t k = 1; k < sizeof(type); k++) \
		for (size_t i = 0; i < n; i++) \
			v[i] = (type)(v[i] | (type)((type)in[k * stride + i] << (8 * k))); \
} \
CLONES static void \
subtract_##name(const type *restrict a, const type *restrict b, size_t n, type *restrict out) \
{ \
	for (size_t i = 0; i < n; i++) { \
		type x = a[i], y = b[i], d; \
		x = (type)(x ^ ((type)((int##bits##_t)x >> (bits - 1)) >> 1)); \
		y = (type)(y ^ ((type)((int##bits##_t)y >> (bits - 1)) >> 1)); \
		d = (type)(x - y); \
		out[i] = (type)((type)(d << 1) ^ (type)((int##bits##_t)d >> (bits - 1))); \
	} \
} \
CLONES static void \
add_##name(type *restrict d, const type *restrict b, size_t n) \
{ \
	for (size_t i = 0; i < n; i++) { \
		type z = d[i], y = b[i], x; \
		y = (type)(y ^ ((type)((int##bits##_t)y >> (bits - 1)) >> 1)); \
		x = (type)((type)((type)(z >> 1) ^ (type)-(type)(z & 1)) + y); \
		d[i] = (type)(x ^ ((type)((int##bits##_t)x >> (bits - 1)) >> 1)); \
	} \
} \
static void \
encode_##name(const uint8_t *data, const uint8_t *base, size_t n, uint8_t *out) \
{ \
	type v[BLOCK], a[BLOCK], b[BLOCK]; \
	for (size_t at = 0, k; at < n; at += k) { \
		k = MG_MIN(n - at, (size_t)BLOCK); \
		memcpy(a, data + at * sizeof(type), k * sizeof(type)); \
		if (base) { \
			memcpy(b, base + at * sizeof(type), k * sizeof(type)); \
			subtract_##name(a, b, k, v); \
		} \
		split_##name(base ? v : a, k, out + at, n); \
	} \
} \
static void \
decode_##name(const uint8_t *planes, const uint8_t *base, size_t n, uint8_t *out) \
{ \
	type v[BLOCK], b[BLOCK]; \
	for (size_t at = 0, k; at < n; at += k) { \
		k = MG_MIN(n - at, (size_t)BLOCK); \
		join_##name(v, k, planes + at, n); \
		if (base) { \
			memcpy(b, base + at * sizeof(type), k * sizeof(type)); \
			add_##name(v, b, k); \
		} \
		memcpy(out + at * sizeof(type), v, k * sizeof(type)); \
	} \
}
WIDTH(uint8_t, 8, 1)
WIDTH(uint16_t, 16, 2)
WIDTH(uint32_t, 32, 4)
WIDTH(uint64_t, 64, 8)

static const struct {
	int width;
	void (*encode)(const uint8_t *data, const uint8_t *base, size_t n, uint8_t *out);
	void (*decode)(const uint8_t *planes, const uint8_t *base, size_t n, uint8_t *out);
} widths[] = {
	{ 1, encode_1, decode_1 }, { 2, encode_2, decode_2 }, { 4, encode_4, decode_4 }, { 8, encode_8, decode_8 },
	{ 16, encode_8, decode_8 },     /* pairs of 8 bytes: complex128 */
};

static int
row(int width)
{
	for (size_t i = 0; i < MG_COUNT(widths); i++)
		if (widths[i].width == width)
			return (int)i;
	return -1;
}

bool
mg_planes_encode(int width, const void *data, const void *base, size_t size, void *out)
{
	int r = row(width);
	size_t w = (size_t)MG_MIN(width, 8), n, rest;

	if (r < 0)
		return false;
	n = size / w;
	rest = n * w;
	widths[r].encode(data, base, n, out);
	for (size_t i = rest; i < size; i++)
		((uint8_t *)out)[i] = base ? (uint8_t)(((const uint8_t *)data)[i] - ((const uint8_t *)base)[i]) : ((const uint8_t *)data)[i];
	return true;
}

bool
mg_planes_decode(int width, const void *planes, const void *base, size_t size, void *out)
{
	int r = row(width);
	size_t w = (size_t)MG_MIN(width, 8), n, rest;

	if (r < 0)
		return false;
	n = size / w;
	rest = n * w;
	widths[r].decode(planes, base, n, out);
	for (size_t i = rest; i < size; i++)
		((uint8_t *)out)[i] = base ? (uint8_t)(((const uint8_t *)planes)[i] + ((const uint8_t *)base)[i]) : ((const uint8_t *)planes)[i];
	return true;
}
