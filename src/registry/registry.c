/* SPDX-License-Identifier: Apache-2.0 */
/* registry.c - opening and closing a registry: the store behind the public handle. */
#include "base/base.h"
#include "registry/registry.h"

static mg_store_options
translate(const mgreg_store_options *o)
{
	mg_store_options s = MG_STORE_OPTIONS_INIT;

	if (!o)
		return s;
	assert(o->size == sizeof(*o));
	s.read_only = o->read_only;
	s.stranger = o->stranger;
	s.timeout = o->timeout;
	s.actor = o->actor;
	s.journal = o->journal;
	s.placement = o->placement;
	s.page_size = o->page_size;
	return s;
}

int
mgreg_store_create(mgreg_store **out, const char *path, const mgreg_store_options *options, mgreg_error *err)
{
	mg_store_options s = translate(options);

	return mg_store_create(out, path, &s, err);
}

int
mgreg_store_open(mgreg_store **out, const char *path, const mgreg_store_options *options, mgreg_error *err)
{
	mg_store_options s = translate(options);

	return mg_store_open(out, path, &s, err);
}

void
mgreg_store_close(mgreg_store *store)
{
	mg_store_close(store);
}

int
mgreg_store_info(mgreg_store *store, mgreg_pair_fn *each, void *ctx, mgreg_error *err)
{
	return mg_store_info(store, each, ctx, err);
}

int
mgreg_store_settings_each(mgreg_store *store, mgreg_pair_fn *each, void *ctx, mgreg_error *err)
{
	return mg_setting_each(store, each, ctx, err);
}

int
mgreg_store_setting_set(mgreg_store *store, const char *key, const char *value, mgreg_error *err)
{
	return mg_setting_set(store, key, value, err);
}

int
mgreg_store_fsck(mgreg_store *store, mgreg_fsck_level level, mgreg_pair_fn *each, void *ctx, int64_t *problems, mgreg_error *err)
{
	return mg_store_fsck(store, level == MGREG_FSCK_QUICK, each, ctx, problems, err);
}
