/* SPDX-License-Identifier: Apache-2.0 */
/*
 * restore.c - the restore op, run with a prefix, once what it would read is known to be there and to fit.
 *
 * An object-based checkpoint names its tensors by their place among objects; where a key is missing in one, its object
 * graph tells the name that the variable had, and the variables are set one by one.
 */
#include "base/base.h"
#include "saver/saver_internal.h"

/* ---- one variable ---- */

static bool
fits(const mg_shape *want, const mg_shape *have)
{
	if (!want || want->rank < 0)
		return true;
	if (want->rank != have->rank)
		return false;
	for (int i = 0; i < want->rank; i++)
		if (mg_shape_dim(want, i) >= 0 && mg_shape_dim(want, i) != mg_shape_dim(have, i))
			return false;
	return true;
}

mg_restore_fault
mg_restore_item_check(const mg_restore_item *item, mg_ckpt *ckpt, const char *key, mg_ckpt_entry *entry)
{
	mg_shape full = MG_SHAPE_SCALAR, part = MG_SHAPE_SCALAR;
	mg_restore_fault fault = MG_FAULT_NONE;
	mg_arena arena = { 0 };
	bool has_slice = false;
	mg_tslice slice;

	if (mg_ckpt_find(ckpt, key, entry, NULL) != 0)
		return MG_FAULT_MISSING;
	if (mg_dtype_base(entry->dtype) != item->dtype)
		return MG_FAULT_TYPE;
	if (mg_tslice_parse_spec(item->slice, strlen(item->slice), &full, &slice, &has_slice, &arena, NULL) != 0)
		fault = MG_FAULT_NONE;          /* the op itself says what is wrong with the spec */
	else if (!has_slice)
		fault = fits(item->shape, &entry->shape) ? MG_FAULT_NONE : MG_FAULT_SHAPE;
	else if (!mg_shape_equal(&full, &entry->shape)
		 || (mg_tslice_shape(&slice, &full, &part, NULL) == 0 && !fits(item->shape, &part)))
		fault = MG_FAULT_SHAPE;
	mg_shape_clear(&full);
	mg_shape_clear(&part);
	mg_arena_clear(&arena);
	return fault;
}

int
mg_restore_item_apply(const mg_restore_item *item, mg_session *session, mg_ckpt *ckpt, const char *key, mgreg_error *err)
{
	mg_arena arena = { 0 };
	mg_shape full = MG_SHAPE_SCALAR;
	mg_tslice slice;
	mg_tensor value = { 0 };
	bool has_slice = false;
	int rc;

	MG_TRY(mg_tslice_parse_spec(item->slice, strlen(item->slice), &full, &slice, &has_slice, &arena, err));
	MG_TRY(mg_ckpt_read(ckpt, key, has_slice ? &slice : NULL, &value, err));
	MG_TRY(mg_wrap(err, mg_session_variable_set(session, item->variable, &value, err), "variable '%s'", item->variable));
out:
	mg_tensor_clear(&value);
	mg_shape_clear(&full);
	mg_arena_clear(&arena);
	return rc;
}

/* ---- all of them ---- */

typedef struct faults { int missing, wrong, first_missing, first_wrong; } faults;

static void
check_items(const mg_restore_item *items, int count, mg_ckpt *ckpt, const mg_map *names, faults *f)
{
	mg_ckpt_entry entry;

	*f = (faults){ 0, 0, -1, -1 };
	for (int i = 0; i < count; i++) {
		const char *key = names ? mg_map_find(names, items[i].key) : items[i].key;
		mg_restore_fault fault = key ? mg_restore_item_check(&items[i], ckpt, key, &entry) : MG_FAULT_MISSING;

		if (fault == MG_FAULT_MISSING) {
			f->first_missing = f->missing++ ? f->first_missing : i;
		} else if (fault != MG_FAULT_NONE) {
			f->first_wrong = f->wrong++ ? f->first_wrong : i;
		}
	}
}

static int
fail_missing(const mg_restore_item *items, int count, mg_ckpt *ckpt, const mg_map *names, const faults *f, const char *prefix, mgreg_error *err)
{
	mg_ckpt_entry entry;
	int rc = mg_fail(err, MGREG_NOT_FOUND, "restoring from '%s' failed, probably because a variable name or another key of the graph "
		"is missing in the checkpoint: %d of %d keys are not in it, '%s' first; nothing was restored", prefix, f->missing, count,
		items[f->first_missing].key);

	for (int i = 0; err && i < count; i++) {
		const char *key = names ? mg_map_find(names, items[i].key) : items[i].key;

		if (!key || mg_ckpt_find(ckpt, key, &entry, NULL) != 0)
			mg_error_item(err, "%s", items[i].key);
	}
	return rc;
}

