/* SPDX-License-Identifier: Apache-2.0 */
/*
 * freeze.c - a graph whose variables are constants.
 *
 *   1. the outputs: given, from a collection, else from the usual collections, else from the signatures
 *   2. what they need, in the graph's order (data and control inputs); devices cleared
 *   3. variables become Const with the value of the key that the graph's restore nodes read for them
 *   4. what read them follows: ReadVariableOp -> Identity, ResourceGather -> GatherV2, reference ops -> plain ones
 *
 * A node that would change a variable cannot stay: it is named.  Functions stay as they are.
 */
#include "base/base.h"
#include "base/vec.h"
#include "interop/freeze.h"
#include "saver/saver.h"

/* ---- the outputs ---------------------------------------------------------------------------- */

typedef struct freezer {
	const Pb__MetaGraphDef *def;
	mg_ckpt        *ckpt;
	const mg_freeze_options *o;
	mg_arena       *arena;
	mg_freeze_result *out;
	Pb__GraphDef   *g;
	mg_map          index;          /* of the whole graph: name -> index + 1 */
	mg_map          items;          /* variable -> mg_restore_item */
	mg_map          frozen;         /* variable that became a Const -> dtype */
	MG_VEC(const char *) outputs;
} freezer;

static int
add_output(freezer *f, const char *name, bool *known, mgreg_error *err)
{
	mg_node_ref r = mg_node_ref_of(name);
	char *node;

	*known = r.port >= 0 && mg_map_findn(&f->index, r.node.ptr, r.node.len);
	if (!*known)
		return 0;
	for (size_t i = 0; i < f->outputs.len; i++)
		if (mg_slice_eq(r.node, f->outputs.at[i]))
			return 0;
	node = mg_arena_strndup(f->arena, r.node.ptr, r.node.len);
	return node && mg_vec_push(&f->outputs, node) ? 0 : mg_fail_nomem(err, 0);
}

static const Pb__CollectionDef *
find_collection(const Pb__MetaGraphDef *def, const char *key)
{
	for (size_t i = 0; i < def->n_collection_def; i++)
		if (!strcmp(def->collection_def[i]->key, key))
			return def->collection_def[i]->value;
	return NULL;
}

/* Items that name nodes of the graph. */
static int
outputs_of_collection(freezer *f, const char *key, mgreg_error *err)
{
	const Pb__CollectionDef *c = find_collection(f->def, key);
	bool known;
	int rc = 0;

	if (!c)
		return 0;
	for (size_t i = 0; rc == 0 && c->kind_case == PB__COLLECTION_DEF__KIND_NODE_LIST && i < c->node_list->n_value; i++)
		rc = add_output(f, c->node_list->value[i], &known, err);
	for (size_t i = 0; rc == 0 && c->kind_case == PB__COLLECTION_DEF__KIND_BYTES_LIST && i < c->bytes_list->n_value; i++) {
		const char *text = mg_arena_strndup(f->arena, (const char *)c->bytes_list->value[i].data, c->bytes_list->value[i].len);

		rc = text ? add_output(f, text, &known, err) : mg_fail_nomem(err, 0);
	}
	return rc;
}

static const char *
tensor_name(const Pb__TensorInfo *info)
{
	return info && info->encoding_case == PB__TENSOR_INFO__ENCODING_NAME ? info->name : NULL;
}

static int
add_binding(freezer *f, const PbServing__TensorBinding *b, mgreg_error *err)
{
	bool known;

	return b ? add_output(f, b->tensor_name, &known, err) : 0;
}

/* Session bundles keep their signatures as Any in collection serving_signatures; "outputs", else
 * the default one says what goes out.  (A generic default names tensors without a direction.) */
