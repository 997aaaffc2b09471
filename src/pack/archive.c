/* SPDX-License-Identifier: Apache-2.0 */
/* archive.c - libarchive, opened on first use. */
#include "base/base.h"
#include "base/dl.h"
#include "pack/archive.h"

struct mg_archive_calls mg_archive;

static const char *const names[] = {
#define X(f) #f,
	MG_ARCHIVE_CALLS(X)
#undef X
};
static mg_dl lib = {
	.soname = MG_SONAME_ARCHIVE, .package = "libarchive13",
	.names = names, .count = MG_COUNT(names), .calls = &mg_archive,
};

int
mg_archive_load(mgreg_error *err)
{
	return mg_dl_load(&lib, err);
}
