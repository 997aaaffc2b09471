/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bundle_strings.c - a string tensor in the bytes of a V2 data file:
 *
 *	varint length * n | masked crc of the lengths (4) | all bytes
 *
 * The length checksum runs over the lengths as u32 (u64 where one does not fit), not over the varints; the tensor's own goes on
 * from there over the four stored bytes and the strings.  Writers before 1.11 had 32 bit varints: the same bytes
 * below 4 GiB.
 */
#include "base/base.h"
#include "base/bytes.h"
#include "base/crc32c.h"
#include "ckpt/ckpt_internal.h"

static uint32_t
add_length(uint32_t crc, uint64_t len, bool swapped)
{
	uint32_t low = swapped ? mg_swap32((uint32_t)len) : (uint32_t)len;
	uint64_t wide = swapped ? mg_swap64(len) : len;

	return len <= UINT32_MAX ? mg_crc32c_extend(crc, &low, 4) : mg_crc32c_extend(crc, &wide, 8);
}

int
mg_strings_encode(const mg_tensor *t, mg_sink sink, uint64_t *size, uint32_t *crc, mgreg_error *err)
{
	mg_str head = MG_STR_INIT;
	uint32_t c = 0;
	char buf[10];
	int rc;

	for (int64_t i = 0; i < t->count; i++) {
		size_t len = mg_tensor_string(t, i).len;

		mg_str_append(&head, buf, mg_varint_put(buf, len));
		c = add_length(c, len, false);
	}
	mg_store32(buf, mg_crc32c_mask(c));
	mg_str_append(&head, buf, 4);
	MG_TRY(mg_str_check(&head, err));
	c = mg_crc32c_extend(c, buf, 4);
	MG_TRY(sink.write(sink.ctx, head.ptr, head.len, err));
	*size = head.len;
	for (int64_t i = 0; i < t->count; i++) {
		mg_slice s = mg_tensor_string(t, i);

		if (s.len == 0)
			continue;
		c = mg_crc32c_extend(c, s.ptr, s.len);
		MG_TRY(sink.write(sink.ctx, s.ptr, s.len, err));
		*size += s.len;
	}
	*crc = c;
out:
	mg_str_clear(&head);
	return rc;
}

int
mg_strings_decode(const void *data, size_t size, bool swapped, mg_tensor *t, uint32_t *crc, mgreg_error *err)
{
	const char *at = data, *end = at + size, *lengths = data;
	uint64_t len = 0, total = 0;
	uint32_t c = 0, stored;
	size_t n;
	int rc;

	for (int64_t i = 0; i < t->count; i++, at += n) {
		if ((n = mg_varint_get(at, end, &len)) == 0 || len > size || (total += len) > size)
			return mg_fail(err, MGREG_DATA_LOSS, "length of string %lld is damaged", (long long)i);
		c = add_length(c, len, swapped);
	}
	if (end - at < 4)
		return mg_fail(err, MGREG_DATA_LOSS, "the checksum of the string lengths is missing");
	stored = mg_load32(at);
	if (swapped)
		stored = mg_swap32(stored);
	if (stored != mg_crc32c_mask(c))
		return mg_fail(err, MGREG_DATA_LOSS, "string lengths: checksum %08x stored, %08x computed", stored, mg_crc32c_mask(c));
	c = mg_crc32c_extend(c, at, 4);
	at += 4;
	if ((uint64_t)(end - at) != total)
		return mg_fail(err, MGREG_DATA_LOSS, "%llu bytes of strings, their lengths add up to %llu",
			(unsigned long long)(end - at), (unsigned long long)total);
	*crc = mg_crc32c_extend(c, at, (size_t)(end - at));
	for (int64_t i = 0; i < t->count; i++) {
		lengths += mg_varint_get(lengths, end, &len);
		if ((rc = mg_tensor_set_string(t, i, at, (size_t)len, err)) != 0)
			return rc;
		at += len;
	}
	return 0;
}

int
mg_bundle_encode_strings(const mg_tensor *t, mg_str *out, uint32_t *crc, mgreg_error *err)
{
	uint64_t size;

	assert(t->dtype == MGREG_STRING);
	return mg_strings_encode(t, mg_sink_str(out), &size, crc, err);
}

int
mg_bundle_decode_strings(const void *data, size_t size, mg_tensor *t, uint32_t *crc, mgreg_error *err)
{
	assert(t->dtype == MGREG_STRING);
	return mg_strings_decode(data, size, false, t, crc, err);
}

/* ---- variants: { length (varint), message, masked checksum of all lengths and messages up to here and the checksums between } * n ---- */

static int
variants_crc(mg_slice bytes, int64_t count, uint32_t *crc, mgreg_error *err)
{
	const uint8_t *at = (const uint8_t *)bytes.ptr, *end = at + bytes.len;
	uint64_t len = 0;
	char word[8];

	for (int64_t i = 0; i < count; i++) {
		size_t n = at < end ? mg_varint_get(at, end, &len) : 0;

		if (n == 0 || (size_t)(end - at) - n < 4 || len > (size_t)(end - at) - n - 4)
			return mg_fail(err, MGREG_DATA_LOSS, "its bytes end within variant %lld of %lld", (long long)i, (long long)count);
		mg_store64(word, len);
		*crc = mg_crc32c_extend(mg_crc32c_extend(*crc, word, 8), at + n, (size_t)len);
		at += n + (size_t)len;
		if (mg_load32(at) != mg_crc32c_mask(*crc))
			return mg_fail(err, MGREG_DATA_LOSS, "the checksum of its variant %lld is wrong", (long long)i);
		*crc = mg_crc32c_extend(*crc, at, 4);
		at += 4;
	}
	return 0;
}

int
mg_bundle_raw_crc(int dtype, const mg_shape *shape, mg_slice bytes, uint32_t *crc, mgreg_error *err)
{
	int64_t count;
	int rc;

	*crc = 0;
	if (dtype != MGREG_VARIANT) {
		*crc = mg_crc32c(bytes.ptr, bytes.len);
		return 0;
	}
	if ((rc = mg_shape_count(shape, &count, err)) != 0)
		return rc;
	return variants_crc(bytes, count, crc, err);
}