static int
outputs_of_bundle(freezer *f, mgreg_error *err)
{
	const Pb__CollectionDef *c = find_collection(f->def, "serving_signatures");
	const PbServing__Signatures *all;
	const PbServing__Signature *s;
	mg_msg *msg;
	int rc = 0;

	if (!c || c->kind_case != PB__COLLECTION_DEF__KIND_ANY_LIST || c->any_list->n_value == 0)
		return 0;
	if (mg_msg_decode(&pb__serving__signatures__descriptor, c->any_list->value[0]->value.data, c->any_list->value[0]->value.len,
			f->arena, &msg, NULL) != 0)
		return 0;
	all = (PbServing__Signatures *)msg;
	for (size_t i = 0; rc == 0 && i < all->n_named_signatures; i++) {       /* the exporter's convention: "inputs", "outputs" */
		s = all->named_signatures[i]->value;
		if (strcmp(all->named_signatures[i]->key, "outputs") || !s || s->type_case != PB__SERVING__SIGNATURE__TYPE_GENERIC_SIGNATURE)
			continue;
		for (size_t k = 0; rc == 0 && k < s->generic_signature->n_map; k++)
			rc = add_binding(f, s->generic_signature->map[k]->value, err);
	}
	if (rc || f->outputs.len)
		return rc;
	s = all->default_signature;
	if (s && s->type_case == PB__SERVING__SIGNATURE__TYPE_REGRESSION_SIGNATURE)
		rc = add_binding(f, s->regression_signature->output, err);
	else if (s && s->type_case == PB__SERVING__SIGNATURE__TYPE_CLASSIFICATION_SIGNATURE
			&& (rc = add_binding(f, s->classification_signature->classes, err)) == 0)
		rc = add_binding(f, s->classification_signature->scores, err);
	return rc;
}

/* The default signature's outputs; where there is none, those of all. */
static int
outputs_of_signatures(freezer *f, mgreg_error *err)
{
	const Pb__MetaGraphDef *def = f->def;
	bool has_default = false, known;
	int rc = 0;

	for (size_t i = 0; i < def->n_signature_def; i++)
		has_default = has_default || !strcmp(def->signature_def[i]->key, "serving_default");
	for (size_t i = 0; i < def->n_signature_def; i++) {
		const Pb__SignatureDef *s = def->signature_def[i]->value;

		if (!s || (has_default && strcmp(def->signature_def[i]->key, "serving_default")))
			continue;
		for (size_t k = 0; rc == 0 && k < s->n_outputs; k++)
			if (tensor_name(s->outputs[k]->value))
				rc = add_output(f, tensor_name(s->outputs[k]->value), &known, err);
	}
	return rc;
}

/* The tensor behind a name of a signature's output or input. */
static const char *
name_in_signature(const Pb__MetaGraphDef *def, const char *name)
{
	for (size_t i = 0; i < def->n_signature_def; i++) {
		const Pb__SignatureDef *s = def->signature_def[i]->value;

		for (size_t k = 0; s && k < s->n_outputs; k++)
			if (!strcmp(s->outputs[k]->key, name) && tensor_name(s->outputs[k]->value))
				return tensor_name(s->outputs[k]->value);
		for (size_t k = 0; s && k < s->n_inputs; k++)
			if (!strcmp(s->inputs[k]->key, name) && tensor_name(s->inputs[k]->value))
				return tensor_name(s->inputs[k]->value);
	}
	return NULL;
}

static int
given_outputs(freezer *f, mgreg_error *err)
{
	bool known;
	int rc = 0;

	for (int i = 0; rc == 0 && i < f->o->output_count; i++) {
		const char *name = f->o->outputs[i], *other;

		if ((rc = add_output(f, name, &known, err)) != 0 || known)
			continue;
		if ((other = name_in_signature(f->def, name)) != NULL)
			rc = add_output(f, other, &known, err);
		if (rc == 0 && !known)
			rc = mg_fail(err, MGREG_NOT_FOUND, "the graph has no node '%s'", name);
	}
	return rc;
}

/* Nodes that nobody reads: what an output could be. */
static void
suggest_outputs(freezer *f, mgreg_error *err)
{
	mg_map read = { 0 };

	for (size_t i = 0; i < f->g->n_node; i++)
		for (size_t k = 0; k < f->g->node[i]->n_input; k++) {
			mg_node_ref r = mg_node_ref_of(f->g->node[i]->input[k]);

			(void)mg_map_setn(&read, r.node.ptr, r.node.len, f);
		}
	for (size_t i = 0; i < f->g->n_node; i++) {
		const Pb__NodeDef *n = f->g->node[i];

		if (!mg_map_has(&read, n->name) && strcmp(n->op, "NoOp") && strncmp(n->op, "Save", 4) && strncmp(n->op, "Assign", 6)
				&& strcmp(n->op, "Const") && strncmp(n->name, "gradients/", 10) && !strstr(n->name, "/gradients/"))
			mg_error_candidate(err, "%s", n->name);
	}
	mg_map_clear(&read);
}

