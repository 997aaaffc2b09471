/* SPDX-License-Identifier: Apache-2.0 */
/*
 * collection.c - live collections <-> CollectionDef.
 *
 * What cannot be written is reported and its key left out, so that one odd item never costs the graph.
 */
#include "base/base.h"
#include "metagraph/metagraph_internal.h"

typedef MG_VEC(const mg_item *) item_vec;

/* ---- export ---- */

/* Items made after the snapshot do not belong to it. */
static bool
in_snapshot(const mg_exporter *x, const mg_item *item)
{
	int limit = x->o->node_count;
	const mg_node *n = NULL;

	if (limit < 0)
		return true;
	if (item->kind == MG_ITEM_NODE)
		n = item->node;
	else if (item->kind == MG_ITEM_TENSOR)
		n = item->tensor.node;
	else if (item->kind == MG_ITEM_RECORD && item->record_kind == MG_RECORD_VARIABLE)
		n = mg_graph_find(x->g, ((const mg_variable_record *)item->record)->initializer_name);
	return !n || n->id < limit;
}

static bool
keeps_item(const mg_exporter *x, const mg_item *item)
{
	const char *name;

	if (!in_snapshot(x, item))
		return false;
	if (item->kind == MG_ITEM_BYTES && item->is_text)
		name = item->bytes.ptr;
	else
		name = mg_item_name(item, x->arena);
	return !name || mg_exporter_keeps(x, name);
}

static Pb__CollectionDef__BytesList *
bytes_list(Pb__CollectionDef *d, size_t room, mg_arena *arena)
{
	Pb__CollectionDef__BytesList *list = mg_msg_new(arena, &pb__collection_def__bytes_list__descriptor);

	if (!list || !(list->value = mg_arena_zalloc(arena, room + 1, sizeof(*list->value))))
		return NULL;
	d->kind_case = PB__COLLECTION_DEF__KIND_BYTES_LIST;
	d->bytes_list = list;
	return list;
}

static bool
append_bytes(Pb__CollectionDef__BytesList *list, mg_arena *arena, const mg_str *s)
{
	void *copy = s->len ? mg_arena_memdup(arena, s->ptr, s->len) : NULL;

	if (s->len && !copy)
		return false;
	list->value[list->n_value++] = (ProtobufCBinaryData){ s->len, copy };
	return true;
}

/* Items of a key with records: messages; the kind stays unset if all are out of scope. */
static int
records_to_def(mg_exporter *x, enum mg_record_kind kind, const item_vec *items, Pb__CollectionDef *d, mgreg_error *err)
{
	mg_namer n = { .scope = x->o->scope, .arena = x->arena };
	Pb__CollectionDef__BytesList *list = NULL;
	mg_str text = MG_STR_INIT;
	int rc = 0;

	for (size_t i = 0; i < items->len; i++) {
		const mg_item *item = items->at[i];
		mg_msg *def;

		if (item->kind != MG_ITEM_RECORD || item->record_kind != kind) {
			rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "item %zu is not what the collection holds", i);
			goto out;
		}
		MG_TRY(mg_record_to_def(kind, item->record, item->user, &n, &def, err));
		if (!def)
			continue;
		mg_str_reset(&text);
		/* Maps may have been written in any order: what still says the same keeps its bytes. */
		if (item->user && item->bytes.ptr && mg_msg_equal(def, item->user, NULL, NULL))
			mg_str_append(&text, item->bytes.ptr, item->bytes.len);
		else
			MG_TRY(mg_msg_encode(def, &text, err));
		MG_TRY(mg_str_check(&text, err));
		if ((!list && !(list = bytes_list(d, items->len, x->arena))) || !append_bytes(list, x->arena, &text)) {
			rc = mg_fail_nomem(err, 0);
			goto out;
		}
	}
out:
	mg_str_clear(&text);
	return rc;
}

