/* SPDX-License-Identifier: Apache-2.0 */
/* resource.c - the named things of a session, by kind, container and name; paths its kernels may reach. */
#include "base/base.h"
#include "base/map.h"
#include "base/str.h"
#include "runtime/runtime_internal.h"

int
mg_session_resource(mg_session *s, const char *container, const char *name, const char *kind,
	int (*make)(void *arg, mg_object **out, mgreg_error *err), void *arg, mg_object **out, mgreg_error *err)
{
	mg_str key = MG_STR_INIT;
	mg_object *found, *made = NULL;
	int rc = 0;

	s = s->top;
	mg_str_printf(&key, "%s\1%s\1%s", kind, container ? container : "", name);
	if ((rc = mg_str_check(&key, err)) != 0)
		return rc;
	mg_lock(&s->mutex);
	found = mg_map_find(&s->resources, key.ptr);
	if (!found) {
		MG_TRY(make(arg, &made, err));
		if (!mg_map_set(&s->resources, key.ptr, made)) {
			mg_object_unref(made);
			rc = mg_fail_nomem(err, key.len);
			goto out;
		}
		found = made;
	}
	*out = mg_object_ref(found);
out:
	mg_unlock(&s->mutex);
	mg_str_clear(&key);
	return rc;
}

int
mg_session_check_path(mg_session *s, const char *path, mgreg_error *err)
{
	int rc;

	s = s->top;
	mg_lock(&s->mutex);
	rc = mg_roots_check(&s->roots, path, err);
	mg_unlock(&s->mutex);
	return rc;
}
