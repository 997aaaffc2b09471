/* SPDX-License-Identifier: Apache-2.0 */
/* bytes.h - little- and big-endian loads and stores, varints, zigzag, alignment. */
#ifndef MG_BYTES_H
#define MG_BYTES_H

static inline uint16_t mg_load16(const void *p) { uint16_t v; memcpy(&v, p, 2); return v; }
static inline uint32_t mg_load32(const void *p) { uint32_t v; memcpy(&v, p, 4); return v; }
static inline uint64_t mg_load64(const void *p) { uint64_t v; memcpy(&v, p, 8); return v; }
static inline void mg_store16(void *p, uint16_t v) { memcpy(p, &v, 2); }
static inline void mg_store32(void *p, uint32_t v) { memcpy(p, &v, 4); }
static inline void mg_store64(void *p, uint64_t v) { memcpy(p, &v, 8); }
static inline uint16_t mg_swap16(uint16_t v) { return __builtin_bswap16(v); }
static inline uint32_t mg_swap32(uint32_t v) { return __builtin_bswap32(v); }
static inline uint64_t mg_swap64(uint64_t v) { return __builtin_bswap64(v); }

/* Writes at most 10 bytes, returns how many. */
static inline size_t
mg_varint_put(void *p, uint64_t v)
{
	uint8_t *b = p;
	size_t n = 0;
	while (v >= 0x80) {
		b[n++] = (uint8_t)(v | 0x80);
		v >>= 7;
	}
	b[n++] = (uint8_t)v;
	return n;
}

static inline size_t mg_varint_size(uint64_t v) { size_t n = 1; while (v >= 0x80) { v >>= 7; n++; } return n; }

/* Bytes read (1..10), or 0 if [p, end) holds no whole varint of at most 64 bits. */
static inline size_t
mg_varint_get(const void *p, const void *end, uint64_t *out)
{
	const uint8_t *b = p, *e = end;
	uint64_t v = 0;
	for (unsigned i = 0; i < 10 && b + i < e; i++) {
		v |= (uint64_t)(b[i] & 0x7f) << (7 * i);
		if (!(b[i] & 0x80)) {
			if (i == 9 && b[i] > 1)
				return 0;
			*out = v;
			return i + 1;
		}
	}
	return 0;
}

static inline uint64_t mg_zigzag(int64_t v) { return ((uint64_t)v << 1) ^ (uint64_t)(v >> 63); }
static inline int64_t mg_unzigzag(uint64_t v) { return (int64_t)(v >> 1) ^ -(int64_t)(v & 1); }
static inline size_t mg_align_up(size_t n, size_t to) { return (n + to - 1) / to * to; }
#endif