/* The same for functions of the user's. */
static int
objects_to_def(mg_exporter *x, const mg_proto_functions *f, const item_vec *items, Pb__CollectionDef *d, mgreg_error *err)
{
	Pb__CollectionDef__BytesList *list = NULL;
	mg_str text = MG_STR_INIT;
	int rc = 0;

	for (size_t i = 0; i < items->len; i++) {
		if (items->at[i]->kind != MG_ITEM_USER) {
			rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "item %zu is not an object of the registered type", i);
			goto out;
		}
		mg_str_reset(&text);
		MG_TRY(mg_proto_to(f, items->at[i]->user, x->o->scope, &text, err));
		MG_TRY(mg_str_check(&text, err));
		if (text.len == 0)
			continue;
		if ((!list && !(list = bytes_list(d, items->len, x->arena))) || !append_bytes(list, x->arena, &text)) {
			rc = mg_fail_nomem(err, 0);
			goto out;
		}
	}
out:
	mg_str_clear(&text);
	return rc;
}

static int
mixed(size_t i, mgreg_error *err)
{
	return mg_fail(err, MGREG_INVALID_ARGUMENT, "item %zu is of another kind than the first", i);
}

static int
nodes_to_def(mg_exporter *x, const item_vec *items, Pb__CollectionDef *d, mgreg_error *err)
{
	mg_namer n = { .scope = x->o->scope, .arena = x->arena };
	Pb__CollectionDef__NodeList *list = mg_msg_new(x->arena, &pb__collection_def__node_list__descriptor);

	if (!list || !(list->value = mg_arena_zalloc(x->arena, items->len + 1, sizeof(*list->value))))
		return mg_fail_nomem(err, 0);
	for (size_t i = 0; i < items->len; i++) {
		const char *name = mg_item_name(items->at[i], x->arena);

		if (!name)
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "item %zu has no name", i);
		if (mg_namer_has(&n, name))
			list->value[list->n_value++] = mg_namer_field(&n, name);
	}
	d->kind_case = PB__COLLECTION_DEF__KIND_NODE_LIST;
	d->node_list = list;
	return mg_namer_check(&n, err);
}

static int
strings_to_def(mg_exporter *x, const item_vec *items, Pb__CollectionDef *d, mgreg_error *err)
{
	Pb__CollectionDef__BytesList *list = bytes_list(d, items->len, x->arena);

	if (!list)
		return mg_fail_nomem(err, 0);
	for (size_t i = 0; i < items->len; i++) {
		const mg_item *item = items->at[i];

		if (item->kind != MG_ITEM_BYTES)
			return mixed(i, err);
		list->value[list->n_value++] = (ProtobufCBinaryData){ item->bytes.len, (uint8_t *)item->bytes.ptr };
	}
	return 0;
}

static int
ints_to_def(mg_exporter *x, const item_vec *items, Pb__CollectionDef *d, mgreg_error *err)
{
	Pb__CollectionDef__Int64List *list = mg_msg_new(x->arena, &pb__collection_def__int64_list__descriptor);

	if (!list || !(list->value = mg_arena_zalloc(x->arena, items->len + 1, sizeof(*list->value))))
		return mg_fail_nomem(err, 0);
	for (size_t i = 0; i < items->len; i++) {
		if (items->at[i]->kind != MG_ITEM_INT)
			return mixed(i, err);
		list->value[list->n_value++] = items->at[i]->i;
	}
	d->kind_case = PB__COLLECTION_DEF__KIND_INT64_LIST;
	d->int64_list = list;
	return 0;
}

static int
floats_to_def(mg_exporter *x, const item_vec *items, Pb__CollectionDef *d, mgreg_error *err)
{
	Pb__CollectionDef__FloatList *list = mg_msg_new(x->arena, &pb__collection_def__float_list__descriptor);

	if (!list || !(list->value = mg_arena_zalloc(x->arena, items->len + 1, sizeof(*list->value))))
		return mg_fail_nomem(err, 0);
	for (size_t i = 0; i < items->len; i++) {
		const mg_item *item = items->at[i];

		if (item->kind != MG_ITEM_FLOAT && item->kind != MG_ITEM_INT)
			return mixed(i, err);
		list->value[list->n_value++] = (float)(item->kind == MG_ITEM_INT ? (double)item->i : item->f);
	}
	d->kind_case = PB__COLLECTION_DEF__KIND_FLOAT_LIST;
	d->float_list = list;
	return 0;
}

