/* SPDX-License-Identifier: Apache-2.0 */
/*
 * source.c - records of a file.  A plain file is mapped; a compressed one is unpacked as a whole.
 */
#include "base/base.h"
#include <zlib.h>
#include "base/bytes.h"
#include "base/crc32c.h"
#include "base/dl.h"
#include "base/file.h"
#include "base/path.h"
#include "runtime/runtime_internal.h"
#include "runtime/source.h"

#define MAX_PLAIN ((size_t)INT32_MAX)

/* ---- zlib, opened late ---- */

#define CALLS(X) X(inflateInit2_) X(inflate) X(inflateEnd)
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
static mg_dl lib = { .soname = MG_SONAME_ZLIB, .package = "zlib1g", .names = names, .count = MG_COUNT(names), .calls = &z };

int
mg_inflate(const void *data, size_t size, enum mg_inflate_form form, mg_str *out, mgreg_error *err)
{
	z_stream s;
	int rc, status = Z_OK;

	memset(&s, 0, sizeof(s));
	if ((rc = mg_dl_load(&lib, err)) != 0)
		return rc;
	if (size > MAX_PLAIN)
		return mg_fail(err, MGREG_RESOURCE_EXHAUSTED, "%zu bytes of compressed data are too many", size);
	if (z.inflateInit2_(&s, (int)form, ZLIB_VERSION, (int)sizeof(s)) != Z_OK)
		return mg_fail_nomem(err, 0);
	s.next_in = (Bytef *)(uintptr_t)data;
	s.avail_in = (uInt)size;
	while (status == Z_OK && s.avail_in) {
		size_t room = MG_MAX((size_t)65536, out->len);

		if (out->len > MAX_PLAIN) {
			rc = mg_fail(err, MGREG_RESOURCE_EXHAUSTED, "the data unpack to more than 2 GiB");
			goto out;
		}
		mg_str_reserve(out, room + 1);
		MG_TRY(mg_str_check(out, err));
		s.next_out = (Bytef *)out->ptr + out->len;
		s.avail_out = (uInt)room;
		status = z.inflate(&s, Z_NO_FLUSH);
		out->len += room - s.avail_out;
		out->ptr[out->len] = '\0';
		if (status == Z_BUF_ERROR && s.avail_out == 0)
			status = Z_OK;
		if (status == Z_STREAM_END && s.avail_in && form == MG_INFLATE_GZIP) {   /* members may follow each other */
			Bytef *in = s.next_in;
			uInt left = s.avail_in;

			z.inflateEnd(&s);
			memset(&s, 0, sizeof(s));
			if (z.inflateInit2_(&s, (int)form, ZLIB_VERSION, (int)sizeof(s)) != Z_OK)
				return mg_fail_nomem(err, 0);
			s.next_in = in;
			s.avail_in = left;
			status = Z_OK;
		}
	}
	if (status != Z_STREAM_END)
		rc = mg_fail(err, MGREG_DATA_LOSS, "compressed data are damaged or cut short");
out:
	z.inflateEnd(&s);
	return rc;
}

/* ---- records ---- */

struct mg_source {
	mg_source_spec spec;
	char       *path;
	mg_mapping  map;
	mg_str      plain;
	const char *data;
	size_t      size, at;
	int64_t     number;             /* lines read, records read */
};

static int
unpack(mg_source *src, mgreg_error *err)
{
	const char *c = src->spec.compression;
	int rc;

	src->data = src->map.data;
	src->size = src->map.size;
	if (!c || !*c)
		return 0;
	if (strcmp(c, "ZLIB") && strcmp(c, "GZIP"))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "unsupported compression_type '%s': must be '', 'ZLIB' or 'GZIP'", c);
	if ((rc = mg_inflate(src->data, src->size, *c == 'Z' ? MG_INFLATE_ZLIB : MG_INFLATE_GZIP, &src->plain, err)) != 0)
		return mg_wrap(err, rc, "file '%s'", src->path);
	src->data = src->plain.ptr;
	src->size = src->plain.len;
	return 0;
}