static int
fail_wrong(const mg_restore_item *items, int count, mg_ckpt *ckpt, const mg_map *names, const faults *f, const char *prefix, mgreg_error *err)
{
	const mg_restore_item *item = &items[f->first_wrong];
	const char *key = names ? mg_map_find(names, item->key) : item->key;
	char a[256], b[256];
	mg_ckpt_entry e;
	int rc;

	if (mg_restore_item_check(item, ckpt, key, &e) == MG_FAULT_TYPE)
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "restoring from '%s' failed, probably because graph and checkpoint do not match: "
			"tensor '%s', dtype %s, is restored as %s; nothing was restored", prefix, key, mg_dtype_name(e.dtype), mg_dtype_name(item->dtype));
	else
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "restoring from '%s' failed, probably because graph and checkpoint do not match: "
			"tensor '%s' has shape %s, variable '%s' takes %s%s%s; nothing was restored", prefix, key, mg_shape_text(&e.shape, a),
			item->variable, item->shape ? mg_shape_text(item->shape, b) : "any", item->slice[0] ? " of " : "", item->slice);
	for (int i = 0; err && i < count; i++) {
		mg_restore_fault fault;

		key = names ? mg_map_find(names, items[i].key) : items[i].key;
		fault = key ? mg_restore_item_check(&items[i], ckpt, key, &e) : MG_FAULT_MISSING;
		if (fault == MG_FAULT_TYPE || fault == MG_FAULT_SHAPE)
			mg_error_item(err, "%s", items[i].key);
	}
	return rc;
}

/* By the names that variables had when an object-based checkpoint was written. */
static int
restore_objects(mg_session *session, mg_ckpt *ckpt, const mg_restore_item *items, int count, const mg_map *names, const char *prefix,
	mgreg_error *err)
{
	faults f;
	int rc = 0;

	check_items(items, count, ckpt, names, &f);
	if (f.missing)
		return fail_missing(items, count, ckpt, names, &f, prefix, err);
	if (f.wrong)
		return fail_wrong(items, count, ckpt, names, &f, prefix, err);
	for (int i = 0; i < count && rc == 0; i++)
		rc = mg_restore_item_apply(&items[i], session, ckpt, mg_map_find(names, items[i].key), err);
	return rc;
}

static int
explain(int rc, const char *prefix, mgreg_error *err)
{
	if (rc == MGREG_NOT_FOUND)
		return mg_wrap(err, rc, "restoring from '%s' failed, probably because a variable name or another key of the graph "
			"is missing in the checkpoint", prefix);
	if (rc == MGREG_INVALID_ARGUMENT)
		return mg_wrap(err, rc, "restoring from '%s' failed, probably because graph and checkpoint do not match", prefix);
	return rc;
}

static int
run_restore(mg_saver *s, mg_session *session, const mg_resolver *resolver, const char *prefix, mgreg_error *err)
{
	mg_resolver before = *mg_session_resolver(session);
	mg_tensor name = { 0 };
	mg_feed feed = { s->filename, &name };
	int rc = mg_tensor_init_string(&name, prefix, strlen(prefix), err);

	if (rc)
		return rc;
	if (resolver)
		mg_session_set_resolver(session, resolver);
	rc = mg_session_run(session, &feed, 1, NULL, 0, &s->restore, 1, NULL, err);
	if (resolver)
		mg_session_set_resolver(session, &before);
	mg_tensor_clear(&name);
	return rc ? explain(rc, prefix, err) : 0;
}

int
mg_saver_restore(mg_saver *s, mg_session *session, const mg_resolver *resolver, const char *prefix, mgreg_error *err)
{
	const mg_resolver *from = resolver ? resolver : mg_session_resolver(session);
	mg_restore_item *items = NULL;
	mg_arena arena = { 0 };
	mg_ckpt *ckpt = NULL;
	mg_map names = { 0 };
	bool by_objects = false;
	int count = 0, rc = 0;
	faults f;

	if (s->deferred)
		return mg_fail(err, MGREG_FAILED_PRECONDITION, "the saver's nodes are not built yet: build it before it restores");
	if (!s->record)
		return 0;
	if (!prefix)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "no checkpoint to restore from");
	MG_TRY(mg_wrap(err, from->open(from->ctx, prefix, MG_CKPT_READ, NULL, &ckpt, err), "restoring from '%s' failed", prefix));
	if (mg_saver_items(s, &arena, &items, &count, NULL) != 0)
		count = 0;      /* names that the graph computes: only the op itself can tell */
	check_items(items, count, ckpt, NULL, &f);
	if (f.missing) {
		MG_TRY(mg_object_names(ckpt, &arena, &names, &by_objects, err));
		if (!by_objects) {
			rc = fail_missing(items, count, ckpt, NULL, &f, prefix, err);
			goto out;
		}
		MG_TRY(restore_objects(session, ckpt, items, count, &names, prefix, err));
		goto out;
	}
	if (f.wrong) {
		rc = fail_wrong(items, count, ckpt, NULL, &f, prefix, err);
		goto out;
	}
	mg_ckpt_close(ckpt);
	ckpt = NULL;
	rc = run_restore(s, session, resolver, prefix, err);
out:
	mg_ckpt_close(ckpt);
	mg_map_clear(&names);
	mg_arena_clear(&arena);
	return rc;
}