static int
anys_to_def(mg_exporter *x, const item_vec *items, Pb__CollectionDef *d, mgreg_error *err)
{
	Pb__CollectionDef__AnyList *list = mg_msg_new(x->arena, &pb__collection_def__any_list__descriptor);

	if (!list || !(list->value = mg_arena_zalloc(x->arena, items->len + 1, sizeof(*list->value))))
		return mg_fail_nomem(err, 0);
	for (size_t i = 0; i < items->len; i++) {
		const mg_item *item = items->at[i];
		Pb__Any *any;

		if (item->kind != MG_ITEM_ANY)
			return mixed(i, err);
		if (!(any = mg_msg_new(x->arena, &pb__any__descriptor)))
			return mg_fail_nomem(err, 0);
		any->type_url = (char *)(item->type_url ? item->type_url : "");
		any->value = (ProtobufCBinaryData){ item->bytes.len, (uint8_t *)item->bytes.ptr };
		list->value[list->n_value++] = any;
	}
	d->kind_case = PB__COLLECTION_DEF__KIND_ANY_LIST;
	d->any_list = list;
	return 0;
}

static int
items_to_def(mg_exporter *x, const item_vec *items, Pb__CollectionDef *d, mgreg_error *err)
{
	switch (items->at[0]->kind) {
	case MG_ITEM_BYTES:
		return strings_to_def(x, items, d, err);
	case MG_ITEM_INT:
		return ints_to_def(x, items, d, err);
	case MG_ITEM_FLOAT:
		return floats_to_def(x, items, d, err);
	case MG_ITEM_ANY:
		return anys_to_def(x, items, d, err);
	default:
		return nodes_to_def(x, items, d, err);
	}
}

/* Graphs of releases that did not register a key yet have it as a list of names: then no item is a record. */
static bool
has_record(const item_vec *items)
{
	for (size_t i = 0; i < items->len; i++)
		if (items->at[i]->kind == MG_ITEM_RECORD)
			return true;
	return false;
}

static int
only_this_saver(mg_exporter *x, Pb__CollectionDef *d, mgreg_error *err)
{
	Pb__CollectionDef__BytesList *list = bytes_list(d, 1, x->arena);
	mg_str text = MG_STR_INIT;
	int rc = list ? mg_msg_encode(x->saver_def, &text, err) : mg_fail_nomem(err, 0);

	if (rc == 0 && !append_bytes(list, x->arena, &text))
		rc = mg_fail_nomem(err, 0);
	mg_str_clear(&text);
	return rc;
}

int
mg_export_collection(mg_exporter *x, const char *key, Pb__MetaGraphDef *m, mgreg_error *err)
{
	const mg_collection_row *row = mg_collection_row_find(key);
	const mg_proto_functions *f = row ? NULL : mg_proto_function_find(key);
	Pb__MetaGraphDef__CollectionDefEntry *e = NULL;
	Pb__CollectionDef *d = NULL;
	mgreg_error why = { 0 };
	item_vec items = { 0 };
	int rc = 0, count = mg_collection_count(x->g, key);
	bool saver = x->o->clear_extraneous_savers && x->saver_def && strcmp(key, "savers") == 0;

	for (int i = 0; i < count; i++) {
		const mg_item *item = mg_collection_item(x->g, key, i);

		if (keeps_item(x, item) && !mg_vec_push(&items, item)) {
			rc = mg_fail_nomem(err, 0);
			goto out;
		}
	}
	if (items.len == 0 && !saver)
		goto out;
	e = mg_msg_new(x->arena, &pb__meta_graph_def__collection_def_entry__descriptor);
	d = mg_msg_new(x->arena, &pb__collection_def__descriptor);
	if (!e || !d || !(e->key = mg_arena_strdup(x->arena, key))) {
		rc = mg_fail_nomem(err, 0);
		goto out;
	}
	e->value = d;
	if (saver)
		rc = only_this_saver(x, d, &why);
	else if (row && has_record(&items))
		rc = records_to_def(x, row->kind, &items, d, &why);
	else if (f && mg_proto_has_to(f))
		rc = objects_to_def(x, f, &items, d, &why);
	else
		rc = items_to_def(x, &items, d, &why);
	if (rc && why.code != MGREG_RESOURCE_EXHAUSTED) {
		mg_report_add(x->o->report, "collection '%s' is not written: %s", key, why.text);
		rc = 0;
		goto out;
	}
	if (rc) {
		if (err)
			*err = why;
		goto out;
	}
	if (!mg_msg_append(x->arena, &m->collection_def, &m->n_collection_def, e))
		rc = mg_fail_nomem(err, 0);
out:
	mg_vec_clear(&items);
	return rc;
}

