/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pack_write.c - tar archives whose bytes follow from their contents alone: owner 0, mode 0644, times and order given by
 * the caller.  The file appears whole or not at all.
 */
#include "base/base.h"
#include "base/file.h"
#include "pack/archive.h"
#include "pack/pack.h"

struct mg_pack_writer {
	struct archive       *archive;
	struct archive_entry *entry;
	mg_writer    file;
	bool         open;              /* FILE is */
	mgreg_error *err;               /* of the call under way: the callback's failures */
	int          rc;
	int64_t      left;              /* of the current entry */
};

static la_ssize_t
take_bytes(struct archive *a, void *ctx, const void *data, size_t size)
{
	mg_pack_writer *w = ctx;

	(void)a;
	if ((w->rc = mg_writer_write(&w->file, data, size, w->err)) != 0)
		return -1;
	return (la_ssize_t)size;
}

/* What libarchive says is its own failure, or that of the callback, which then has filled ERR. */
static int
check(mg_pack_writer *w, int r, mgreg_error *err)
{
	const char *text;

	if (r >= ARCHIVE_OK || r == ARCHIVE_WARN)
		return 0;
	if (w->rc)
		return w->rc;
	text = mg_archive.archive_error_string(w->archive);
	return mg_fail_because(err, MGREG_UNKNOWN, MGREG_REASON_IO, "%s: %s", w->file.path, text ? text : "the archive cannot be written");
}

int
mg_pack_create(mg_pack_writer **out, const char *path, bool zstd, mgreg_error *err)
{
	mg_pack_writer *w;
	int rc;

	if ((rc = mg_archive_load(err)) != 0)
		return rc;
	if ((w = mg_calloc(1, sizeof(*w))) == NULL)
		return mg_fail_nomem(err, sizeof(*w));
	w->file.fd = -1;
	w->err = err;
	MG_TRY(mg_writer_open(&w->file, path, err));
	w->open = true;
	w->archive = mg_archive.archive_write_new();
	w->entry = mg_archive.archive_entry_new();
	if (!w->archive || !w->entry) {
		rc = mg_fail_nomem(err, 0);
		goto out;
	}
	if (mg_archive.archive_write_set_format_pax_restricted(w->archive) != ARCHIVE_OK
			|| (zstd && mg_archive.archive_write_add_filter_zstd(w->archive) != ARCHIVE_OK)) {
		rc = mg_fail_because(err, MGREG_UNIMPLEMENTED, MGREG_REASON_UNSUPPORTED, "libarchive cannot write %s", zstd ? "tar.zst" : "tar");
		goto out;
	}
	MG_TRY(check(w, mg_archive.archive_write_set_bytes_per_block(w->archive, 10240), err));
	MG_TRY(check(w, mg_archive.archive_write_set_bytes_in_last_block(w->archive, zstd ? 1 : 10240), err));
	MG_TRY(check(w, mg_archive.archive_write_open(w->archive, w, NULL, take_bytes, NULL), err));
	*out = w;
out:
	if (rc)
		mg_pack_writer_free(w);
	return rc;
}

int
mg_pack_add(mg_pack_writer *w, const char *name, int64_t size, int64_t mtime, mgreg_error *err)
{
	w->err = err;
	mg_archive.archive_entry_clear(w->entry);
	mg_archive.archive_entry_set_pathname(w->entry, name);
	mg_archive.archive_entry_set_size(w->entry, size);
	mg_archive.archive_entry_set_filetype(w->entry, AE_IFREG);
	mg_archive.archive_entry_set_perm(w->entry, 0644);
	mg_archive.archive_entry_set_mtime(w->entry, mtime, 0);
	w->left = size;
	return check(w, mg_archive.archive_write_header(w->archive, w->entry), err);
}

int
mg_pack_put(mg_pack_writer *w, const void *data, size_t size, mgreg_error *err)
{
	la_ssize_t n;

	w->err = err;
	assert((int64_t)size <= w->left);
	w->left -= (int64_t)size;
	for (const char *at = data; size; at += n, size -= (size_t)n)
		if ((n = mg_archive.archive_write_data(w->archive, at, size)) <= 0)
			return check(w, n < 0 ? (int)n : ARCHIVE_FATAL, err);
	return 0;
}

int
mg_pack_finish(mg_pack_writer *w, mgreg_error *err)
{
	int rc;

	w->err = err;
	if ((rc = check(w, mg_archive.archive_write_close(w->archive), err)) != 0)
		return rc;
	w->open = false;
	return mg_writer_commit(&w->file, err);
}

void
mg_pack_writer_free(mg_pack_writer *w)
{
	if (w == NULL)
		return;
	w->err = NULL;
	if (w->archive)
		(void)mg_archive.archive_write_free(w->archive);        /* closes: bytes may go to the file, which then goes */
	if (w->entry)
		mg_archive.archive_entry_free(w->entry);
	if (w->open)
		mg_writer_abandon(&w->file);
	mg_free(w);
}
