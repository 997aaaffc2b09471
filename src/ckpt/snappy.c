/* SPDX-License-Identifier: Apache-2.0 */
/* snappy.c - the only file that knows libsnappy, opened on first use. */
#include "base/base.h"
#include <snappy-c.h>
#include "base/dl.h"
#include "ckpt/ckpt_internal.h"

#define CALLS(X) X(snappy_uncompressed_length) X(snappy_uncompress)
static struct {
#define X(f) __typeof__(f) *f;
	CALLS(X)
#undef X
} snappy;
static const char *const names[] = {
#define X(f) #f,
	CALLS(X)
#undef X
};
static mg_dl lib = {
	.soname = MG_SONAME_SNAPPY, .package = "libsnappy1v5",
	.names = names, .count = MG_COUNT(names), .calls = &snappy,
};

#define MAX_RATIO 64    /* no Snappy stream expands further; a claim beyond it is a lie */

int
mg_snappy_decode(const void *data, size_t size, size_t limit, mg_str *out, mgreg_error *err)
{
	size_t length = 0;
	int rc;

	if ((rc = mg_dl_load(&lib, err)) != 0)
		return rc;
	if (snappy.snappy_uncompressed_length(data, size, &length) != SNAPPY_OK)
		return mg_fail(err, MGREG_DATA_LOSS, "the block is no Snappy stream");
	if (length > limit || length / MAX_RATIO > size)
		return mg_fail(err, MGREG_DATA_LOSS, "a Snappy stream of %zu bytes claims to hold %zu", size, length);
	mg_str_reset(out);
	mg_str_reserve(out, length);
	if ((rc = mg_str_check(out, err)) != 0)
		return rc;
	if (snappy.snappy_uncompress(data, size, out->ptr, &length) != SNAPPY_OK)
		return mg_fail(err, MGREG_DATA_LOSS, "the block's Snappy stream is damaged");
	out->len = length;
	out->ptr[length] = '\0';
	return 0;
}
