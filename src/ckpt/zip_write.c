/* SPDX-License-Identifier: Apache-2.0 */
/*
 * zip_write.c - a zip archive with the bytes that Python's zipfile gives NumPy's savez (before Python 3.11.4, which writes the sizes of
 * small members in 64 bits only).
 *
 *	"PK\3\4" head | name | sizes in 64 bits | data    (every member)
 *	"PK\1\2" the same facts again (every member) | "PK\5\6" how many and where; before it "PK\6\6", "PK\6\7" where 32 bits are short
 *
 * Times are 1980-01-01, so that equal arrays give equal files.
 */
#include "base/base.h"
#include "base/bytes.h"
#include "ckpt/ckpt_internal.h"

#define BEYOND 0x7fffffffu              /* above it zipfile goes to 64 bits */
#define DAY_ONE 0x21                    /* 1980-01-01 */
enum { STORED = 0, DEFLATED = 8, PLAIN = 20, BIG = 45, UNIX = 3, UTF8 = 0x800 };

struct mg_zip {
	mg_writer file;
	bool      deflate;
	mg_str    directory;
	uint64_t  count;
};

int
mg_zip_create(mg_zip **out, const char *path, bool deflate, mgreg_error *err)
{
	mg_zip *z = mg_calloc(1, sizeof(*z));
	int rc;

	if (!z)
		return mg_fail_nomem(err, sizeof(*z));
	z->deflate = deflate;
	mg_str_init(&z->directory);
	if ((rc = mg_writer_open(&z->file, path, err)) != 0)
		mg_free(z);
	else
		*out = z;
	return rc;
}

static void put16(mg_str *s, unsigned v) { char b[2]; mg_store16(b, (uint16_t)v); mg_str_append(s, b, 2); }
static void put32(mg_str *s, uint64_t v) { char b[4]; mg_store32(b, (uint32_t)v); mg_str_append(s, b, 4); }
static void put64(mg_str *s, uint64_t v) { char b[8]; mg_store64(b, v); mg_str_append(s, b, 8); }

typedef struct member {
	const char *name;
	unsigned flags, method;
	uint32_t crc;
	uint64_t size, packed, at;
} member;

static void
put_facts(mg_str *s, const member *m, uint64_t packed, uint64_t size, size_t extra)
{
	put16(s, m->flags);
	put16(s, m->method);
	put16(s, 0);
	put16(s, DAY_ONE);
	put32(s, m->crc);
	put32(s, packed);
	put32(s, size);
	put16(s, (unsigned)strlen(m->name));
	put16(s, (unsigned)extra);
}

static void
local_head(mg_str *s, const member *m)
{
	bool big = m->size > BEYOND || m->packed > BEYOND;

	mg_str_append(s, "PK\3\4", 4);
	put16(s, big ? BIG : PLAIN);
	put_facts(s, m, big ? UINT32_MAX : m->packed, big ? UINT32_MAX : m->size, 20);
	mg_str_add(s, m->name);
	put16(s, 1);
	put16(s, 16);
	put64(s, m->size);
	put64(s, m->packed);
}

static void
directory_entry(mg_str *s, const member *m)
{
	bool big = m->size > BEYOND || m->packed > BEYOND, far = m->at > BEYOND;
	unsigned extra = (big ? 16 : 0) + (far ? 8 : 0);

	mg_str_append(s, "PK\1\2", 4);
	put16(s, (unsigned)(extra ? BIG : PLAIN) | UNIX << 8);
	put16(s, extra ? BIG : PLAIN);
	put_facts(s, m, big ? UINT32_MAX : m->packed, big ? UINT32_MAX : m->size, extra ? extra + 4 : 0);
	put16(s, 0);                    /* no comment */
	put16(s, 0);                    /* disk */
	put16(s, 0);
	put32(s, (uint64_t)0600 << 16);
	put32(s, far ? UINT32_MAX : m->at);
	mg_str_add(s, m->name);
	if (extra) {
		put16(s, 1);
		put16(s, extra);
	}
	if (big) {
		put64(s, m->size);
		put64(s, m->packed);
	}
	if (far)
		put64(s, m->at);
}

int
mg_zip_add(mg_zip *z, const char *name, const void *data, size_t size, mgreg_error *err)
{
	member m = { .name = name, .size = size, .packed = size, .at = z->file.at, .method = z->deflate ? DEFLATED : STORED };
	mg_str head = MG_STR_INIT, packed = MG_STR_INIT;
	mg_deflate *f = NULL;
	int rc;

	if (strlen(name) > UINT16_MAX)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "a name of %zu bytes", strlen(name));
	for (const char *p = name; *p; p++)
		if ((unsigned char)*p >= 0x80)
			m.flags = UTF8;
	MG_TRY(mg_crc32(&m.crc, data, size, err));
	if (z->deflate) {
		MG_TRY(mg_deflate_new(&f, MG_FLATE_RAW, mg_sink_str(&packed), err));
		MG_TRY(mg_deflate_write(f, data, size, true, err));
		MG_TRY(mg_str_check(&packed, err));
		data = packed.ptr;
		m.packed = packed.len;
	}
	local_head(&head, &m);
	directory_entry(&z->directory, &m);
	MG_TRY(mg_str_check(&head, err));
	MG_TRY(mg_str_check(&z->directory, err));
	MG_TRY(mg_writer_write(&z->file, head.ptr, head.len, err));
	MG_TRY(mg_writer_write(&z->file, data, (size_t)m.packed, err));
	z->count++;
out:
	mg_deflate_free(f);
	mg_str_clear(&head);
	mg_str_clear(&packed);
	return rc;
}

static void
put_end(const mg_zip *z, mg_str *s, uint64_t size, uint64_t at)
{
	if (z->count > UINT16_MAX || size > BEYOND || at > BEYOND) {
		mg_str_append(s, "PK\6\6", 4);
		put64(s, 44);
		put16(s, BIG);
		put16(s, BIG);
		put32(s, 0);
		put32(s, 0);
		put64(s, z->count);
		put64(s, z->count);
		put64(s, size);
		put64(s, at);
		mg_str_append(s, "PK\6\7", 4);
		put32(s, 0);
		put64(s, at + size);
		put32(s, 1);
	}
	mg_str_append(s, "PK\5\6", 4);
	put32(s, 0);
	put16(s, (unsigned)MG_MIN(z->count, (uint64_t)UINT16_MAX));
	put16(s, (unsigned)MG_MIN(z->count, (uint64_t)UINT16_MAX));
	put32(s, MG_MIN(size, (uint64_t)UINT32_MAX));
	put32(s, MG_MIN(at, (uint64_t)UINT32_MAX));
	put16(s, 0);
}

static void
zip_free(mg_zip *z)
{
	mg_str_clear(&z->directory);
	mg_free(z);
}

int
mg_zip_finish(mg_zip *z, mgreg_error *err)
{
	int rc;

	put_end(z, &z->directory, z->directory.len, z->file.at);
	rc = mg_str_check(&z->directory, err);
	if (rc == 0)
		rc = mg_writer_write(&z->file, z->directory.ptr, z->directory.len, err);
	if (rc == 0)
		rc = mg_writer_commit(&z->file, err);
	else
		mg_writer_abandon(&z->file);
	zip_free(z);
	return rc;
}

void
mg_zip_abandon(mg_zip *z)
{
	if (!z)
		return;
	mg_writer_abandon(&z->file);
	zip_free(z);
}
