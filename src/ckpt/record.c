/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record.c - TFRecord framing, of event files too; the whole stream may be under zlib or gzip.
 *
 *	length (8) | masked crc of these 8 bytes (4) | data | masked crc of the data (4)
 *
 * A short tail is a writer at work, not damage; a checksum that does not fit is.  What is read is a window of the stream: its
 * bytes from `at` on are bytes[begin, end).
 */
#include "base/base.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/bytes.h"
#include "base/crc32c.h"
#include "ckpt/ckpt_internal.h"

#define HEAD 12
#define TAIL 4
#define MAX_RECORD ((uint64_t)INT32_MAX)
#define PIECE ((size_t)128 << 10)

struct mg_record_reader {
	mg_file     file;
	mg_record_compression compression;
	uint64_t    at;                 /* of the next record, in the stream */
	mg_str      bytes;
	size_t      begin;              /* in BYTES, of the next record */
	uint64_t    read;               /* so much of the file is in the window or behind it */
	mg_inflate *inflate;            /* NULL: plain */
	char       *packed;             /* PIECE bytes of the file */
	mg_slice    input;              /* what of them is left */
	bool        ended;              /* the compressed stream is over */
	dev_t       dev;
	ino_t       ino;
};

/* ---- the window ---- */

static int
find_compression(mg_record_reader *r, mgreg_error *err)
{
	uint8_t head[HEAD] = { 0 };
	size_t n = (size_t)MG_MIN(r->file.size, (uint64_t)HEAD);
	int rc = n ? mg_file_pread(&r->file, head, n, 0, err) : 0;

	r->compression = MG_RECORD_PLAIN;
	if (rc || n < 2 || (n == HEAD && mg_load32(head + 8) == mg_crc32c_mask(mg_crc32c(head, 8))))
		return rc;
	if (head[0] == 0x1f && head[1] == 0x8b)
		r->compression = MG_RECORD_GZIP;
	else if ((head[0] & 0x0f) == 8 && head[0] <= 0x78 && (head[0] * 256 + head[1]) % 31 == 0 && !(head[1] & 0x20))
		r->compression = MG_RECORD_ZLIB;
	return 0;
}

static int
start(mg_record_reader *r, uint64_t offset, mgreg_error *err)
{
	struct stat st;
	int rc;

	if (fstat(r->file.fd, &st) == 0) {
		r->dev = st.st_dev;
		r->ino = st.st_ino;
	}
	mg_inflate_free(r->inflate);
	r->inflate = NULL;
	mg_str_reset(&r->bytes);
	r->begin = 0;
	r->read = r->at = 0;
	r->input = (mg_slice){ NULL, 0 };
	r->ended = false;
	if ((rc = find_compression(r, err)) != 0)
		return rc;
	if (r->compression == MG_RECORD_PLAIN) {
		if (offset > r->file.size)
			return mg_fail(err, MGREG_OUT_OF_RANGE, "%s has only %llu bytes", r->file.path, (unsigned long long)r->file.size);
		r->at = r->read = offset;
		return 0;
	}
	if (offset)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "%s is compressed and is read from its beginning only", r->file.path);
	if (!r->packed && !(r->packed = mg_alloc(PIECE)))
		return mg_fail_nomem(err, PIECE);
	return mg_inflate_new(&r->inflate, r->compression == MG_RECORD_GZIP ? MG_FLATE_GZIP : MG_FLATE_ZLIB, err);
}

int
mg_record_open_at(mg_record_reader **out, const char *path, uint64_t offset, mgreg_error *err)
{
	mg_record_reader *r = mg_calloc(1, sizeof(*r));
	int rc;

	if (r == NULL)
		return mg_fail_nomem(err, sizeof(*r));
	mg_str_init(&r->bytes);
	if ((rc = mg_file_open(&r->file, path, err)) != 0) {
		mg_free(r);
		return rc;
	}
	if ((rc = start(r, offset, err)) != 0)
		mg_record_close(r);
	else
		*out = r;
	return rc;
}

int
mg_record_open(mg_record_reader **out, const char *path, mgreg_error *err)
{
	return mg_record_open_at(out, path, 0, err);
}

static size_t
in_window(const mg_record_reader *r)
{
	return r->bytes.len - r->begin;
}

