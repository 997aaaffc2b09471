/* SPDX-License-Identifier: Apache-2.0 */
/*
 * codec.c - raw bytes <-> stored bytes; the only zstd.h.
 *
 * A packed form is only taken where it saves something: otherwise the chunk stays raw and loads at the speed of a copy.
 * What packed bytes claim is checked against the chunk's row before anything is written.
 */
#include "base/base.h"
#include <zstd.h>
#include "store/planes.h"
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
mg_codec_decode(int codec, int width, const void *data, size_t size, const void *base, void *out, size_t out_size, mgreg_error *err)
{
	uint8_t *planes;
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
	case MG_CODEC_DELTA:
		if (codec == MG_CODEC_DELTA && !base)
			return mg_fail(err, MGREG_DATA_LOSS, "a difference without its base");
		if (!(planes = mg_alloc(out_size)))
			return mg_fail_nomem(err, out_size);
		rc = unzstd(data, size, planes, out_size, err);
		if (rc == 0 && !mg_planes_decode(width, planes, codec == MG_CODEC_DELTA ? base : NULL, out_size, out))
			rc = mg_fail(err, MGREG_DATA_LOSS, "elements of %d bytes", width);
		mg_free(planes);
		return rc;
	default:
		return mg_fail(err, MGREG_UNIMPLEMENTED, "codec %d is not supported by this version", codec);
	}
}

/* LEVEL for ZSTD; *OUT is NULL if packing does not save at least a 32nd. */
static int
pack(const void *data, size_t size, int level, uint8_t **out, size_t *out_size, mgreg_error *err)
{
	size_t room = ZSTD_compressBound(size), n;
	uint8_t *p = mg_alloc(room), *less;

	*out = NULL;
	if (!p)
		return mg_fail_nomem(err, room);
	n = ZSTD_compress(p, room, data, size, level);
	if (ZSTD_isError(n) || n > size - size / 32) {
		mg_free(p);
		return 0;
	}
	less = mg_resize(p, 1, n);
	*out = less ? less : p;
	*out_size = n;
	return 0;
}

int
mg_codec_encode(int codec, int width, int level, const void *data, const void *base, size_t size, uint8_t **out, size_t *out_size, mgreg_error *err)
{
	uint8_t *planes;
	int rc;

	*out = NULL;
	if (codec == MG_CODEC_RAW)
		return 0;
	if (codec == MG_CODEC_ZSTD)
		return pack(data, size, level, out, out_size, err);
	if (!(planes = mg_alloc(size)))
		return mg_fail_nomem(err, size);
	if (!mg_planes_encode(width, data, codec == MG_CODEC_DELTA ? base : NULL, size, planes))
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "elements of %d bytes", width);
	else
		rc = pack(planes, size, level, out, out_size, err);
	mg_free(planes);
	return rc;
}
