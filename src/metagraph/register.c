/* SPDX-License-Identifier: Apache-2.0 */
/* register.c - proto functions for collections of one's own, process-wide; the report of an export or import. */
#include "base/base.h"
#include "base/thread.h"
#include "metagraph/metagraph_internal.h"

static const mg_collection_row rows[] = {
#define MG_COLLECTION(key, kind, shared) { key, MG_RECORD_##kind, shared },
#include "metagraph/collections.def"
#undef MG_COLLECTION
};

const mg_collection_row *
mg_collection_row_find(const char *key)
{
	for (size_t i = 0; i < MG_COUNT(rows); i++)
		if (strcmp(rows[i].key, key) == 0)
			return &rows[i];
	return NULL;
}

/* Entries are never taken out, so what was found stays good without the lock. */
static mg_mutex lock = MG_MUTEX_INIT;
static mg_map registered;

const mg_proto_functions *
mg_proto_function_find(const char *key)
{
	const mg_proto_functions *f;

	mg_lock(&lock);
	f = mg_map_find(&registered, key);
	mg_unlock(&lock);
	return f;
}

int
mg_register_proto_function(const char *key, const mg_proto_functions *f, mgreg_error *err)
{
	mg_proto_functions *copy;
	int rc = 0;

	mg_lock(&lock);
	if (mg_collection_row_find(key) || mg_map_has(&registered, key)) {
		rc = mg_fail(err, MGREG_ALREADY_EXISTS, "collection '%s' has proto functions already", key);
	} else {
		copy = mg_memdup(f, sizeof(*f));
		if (copy && f->type_name && !(copy->type_name = mg_strdup(f->type_name))) {
			mg_free(copy);
			copy = NULL;
		}
		if (!copy || !mg_map_set(&registered, key, copy)) {
			if (copy)
				mg_free((char *)copy->type_name);
			mg_free(copy);
			rc = mg_fail_nomem(err, 0);
		}
	}
	mg_unlock(&lock);
	return rc;
}

/* ---- report ---- */

void
mg_report_add(mg_report *r, const char *fmt, ...)
{
	mg_str text = MG_STR_INIT;
	va_list args;
	char *line;

	if (!r)
		return;
	va_start(args, fmt);
	mg_str_vprintf(&text, fmt, args);
	va_end(args);
	line = mg_str_take(&text, NULL);
	if (line && !mg_vec_push(&r->lines, line))
		mg_free(line);
	mg_str_clear(&text);
}

void
mg_report_clear(mg_report *r)
{
	for (size_t i = 0; i < r->lines.len; i++)
		mg_free(r->lines.at[i]);
	mg_vec_clear(&r->lines);
}

/* ---- calling them ---- */

bool
mg_proto_has_to(const mg_proto_functions *f)
{
	return f->user ? f->user->to_proto != NULL : f->to_proto != NULL;
}

bool
mg_proto_has_from(const mg_proto_functions *f)
{
	return f->user ? f->user->from_proto != NULL : f->from_proto != NULL;
}

static void
put_bytes(void *to, const void *data, size_t size)
{
	mg_str_append(to, data, size);
}

int
mg_proto_to(const mg_proto_functions *f, void *object, const char *scope, mg_str *out, mgreg_error *err)
{
	return f->user ? f->user->to_proto(object, scope, put_bytes, out, err) : f->to_proto(object, scope, out, err);
}

int
mg_proto_from(const mg_proto_functions *f, mg_slice bytes, const char *scope, mg_graph *g, void **object, mgreg_error *err)
{
	return f->user ? f->user->from_proto(bytes.ptr, bytes.len, scope, g, object, err) : f->from_proto(bytes, scope, g, object, err);
}