static int
find_outputs(freezer *f, mgreg_error *err)
{
	static const char *const usual[] = { "output_tensor", "output_tensors", "outputs", "output", "predictions", "prediction",
		"probabilities", "logits" };
	int rc = 0;

	if (f->o->outputs)
		return given_outputs(f, err);
	if (f->o->outputs_from) {
		if (!find_collection(f->def, f->o->outputs_from))
			return mg_fail(err, MGREG_NOT_FOUND, "the MetaGraph has no collection '%s'", f->o->outputs_from);
		rc = outputs_of_collection(f, f->o->outputs_from, err);
		if (rc == 0 && !f->outputs.len)
			rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "collection '%s' names no node of the graph", f->o->outputs_from);
		return rc;
	}
	for (size_t i = 0; rc == 0 && !f->outputs.len && i < MG_COUNT(usual); i++)
		rc = outputs_of_collection(f, usual[i], err);
	if (rc == 0 && !f->outputs.len)
		rc = outputs_of_signatures(f, err);
	if (rc == 0 && !f->outputs.len)
		rc = outputs_of_bundle(f, err);
	if (rc == 0 && !f->outputs.len) {
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "neither a collection nor a signature says what the outputs are: name them");
		suggest_outputs(f, err);
	}
	return rc;
}

/* ---- what the restore nodes read ----------------------------------------------------------- */

/* A graph that does not import, or has no saver, still has variables with names: those are then the keys. */
static int
find_items(freezer *f, mgreg_error *err)
{
	mg_metagraph_import_options in = MG_METAGRAPH_IMPORT_INIT;
	mg_metagraph_imported imported;
	mg_restore_item *items = NULL;
	mg_saver *saver = NULL;
	mg_graph *g = NULL;
	int count = 0, rc;

	in.allow_unknown_ops = true;
	in.skip_bad_collections = true;
	in.unbound_key = "";
	MG_TRY(mg_graph_new(&g, err));
	if (mg_metagraph_import(g, f->def, &in, &imported, NULL) == 0 && imported.saver
			&& mg_saver_from_record(&saver, g, imported.saver, NULL) == 0)
		(void)mg_saver_items(saver, f->arena, &items, &count, NULL);
	for (int i = 0; i < count && rc == 0; i++) {
		mg_restore_item *own = mg_arena_zalloc(f->arena, 1, sizeof(*own));

		if (own) {
			own->key = mg_arena_strdup(f->arena, items[i].key);
			own->slice = items[i].slice ? mg_arena_strdup(f->arena, items[i].slice) : NULL;
		}
		if (!own || !own->key || (items[i].slice && !own->slice) || !mg_map_set(&f->items, items[i].variable, own))
			rc = mg_fail_nomem(err, 0);
	}
out:
	mg_saver_free(saver);
	mg_graph_free(g);
	return rc;
}

/* ---- variables ------------------------------------------------------------------------------ */

static bool
is_variable(const Pb__NodeDef *n)
{
	return !strcmp(n->op, "VariableV2") || !strcmp(n->op, "Variable") || !strcmp(n->op, "VarHandleOp");
}

static int
read_variable(freezer *f, const Pb__NodeDef *n, mg_tensor *out, mgreg_error *err)
{
	const mg_restore_item *item = mg_map_find(&f->items, n->name);
	const char *key = item ? item->key : n->name;
	mg_arena scratch = { 0 };
	mg_shape full = MG_SHAPE_SCALAR;
	mg_tslice slice;
	bool has_slice = false;
	int dtype = mg_dtype_base(mg_def_type(n, "dtype")), rc = 0;

	if (!f->ckpt)
		return mg_fail(err, MGREG_FAILED_PRECONDITION, "variable '%s' has no value: there is no checkpoint", n->name);
	if (item && item->slice && *item->slice)
		MG_TRY(mg_tslice_parse_spec(item->slice, strlen(item->slice), &full, &slice, &has_slice, &scratch, err));
	MG_TRY(mg_ckpt_read(f->ckpt, key, has_slice ? &slice : NULL, out, err));
	if ((int)out->dtype != dtype) {
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "the graph wants %s, the checkpoint has %s", mg_dtype_name(dtype),
			mg_dtype_name((int)out->dtype));
		mg_tensor_clear(out);
	}