int
mg_source_open(mg_source **out, mg_session *s, const mg_source_spec *spec, const char *path, mgreg_error *err)
{
	mg_source *src = mg_calloc(1, sizeof(*src));
	mg_slice skipped;
	bool end = false;
	int rc = 0;

	if (!src)
		return mg_fail_nomem(err, sizeof(*src));
	mg_str_init(&src->plain);
	src->spec = *spec;
	if (!(src->path = mg_strdup(path))) {
		rc = mg_fail_nomem(err, 0);
		goto out;
	}
	MG_TRY(mg_session_check_path(s, path, err));
	MG_TRY(mg_file_map(path, &src->map, err));
	MG_TRY(unpack(src, err));
	if (spec->kind == MG_SOURCE_FIXED) {
		if (spec->header < 0 || spec->footer < 0 || spec->record <= 0 || spec->hop < 0) {
			rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "record_bytes must be positive; header_bytes, footer_bytes and hop_bytes at least 0");
			goto out;
		}
		if (spec->hop == 0)
			src->spec.hop = spec->record;
		src->at = (size_t)spec->header;
	}
	for (int64_t i = 0; spec->kind == MG_SOURCE_LINES && i < spec->skip_lines && !end; i++)
		MG_TRY(mg_source_next(src, &skipped, NULL, &end, err));
out:
	if (rc)
		mg_source_close(src);
	else
		*out = src;
	return rc;
}

static int
damaged(const mg_source *src, const char *what, mgreg_error *err)
{
	return mg_fail(err, MGREG_DATA_LOSS, "file '%s': record at %zu is corrupt (%s)", src->path, src->at, what);
}

static int
next_tfrecord(mg_source *src, mg_slice *record, mgreg_error *err)
{
	const char *p = src->data + src->at;
	size_t left = src->size - src->at;
	uint64_t length;

	if (left < 12)
		return damaged(src, "truncated", err);
	length = mg_load64(p);
	if (mg_load32(p + 8) != mg_crc32c_mask(mg_crc32c(p, 8)))
		return damaged(src, "checksum of its length", err);
	if (length > left - 12 || left - 12 - length < 4)
		return damaged(src, "truncated", err);
	if (mg_load32(p + 12 + length) != mg_crc32c_mask(mg_crc32c(p + 12, (size_t)length)))
		return damaged(src, "checksum of its data", err);
	*record = (mg_slice){ p + 12, (size_t)length };
	src->at += 16 + (size_t)length;
	return 0;
}

static void
next_line(mg_source *src, mg_slice *record)
{
	const char *p = src->data + src->at, *nl = memchr(p, '\n', src->size - src->at);
	size_t n = nl ? (size_t)(nl - p) : src->size - src->at;

	src->at += n + (nl != NULL);
	if (n && p[n - 1] == '\r')
		n--;
	*record = (mg_slice){ p, n };
}

int
mg_source_next(mg_source *src, mg_slice *record, int64_t *key, bool *end, mgreg_error *err)
{
	const mg_source_spec *spec = &src->spec;
	int64_t where = src->number;
	int rc = 0;

	*end = false;
	switch (spec->kind) {
	case MG_SOURCE_TFRECORD:
		where = (int64_t)src->at;
		if ((*end = src->at >= src->size) == false)
			rc = next_tfrecord(src, record, err);
		break;
	case MG_SOURCE_LINES:
		where++;
		if ((*end = src->at >= src->size) == false)
			next_line(src, record);
		break;
	case MG_SOURCE_FIXED:
		if (src->size < (size_t)spec->footer || src->at > src->size - (size_t)spec->footer
		    || src->size - (size_t)spec->footer - src->at < (size_t)spec->record) {
			*end = true;
			break;
		}
		*record = (mg_slice){ src->data + src->at, (size_t)spec->record };
		src->at += (size_t)spec->hop;
		break;
	case MG_SOURCE_WHOLE:
		if ((*end = src->number > 0) == false)
			*record = (mg_slice){ src->size ? src->data : "", src->size };
		break;
	}
	if (rc == 0 && !*end) {
		src->number++;
		if (key)
			*key = where;
	}
	return rc;
}

void
mg_source_close(mg_source *src)
{
	if (!src)
		return;
	mg_file_unmap(&src->map);
	mg_str_clear(&src->plain);
	mg_free(src->path);
	mg_free(src);
}
