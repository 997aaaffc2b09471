/* SPDX-License-Identifier: Apache-2.0 */
/* archive.h - libarchive's calls as the files of layer pack see them, opened late (archive.c). */
#ifndef MG_PACK_ARCHIVE_H
#define MG_PACK_ARCHIVE_H

#include <archive.h>
#include <archive_entry.h>

#define MG_ARCHIVE_CALLS(X) \
	X(archive_read_new) X(archive_read_free) X(archive_read_support_format_tar) X(archive_read_support_format_zip) \
	X(archive_read_support_filter_gzip) X(archive_read_support_filter_bzip2) X(archive_read_support_filter_xz) \
	X(archive_read_support_filter_zstd) X(archive_read_support_filter_lz4) X(archive_read_open_filename) \
	X(archive_read_next_header) X(archive_read_data) X(archive_error_string) X(archive_filter_count) \
	X(archive_entry_pathname) X(archive_entry_size) X(archive_entry_size_is_set) X(archive_entry_filetype) \
	X(archive_entry_hardlink) X(archive_entry_is_encrypted) X(archive_entry_pathname_utf8) X(archive_entry_mtime) \
	X(archive_filter_bytes) X(archive_write_new) X(archive_write_free) X(archive_write_set_format_pax_restricted) \
	X(archive_write_add_filter_zstd) X(archive_write_set_bytes_per_block) X(archive_write_set_bytes_in_last_block) \
	X(archive_write_open) X(archive_write_header) X(archive_write_data) X(archive_write_close) X(archive_entry_new) \
	X(archive_entry_free) X(archive_entry_clear) X(archive_entry_set_pathname) X(archive_entry_set_size) \
	X(archive_entry_set_filetype) X(archive_entry_set_perm) X(archive_entry_set_mtime)

struct mg_archive_calls {
#define X(f) __typeof__(f) *f;
	MG_ARCHIVE_CALLS(X)
#undef X
};
extern struct mg_archive_calls mg_archive;
int mg_archive_load(mgreg_error *err);
#endif