out:
	mg_shape_clear(&full);
	mg_arena_clear(&scratch);
	return mg_wrap(err, rc, "variable '%s'", n->name);
}

static int
freeze_variable(freezer *f, Pb__NodeDef **node, mgreg_error *err)
{
	Pb__NodeDef *made;
	mg_tensor value = { 0 };
	int rc;

	MG_TRY(read_variable(f, *node, &value, err));
	MG_TRY(mg_def_const(f->arena, (*node)->name, &value, &made, err));
	for (size_t i = 0; i < (*node)->n_input; i++)           /* control inputs only */
		if (!mg_msg_append(f->arena, &made->input, &made->n_input, (*node)->input[i]))
			MG_TRY(mg_fail_nomem(err, 0));
	if (!mg_map_set(&f->frozen, made->name, (void *)(uintptr_t)value.dtype))
		MG_TRY(mg_fail_nomem(err, 0));
	*node = made;
	f->out->variables++;
out:
	mg_tensor_clear(&value);
	return rc;
}

/* ---- those that used them -------------------------------------------------------------------- */

/* The type of the frozen variable that reaches input I of N through nodes that only pass it on; 0: none does. */
static int
frozen_type(freezer *f, const Pb__NodeDef *n, size_t i, int depth)
{
	static const char *const passing[] = { "Identity", "Enter", "Switch", "Merge", "NextIteration", "Exit", "RefIdentity", "RefEnter",
		"RefSwitch", "RefMerge", "RefNextIteration", "RefExit" };
	mg_node_ref r;
	const Pb__NodeDef *from;
	size_t at;

	if (depth > 100 || i >= n->n_input)
		return 0;
	r = mg_node_ref_of(n->input[i]);
	at = (size_t)(uintptr_t)mg_map_findn(&f->index, r.node.ptr, r.node.len);
	if (r.port < 0 || at == 0)
		return 0;
	if (mg_map_findn(&f->frozen, r.node.ptr, r.node.len))
		return (int)(uintptr_t)mg_map_findn(&f->frozen, r.node.ptr, r.node.len);
	from = f->def->graph_def->node[at - 1];
	for (size_t k = 0; k < MG_COUNT(passing); k++)
		if (!strcmp(from->op, passing[k]))
			return frozen_type(f, from, 0, depth + 1);
	return 0;
}

static int
set_op(freezer *f, Pb__NodeDef *n, const char *op, mgreg_error *err)
{
	n->op = mg_arena_strdup(f->arena, op);
	return n->op ? 0 : mg_fail_nomem(err, 0);
}

static int
set_type(freezer *f, Pb__NodeDef *n, const char *attr, int dtype, mgreg_error *err)
{
	return mg_def_attr_set(n, attr, mg_attr_type(f->arena, dtype), f->arena, err);
}

static int
become_identity(freezer *f, Pb__NodeDef *n, int dtype, mgreg_error *err)
{
	int rc = set_op(f, n, "Identity", err);

	mg_def_attr_remove(n, "dtype");
	return rc ? rc : set_type(f, n, "T", dtype, err);
}

/* GatherV2 has the axis as an input. */
static int
become_gather(freezer *f, Pb__NodeDef *n, int dtype, Pb__NodeDef **axis, mgreg_error *err)
{
	char *name = mg_arena_printf(f->arena, "%s/axis", n->name), **input = mg_arena_zalloc(f->arena, n->n_input + 1, sizeof(*input));
	mg_tensor zero = { 0 };
	size_t at = 0;
	int rc;

	if (!name || !input)
		return mg_fail_nomem(err, 0);
	while (mg_map_has(&f->index, name))
		if (!(name = mg_arena_printf(f->arena, "%s_1", name)))
			return mg_fail_nomem(err, 0);
	MG_TRY(mg_tensor_init_scalar(&zero, MGREG_INT32, 0, err));
	MG_TRY(mg_def_const(f->arena, name, &zero, axis, err));
	for (size_t i = 0; i < n->n_input; i++) {
		if (i == 2)
			input[at++] = name;
		input[at++] = n->input[i];
	}
	if (n->n_input == 2)
		input[at++] = name;
	n->input = input;
	n->n_input = at;
	mg_def_attr_remove(n, "dtype");
	mg_def_attr_remove(n, "validate_indices");
	MG_TRY(set_op(f, n, "GatherV2", err));
	MG_TRY(set_type(f, n, "Tparams", dtype, err));
	rc = set_type(f, n, "Taxis", MGREG_INT32, err);
out:
	mg_tensor_clear(&zero);
	return rc;
}