/* ---- import ---- */

typedef struct restorer {
	mg_graph   *g;
	mg_namer    namer;
	const mg_metagraph_import_options *o;
	bool        old_trainable;      /* written before 1.9: which collection decides */
	mg_map      shared;             /* bytes of a VariableDef -> the item made of them */
} restorer;

static int
record_item(restorer *r, const char *key, enum mg_record_kind kind, const ProtobufCBinaryData *bytes, mg_item *item, mgreg_error *err)
{
	mg_msg *def;
	void *record;
	char *raw;
	int rc;

	raw = mg_arena_strndup(mg_graph_arena(r->g), bytes->len ? (const char *)bytes->data : "", bytes->len);
	if (!raw)
		return mg_fail_nomem(err, bytes->len);
	if ((rc = mg_msg_decode(mg_record_type(kind), bytes->data, bytes->len, mg_graph_arena(r->g), &def, err)) != 0)
		return rc;
	if ((rc = mg_record_from_def(kind, def, r->g, &r->namer, &record, err)) != 0)
		return rc;
	if (kind == MG_RECORD_VARIABLE && r->old_trainable)
		((mg_variable_record *)record)->trainable = strcmp(key, "trainable_variables") == 0;
	*item = (mg_item){ .kind = MG_ITEM_RECORD, .record_kind = kind, .record = record, .user = def, .bytes = { raw, bytes->len } };
	return 0;
}

static int
restore_records(restorer *r, const char *key, const mg_collection_row *row, const Pb__CollectionDef__BytesList *list, mgreg_error *err)
{
	int rc;

	for (size_t i = 0; i < list->n_value; i++) {
		const ProtobufCBinaryData *b = &list->value[i];
		const mg_item *known = row->shared && b->len ? mg_map_findn(&r->shared, (const char *)b->data, b->len) : NULL;
		mg_item item = { 0 }, *kept;

		if (known) {
			item = *known;
		} else {
			if ((rc = record_item(r, key, row->kind, b, &item, err)) != 0)
				return mg_wrap(err, rc, "item %zu", i);
			kept = mg_arena_memdup(mg_graph_arena(r->g), &item, sizeof(item));
			if (!kept || (row->shared && b->len && !mg_map_setn(&r->shared, (const char *)b->data, b->len, kept)))
				return mg_fail_nomem(err, 0);
		}
		if ((rc = mg_collection_add(r->g, key, &item, err)) != 0)
			return rc;
	}
	return 0;
}

static int
restore_objects(restorer *r, const char *key, const mg_proto_functions *f, const Pb__CollectionDef__BytesList *list, mgreg_error *err)
{
	const char *scope = r->namer.scope && r->namer.scope[0] ? r->namer.scope : NULL;
	int rc;

	for (size_t i = 0; i < list->n_value; i++) {
		mg_item item = { .kind = MG_ITEM_USER };
		mg_slice bytes = { (const char *)list->value[i].data, list->value[i].len };

		if ((rc = mg_proto_from(f, bytes, scope, r->g, &item.user, err)) != 0)
			return mg_wrap(err, rc, "item %zu", i);
		if ((rc = mg_collection_add(r->g, key, &item, err)) != 0)
			return rc;
	}
	return 0;
}

