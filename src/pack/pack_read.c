/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pack_read.c - tar and zip under at most one filter, read as streams.
 *
 * Every format and filter is enabled by name.  Caps count bytes that come out, not what headers claim: per entry, in
 * total, and against the bytes of the file that were read for them (a bomb unpacks to far more).
 */
#include "base/base.h"
#include "base/file.h"
#include "base/map.h"
#include "base/path.h"
#include "pack/archive.h"
#include "pack/pack.h"

#define MAX_ENTRIES 10000
#define MAX_ENTRY ((uint64_t)16 << 30)
#define MAX_TOTAL ((uint64_t)64 << 30)
#define RATIO_FROM ((uint64_t)1 << 20)  /* the first bytes may expand as they like */
#define READ_SIZE 65536
#define MAX_RETRIES 8

struct mg_pack {
	struct archive *archive;
	char    *path;
	mg_map   seen;
	char    *name;                  /* of the current entry */
	unsigned ratio;                 /* bytes out per byte of the file; 0: any */
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

	if (!mg_file_exists(path))
		return mg_fail(err, MGREG_NOT_FOUND, "%s: no such file", path);
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
mg_pack_set_ratio(mg_pack *p, unsigned ratio)
{
	p->ratio = ratio;
}

void
mg_pack_close(mg_pack *p)
{
	if (p == NULL)
		return;
	if (p->archive)
		(void)mg_archive.archive_read_free(p->archive);
	mg_map_clear(&p->seen);
	mg_free(p->name);
	mg_free(p->path);
	mg_free(p);
}

/* The next header.  A warning concerns what is not used here (attributes, the locale's idea of a name): names are checked.
 * "Retry" is how libarchive steps over a damaged header: what it hides might have been half of the model. */
static int
next_header(mg_pack *p, struct archive_entry **e, mgreg_error *err)
{
	int r = mg_archive.archive_read_next_header(p->archive, e);

	if (r == ARCHIVE_EOF)
		return mg_fail_because(err, MGREG_OUT_OF_RANGE, MGREG_REASON_NO, "no more files in %s", p->path);
	if (r != ARCHIVE_OK && r != ARCHIVE_WARN)
		return failed(p, err);
	if (++p->entries > MAX_ENTRIES)
		return mg_fail(err, MGREG_RESOURCE_EXHAUSTED, "%s: more than %d entries", p->path, MAX_ENTRIES);
	return 0;
}

/* Name of an entry without "./" before it and "/" behind; in P. */
static int
take_name(mg_pack *p, struct archive_entry *e, mgreg_error *err)
{
	const char *name = mg_archive.archive_entry_pathname(e);
	size_t len;

	if (name == NULL)
		name = mg_archive.archive_entry_pathname_utf8(e);
	if (name == NULL)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "%s: entry %zu has no name", p->path, p->entries);
	while (mg_starts_with(name, "./"))
		name += 2;
	len = strlen(name);
	while (len && name[len - 1] == '/' && mg_archive.archive_entry_filetype(e) == AE_IFDIR)
		len--;
	if (len == 1 && *name == '.')
		len = 0;
	mg_free(p->name);
	p->name = mg_strndup(name, len);
	return p->name ? 0 : mg_fail_nomem(err, len);
}

static int
check_entry(mg_pack *p, struct archive_entry *e, bool dir, mgreg_error *err)
{
	if (!(dir && *p->name == '\0') && !mg_path_is_safe(p->name))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "%s: the name of entry %zu is not safe", p->path, p->entries);
	if (mg_archive.archive_entry_hardlink(e) || (!dir && mg_archive.archive_entry_filetype(e) != AE_IFREG))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "%s: '%s' is a link or device", p->path, p->name);
	if (mg_archive.archive_entry_is_encrypted(e))
		return mg_fail(err, MGREG_UNIMPLEMENTED, "%s: '%s' is encrypted", p->path, p->name);
	return 0;
}