/* Does the op take input I as a reference or a resource of its own kind? */
static bool
wants_variable(const Pb__NodeDef *n, size_t i)
{
	const mg_op_def *op = mg_op_find(n->op);

	if (!op)
		return true;            /* a function, or unknown: what it does with the handle cannot be followed */
	if ((int)i >= op->input_count)
		return false;
	return op->inputs[i].is_ref || op->inputs[i].type == MGREG_RESOURCE;
}

/* N reads a frozen variable of DTYPE at input I. */
static int
follow(freezer *f, Pb__NodeDef *n, size_t i, int dtype, Pb__NodeDef **extra, mgreg_error *err)
{
	static const struct { const char *ref, *plain; } twins[] = {
		{ "RefIdentity", "Identity" }, { "RefSwitch", "Switch" }, { "RefMerge", "Merge" }, { "RefEnter", "Enter" },
		{ "RefExit", "Exit" }, { "RefNextIteration", "NextIteration" }, { "RefSelect", NULL },
	};
	mg_tensor yes = { 0 };
	int rc;

	if (!strcmp(n->op, "ReadVariableOp"))
		return become_identity(f, n, dtype, err);
	if (!strcmp(n->op, "ResourceGather"))
		return become_gather(f, n, dtype, extra, err);
	for (size_t k = 0; k < MG_COUNT(twins); k++)
		if (twins[k].plain && !strcmp(n->op, twins[k].ref))
			return set_op(f, n, twins[k].plain, err);
	if (mg_def_type(n, "T") == MGREG_RESOURCE)      /* Identity, Switch ... of a handle */
		return set_type(f, n, "T", dtype, err);
	if (!strcmp(n->op, "IsVariableInitialized") || !strcmp(n->op, "VarIsInitializedOp")) {
		Pb__NodeDef *made;

		if ((rc = mg_tensor_init_scalar(&yes, MGREG_BOOL, 1, err)) != 0)
			return rc;
		if ((rc = mg_def_const(f->arena, n->name, &yes, &made, err)) == 0)
			*n = *made;
		mg_tensor_clear(&yes);
		return rc;
	}
	if (wants_variable(n, i))
		return mg_fail(err, MGREG_FAILED_PRECONDITION, "node '%s' (%s) needs the variable itself: a frozen graph has none", n->name, n->op);
	return 0;
}

/* loc:@x of an x that is not here would keep the graph from being read. */
static int
drop_colocation(Pb__NodeDef *n, const mg_map *here, mg_arena *arena, mgreg_error *err)
{
	const Pb__AttrValue *v = mg_def_attr(n, "_class");
	Pb__AttrValue *copy;
	Pb__AttrValue__ListValue *list;

	if (!v || v->value_case != PB__ATTR_VALUE__VALUE_LIST)
		return 0;
	copy = mg_msg_new(arena, &pb__attr_value__descriptor);
	list = mg_msg_new(arena, &pb__attr_value__list_value__descriptor);
	if (!copy || !list || !(list->s = mg_arena_zalloc(arena, v->list->n_s + 1, sizeof(*list->s))))
		return mg_fail_nomem(err, 0);
	for (size_t i = 0; i < v->list->n_s; i++) {
		const ProtobufCBinaryData *s = &v->list->s[i];

		if (s->len <= 5 || memcmp(s->data, "loc:@", 5) || mg_map_findn(here, (const char *)s->data + 5, s->len - 5))
			list->s[list->n_s++] = *s;
	}
	copy->value_case = PB__ATTR_VALUE__VALUE_LIST;
	copy->list = list;
	if (!list->n_s) {
		mg_def_attr_remove(n, "_class");
		return 0;
	}
	return mg_def_attr_set(n, "_class", copy, arena, err);
}

