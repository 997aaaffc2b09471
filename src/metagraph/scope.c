/* SPDX-License-Identifier: Apache-2.0 */
/* scope.c - export_scope, clear_devices and clear_extraneous_savers: what of a GraphDef goes along, and under which name. */
#include "base/base.h"
#include "metagraph/metagraph_internal.h"

bool
mg_exporter_keeps(const mg_exporter *x, const char *name)
{
	if (mg_map_has(&x->excluded, name))
		return false;
	return mg_starts_with(name, MG_UNBOUND_PREFIX) || !x->o->scope || mg_starts_with(name, x->o->scope);
}

/* ---- savers of no use ---- */

/* As TensorFlow's list has them: "SaveSlice" is not V1's real name, so such savers are not found there either. */
static const char *const saver_ops[] = {
	"SaveV2", "Save", "SaveSlice", "LegacySave", "LegacySaveSlice",
	"RestoreV2", "Restore", "RestoreSlice", "LegacyRestore", "LegacyRestoreSlice",
};

static bool
is_saver_op(const char *op)
{
	for (size_t i = 0; i < MG_COUNT(saver_ops); i++)
		if (strcmp(saver_ops[i], op) == 0)
			return true;
	return false;
}

/* Length of the parent scope of NAME, without the "/"; 0: none. */
static size_t
parent_length(const char *name)
{
	const char *slash = strrchr(name, '/');

	return slash ? (size_t)(slash - name) : 0;
}

/* Adds the scopes of the saver in use to SCOPES_IN_USE. */
static bool
note_used_saver(const Pb__SaverDef *d, mg_map *used)
{
	const char *names[] = { d->save_tensor_name, d->restore_op_name };

	for (size_t i = 0; i < MG_COUNT(names); i++)
		if (!mg_map_setn(used, names[i], parent_length(names[i]), (void *)1))
			return false;
	return true;
}

int
mg_export_exclude_savers(mg_exporter *x, const Pb__GraphDef *def, mgreg_error *err)
{
	mg_map ops = { 0 }, scopes = { 0 }, used = { 0 };
	mg_map_item item;
	bool ok = !x->saver_def || note_used_saver((const Pb__SaverDef *)x->saver_def, &used);

	for (size_t i = 0; ok && i < def->n_node; i++)
		if (is_saver_op(def->node[i]->op))
			ok = mg_map_set(&ops, def->node[i]->name, (void *)1)
				&& mg_map_setn(&scopes, def->node[i]->name, parent_length(def->node[i]->name), (void *)1);
	for (size_t i = 0; ok && i < def->n_node; i++)
		for (void *it = NULL; ok && (it = mg_map_next(&scopes, it, &item)) != NULL; ) {
			const char *name = def->node[i]->name;

			if (item.key_len == 0 || mg_map_findn(&ops, item.key, item.key_len) || mg_map_findn(&used, item.key, item.key_len))
				continue;
			if (strncmp(name, item.key, item.key_len) == 0 && name[item.key_len] == '/')
				ok = mg_map_set(&x->excluded, name, (void *)1);
		}
	mg_map_clear(&ops);
	mg_map_clear(&scopes);
	mg_map_clear(&used);
	return ok ? 0 : mg_fail_nomem(err, 0);
}

/* ---- one node ---- */

static int
note_unbound(mg_exporter *x, const char *name, mgreg_error *err)
{
	mg_item item = { .kind = MG_ITEM_BYTES, .is_text = true, .bytes = MG_SLICE(name) };

	return mg_collection_add(x->g, "unbound_inputs", &item, err);
}

static int
scope_input(mg_exporter *x, char **input, mg_namer *n, mgreg_error *err)
{
	bool control = (*input)[0] == '^';
	const char *bare = *input;

	while (*bare == '^')
		bare++;
	if (mg_starts_with(bare, x->o->scope)) {
		*input = (char *)mg_namer_apply(n, *input);
		return mg_namer_check(n, err);
	}
	*input = mg_arena_printf(x->arena, "%s%s%s", control ? "^" : "", MG_UNBOUND_PREFIX, *input + control);
	return *input ? note_unbound(x, *input, err) : mg_fail_nomem(err, 0);
}

