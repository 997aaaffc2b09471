/* SPDX-License-Identifier: Apache-2.0 */
/*
 * codec.c - stored bytes -> raw bytes; the only zstd.h.
 *
 * New chunks are raw.  Decoding knows zstd and byte-shuffled zstd as well, so that a store written by a program that packs
 * can be read.  A delta needs its base, which the caller would have to read first: UNIMPLEMENTED here.
 */
#include "base/base.h"
#include <zstd.h>
#include "store/store_internal.h"

static int
unzstd(const void *data, size_t size, void *out, size_t out_size, mgreg_error *err)
{
	size_t got = ZSTD_decompress(out, out_size, data, size);

	if (ZSTD_isError(got) || got != out_size)
		return mg_fail(err, MGREG_DATA_LOSS, "packed bytes do not unpack");
	return 0;
}

int
mg_codec_decode(int codec, int width, const void *data, size_t size, void *out, size_t out_size, mgreg_error *err)
{
	uint8_t *planes, *to = out;
	size_t n;
	int rc;

	switch (codec) {
	case MG_CODEC_RAW:
		if (size != out_size)
			return mg_fail(err, MGREG_DATA_LOSS, "%zu bytes stored, %zu expected", size, out_size);
		memcpy(out, data, size);
		return 0;
	case MG_CODEC_ZSTD:
		return unzstd(data, size, out, out_size, err);
	case MG_CODEC_SHUFFLE:
		if (width < 1 || width > 16)
			return mg_fail(err, MGREG_DATA_LOSS, "elements of %d bytes", width);
		if (!(planes = mg_alloc(out_size)))
			return mg_fail_nomem(err, out_size);
		rc = unzstd(data, size, planes, out_size, err);
		n = out_size / (size_t)width;
		for (size_t i = 0; rc == 0 && i < n; i++)
			for (size_t k = 0; k < (size_t)width; k++)
				to[i * (size_t)width + k] = planes[k * n + i];
		if (rc == 0)
			memcpy(to + n * (size_t)width, planes + n * (size_t)width, out_size - n * (size_t)width);
		mg_free(planes);
		return rc;
	default:
		return mg_fail(err, MGREG_UNIMPLEMENTED, "codec %d is not supported by this version", codec);
	}
}