/* Copies of the nodes, so that the MetaGraph stays as it is; variables first, as users may stand before them. */
static int
replace_nodes(freezer *f, mgreg_error *err)
{
	Pb__GraphDef *g = f->g;
	Pb__NodeDef **list = mg_arena_zalloc(f->arena, 2 * g->n_node + 1, sizeof(*list));
	mg_map here = { 0 };
	size_t n = 0;
	int rc = 0;

	if (!list)
		return mg_fail_nomem(err, 0);
	for (size_t i = 0; i < g->n_node; i++) {
		Pb__NodeDef *copy = mg_arena_memdup(f->arena, g->node[i], sizeof(*copy));

		if (copy && copy->n_attr)
			copy->attr = mg_arena_memdup(f->arena, copy->attr, copy->n_attr * sizeof(*copy->attr));
		if (!copy || (copy->n_attr && !copy->attr) || !mg_map_set(&here, copy->name, copy))
			MG_TRY(mg_fail_nomem(err, 0));
		copy->device = (char *)(uintptr_t)protobuf_c_empty_string;
		if (is_variable(copy))
			MG_TRY(freeze_variable(f, &copy, err));
		g->node[i] = copy;
	}
	for (size_t i = 0; i < g->n_node; i++) {
		Pb__NodeDef *node = g->node[i], *extra = NULL;

		for (size_t k = 0; k < node->n_input; k++) {
			int dtype = frozen_type(f, node, k, 0);

			if (dtype)
				MG_TRY(follow(f, node, k, dtype, &extra, err));
			if (extra && !mg_map_set(&f->index, extra->name, NULL))
				MG_TRY(mg_fail_nomem(err, 0));
			if (extra)
				break;
		}
		MG_TRY(drop_colocation(node, &here, f->arena, err));
		if (extra)
			list[n++] = extra;
		list[n++] = node;
	}
	g->node = list;
	g->n_node = n;
out:
	mg_map_clear(&here);
	return rc;
}

/* ---- --strip-unused ---------------------------------------------------------------------------- */

/* An input of a signature that something else produces becomes a placeholder: what is above it goes. */
static int
place_input(freezer *f, const char *tensor, int dtype, const Pb__TensorShapeProto *shape, mgreg_error *err)
{
	mg_node_ref r = mg_node_ref_of(tensor);
	size_t at = (size_t)(uintptr_t)mg_map_findn(&f->index, r.node.ptr, r.node.len);
	Pb__NodeDef *node, *made;
	Pb__AttrValue *v;
	int rc;

	if (at == 0 || r.port != 0)
		return 0;
	for (size_t i = 0; i < f->outputs.len; i++)
		if (mg_slice_eq(r.node, f->outputs.at[i]))
			return 0;
	node = f->g->node[at - 1];
	if (!strncmp(node->op, "Placeholder", 11))
		return 0;
	made = mg_def_node(f->arena, node->name, "Placeholder", NULL);
	if (!made)
		return mg_fail_nomem(err, 0);
	if ((rc = set_type(f, made, "dtype", dtype, err)) != 0)
		return rc;
	if (shape) {
		if (!(v = mg_msg_new(f->arena, &pb__attr_value__descriptor)))
			return mg_fail_nomem(err, 0);
		v->value_case = PB__ATTR_VALUE__VALUE_SHAPE;
		v->shape = (Pb__TensorShapeProto *)(uintptr_t)shape;
		if ((rc = mg_def_attr_set(made, "shape", v, f->arena, err)) != 0)
			return rc;
	}
	f->g->node[at - 1] = made;
	return 0;
}

static int
place_inputs(freezer *f, mgreg_error *err)
{
	int rc = 0;

	for (size_t i = 0; i < f->def->n_signature_def; i++) {
		const Pb__SignatureDef *s = f->def->signature_def[i]->value;

		for (size_t k = 0; s && k < s->n_inputs && rc == 0; k++)
			if (tensor_name(s->inputs[k]->value))
				rc = place_input(f, tensor_name(s->inputs[k]->value), (int)s->inputs[k]->value->dtype,
					s->inputs[k]->value->tensor_shape, err);
	}
	return rc;
}

static void note_function(const char *name, const Pb__FunctionDefLibrary *lib, mg_map *used);

static void
note_functions(Pb__NodeDef *const *nodes, size_t count, const Pb__FunctionDefLibrary *lib, mg_map *used)
{
	for (size_t i = 0; i < count; i++) {
		note_function(nodes[i]->op, lib, used);
		for (size_t k = 0; k < nodes[i]->n_attr; k++) {
			const Pb__AttrValue *v = nodes[i]->attr[k]->value;

			if (v && v->value_case == PB__ATTR_VALUE__VALUE_FUNC)
				note_function(v->func->name, lib, used);
			for (size_t j = 0; v && v->value_case == PB__ATTR_VALUE__VALUE_LIST && j < v->list->n_func; j++)
				note_function(v->list->func[j]->name, lib, used);
		}
	}
}