static int
restore_nodes(restorer *r, const char *key, const Pb__CollectionDef__NodeList *list, mgreg_error *err)
{
	int rc;

	for (size_t i = 0; i < list->n_value; i++) {
		const char *name = mg_namer_apply(&r->namer, list->value[i]);
		mg_output o;
		mg_node *n;

		if (!name)
			return mg_fail_nomem(err, 0);
		if (strchr(name, ':')) {
			if ((rc = mg_graph_output(r->g, name, &o, err)) != 0)
				return mg_wrap(err, rc, "tensor '%s'", name);
			rc = mg_collection_add_tensor(r->g, key, o, err);
		} else {
			if (!(n = mg_graph_find(r->g, name)))
				return mg_fail(err, MGREG_NOT_FOUND, "operation '%s' is not in the graph", name);
			rc = mg_collection_add_node(r->g, key, n, err);
		}
		if (rc)
			return rc;
	}
	return 0;
}

/* Plain strings are names in TensorFlow's eyes, so they move into the scope, too. */
static int
restore_bytes(restorer *r, const char *key, const Pb__CollectionDef__BytesList *list, mgreg_error *err)
{
	/* Hyper-parameters are no names, whatever form they have. */
	bool scoped = r->namer.scope && r->namer.scope[0] && strcmp(key, "hparams") != 0;
	int rc;

	for (size_t i = 0; i < list->n_value; i++) {
		mg_item item = { .kind = MG_ITEM_BYTES, .bytes = { (const char *)list->value[i].data, list->value[i].len } };
		const ProtobufCBinaryData *b = &list->value[i];

		if (scoped && mg_utf8_valid(b->data, b->len) && (b->len == 0 || !memchr(b->data, '\0', b->len))) {
			char *text = mg_arena_strndup(mg_graph_arena(r->g), b->len ? (const char *)b->data : "", b->len);
			const char *moved = text ? mg_namer_apply(&r->namer, text) : NULL;

			if (!moved)
				return mg_fail_nomem(err, 0);
			item.bytes = MG_SLICE(moved);
			item.is_text = true;
		} else if (scoped) {
			mg_report_add(r->o->report, "collection '%s': item %zu is not text and keeps its value", key, i);
		}
		if ((rc = mg_collection_add(r->g, key, &item, err)) != 0)
			return rc;
	}
	return 0;
}

static int
restore_numbers(restorer *r, const char *key, const Pb__CollectionDef *d, mgreg_error *err)
{
	mg_item item;
	int rc = 0;

	if (d->kind_case == PB__COLLECTION_DEF__KIND_INT64_LIST) {
		for (size_t i = 0; rc == 0 && i < d->int64_list->n_value; i++) {
			item = (mg_item){ .kind = MG_ITEM_INT, .i = d->int64_list->value[i] };
			rc = mg_collection_add(r->g, key, &item, err);
		}
	} else {
		for (size_t i = 0; rc == 0 && i < d->float_list->n_value; i++) {
			item = (mg_item){ .kind = MG_ITEM_FLOAT, .f = (double)d->float_list->value[i] };
			rc = mg_collection_add(r->g, key, &item, err);
		}
	}
	return rc;
}

static int
restore_anys(restorer *r, const char *key, const Pb__CollectionDef__AnyList *list, mgreg_error *err)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < list->n_value; i++) {
		mg_item item = { .kind = MG_ITEM_ANY, .type_url = list->value[i]->type_url,
			.bytes = { (const char *)list->value[i]->value.data, list->value[i]->value.len } };

		rc = mg_collection_add(r->g, key, &item, err);
	}
	return rc;
}

