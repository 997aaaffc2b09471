/* SPDX-License-Identifier: Apache-2.0 */
/* craft.c - archives made byte by byte. */
#include "craft.h"
#include <stdio.h>

uint32_t
crc32_of(const void *data, size_t size)
{
	const uint8_t *p = data;
	uint32_t c = 0xffffffff;

	while (size--) {
		c ^= *p++;
		for (int i = 0; i < 8; i++)
			c = c & 1 ? c >> 1 ^ 0xedb88320u : c >> 1;
	}
	return ~c;
}

static void
put(mg_str *out, uint64_t v, int bytes)
{
	while (bytes--) {
		mg_str_addc(out, (char)(v & 255));
		v >>= 8;
	}
}

void
tar_add(mg_str *out, const tar_entry *e)
{
	char h[512] = "";
	unsigned sum = 0;
	size_t len = e->data ? strlen(e->data) : 0, pad = (512 - len % 512) % 512;

	snprintf(h, 100, "%s", e->name);
	snprintf(h + 100, 8, "%07o", (e->mode ? e->mode : 0644u) & 07777u);
	snprintf(h + 108, 8, "%07o", 0);
	snprintf(h + 116, 8, "%07o", 0);
	snprintf(h + 124, 12, "%011lo", (unsigned long)len & 07777777777);
	if (e->size)
		memcpy(h + 124, e->size, 12);
	snprintf(h + 136, 12, "%011o", 0x59000000);
	memset(h + 148, ' ', 8);
	h[156] = e->type;
	if (e->link)
		snprintf(h + 157, 100, "%s", e->link);
	memcpy(h + 257, "ustar\0" "00", 8);
	for (int i = 0; i < 512; i++)
		sum += (unsigned char)h[i];
	snprintf(h + 148, 8, "%06o", sum + e->bad_sum);
	mg_str_append(out, h, sizeof(h));
	mg_str_append(out, e->data ? e->data : "", len);
	while (pad--)
		mg_str_addc(out, '\0');
}

void
tar_end(mg_str *out)
{
	for (int i = 0; i < 1024; i++)
		mg_str_addc(out, '\0');
}

void
zip_make(mg_str *out, const zip_entry *entries, size_t count, bool cut_directory)
{
	mg_str dir = MG_STR_INIT;
	uint32_t at;

	for (size_t i = 0; i < count; i++) {
		const zip_entry *e = &entries[i];
		uint32_t len = (uint32_t)strlen(e->data), crc = crc32_of(e->data, len) ^ (e->bad_crc ? 1 : 0);
		uint32_t size = e->claims ? e->claims : len;

		at = (uint32_t)out->len;
		mg_str_append(out, "PK\3\4", 4);
		put(out, 20, 2);
		put(out, e->flags, 2);
		put(out, 0, 2);
		put(out, 0, 4);
		put(out, crc, 4);
		put(out, len, 4);
		put(out, size, 4);
		put(out, strlen(e->name), 2);
		put(out, 0, 2);
		mg_str_add(out, e->name);
		mg_str_append(out, e->data, len);
		mg_str_append(&dir, "PK\1\2", 4);
		put(&dir, 0x0314, 2);
		put(&dir, 20, 2);
		put(&dir, e->flags, 2);
		put(&dir, 0, 2);
		put(&dir, 0, 4);
		put(&dir, crc, 4);
		put(&dir, len, 4);
		put(&dir, size, 4);
		put(&dir, strlen(e->name), 2);
		put(&dir, 0, 8);
		put(&dir, e->attributes ? e->attributes : (uint64_t)0100644 << 16, 4);
		put(&dir, at, 4);
		mg_str_add(&dir, e->name);
	}
	at = (uint32_t)out->len;
	mg_str_append(out, dir.ptr, dir.len);
	if (!cut_directory) {
		mg_str_append(out, "PK\5\6", 4);
		put(out, 0, 4);
		put(out, count, 2);
		put(out, count, 2);
		put(out, dir.len, 4);
		put(out, at, 4);
		put(out, 0, 2);
	}
	mg_str_clear(&dir);
}

void
gzip_make(mg_str *out, const void *data, size_t size)
{
	const char *p = data;

	mg_str_append(out, "\x1f\x8b\x08\0\0\0\0\0\0\x03", 10);
	for (size_t at = 0; at < size || size == 0; ) {
		size_t n = MG_MIN(size - at, (size_t)65535);

		mg_str_addc(out, at + n == size);
		put(out, n, 2);
		put(out, ~n & 0xffff, 2);
		mg_str_append(out, p + at, n);
		at += n;
		if (size == 0)
			break;
	}
	put(out, crc32_of(data, size), 4);
	put(out, size, 4);
}