/* At most SIZE more bytes of the stream; *GOT 0: there are none now. */
static int
pull(mg_record_reader *r, void *out, size_t size, size_t *got, mgreg_error *err)
{
	int rc;

	*got = 0;
	if (!r->inflate) {
		*got = (size_t)MG_MIN((uint64_t)size, r->file.size - r->read);
		if (*got && (rc = mg_file_pread(&r->file, out, *got, r->read, err)) != 0)
			return rc;
		r->read += *got;
		return 0;
	}
	while (*got == 0 && !r->ended) {
		if (r->input.len == 0) {
			size_t n = (size_t)MG_MIN((uint64_t)PIECE, r->file.size - r->read);

			if (n && (rc = mg_file_pread(&r->file, r->packed, n, r->read, err)) != 0)
				return rc;
			r->read += n;
			r->input = (mg_slice){ r->packed, n };
		}
		size_t before = r->input.len;

		if ((rc = mg_inflate_run(r->inflate, &r->input, out, size, got, &r->ended, err)) != 0)
			return mg_wrap(err, rc, "%s", r->file.path);
		if (*got == 0 && before == 0)
			break;                  /* nothing came, and there was nothing to take */
	}
	return 0;
}

/* Tries to have WANT bytes in the window. */
static int
fill(mg_record_reader *r, size_t want, mgreg_error *err)
{
	size_t got;
	int rc;

	if (in_window(r) >= want)
		return 0;
	memmove(r->bytes.ptr, r->bytes.ptr + r->begin, in_window(r));
	r->bytes.len -= r->begin;
	r->begin = 0;
	while (r->bytes.len < want) {
		/* Not more than what a reader at work needs: a length that lies must not cost memory. */
		size_t more = MG_MIN(MG_MAX(want - r->bytes.len, PIECE), (size_t)16 << 20);

		if (!r->inflate)
			more = (size_t)MG_MIN((uint64_t)more, r->file.size - r->read);
		mg_str_reserve(&r->bytes, more);
		if ((rc = mg_str_check(&r->bytes, err)) != 0)
			return rc;
		if ((rc = pull(r, r->bytes.ptr + r->bytes.len, more, &got, err)) != 0)
			return rc;
		if (got == 0)
			break;
		r->bytes.len += got;
	}
	return 0;
}

/* ---- records ---- */

static int
at_end(const mg_record_reader *r, uint64_t *pending, mgreg_error *err)
{
	uint64_t left = in_window(r);

	if (!r->inflate)
		left += r->file.size - r->read;
	else if (left == 0 && !r->ended && mg_inflate_is_open(r->inflate))
		left = 1;                       /* the compressed stream breaks off between two records */
	if (pending)
		*pending = left;
	if (left == 0)
		return mg_fail_because(err, MGREG_OUT_OF_RANGE, MGREG_REASON_NO, "no more records");
	return mg_fail_because(err, MGREG_OUT_OF_RANGE, MGREG_REASON_NO, "%s: record at %llu is not complete yet (%llu bytes)",
		r->file.path, (unsigned long long)r->at, (unsigned long long)left);
}

static int
damaged(const mg_record_reader *r, const char *what, mgreg_error *err)
{
	return mg_fail(err, MGREG_DATA_LOSS, "%s: record at %llu is corrupt (%s)", r->file.path, (unsigned long long)r->at, what);
}

int
mg_record_next(mg_record_reader *r, mg_slice *out, uint64_t *pending, mgreg_error *err)
{
	uint64_t length;
	const char *p;
	int rc;

	if ((rc = fill(r, HEAD, err)) != 0)
		return rc;
	if (in_window(r) < HEAD)
		return at_end(r, pending, err);
	p = r->bytes.ptr + r->begin;
	length = mg_load64(p);
	if (mg_load32(p + 8) != mg_crc32c_mask(mg_crc32c(p, 8)))
		return damaged(r, "checksum of its length", err);
	if (length > MAX_RECORD)
		return damaged(r, "longer than 2 GiB", err);
	/* A compressed file of a few bytes could claim gigabytes. */
	if (r->inflate && length > MG_MAX((uint64_t)32 << 20, 48 * r->file.size))
		return mg_fail(err, MGREG_RESOURCE_EXHAUSTED, "%s: record at %llu is said to have %llu bytes, too many for a file of this size",
			r->file.path, (unsigned long long)r->at, (unsigned long long)length);
	if (!r->inflate && length + HEAD + TAIL > in_window(r) + (r->file.size - r->read))
		return at_end(r, pending, err);
	if ((rc = fill(r, HEAD + (size_t)length + TAIL, err)) != 0)
		return rc;
	if (in_window(r) < HEAD + length + TAIL)
		return at_end(r, pending, err);
	p = r->bytes.ptr + r->begin + HEAD;
	if (mg_load32(p + length) != mg_crc32c_mask(mg_crc32c(p, (size_t)length)))
		return damaged(r, "checksum of its data", err);
	r->at += HEAD + length + TAIL;
	r->begin += HEAD + (size_t)length + TAIL;
	*out = (mg_slice){ p, (size_t)length };
	return 0;
}

