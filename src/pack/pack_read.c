/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pack_read.c - tar and zip under at most one filter, read as streams.
 *
 * Every format and filter is enabled by name.  Caps count bytes that come out, not what headers claim.
 */
#include "base/base.h"
#include "base/map.h"
#include "base/path.h"
#include "pack/archive.h"
#include "pack/pack.h"

#define MAX_ENTRIES 10000
#define MAX_ENTRY ((uint64_t)16 << 30)
#define MAX_TOTAL ((uint64_t)64 << 30)
#define READ_SIZE 65536

struct mg_pack {
	struct archive *archive;
	char    *path;
	mg_map   seen;
	size_t   entries;
	uint64_t entry_bytes, total;    /* come out so far */
};

static int
failed(mg_pack *p, mgreg_error *err)
{
	const char *text = mg_archive.archive_error_string(p->archive);

	return mg_fail(err, MGREG_DATA_LOSS, "%s: %s", p->path, text ? text : "the archive is damaged");
}

static int
enable(struct archive *a, mgreg_error *err)
{
	int (*const calls[])(struct archive *) = {
		mg_archive.archive_read_support_format_tar, mg_archive.archive_read_support_format_zip,
		mg_archive.archive_read_support_filter_gzip, mg_archive.archive_read_support_filter_bzip2,
		mg_archive.archive_read_support_filter_xz, mg_archive.archive_read_support_filter_zstd,
		mg_archive.archive_read_support_filter_lz4,
	};

	for (size_t i = 0; i < MG_COUNT(calls); i++)
		if (calls[i](a) < ARCHIVE_WARN)         /* a warning: it would call an outside program; refused later */
			return mg_fail(err, MGREG_UNIMPLEMENTED, "libarchive lacks a format or filter");
	return 0;
}

int
mg_pack_open(mg_pack **out, const char *path, mgreg_error *err)
{
	mg_pack *p;
	int rc;

	if ((rc = mg_archive_load(err)) != 0)
		return rc;
	if ((p = mg_calloc(1, sizeof(*p))) == NULL)
		return mg_fail_nomem(err, sizeof(*p));
	if ((p->path = mg_strdup(path)) == NULL || (p->archive = mg_archive.archive_read_new()) == NULL) {
		rc = mg_fail_nomem(err, 0);
		goto out;
	}
	MG_TRY(enable(p->archive, err));
	if (mg_archive.archive_read_open_filename(p->archive, path, READ_SIZE) != ARCHIVE_OK) {
		rc = failed(p, err);
		goto out;
	}
	if (mg_archive.archive_filter_count(p->archive) > 2) {          /* the file itself counts as one */
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "%s: compressed more than once", path);
		goto out;
	}
	*out = p;
out:
	if (rc)
		mg_pack_close(p);
	return rc;
}

void
mg_pack_close(mg_pack *p)
{
	if (p == NULL)
		return;
	if (p->archive)
		(void)mg_archive.archive_read_free(p->archive);
	mg_map_clear(&p->seen);
	mg_free(p->path);
	mg_free(p);
}

int
mg_pack_next(mg_pack *p, mg_pack_entry *out, mgreg_error *err)
{
	struct archive_entry *e;
	const char *name;

	for (;;) {
		int r = mg_archive.archive_read_next_header(p->archive, &e);

		if (r == ARCHIVE_EOF)
			return mg_fail_because(err, MGREG_OUT_OF_RANGE, MGREG_REASON_NO, "no more files in %s", p->path);
		if (r != ARCHIVE_OK)
			return failed(p, err);
		if (++p->entries > MAX_ENTRIES)
			return mg_fail(err, MGREG_RESOURCE_EXHAUSTED, "%s: more than %d entries", p->path, MAX_ENTRIES);
		name = mg_archive.archive_entry_pathname(e);
		if (name && mg_archive.archive_entry_filetype(e) == AE_IFDIR)
			continue;
		if (name == NULL || !mg_path_is_safe(name))
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "%s: the name of entry %zu is not safe", p->path, p->entries);
		if (mg_archive.archive_entry_hardlink(e) || mg_archive.archive_entry_filetype(e) != AE_IFREG)
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "%s: '%s' is a link or device", p->path, name);
		if (mg_archive.archive_entry_is_encrypted(e))
			return mg_fail(err, MGREG_UNIMPLEMENTED, "%s: '%s' is encrypted", p->path, name);
		if (mg_map_has(&p->seen, name))
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "%s: two entries are named '%s'", p->path, name);
		if (!mg_map_set(&p->seen, name, p))
			return mg_fail_nomem(err, 0);
		break;
	}
	p->entry_bytes = 0;
	out->name = name;
	out->size = mg_archive.archive_entry_size_is_set(e) ? mg_archive.archive_entry_size(e) : -1;
	if (out->size > (int64_t)MAX_ENTRY)
		return mg_fail(err, MGREG_RESOURCE_EXHAUSTED, "%s: '%s' claims %lld bytes", p->path, name, (long long)out->size);
	return 0;
}

int
mg_pack_read(mg_pack *p, void *buf, size_t size, size_t *got, mgreg_error *err)
{
	la_ssize_t n = mg_archive.archive_read_data(p->archive, buf, size);

	if (n < 0)
		return failed(p, err);
	p->entry_bytes += (uint64_t)n;
	p->total += (uint64_t)n;
	if (p->entry_bytes > MAX_ENTRY || p->total > MAX_TOTAL)
		return mg_fail(err, MGREG_RESOURCE_EXHAUSTED, "%s: expands to too many bytes", p->path);
	*got = (size_t)n;
	return 0;
}

int
mg_pack_read_all(mg_pack *p, size_t limit, mg_str *out, mgreg_error *err)
{
	size_t got;
	int rc;

	for (;;) {
		/* Doubling: the size in the header is a claim. */
		mg_str_reserve(out, MG_MAX(out->len, (size_t)READ_SIZE));
		if ((rc = mg_str_check(out, err)) != 0)
			return rc;
		if ((rc = mg_pack_read(p, out->ptr + out->len, out->cap - out->len - 1, &got, err)) != 0)
			return rc;
		if (got == 0)
			return 0;
		out->len += got;
		out->ptr[out->len] = '\0';
		if (limit > 0 && out->len > limit)
			return mg_fail(err, MGREG_RESOURCE_EXHAUSTED, "%s: an entry has more than %zu bytes", p->path, limit);
	}
}