static void
note_function(const char *name, const Pb__FunctionDefLibrary *lib, mg_map *used)
{
	if (mg_map_has(used, name))
		return;
	for (size_t i = 0; i < lib->n_function; i++) {
		const Pb__FunctionDef *fn = lib->function[i];

		if (fn->signature && !strcmp(fn->signature->name, name) && mg_map_set(used, name, (void *)(uintptr_t)fn))
			note_functions(fn->node_def, fn->n_node_def, lib, used);
	}
}

static int
strip_functions(freezer *f, mgreg_error *err)
{
	const Pb__FunctionDefLibrary *lib = f->g->library;
	Pb__FunctionDefLibrary *kept;
	mg_map used = { 0 };
	int rc = 0;

	if (!lib)
		return 0;
	note_functions(f->g->node, f->g->n_node, lib, &used);
	if (!(kept = mg_msg_new(f->arena, &pb__function_def_library__descriptor)))
		MG_TRY(mg_fail_nomem(err, 0));
	for (size_t i = 0; i < lib->n_function; i++)
		if (lib->function[i]->signature && mg_map_has(&used, lib->function[i]->signature->name)
				&& !mg_msg_append(f->arena, &kept->function, &kept->n_function, lib->function[i]))
			MG_TRY(mg_fail_nomem(err, 0));
	for (size_t i = 0; i < lib->n_gradient; i++)
		if (mg_map_has(&used, lib->gradient[i]->function_name)
				&& !mg_msg_append(f->arena, &kept->gradient, &kept->n_gradient, lib->gradient[i]))
			MG_TRY(mg_fail_nomem(err, 0));
	f->g->library = kept->n_function ? kept : NULL;
out:
	mg_map_clear(&used);
	return rc;
}

/* ---- the whole --------------------------------------------------------------------------------- */

static int
freeze(freezer *f, mgreg_error *err)
{
	const Pb__GraphDef *source = f->def->graph_def;
	int rc;

	if (!source)
		return mg_fail(err, MGREG_FAILED_PRECONDITION, "the MetaGraph has no graph");
	if (!(f->g = mg_arena_memdup(f->arena, source, sizeof(*source)))
			|| !(f->g->node = mg_arena_zalloc(f->arena, source->n_node + 1, sizeof(*source->node))))
		return mg_fail_nomem(err, 0);
	if (source->n_node)
		memcpy(f->g->node, source->node, source->n_node * sizeof(*source->node));
	MG_TRY(mg_def_index(f->g, &f->index, err));
	MG_TRY(find_outputs(f, err));
	if (f->o->strip_unused)
		MG_TRY(place_inputs(f, err));
	MG_TRY(mg_def_extract(f->g, f->outputs.at, (int)f->outputs.len, f->arena, err));
	MG_TRY(find_items(f, err));
	MG_TRY(replace_nodes(f, err));
	if (f->o->strip_unused)
		MG_TRY(strip_functions(f, err));
	if (f->o->fold_batch_norm)
		MG_TRY(mg_fold_batch_norm(f->g, f->outputs.at, (int)f->outputs.len, f->arena, &f->out->folded, err));
	f->out->graph = f->g;
	f->out->outputs = mg_arena_memdup(f->arena, f->outputs.at, f->outputs.len * sizeof(*f->outputs.at));
	f->out->output_count = (int)f->outputs.len;
	if (!f->out->outputs)
		rc = mg_fail_nomem(err, 0);
out:
	return rc;
}

int
mg_freeze(const Pb__MetaGraphDef *def, mg_ckpt *ckpt, const mg_freeze_options *options, mg_arena *arena, mg_freeze_result *out,
	mgreg_error *err)
{
	freezer f = { .def = def, .ckpt = ckpt, .o = options, .arena = arena, .out = out };
	int rc;

	*out = (mg_freeze_result){ 0 };
	rc = freeze(&f, err);
	mg_vec_clear(&f.outputs);
	mg_map_clear(&f.index);
	mg_map_clear(&f.items);
	mg_map_clear(&f.frozen);
	return rc;
}