int
mg_pack_next(mg_pack *p, mg_pack_entry *out, mgreg_error *err)
{
	struct archive_entry *e = NULL;
	bool dir;
	int rc;

	do {
		if ((rc = next_header(p, &e, err)) != 0 || (rc = take_name(p, e, err)) != 0)
			return rc;
		dir = mg_archive.archive_entry_filetype(e) == AE_IFDIR;
		if ((rc = check_entry(p, e, dir, err)) != 0)
			return rc;
	} while (dir);
	if (mg_map_has(&p->seen, p->name))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "%s: two entries are named '%s'", p->path, p->name);
	if (!mg_map_set(&p->seen, p->name, p))
		return mg_fail_nomem(err, 0);
	p->entry_bytes = 0;
	out->name = p->name;
	out->size = mg_archive.archive_entry_size_is_set(e) ? mg_archive.archive_entry_size(e) : -1;
	out->mtime = mg_archive.archive_entry_mtime(e);
	if (out->size > (int64_t)MAX_ENTRY)
		return mg_fail(err, MGREG_RESOURCE_EXHAUSTED, "%s: '%s' claims %lld bytes", p->path, p->name, (long long)out->size);
	return 0;
}

/* Bytes that came out so far, against the caps. */
static int
check_caps(const mg_pack *p, mgreg_error *err)
{
	la_int64_t in = mg_archive.archive_filter_bytes(p->archive, -1);

	if (p->entry_bytes > MAX_ENTRY || p->total > MAX_TOTAL)
		return mg_fail(err, MGREG_RESOURCE_EXHAUSTED, "%s: expands to too many bytes", p->path);
	if (p->ratio && p->total > RATIO_FROM && in >= 0 && p->total / p->ratio > (uint64_t)in)
		return mg_fail(err, MGREG_RESOURCE_EXHAUSTED, "%s: expands to more than %u times its size ('%s')", p->path, p->ratio,
			p->name);
	return 0;
}

int
mg_pack_read(mg_pack *p, void *buf, size_t size, size_t *got, mgreg_error *err)
{
	la_ssize_t n = ARCHIVE_RETRY;
	int rc;

	for (int tries = 0; n == ARCHIVE_RETRY && tries < MAX_RETRIES; tries++)
		n = mg_archive.archive_read_data(p->archive, buf, size);
	if (n < 0)
		return failed(p, err);
	p->entry_bytes += (uint64_t)n;
	p->total += (uint64_t)n;
	if ((rc = check_caps(p, err)) != 0)
		return rc;
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

/* A tar header of before POSIX has no magic; its checksum, in octal digits at 148, counts itself as blanks. */
static bool
is_old_tar(const char head[512])
{
	unsigned long sum = 0, stored = 0;
	int digits = 0;

	for (int i = 0; i < 512; i++)
		sum += i >= 148 && i < 156 ? ' ' : (unsigned char)head[i];
	for (int i = 148; i < 156; i++)
		if (head[i] >= '0' && head[i] <= '7') {
			stored = stored * 8 + (unsigned long)(head[i] - '0');
			digits++;
		}
	return digits >= 4 && head[0] && sum == stored;
}

bool
mg_pack_is_archive(const char *path)
{
	static const struct { size_t at, len; const char *bytes; } magics[] = {
		{ 0, 2, "\x1f\x8b" }, { 0, 3, "BZh" }, { 0, 6, "\xfd" "7zXZ" }, { 0, 4, "\x28\xb5\x2f\xfd" }, { 0, 4, "\x04\x22\x4d\x18" },
		{ 0, 4, "PK\3\4" }, { 0, 4, "PK\5\6" }, { 257, 5, "ustar" },
	};
	char head[512];
	mg_file file;
	size_t n;
	bool is = false;

	if (mg_is_dir(path) || mg_file_open(&file, path, NULL) != 0)
		return false;
	n = (size_t)MG_MIN(file.size, (uint64_t)sizeof(head));
	if (n && mg_file_pread(&file, head, n, 0, NULL) == 0) {
		for (size_t i = 0; i < MG_COUNT(magics) && !is; i++)
			is = magics[i].at + magics[i].len <= n && !memcmp(head + magics[i].at, magics[i].bytes, magics[i].len);
		is = is || (n == sizeof(head) && is_old_tar(head));
	}
	mg_file_close(&file);
	return is;
}
