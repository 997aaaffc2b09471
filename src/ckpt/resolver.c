/* SPDX-License-Identifier: Apache-2.0 */
/* resolver.c - the default resolver: names are files below a list of roots. */
#include "base/base.h"
#include "base/path.h"
#include "ckpt/ckpt_internal.h"

static int
check(void *ctx, const char *prefix, mgreg_error *err)
{
	return ctx ? mg_roots_check(ctx, prefix, err) : 0;
}

static int
open_files(void *ctx, const char *prefix, mg_ckpt_mode mode, const char *format, mg_ckpt **out, mgreg_error *err)
{
	int rc;

	if ((rc = check(ctx, prefix, err)) != 0)
		return rc;
	return mode == MG_CKPT_READ ? mg_ckpt_open(out, prefix, err) : mg_ckpt_create(out, format, prefix, err);
}

static int
merge_files(void *ctx, const char *const *prefixes, int count, const char *dest, bool delete_old, mgreg_error *err)
{
	int rc;

	if ((rc = check(ctx, dest, err)) != 0)
		return rc;
	for (int i = 0; i < count; i++)
		if ((rc = check(ctx, prefixes[i], err)) != 0)
			return rc;
	return mg_bundle_merge(prefixes, count, dest, delete_old, err);
}

void
mg_resolver_files(mg_resolver *r, const struct mg_roots *roots)
{
	*r = (mg_resolver){ (void *)(uintptr_t)roots, open_files, merge_files };
}
