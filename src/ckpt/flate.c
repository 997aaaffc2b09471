/* SPDX-License-Identifier: Apache-2.0 */
/* flate.c - the only file that knows zlib, opened on first use: raw, zlib and gzip streams, CRC-32. */
#include "base/base.h"
#include <zlib.h>
#include "base/dl.h"
#include "ckpt/ckpt_internal.h"

#define CALLS(X) X(inflateInit2_) X(inflate) X(inflateReset) X(inflateEnd) X(deflateInit2_) X(deflate) X(deflateEnd) X(crc32)
static struct {
#define X(f) __typeof__(f) *f;
	CALLS(X)
#undef X
} z;
static const char *const names[] = {
#define X(f) #f,
	CALLS(X)
#undef X
};
static mg_dl lib = {
	.soname = MG_SONAME_ZLIB, .package = "zlib1g", .names = names, .count = MG_COUNT(names), .calls = &z,
};

#define PIECE ((size_t)64 << 10)

static const int window_bits[] = { [MG_FLATE_RAW] = -15, [MG_FLATE_ZLIB] = 15, [MG_FLATE_GZIP] = 31 };

struct mg_inflate {
	z_stream stream;
	mg_flate kind;
	bool     begun;         /* a member is under way */
};

int
mg_inflate_new(mg_inflate **out, mg_flate kind, mgreg_error *err)
{
	mg_inflate *f;
	int rc = mg_dl_load(&lib, err);

	if (rc)
		return rc;
	if (!(f = mg_calloc(1, sizeof(*f))))
		return mg_fail_nomem(err, sizeof(*f));
	f->kind = kind;
	if (z.inflateInit2_(&f->stream, window_bits[kind], ZLIB_VERSION, (int)sizeof(z_stream)) != Z_OK) {
		mg_free(f);
		return mg_fail_nomem(err, 0);
	}
	*out = f;
	return 0;
}

int
mg_inflate_run(mg_inflate *f, mg_slice *in, void *out, size_t size, size_t *got, bool *end, mgreg_error *err)
{
	size_t room = MG_MIN(size, (size_t)1 << 30), have = MG_MIN(in->len, (size_t)1 << 30);
	int rc;

	*got = 0;
	*end = false;
	f->stream.next_in = (Bytef *)(uintptr_t)in->ptr;
	f->stream.avail_in = (uInt)have;
	f->stream.next_out = out;
	f->stream.avail_out = (uInt)room;
	f->begun = f->begun || have > 0;
	rc = z.inflate(&f->stream, Z_NO_FLUSH);
	in->ptr += have - f->stream.avail_in;
	in->len -= have - f->stream.avail_in;
	*got = room - f->stream.avail_out;
	if (rc == Z_STREAM_END) {
		f->begun = false;
		/* A gzip file may be several, one after the other. */
		if (f->kind == MG_FLATE_GZIP && in->len > 0)
			return z.inflateReset(&f->stream) == Z_OK ? 0 : mg_fail(err, MGREG_INTERNAL, "a compressed stream cannot go on");
		*end = true;
		return 0;
	}
	if (rc == Z_OK || rc == Z_BUF_ERROR)
		return 0;
	if (rc == Z_MEM_ERROR)
		return mg_fail_nomem(err, 0);
	return mg_fail(err, MGREG_DATA_LOSS, "the compressed data is damaged (%s)", f->stream.msg ? f->stream.msg : "no stream");
}

bool
mg_inflate_is_open(const mg_inflate *f)
{
	return f->begun;
}

void
mg_inflate_free(mg_inflate *f)
{
	if (!f)
		return;
	z.inflateEnd(&f->stream);
	mg_free(f);
}

struct mg_deflate {
	z_stream stream;
	mg_sink  sink;
	uint8_t  buf[PIECE];
};

int
mg_deflate_new(mg_deflate **out, mg_flate kind, mg_sink sink, mgreg_error *err)
{
	mg_deflate *f;
	int rc = mg_dl_load(&lib, err);

	if (rc)
		return rc;
	if (!(f = mg_calloc(1, sizeof(*f))))
		return mg_fail_nomem(err, sizeof(*f));
	f->sink = sink;
	if (z.deflateInit2_(&f->stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, window_bits[kind], 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
			(int)sizeof(z_stream)) != Z_OK) {
		mg_free(f);
		return mg_fail_nomem(err, 0);
	}
	*out = f;
	return 0;
}

int
mg_deflate_write(mg_deflate *f, const void *data, size_t size, bool last, mgreg_error *err)
{
	const uint8_t *p = data;
	int rc, state;

	do {
		size_t n = MG_MIN(size, (size_t)1 << 30);
		int flush = last && n == size ? Z_FINISH : Z_NO_FLUSH;

		f->stream.next_in = (Bytef *)(uintptr_t)p;
		f->stream.avail_in = (uInt)n;
		do {
			f->stream.next_out = f->buf;
			f->stream.avail_out = (uInt)sizeof(f->buf);
			state = z.deflate(&f->stream, flush);
			if (state == Z_STREAM_ERROR)
				return mg_fail(err, MGREG_INTERNAL, "a compressed stream cannot be written");
			if (f->stream.avail_out < sizeof(f->buf)
					&& (rc = f->sink.write(f->sink.ctx, f->buf, sizeof(f->buf) - f->stream.avail_out, err)) != 0)
				return rc;
		} while (f->stream.avail_out == 0 || (flush == Z_FINISH && state != Z_STREAM_END));
		p += n;
		size -= n;
	} while (size > 0);
	return 0;
}

void
mg_deflate_free(mg_deflate *f)
{
	if (!f)
		return;
	z.deflateEnd(&f->stream);
	mg_free(f);
}

int
mg_crc32(uint32_t *crc, const void *data, size_t size, mgreg_error *err)
{
	const uint8_t *p = data;
	int rc = mg_dl_load(&lib, err);

	for (; rc == 0 && size > 0; ) {
		size_t n = MG_MIN(size, (size_t)1 << 30);

		*crc = (uint32_t)z.crc32(*crc, p, (uInt)n);
		p += n;
		size -= n;
	}
	return rc;
}
