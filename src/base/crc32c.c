/* SPDX-License-Identifier: Apache-2.0 */
/* crc32c.c - CRC-32C by ISA-L (whose length is an int: cut at 1 GiB), otherwise by a table. */
#include "base/base.h"
#include "base/crc32c.h"

#ifdef HAVE_ISAL
#include <isa-l.h>

uint32_t
mg_crc32c_extend(uint32_t crc, const void *data, size_t size)
{
	const unsigned char *p = data;
	uint32_t c = ~crc;

	while (size) {
		size_t n = MG_MIN(size, (size_t)1 << 30);
		c = crc32_iscsi((unsigned char *)p, (int)n, c);
		p += n;
		size -= n;
	}
	return ~c;
}
#else
#include "base/thread.h"

static uint32_t table[8][256];

static void
make_table(void)
{
	for (uint32_t i = 0; i < 256; i++) {
		uint32_t c = i;
		for (int k = 0; k < 8; k++)
			c = c & 1 ? c >> 1 ^ 0x82f63b78u : c >> 1;
		table[0][i] = c;
	}
	for (uint32_t i = 0; i < 256; i++)
		for (int k = 1; k < 8; k++)
			table[k][i] = table[k - 1][i] >> 8 ^ table[0][table[k - 1][i] & 0xff];
}

uint32_t
mg_crc32c_extend(uint32_t crc, const void *data, size_t size)
{
	static mg_once once = MG_ONCE_INIT;
	const unsigned char *p = data;
	uint32_t c = ~crc;

	pthread_once(&once, make_table);
	for (; size >= 8; size -= 8, p += 8) {
		uint64_t v;
		memcpy(&v, p, 8);
		v ^= c;
		c = table[7][v & 0xff] ^ table[6][v >> 8 & 0xff] ^ table[5][v >> 16 & 0xff] ^ table[4][v >> 24 & 0xff]
			^ table[3][v >> 32 & 0xff] ^ table[2][v >> 40 & 0xff] ^ table[1][v >> 48 & 0xff] ^ table[0][v >> 56];
	}
	for (; size; size--)
		c = c >> 8 ^ table[0][(c ^ *p++) & 0xff];
	return ~c;
}
#endif
