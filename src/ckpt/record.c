/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record.c - TFRecord framing, of event files too.
 *
 *	length (8) | masked crc of these 8 bytes (4) | data | masked crc of the data (4)
 *
 * A short tail is a writer at work, not damage; a checksum that does not fit is.
 */
#include "base/base.h"
#include "base/bytes.h"
#include "base/crc32c.h"
#include "ckpt/ckpt_internal.h"

#define HEAD 12
#define TAIL 4
#define MAX_RECORD ((uint64_t)INT32_MAX)

struct mg_record_reader {
	mg_file  file;
	uint64_t at;            /* of the next record */
	mg_str   bytes;
};

int
mg_record_open(mg_record_reader **out, const char *path, mgreg_error *err)
{
	mg_record_reader *r = mg_calloc(1, sizeof(*r));
	int rc;

	if (r == NULL)
		return mg_fail_nomem(err, sizeof(*r));
	mg_str_init(&r->bytes);
	if ((rc = mg_file_open(&r->file, path, err)) != 0)
		mg_free(r);
	else
		*out = r;
	return rc;
}

static int
at_end(const mg_record_reader *r, uint64_t left, uint64_t *pending, mgreg_error *err)
{
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
	uint64_t left = r->file.size - r->at, length;
	char head[HEAD];
	int rc;

	if (left < HEAD)
		return at_end(r, left, pending, err);
	if ((rc = mg_file_pread(&r->file, head, HEAD, r->at, err)) != 0)
		return rc;
	length = mg_load64(head);
	if (mg_load32(head + 8) != mg_crc32c_mask(mg_crc32c(head, 8)))
		return damaged(r, "checksum of its length", err);
	if (length > MAX_RECORD)
		return damaged(r, "longer than 2 GiB", err);
	if (length + TAIL > left - HEAD)
		return at_end(r, left, pending, err);
	mg_str_reset(&r->bytes);
	mg_str_reserve(&r->bytes, (size_t)length + TAIL);
	if ((rc = mg_str_check(&r->bytes, err)) != 0)
		return rc;
	if ((rc = mg_file_pread(&r->file, r->bytes.ptr, (size_t)length + TAIL, r->at + HEAD, err)) != 0)
		return rc;
	if (mg_load32(r->bytes.ptr + length) != mg_crc32c_mask(mg_crc32c(r->bytes.ptr, (size_t)length)))
		return damaged(r, "checksum of its data", err);
	r->at += HEAD + length + TAIL;
	r->bytes.ptr[length] = '\0';
	*out = (mg_slice){ r->bytes.ptr, (size_t)length };
	return 0;
}

uint64_t
mg_record_offset(const mg_record_reader *r)
{
	return r->at;
}

void
mg_record_close(mg_record_reader *r)
{
	if (r == NULL)
		return;
	mg_file_close(&r->file);
	mg_str_clear(&r->bytes);
	mg_free(r);
}

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