static int
restore_one(restorer *r, const char *key, const Pb__CollectionDef *d, mgreg_error *err)
{
	const mg_collection_row *row = mg_collection_row_find(key);
	const mg_proto_functions *f = row ? NULL : mg_proto_function_find(key);

	switch (d ? d->kind_case : PB__COLLECTION_DEF__KIND__NOT_SET) {
	case PB__COLLECTION_DEF__KIND_BYTES_LIST:
		if (row)
			return restore_records(r, key, row, d->bytes_list, err);
		if (f && mg_proto_has_from(f))
			return restore_objects(r, key, f, d->bytes_list, err);
		return restore_bytes(r, key, d->bytes_list, err);
	case PB__COLLECTION_DEF__KIND_NODE_LIST:
		return restore_nodes(r, key, d->node_list, err);
	case PB__COLLECTION_DEF__KIND_INT64_LIST:
	case PB__COLLECTION_DEF__KIND_FLOAT_LIST:
		return restore_numbers(r, key, d, err);
	case PB__COLLECTION_DEF__KIND_ANY_LIST:
		return restore_anys(r, key, d->any_list, err);
	default:
		mg_report_add(r->o->report, "collection '%s' is of no kind and is left out", key);
		return 0;
	}
}

/* "1.4.0", "1.9.0-rc1": before 1.9?  An empty version says nothing. */
static bool
before_1_9(const char *version)
{
	char *end;
	long major, minor;

	if (!version || !version[0])
		return false;
	major = strtol(version, &end, 10);
	if (end == version || *end != '.')
		return true;
	minor = strtol(end + 1, &end, 10);
	if (major != 1)
		return major < 1;
	if (minor != 9)
		return minor < 9;
	return strncmp(end, ".0", 2) == 0 && (strstr(end, "rc") || strstr(end, "dev") || strstr(end, "alpha") || strstr(end, "beta"));
}

static int
compare_entries(const void *a, const void *b)
{
	const char *x = (*(Pb__MetaGraphDef__CollectionDefEntry *const *)a)->key;
	const char *y = (*(Pb__MetaGraphDef__CollectionDefEntry *const *)b)->key;
	int tx = strcmp(x, "trainable_variables") != 0, ty = strcmp(y, "trainable_variables") != 0;

	return tx != ty ? tx - ty : strcmp(x, y);
}

int
mg_import_collections(mg_graph *g, const Pb__MetaGraphDef *m, const mg_metagraph_import_options *o, const char *scope, mgreg_error *err)
{
	restorer r = {
		.g = g, .o = o,
		.namer = { .scope = scope, .import = true, .arena = mg_graph_arena(g) },
		.old_trainable = m->meta_info_def && before_1_9(m->meta_info_def->tensorflow_version),
	};
	Pb__MetaGraphDef__CollectionDefEntry **sorted = NULL;
	int rc = 0;

	sorted = mg_alloc((m->n_collection_def + 1) * sizeof(*sorted));
	if (!sorted)
		return mg_fail_nomem(err, 0);
	for (size_t i = 0; i < m->n_collection_def; i++)
		sorted[i] = m->collection_def[i];
	qsort(sorted, m->n_collection_def, sizeof(*sorted), compare_entries);
	for (size_t i = 0; i < m->n_collection_def; i++) {
		const char *key = sorted[i]->key;
		int had = mg_collection_has(g, key) ? mg_collection_count(g, key) : -1;
		mgreg_error why = { 0 };

		if ((o->unbound_key && o->unbound_key[0] && strcmp(key, o->unbound_key) == 0) || (o->restore && !o->restore(o->ctx, key)))
			continue;
		rc = restore_one(&r, key, sorted[i]->value, &why);
		if (rc && rc != MGREG_RESOURCE_EXHAUSTED && o->skip_bad_collections) {
			mg_report_add(o->report, "collection '%s' is left out: %s", key, why.text);
			mg_collection_truncate(g, key, had);
			rc = 0;
		}
		if (rc) {
			mg_wrap(&why, rc, "collection '%s'", key);
			if (err)
				*err = why;
			break;
		}
	}
	mg_map_clear(&r.shared);
	mg_free(sorted);
	return rc;
}
