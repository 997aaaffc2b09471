/* SPDX-License-Identifier: Apache-2.0 */
/* registry.c - opening and closing a registry: the store behind the public handle. */
#include "base/base.h"
#include "store/store.h"

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
