/* SPDX-License-Identifier: Apache-2.0 */
/* fprint.c - FarmHash's 64-bit fingerprint (the "na" variant), by its published constants. */
#include "base/base.h"
#include "base/bytes.h"
#include "base/fprint.h"

static const uint64_t K0 = 0xc3a5c85c97cb3127u, K1 = 0xb492b66fbe98f273u, K2 = 0x9ae16a3b2f90404fu;

typedef struct pair { uint64_t a, b; } pair;

static uint64_t rotate(uint64_t v, int n) { return n ? v >> n | v << (64 - n) : v; }
static uint64_t shift_mix(uint64_t v) { return v ^ v >> 47; }

static uint64_t
mix16(uint64_t u, uint64_t v, uint64_t mul)
{
	uint64_t a = (u ^ v) * mul;

	a ^= a >> 47;
	uint64_t b = (v ^ a) * mul;
	b ^= b >> 47;
	return b * mul;
}

static uint64_t
hash0to16(const uint8_t *s, size_t len)
{
	if (len >= 8) {
		uint64_t mul = K2 + len * 2, a = mg_load64(s) + K2, b = mg_load64(s + len - 8);
		uint64_t c = rotate(b, 37) * mul + a, d = (rotate(a, 25) + b) * mul;
		return mix16(c, d, mul);
	}
	if (len >= 4) {
		uint64_t mul = K2 + len * 2, a = mg_load32(s);
		return mix16(len + (a << 3), mg_load32(s + len - 4), mul);
	}
	if (len > 0) {
		uint32_t y = s[0] + ((uint32_t)s[len >> 1] << 8), z = (uint32_t)len + ((uint32_t)s[len - 1] << 2);
		return shift_mix(y * K2 ^ z * K0) * K2;
	}
	return K2;
}

static uint64_t
hash17to32(const uint8_t *s, size_t len)
{
	uint64_t mul = K2 + len * 2, a = mg_load64(s) * K1, b = mg_load64(s + 8);
	uint64_t c = mg_load64(s + len - 8) * mul, d = mg_load64(s + len - 16) * K2;

	return mix16(rotate(a + b, 43) + rotate(c, 30) + d, a + rotate(b + K2, 18) + c, mul);
}

static uint64_t
hash33to64(const uint8_t *s, size_t len)
{
	uint64_t mul = K2 + len * 2, a = mg_load64(s) * K2, b = mg_load64(s + 8);
	uint64_t c = mg_load64(s + len - 8) * mul, d = mg_load64(s + len - 16) * K2;
	uint64_t y = rotate(a + b, 43) + rotate(c, 30) + d, z = mix16(y, a + rotate(b + K2, 18) + c, mul);
	uint64_t e = mg_load64(s + 16) * mul, f = mg_load64(s + 24);
	uint64_t g = (y + mg_load64(s + len - 32)) * mul, h = (z + mg_load64(s + len - 24)) * mul;

	return mix16(rotate(e + f, 43) + rotate(g, 30) + h, e + rotate(f + a, 18) + g, mul);
}

static pair
weak32(const uint8_t *s, uint64_t a, uint64_t b)
{
	uint64_t w = mg_load64(s), x = mg_load64(s + 8), y = mg_load64(s + 16), z = mg_load64(s + 24), c;

	a += w;
	b = rotate(b + a + z, 21);
	c = a;
	a += x + y;
	b += rotate(a, 44);
	return (pair){ a + z, b + c };
}

uint64_t
mg_fingerprint64(const void *data, size_t len)
{
	const uint8_t *s = data, *end, *last;
	uint64_t x = 81, y = 81 * K1 + 113, z = shift_mix(y * K2 + 113) * K2, mul, t;
	pair v = { 0, 0 }, w = { 0, 0 };

	if (len <= 16)
		return hash0to16(s, len);
	if (len <= 32)
		return hash17to32(s, len);
	if (len <= 64)
		return hash33to64(s, len);
	x = x * K2 + mg_load64(s);
	end = s + (len - 1) / 64 * 64;
	last = end + ((len - 1) & 63) - 63;
	do {
		x = rotate(x + y + v.a + mg_load64(s + 8), 37) * K1;
		y = rotate(y + v.b + mg_load64(s + 48), 42) * K1;
		x ^= w.b;
		y += v.a + mg_load64(s + 40);
		z = rotate(z + w.a, 33) * K1;
		v = weak32(s, v.b * K1, x + w.a);
		w = weak32(s + 32, z + w.b, y + mg_load64(s + 16));
		t = z;
		z = x;
		x = t;
		s += 64;
	} while (s != end);
	mul = K1 + ((z & 0xff) << 1);
	s = last;
	w.a += (len - 1) & 63;
	v.a += w.a;
	w.a += v.a;
	x = rotate(x + y + v.a + mg_load64(s + 8), 37) * mul;
	y = rotate(y + v.b + mg_load64(s + 48), 42) * mul;
	x ^= w.b * 9;
	y += v.a * 9 + mg_load64(s + 40);
	z = rotate(z + w.a, 33) * mul;
	v = weak32(s, v.b * mul, x + w.a);
	w = weak32(s + 32, z + w.b, y + mg_load64(s + 16));
	t = z;
	z = x;
	x = t;
	return mix16(mix16(v.a, w.a, mul) + shift_mix(y) * K0 + z, mix16(v.b, w.b, mul) + x, mul);
}