/* Colocation groups outside the scope are dropped. */
static int
scope_class(mg_exporter *x, const char *node, Pb__AttrValue *v, mg_namer *n, mgreg_error *err)
{
	Pb__AttrValue__ListValue *list;
	size_t kept = 0;

	if (v->value_case != PB__ATTR_VALUE__VALUE_LIST || !v->list)
		return 0;
	list = v->list;
	for (size_t i = 0; i < list->n_s; i++) {
		const char *text = mg_arena_strndup(x->arena, (const char *)list->s[i].data, list->s[i].len);
		const char *at = text ? strchr(text, '@') : NULL, *name;

		if (!text)
			return mg_fail_nomem(err, 0);
		if (!at)
			return mg_fail_node(err, mg_fail(err, MGREG_INVALID_ARGUMENT, "node '%s': _class '%s' has no @", node, text), node);
		if (!mg_starts_with(at + 1, x->o->scope))
			continue;
		if (!(name = mg_namer_apply(n, text)))
			return mg_fail_nomem(err, 0);
		list->s[kept++] = (ProtobufCBinaryData){ strlen(name), (uint8_t *)name };
	}
	list->n_s = kept;
	return 0;
}

static int
scope_attrs(mg_exporter *x, Pb__NodeDef *d, mg_namer *n, mgreg_error *err)
{
	int rc;

	for (size_t i = 0; i < d->n_attr; i++) {
		bool is_class = strcmp(d->attr[i]->key, "_class") == 0;
		bool is_frame = strcmp(d->attr[i]->key, "frame_name") == 0 && (strcmp(d->op, "Enter") == 0 || strcmp(d->op, "RefEnter") == 0);
		mg_msg *copy;
		Pb__AttrValue *v;

		if ((!is_class && !is_frame) || !d->attr[i]->value)
			continue;
		if ((rc = mg_msg_copy(&d->attr[i]->base, x->arena, &copy, err)) != 0)
			return rc;
		d->attr[i] = (Pb__NodeDef__AttrEntry *)copy;
		v = d->attr[i]->value;
		if (is_class) {
			if ((rc = scope_class(x, d->name, v, n, err)) != 0)
				return rc;
		} else if (v->value_case == PB__ATTR_VALUE__VALUE_S) {
			const char *name = mg_arena_strndup(x->arena, (const char *)v->s.data, v->s.len);

			if (!name)
				return mg_fail_nomem(err, 0);
			if (mg_starts_with(name, x->o->scope)) {
				name = mg_namer_field(n, name);
				v->s = (ProtobufCBinaryData){ strlen(name), (uint8_t *)name };
			}
		}
	}
	return mg_namer_check(n, err);
}

/* The node as it goes out; shares what does not change. */
static int
scope_node(mg_exporter *x, const Pb__NodeDef *in, Pb__NodeDef **out, mgreg_error *err)
{
	mg_namer n = { .scope = x->o->scope, .arena = x->arena };
	Pb__NodeDef *d = mg_arena_memdup(x->arena, in, sizeof(*in));
	int rc = 0;

	if (!d)
		return mg_fail_nomem(err, 0);
	*out = d;
	if (x->o->clear_devices)
		d->device = (char *)"";
	if (!x->o->scope || !x->o->scope[0])
		return 0;
	d->input = mg_arena_zalloc(x->arena, in->n_input + 1, sizeof(*d->input));
	d->attr = mg_arena_zalloc(x->arena, in->n_attr + 1, sizeof(*d->attr));
	if (!d->input || !d->attr)
		return mg_fail_nomem(err, 0);
	for (size_t i = 0; i < in->n_attr; i++)
		d->attr[i] = in->attr[i];
	for (size_t i = 0; i < in->n_input && rc == 0; i++) {
		d->input[i] = in->input[i];
		rc = scope_input(x, &d->input[i], &n, err);
	}
	if (rc == 0)
		rc = scope_attrs(x, d, &n, err);
	d->name = mg_namer_field(&n, in->name);
	return rc ? rc : mg_namer_check(&n, err);
}

int
mg_export_scope(mg_exporter *x, const Pb__GraphDef *in, Pb__GraphDef **out, mgreg_error *err)
{
	Pb__GraphDef *d = mg_arena_memdup(x->arena, in, sizeof(*in));
	int rc;

	if (!d || !(d->node = mg_arena_zalloc(x->arena, in->n_node + 1, sizeof(*d->node))))
		return mg_fail_nomem(err, 0);
	d->n_node = 0;
	mg_collection_remove(x->g, "unbound_inputs");
	for (size_t i = 0; i < in->n_node; i++) {
		if (!mg_exporter_keeps(x, in->node[i]->name))
			continue;
		if ((rc = scope_node(x, in->node[i], &d->node[d->n_node], err)) != 0)
			return rc;
		d->n_node++;
	}
	*out = d;
	return 0;
}