uint64_t
mg_record_offset(const mg_record_reader *r)
{
	return r->at;
}

int
mg_record_refresh(mg_record_reader *r, bool *restarted, mgreg_error *err)
{
	mg_file file = { .fd = -1 };
	struct stat st;
	int rc;

	*restarted = false;
	if (stat(r->file.path, &st) != 0)
		return mg_fail_os(err, errno, "%s", r->file.path);
	if (st.st_dev == r->dev && st.st_ino == r->ino && (uint64_t)st.st_size >= r->file.size) {
		r->file.size = (uint64_t)st.st_size;
		return 0;
	}
	if ((rc = mg_file_open(&file, r->file.path, err)) != 0)
		return rc;
	mg_file_close(&r->file);
	r->file = file;
	*restarted = true;
	return start(r, 0, err);
}

void
mg_record_close(mg_record_reader *r)
{
	if (r == NULL)
		return;
	mg_file_close(&r->file);
	mg_inflate_free(r->inflate);
	mg_free(r->packed);
	mg_str_clear(&r->bytes);
	mg_free(r);
}

/* ---- writing ---- */

void
mg_record_frame(const void *data, size_t size, mg_str *out)
{
	char head[HEAD], tail[TAIL];

	mg_store64(head, size);
	mg_store32(head + 8, mg_crc32c_mask(mg_crc32c(head, 8)));
	mg_store32(tail, mg_crc32c_mask(mg_crc32c(data, size)));
	mg_str_append(out, head, HEAD);
	mg_str_append(out, data, size);
	mg_str_append(out, tail, TAIL);
}

struct mg_record_writer {
	mg_writer   file;
	mg_deflate *deflate;            /* NULL: plain */
	mg_str      bytes;              /* framed, not yet handed on */
	uint64_t    at;                 /* in the stream */
};

int
mg_record_create(mg_record_writer **out, const char *path, mg_record_compression compression, mgreg_error *err)
{
	mg_record_writer *w = mg_calloc(1, sizeof(*w));
	int rc = 0;

	if (!w)
		return mg_fail_nomem(err, sizeof(*w));
	mg_str_init(&w->bytes);
	if ((rc = mg_writer_open(&w->file, path, err)) != 0) {
		mg_free(w);
		return rc;
	}
	if (compression != MG_RECORD_PLAIN)
		rc = mg_deflate_new(&w->deflate, compression == MG_RECORD_GZIP ? MG_FLATE_GZIP : MG_FLATE_ZLIB, mg_sink_writer(&w->file), err);
	if (rc)
		mg_record_abandon(w);
	else
		*out = w;
	return rc;
}

static int
hand_on(mg_record_writer *w, bool last, mgreg_error *err)
{
	int rc = mg_str_check(&w->bytes, err);

	if (rc == 0 && w->deflate)
		rc = mg_deflate_write(w->deflate, w->bytes.ptr, w->bytes.len, last, err);
	else if (rc == 0)
		rc = mg_writer_write(&w->file, w->bytes.ptr, w->bytes.len, err);
	w->at += w->bytes.len;
	mg_str_reset(&w->bytes);
	return rc;
}

int
mg_record_write(mg_record_writer *w, const void *data, size_t size, mgreg_error *err)
{
	if (size > MAX_RECORD)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "a record of %zu bytes", size);
	mg_record_frame(data, size, &w->bytes);
	return w->bytes.len >= PIECE ? hand_on(w, false, err) : mg_str_check(&w->bytes, err);
}

static void
writer_free(mg_record_writer *w)
{
	mg_deflate_free(w->deflate);
	mg_str_clear(&w->bytes);
	mg_free(w);
}

int
mg_record_finish(mg_record_writer *w, mgreg_error *err)
{
	int rc = hand_on(w, true, err);

	if (rc == 0)
		rc = mg_writer_commit(&w->file, err);
	else
		mg_writer_abandon(&w->file);
	writer_free(w);
	return rc;
}

void
mg_record_abandon(mg_record_writer *w)
{
	if (!w)
		return;
	mg_writer_abandon(&w->file);
	writer_free(w);
}
