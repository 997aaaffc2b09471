/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_rules.c - rules of TensorFlow's MetaGraphs that no other test names (RULES.md lists all of them): MetaGraphs in text
 * form go into a live graph and what a live graph holds goes out.
 */
#include <unistd.h>

#include "testing.h"
#include "base/file.h"
#include "metagraph/metagraph_internal.h"
#include "saver/saver.h"

#define C(name) "node { name: '" name "' op: 'Const' attr { key: 'dtype' value { type: DT_FLOAT } } attr { key: 'value' " \
	"value { tensor { dtype: DT_FLOAT tensor_shape { } float_val: 1 } } } } "
#define N(op, name, in) "node { name: '" name "' op: '" op "' " in " attr { key: 'T' value { type: DT_FLOAT } } } "
#define IN(x) "input: '" x "' "
#define COLLECTION(key, list) "collection_def { key: '" key "' value { " list " } } "
#define GRAPH(nodes) "graph_def { versions { producer: 24 } " nodes "} "

static mg_arena arena;
static mgreg_error err;
static mg_graph *graph;

static void
setup(void)
{
	memset(&err, 0, sizeof(err));
	ck_assert_ok(mg_graph_new(&graph, &err), &err);
}

static void
teardown(void)
{
	mg_graph_free(graph);
	mg_arena_clear(&arena);
}

static Pb__MetaGraphDef *
parsed(const char *text)
{
	mg_msg *m;

	ck_assert_ok(mg_msg_parse(&pb__meta_graph_def__descriptor, text, strlen(text), &arena, &m, &err), &err);
	return (Pb__MetaGraphDef *)m;
}

static int
import_with(mg_graph *g, const char *text, mg_metagraph_import_options *o)
{
	mg_metagraph_imported got;

	return mg_metagraph_import(g, parsed(text), o, &got, &err);
}

static int
import(mg_graph *g, const char *text)
{
	mg_metagraph_import_options o = MG_METAGRAPH_IMPORT_INIT;

	return import_with(g, text, &o);
}

static Pb__MetaGraphDef *
exported(mg_graph *g, const mg_metagraph_export_options *o)
{
	static const mg_metagraph_export_options usual = MG_METAGRAPH_EXPORT_INIT;
	Pb__MetaGraphDef *m;

	ck_assert_ok(mg_metagraph_export(g, o ? o : &usual, &arena, &m, &err), &err);
	return m;
}

static const Pb__CollectionDef *
find(const Pb__MetaGraphDef *m, const char *key)
{
	for (size_t i = 0; i < m->n_collection_def; i++)
		if (strcmp(m->collection_def[i]->key, key) == 0)
			return m->collection_def[i]->value;
	return NULL;
}

static const Pb__NodeDef *
node(const Pb__MetaGraphDef *m, const char *name)
{
	for (size_t i = 0; i < m->graph_def->n_node; i++)
		if (strcmp(m->graph_def->node[i]->name, name) == 0)
			return m->graph_def->node[i];
	return NULL;
}

static const Pb__AttrValue *
attr(const Pb__NodeDef *d, const char *name)
{
	for (size_t i = 0; i < d->n_attr; i++)
		if (strcmp(d->attr[i]->key, name) == 0)
			return d->attr[i]->value;
	return NULL;
}

static void
says(const char *text)
{
	ck_assert_msg(strstr(err.text, text) != NULL, "'%s' does not say '%s'", err.text, text);
}

/* ---- section 2: collections ---- */

START_TEST(keys_clear_and_scope)
{
	int in;

	ck_assert_ok(import(graph, GRAPH(C("net/a") C("net2/b") C("other/c")) COLLECTION("k", "node_list { value: 'net/a:0' value: 'net2/b' value: 'other/c:0' }")), &err);
	ck_assert_ok(mgreg_collection_add_int(graph, "k", 7, &err), &err);
	ck_assert_ok(mgreg_collection_create(graph, "empty", &err), &err);
	ck_assert_int_eq(mgreg_collection_key_count(graph), 2);
	ck_assert_int_eq(mgreg_collection_count(graph, "missing"), 0);
	/* re.match: at the start, a prefix is enough; what has no name is never in a scope. */
	static const struct { const char *scope; int want[4]; } rows[] = {
		{ "net", { 1, 1, 0, 0 } }, { "net/", { 1, 0, 0, 0 } }, { "ther", { 0, 0, 0, 0 } }, { ".*c:0", { 0, 0, 1, 0 } }, { NULL, { 1, 1, 1, 1 } },
	};
	for (size_t r = 0; r < MG_COUNT(rows); r++)
		for (int i = 0; i < 4; i++) {
			ck_assert_ok(mgreg_collection_is_in_scope(graph, "k", i, rows[r].scope, &in, &err), &err);
			ck_assert_msg(in == rows[r].want[i], "scope %s item %d", rows[r].scope ? rows[r].scope : "(none)", i);
		}
	ck_assert_fails(mgreg_collection_is_in_scope(graph, "k", 0, "(", &in, &err), MGREG_INVALID_ARGUMENT, &err);
	ck_assert_ok(mgreg_collection_add_int(graph, "k", 7, &err), &err);      /* duplicates stay */
	ck_assert_int_eq(mgreg_collection_count(graph, "k"), 5);
	ck_assert_ok(mgreg_collection_clear(graph, "k", &err), &err);
	ck_assert_int_eq(mgreg_collection_key_count(graph), 1);
	mgreg_graph_finalize(graph);
	ck_assert_fails(mgreg_collection_add_int(graph, "k", 7, &err), MGREG_FAILED_PRECONDITION, &err);
	ck_assert_fails(mgreg_collection_clear(graph, "empty", &err), MGREG_FAILED_PRECONDITION, &err);
}
END_TEST

static const struct { const char *key, *type; bool shared; } standard[] = {
	{ "variables", "tensorflow.VariableDef", true }, { "trainable_variables", "tensorflow.VariableDef", true },
	{ "moving_average_variables", "tensorflow.VariableDef", true }, { "local_variables", "tensorflow.VariableDef", true },
	{ "model_variables", "tensorflow.VariableDef", true }, { "metric_variables", "tensorflow.VariableDef", true },
	{ "global_step", "tensorflow.VariableDef", false }, { "savers", "tensorflow.SaverDef", false },
	{ "queue_runners", "tensorflow.QueueRunnerDef", false }, { "cond_context", "tensorflow.CondContextDef", false },
	{ "while_context", "tensorflow.WhileContextDef", false },
	{ "summaries", NULL, false }, { "table_initializer", NULL, false }, { "asset_filepaths", NULL, false },
	{ "regularization_losses", NULL, false }, { "concatenated_variables", NULL, false }, { "weights", NULL, false },
	{ "biases", NULL, false }, { "activations", NULL, false }, { "update_ops", NULL, false }, { "losses", NULL, false },
	{ "saveable_objects", NULL, false }, { "resources", NULL, false }, { "local_resources", NULL, false },
	{ "trainable_resource_variables", NULL, false }, { "init_op", NULL, false }, { "local_init_op", NULL, false },
	{ "ready_op", NULL, false }, { "ready_for_local_init_op", NULL, false }, { "summary_op", NULL, false }, { "eval_step", NULL, false },
	{ "train_op", NULL, false }, { "_SUMMARY_V2", NULL, false }, { "streaming_model_ports", NULL, false }, { "hparams", NULL, false },
};

START_TEST(standard_keys_have_their_types)
{
	const mg_collection_row *row = mg_collection_row_find(standard[_i].key);

	ck_assert_int_eq(row != NULL, standard[_i].type != NULL);
	if (row) {
		ck_assert_str_eq(mg_record_type(row->kind)->name, standard[_i].type);
		ck_assert_int_eq(row->shared, standard[_i].shared);
	}
}
END_TEST

/* ---- section 3: kinds ---- */

#define VARIABLE "node { name: 'w' op: 'VariableV2' attr { key: 'dtype' value { type: DT_FLOAT } } attr { key: 'shape' value { shape { } } } } " \
	N("Assign", "w/Assign", IN("w") IN("c")) N("Identity", "w/read", IN("w"))
/* variable_name "w:0", initializer_name "w/Assign", snapshot_name "w/read:0" */
#define W_DEF "\\n\\003w:0\\022\\010w/Assign\\032\\010w/read:0"

START_TEST(out_of_scope_records_leave_a_key_without_kind)
{
	mg_metagraph_export_options o = MG_METAGRAPH_EXPORT_INIT;
	Pb__MetaGraphDef *m;

	/* The filter keeps "w:0" by its prefix; a slice's whole name decides in the end. */
	ck_assert_ok(import(graph, GRAPH(C("c") VARIABLE) COLLECTION("variables", "bytes_list { value: '" W_DEF "' }")
		COLLECTION("savers", "bytes_list { value: '\\n\\003c:0\\022\\003c:0\\032\\001c' }")), &err);
	o.scope = "w";
	m = exported(graph, &o);
	ck_assert_ptr_nonnull(find(m, "savers"));
	ck_assert_int_eq(find(m, "savers")->kind_case, PB__COLLECTION_DEF__KIND__NOT_SET);
	ck_assert_int_eq(find(m, "variables")->kind_case, PB__COLLECTION_DEF__KIND_BYTES_LIST);
}
END_TEST

START_TEST(the_kind_is_that_of_the_first_item)
{
	static const struct { const char *list; int kind; } rows[] = {
		{ "int64_list { value: 1 value: -2 }", PB__COLLECTION_DEF__KIND_INT64_LIST },
		{ "float_list { value: 0.5 }", PB__COLLECTION_DEF__KIND_FLOAT_LIST },
		{ "bytes_list { value: 'x' }", PB__COLLECTION_DEF__KIND_BYTES_LIST },
		{ "node_list { value: 'c:0' value: 'c' }", PB__COLLECTION_DEF__KIND_NODE_LIST },
		{ "any_list { value { type_url: 'a/b' value: 'z' } }", PB__COLLECTION_DEF__KIND_ANY_LIST },
	};
	char text[512];

	snprintf(text, sizeof(text), GRAPH(C("c")) COLLECTION("k", "%s"), rows[_i].list);
	ck_assert_ok(import(graph, text), &err);
	ck_assert_int_eq(find(exported(graph, NULL), "k")->kind_case, rows[_i].kind);
}
END_TEST

/* A key of records whose file has another kind is read by its kind (graphs from before the key was registered). */
START_TEST(the_kind_is_read_from_the_file)
{
	Pb__MetaGraphDef *m;

	ck_assert_ok(import(graph, GRAPH(C("c")) COLLECTION("local_variables", "node_list { value: 'c:0' }")
		COLLECTION("global_step", "node_list { value: 'c:0' }") COLLECTION("nothing", "")), &err);
	ck_assert_int_eq(mg_collection_item(graph, "local_variables", 0)->kind, MG_ITEM_TENSOR);
	ck_assert(!mg_collection_has(graph, "nothing"));
	m = exported(graph, NULL);
	ck_assert_str_eq(find(m, "global_step")->node_list->value[0], "c:0");
}
END_TEST

/* ---- section 4: export ---- */

START_TEST(output_shapes_are_for_nodes_with_outputs)
{
	Pb__MetaGraphDef *m;

	ck_assert_ok(import(graph, GRAPH("node { name: 'none' op: 'NoOp' } node { name: 'u' op: 'Unique' input: 'v' attr { key: 'T' value { type: DT_FLOAT } } } "
		"node { name: 'v' op: 'Placeholder' attr { key: 'dtype' value { type: DT_FLOAT } } } ")), &err);
	m = exported(graph, NULL);
	ck_assert_ptr_null(attr(node(m, "none"), "_output_shapes"));
	ck_assert_uint_eq(attr(node(m, "u"), "_output_shapes")->list->n_shape, 2);
	/* Import takes them in and off. */
	ck_assert_ptr_null(mg_attr_find(&mg_graph_find(graph, "u")->attrs, "_output_shapes"));
}
END_TEST

static const struct { const char *nodes; int code; const char *text; } shapes[] = {
	{ C("c") N("Neg", "n", IN("c") "attr { key: '_output_shapes' value { list { shape { } shape { } } } }"), 0, NULL },
	{ C("c") N("Neg", "n", IN("c") "attr { key: '_output_shapes' value { list { } } }"), MGREG_INVALID_ARGUMENT, "has 0 shapes for 1 outputs" },
	{ C("c") N("Neg", "n", IN("c") "attr { key: '_output_shapes' value { list { shape { dim { size: 2 } } } } }"), MGREG_INVALID_ARGUMENT, "_output_shapes" },
	{ C("c") N("Neg", "n", IN("c") "attr { key: '_output_shapes' value { list { shape { dim { size: -7 } } } } }"), MGREG_INVALID_ARGUMENT, "_output_shapes" },
	{ "node { name: 'q' op: 'FIFOQueue' attr { key: 'component_types' value { list { type: DT_FLOAT } } } "
		"attr { key: '_output_shapes' value { list { shape { dim { size: 99 } } } } } } ", 0, NULL },
};

START_TEST(output_shapes_on_import)
{
	char text[1024];

	snprintf(text, sizeof(text), GRAPH("%s"), shapes[_i].nodes);
	if (shapes[_i].code == 0) {
		ck_assert_ok(import(graph, text), &err);
	} else {
		ck_assert_fails(import(graph, text), shapes[_i].code, &err);
		says(shapes[_i].text);
	}
}
END_TEST

START_TEST(versions_are_copied_and_merged)
{
	Pb__MetaGraphDef *m;

	ck_assert_ok(import(graph, "graph_def { versions { producer: 21 min_consumer: 5 bad_consumers: 3 } " C("a") "} "), &err);
	ck_assert_ok(import(graph, "graph_def { versions { producer: 24 min_consumer: 8 bad_consumers: 4 bad_consumers: 3 } " C("b") "} "), &err);
	m = exported(graph, NULL);
	ck_assert_int_eq(m->graph_def->versions->producer, 21);
	ck_assert_int_eq(m->graph_def->versions->min_consumer, 8);
	ck_assert_uint_eq(m->graph_def->versions->n_bad_consumers, 2);
	ck_assert_ptr_null(m->graph_def->library);
	ck_assert_fails(import(graph, "graph_def { versions { producer: 24 min_consumer: 100000 } } "), MGREG_INVALID_ARGUMENT, &err);
	says("version");
	ck_assert_fails(import(graph, "graph_def { versions { producer: 24 bad_consumers: 134 } } "), MGREG_INVALID_ARGUMENT, &err);
}
END_TEST

START_TEST(meta_info_is_merged_and_versions_are_ours)
{
	mg_metagraph_export_options o = MG_METAGRAPH_EXPORT_INIT;
	Pb__MetaGraphDef *given = parsed("meta_info_def { meta_graph_version: 'v9' tags: 'serve' tensorflow_version: '0.1' tensorflow_git_version: 'x' "
		"stripped_op_list { op { name: 'Odd' } } } "), *m;

	ck_assert_ok(import(graph, GRAPH(C("c"))), &err);
	o.meta_info = given->meta_info_def;
	m = exported(graph, &o);
	ck_assert_str_eq(m->meta_info_def->meta_graph_version, "v9");
	ck_assert_str_eq(m->meta_info_def->tags[0], "serve");
	ck_assert_str_ne(m->meta_info_def->tensorflow_version, "0.1");
	ck_assert_str_ne(m->meta_info_def->tensorflow_git_version, "x");
	/* A list of ops that is there already stays. */
	ck_assert_uint_eq(m->meta_info_def->stripped_op_list->n_op, 1);
	ck_assert_str_eq(m->meta_info_def->stripped_op_list->op[0]->name, "Odd");
	/* graph_def= is used as it is. */
	o.graph_def = parsed(GRAPH(C("other")))->graph_def;
	m = exported(graph, &o);
	ck_assert_uint_eq(m->graph_def->n_node, 1);
	ck_assert_str_eq(m->graph_def->node[0]->name, "other");
}
END_TEST

#define FUNCTION(name, op) "function { signature { name: '" name "' input_arg { name: 'x' type: DT_FLOAT } output_arg { name: 'y' type: DT_FLOAT } } " \
	"node_def { name: 'n' op: '" op "' input: 'x' attr { key: 'T' value { type: DT_FLOAT } } } ret { key: 'y' value: 'n:y:0' } } "

START_TEST(ops_of_called_functions_are_listed)
{
	static const char *const want[] = { "Const", "Exp", "Neg" };
	Pb__MetaGraphDef *m;

	ck_assert_ok(import(graph, GRAPH(C("c") "node { name: 'f' op: 'outer' input: 'c' } library { " FUNCTION("outer", "inner") FUNCTION("inner", "Exp")
		FUNCTION("unused", "Tanh") "} " N("Neg", "n", IN("f")))), &err);
	m = exported(graph, NULL);
	ck_assert_uint_eq(m->meta_info_def->stripped_op_list->n_op, MG_COUNT(want));
	for (size_t i = 0; i < MG_COUNT(want); i++) {
		ck_assert_str_eq(m->meta_info_def->stripped_op_list->op[i]->name, want[i]);
		ck_assert_str_eq(m->meta_info_def->stripped_op_list->op[i]->summary, "");
	}
	ck_assert_uint_eq(m->graph_def->library->n_function, 3);
}
END_TEST

START_TEST(an_unknown_op_cannot_be_listed)
{
	mg_metagraph_export_options o = MG_METAGRAPH_EXPORT_INIT;
	mg_metagraph_import_options in = MG_METAGRAPH_IMPORT_INIT;
	mg_report report = { { 0 } };
	Pb__MetaGraphDef *m;

	in.allow_unknown_ops = true;
	ck_assert_ok(import_with(graph, GRAPH("node { name: 'q' op: 'Frobnicate' } node { name: 'a' op: '_Arg' } "), &in), &err);
	ck_assert_fails(mg_metagraph_export(graph, &o, &arena, &m, &err), MGREG_NOT_FOUND, &err);
	says("Frobnicate");
	o.allow_unknown_ops = true;
	o.report = &report;
	m = exported(graph, &o);
	ck_assert_uint_eq(m->meta_info_def->stripped_op_list->n_op, 0);
	ck_assert_uint_eq(report.lines.len, 1);
	ck_assert_ptr_nonnull(strstr(report.lines.at[0], "Frobnicate"));
	mg_report_clear(&report);
}
END_TEST

/* Who wrote the graph described the op: the description goes out again. */
START_TEST(an_op_of_the_producer_is_listed)
{
	mg_metagraph_import_options in = MG_METAGRAPH_IMPORT_INIT;
	Pb__MetaGraphDef *m;

	in.allow_unknown_ops = true;
	ck_assert_ok(import_with(graph, "meta_info_def { stripped_op_list { op { name: 'Frobnicate' output_arg { name: 'o' type: DT_INT32 } } } } "
		GRAPH("node { name: 'q' op: 'Frobnicate' } "), &in), &err);
	m = exported(graph, NULL);
	ck_assert_uint_eq(m->meta_info_def->stripped_op_list->n_op, 1);
	ck_assert_str_eq(m->meta_info_def->stripped_op_list->op[0]->output_arg[0]->name, "o");
}
END_TEST

START_TEST(defaults_are_stripped_in_functions_too)
{
	mg_metagraph_export_options o = MG_METAGRAPH_EXPORT_INIT;
	Pb__MetaGraphDef *m;

	ck_assert_ok(import(graph, GRAPH(C("c") "node { name: 'p' op: 'Placeholder' attr { key: 'dtype' value { type: DT_FLOAT } } "
		"attr { key: 'shape' value { shape { unknown_rank: true } } } attr { key: '_own' value { i: 1 } } } "
		"library { function { signature { name: 'f' } node_def { name: 'p' op: 'Placeholder' attr { key: 'dtype' value { type: DT_FLOAT } } "
		"attr { key: 'shape' value { shape { unknown_rank: true } } } } } } ")), &err);
	o.strip_default_attrs = true;
	m = exported(graph, &o);
	ck_assert_ptr_null(attr(node(m, "p"), "shape"));
	ck_assert_ptr_nonnull(attr(node(m, "p"), "dtype"));
	ck_assert_ptr_nonnull(attr(node(m, "p"), "_own"));
	ck_assert_ptr_null(attr(m->graph_def->library->function[0]->node_def[0], "shape"));
	ck_assert(m->meta_info_def->stripped_default_attrs);
}
END_TEST

START_TEST(devices_in_functions_stay)
{
	mg_metagraph_export_options o = MG_METAGRAPH_EXPORT_INIT;
	Pb__MetaGraphDef *m;

	ck_assert_ok(import(graph, GRAPH("node { name: 'n' op: 'NoOp' device: '/gpu:0' } "
		"library { function { signature { name: 'f' } node_def { name: 'p' op: 'NoOp' device: '/gpu:0' } } } ")), &err);
	o.clear_devices = true;
	m = exported(graph, &o);
	ck_assert_str_eq(node(m, "n")->device, "");
	ck_assert_str_eq(m->graph_def->library->function[0]->node_def[0]->device, "/gpu:0");
}
END_TEST

START_TEST(debug_info_lies_beside_the_file)
{
	char dir[] = "/tmp/mgreg-debug-XXXXXX", path[64];
	mg_str bytes = MG_STR_INIT;
	mg_builder b = MG_BUILDER(graph, &err);
	const Pb__GraphDebugInfo *d;
	mg_msg *m;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	mg_const_scalar(&b, "before", MGREG_FLOAT, 1);
	ck_assert_ok(mgreg_graph_set_source(graph, "model.c", 12, "build", "x = a + b;", &err), &err);
	mg_const_scalar(&b, "a", MGREG_FLOAT, 1);
	ck_assert_ok(mgreg_graph_set_source(graph, "model.c", 13, NULL, NULL, &err), &err);
	mg_const_scalar(&b, "b", MGREG_FLOAT, 1);
	ck_assert_ok(mgreg_graph_set_source(graph, NULL, 0, NULL, NULL, &err), &err);
	mg_const_scalar(&b, "after", MGREG_FLOAT, 1);
	snprintf(path, sizeof(path), "%s/model.ckpt-1.meta", dir);
	ck_assert_ok(mgreg_graph_debug_info_write(graph, path, 0, &err), &err);
	snprintf(path, sizeof(path), "%s/model.ckpt-1.debug", dir);
	ck_assert_ok(mg_file_read(path, 0, &bytes, &err), &err);
	ck_assert_ok(mg_msg_decode(&pb__graph_debug_info__descriptor, bytes.ptr, bytes.len, &arena, &m, &err), &err);
	d = (const Pb__GraphDebugInfo *)m;
	ck_assert_uint_eq(d->n_files, 1);
	ck_assert_str_eq(d->files[0], "model.c");
	ck_assert_uint_eq(d->n_traces, 2);
	ck_assert_str_eq(d->traces[0]->key, "a");
	ck_assert_int_eq(d->traces[0]->value->file_line_cols[0]->line, 12);
	ck_assert_str_eq(d->traces[0]->value->file_line_cols[0]->func, "build");
	unlink(path);
	rmdir(dir);
	mg_str_clear(&bytes);
}
END_TEST

/* ---- section 5: scopes ---- */

START_TEST(a_scope_is_a_plain_prefix)
{
	mg_metagraph_export_options o = MG_METAGRAPH_EXPORT_INIT;
	Pb__MetaGraphDef *m;

	ck_assert_ok(import(graph, GRAPH(C("h1/a") C("h10/b") C("x") N("Neg", "h1/n", IN("h10/b") IN("^x")))), &err);
	o.scope = "h1";
	m = exported(graph, &o);
	ck_assert_uint_eq(m->graph_def->n_node, 3);
	ck_assert_ptr_nonnull(node(m, "a"));
	ck_assert_ptr_nonnull(node(m, "h10/b"));        /* selected, but not stripped */
	ck_assert_str_eq(node(m, "n")->input[1], "^$unbound_inputs_x");
	ck_assert_ptr_null(find(m, "unbound_inputs"));  /* a control input's name does not begin as the filter wants */
	ck_assert_int_eq(mg_collection_count(graph, "unbound_inputs"), 1);
	o.scope = "h1/";
	m = exported(graph, &o);
	ck_assert_uint_eq(m->graph_def->n_node, 2);
	ck_assert_str_eq(node(m, "n")->input[0], "$unbound_inputs_h10/b");
	ck_assert_int_eq(mg_collection_count(graph, "unbound_inputs"), 2);      /* the collection starts anew each time */
	ck_assert_uint_eq(find(m, "unbound_inputs")->bytes_list->n_value, 1);
}
END_TEST

START_TEST(colocation_frames_and_savers_in_a_scope)
{
	static const mg_saver_record saver = { "h/save/Const:0", "h/save/c:0", "h/save/restore_all", 5, false, 10000.0f, 2 };
	mg_metagraph_export_options o = MG_METAGRAPH_EXPORT_INIT;
	mg_item item = { .kind = MG_ITEM_RECORD, .record_kind = MG_RECORD_SAVER, .record = &saver };
	Pb__MetaGraphDef *m;
	mg_msg *d;

	ck_assert_ok(import(graph, GRAPH(C("h/a") C("x") N("Enter", "h/e", IN("h/a") "attr { key: 'frame_name' value { s: 'h/loop' } } "
		"attr { key: '_class' value { list { s: 'loc:@h/a' s: 'loc:@x' } } }")
		N("Enter", "h/e2", IN("h/a") "attr { key: 'frame_name' value { s: 'other' } } "))), &err);
	ck_assert_ok(mg_collection_add(graph, "savers", &item, &err), &err);
	o.scope = "h";
	o.saver = &saver;
	m = exported(graph, &o);
	ck_assert_uint_eq(attr(node(m, "e"), "_class")->list->n_s, 1);
	ck_assert_mem_eq(attr(node(m, "e"), "_class")->list->s[0].data, "loc:@a", 6);
	ck_assert_mem_eq(attr(node(m, "e"), "frame_name")->s.data, "loop", 4);
	ck_assert_mem_eq(attr(node(m, "e2"), "frame_name")->s.data, "other", 5);
	/* saver_def goes along as it is; only those of the collection are stripped. */
	ck_assert_str_eq(m->saver_def->filename_tensor_name, "h/save/Const:0");
	ck_assert_ok(mg_msg_decode(&pb__saver_def__descriptor, find(m, "savers")->bytes_list->value[0].data,
		find(m, "savers")->bytes_list->value[0].len, &arena, &d, &err), &err);
	ck_assert_str_eq(((Pb__SaverDef *)d)->filename_tensor_name, "save/Const:0");
	/* The graph keeps its own names. */
	ck_assert_ptr_nonnull(mg_graph_find(graph, "h/e"));
}
END_TEST

START_TEST(a_colocation_without_at_is_refused)
{
	mg_metagraph_export_options o = MG_METAGRAPH_EXPORT_INIT;
	Pb__MetaGraphDef *m;

	ck_assert_ok(import(graph, GRAPH("node { name: 'h/a' op: 'NoOp' attr { key: '_class' value { list { s: 'odd' } } } } ")), &err);
	o.scope = "h";
	ck_assert_fails(mg_metagraph_export(graph, &o, &arena, &m, &err), MGREG_INVALID_ARGUMENT, &err);
	says("odd");
}
END_TEST

static int
count_variable(void *ctx, const char *name, mgreg_variable v)
{
	(void)v;
	mg_str_printf(ctx, "%s ", name);
	return 0;
}

START_TEST(variables_by_their_names_without_scope)
{
	mg_metagraph_import_options o = MG_METAGRAPH_IMPORT_INIT;
	mg_str names = MG_STR_INIT;

	o.scope = "net";
	ck_assert_ok(import_with(graph, GRAPH(C("c") VARIABLE) COLLECTION("variables", "bytes_list { value: '" W_DEF "' }"), &o), &err);
	ck_assert_ok(mgreg_variables_each(graph, "net", count_variable, &names, &err), &err);
	ck_assert_str_eq(names.ptr, "w:0 ");
	mg_str_reset(&names);
	ck_assert_ok(mgreg_variables_each(graph, NULL, count_variable, &names, &err), &err);
	ck_assert_str_eq(names.ptr, "net/w:0 ");
	mg_str_reset(&names);
	ck_assert_ok(mgreg_variables_each(graph, "other", count_variable, &names, &err), &err);
	ck_assert_uint_eq(names.len, 0);
	mg_str_clear(&names);
}
END_TEST

/* ---- section 6: import ---- */

START_TEST(unbound_inputs_and_their_key)
{
	static const char *const from[] = { "$unbound_inputs_x" }, *const more[] = { "$unbound_inputs_x", "$unbound_inputs_z" };
	const char *text = GRAPH(N("Neg", "n", IN("$unbound_inputs_x"))) COLLECTION("mine", "bytes_list { value: '$unbound_inputs_x' }");
	mg_metagraph_import_options o = MG_METAGRAPH_IMPORT_INIT;
	mg_builder b = MG_BUILDER(graph, &err);
	mg_output to[2];

	to[0] = to[1] = mg_const_scalar(&b, "to", MGREG_FLOAT, 1);
	o.unbound_key = "mine";
	ck_assert_fails(import_with(graph, text, &o), MGREG_INVALID_ARGUMENT, &err);
	says("$unbound_inputs_x");
	o.map_from = more;
	o.map_to = to;
	o.map_count = 2;
	ck_assert_fails(import_with(graph, text, &o), MGREG_INVALID_ARGUMENT, &err);
	o.map_from = from;
	o.map_count = 1;
	ck_assert_ok(import_with(graph, text, &o), &err);
	ck_assert(!mg_collection_has(graph, "mine"));
	/* No check: the key is a collection like any other. */
	o.unbound_key = NULL;
	o.scope = "again";
	ck_assert_ok(import_with(graph, text, &o), &err);
	ck_assert_int_eq(mg_collection_count(graph, "mine"), 1);
	/* Named twice, it can never match. */
	o.unbound_key = "mine";
	ck_assert_fails(import_with(graph, GRAPH(N("Neg", "n", IN("$unbound_inputs_x")))
		COLLECTION("mine", "bytes_list { value: '$unbound_inputs_x' value: '$unbound_inputs_x' }"), &o), MGREG_INVALID_ARGUMENT, &err);
}
END_TEST

static bool
not_k(void *ctx, const char *key)
{
	(void)ctx;
	return strcmp(key, "k") != 0;
}

START_TEST(a_predicate_chooses_collections)
{
	mg_metagraph_import_options o = MG_METAGRAPH_IMPORT_INIT;

	o.restore = not_k;
	ck_assert_ok(import_with(graph, COLLECTION("k", "int64_list { value: 1 }") COLLECTION("l", "int64_list { value: 1 }"), &o), &err);
	ck_assert(!mg_collection_has(graph, "k"));
	ck_assert(mg_collection_has(graph, "l"));
}
END_TEST

START_TEST(the_order_of_collections)
{
	ck_assert_ok(import(graph, GRAPH(C("c") VARIABLE) COLLECTION("zz", "int64_list { value: 1 }") COLLECTION("aa", "int64_list { value: 1 }")
		COLLECTION("trainable_variables", "bytes_list { value: '" W_DEF "' }")), &err);
	ck_assert_str_eq(mg_collection_key(graph, 0), "trainable_variables");
	ck_assert_str_eq(mg_collection_key(graph, 1), "aa");
	ck_assert_str_eq(mg_collection_key(graph, 2), "zz");
}
END_TEST

START_TEST(a_scope_inside_a_scope)
{
	mg_metagraph_import_options o = MG_METAGRAPH_IMPORT_INIT;
	const char *text = GRAPH(C("c")) COLLECTION("k", "node_list { value: 'c:0' }");
	mg_metagraph_imported got;

	ck_assert_ok(mg_scope_enter(graph, "o", NULL, &err), &err);
	ck_assert_ok(mg_metagraph_import(graph, parsed(text), &o, &got, &err), &err);
	ck_assert_str_eq(got.prefix, "o/");
	ck_assert_ptr_nonnull(mg_graph_find(graph, "o/c"));
	o.scope = "in";
	ck_assert_ok(mg_metagraph_import(graph, parsed(text), &o, &got, &err), &err);
	ck_assert_str_eq(got.prefix, "o/in/");
	ck_assert_ok(mg_metagraph_import(graph, parsed(text), &o, &got, &err), &err);
	ck_assert_str_eq(got.prefix, "o/in_1/");        /* the name really used, in collections too */
	ck_assert_str_eq(mg_collection_item(graph, "k", 2)->tensor.node->name, "o/in_1/c");
	mg_scope_leave(graph);
}
END_TEST

START_TEST(numbers_and_anys_have_no_names)
{
	mg_metagraph_import_options o = MG_METAGRAPH_IMPORT_INIT;

	o.scope = "s";
	ck_assert_ok(import_with(graph, COLLECTION("f", "float_list { value: 0.5 }") COLLECTION("i", "int64_list { value: 3 }")
		COLLECTION("a", "any_list { value { type_url: 't/x' value: 'v' } }") COLLECTION("b", "bytes_list { value: 'name' value: 'loc:@x' value: '^c' }")
		COLLECTION("hparams", "bytes_list { value: '{\"lr\": 1}' }"), &o), &err);
	ck_assert(mg_collection_item(graph, "f", 0)->f == 0.5);
	ck_assert(mg_collection_item(graph, "i", 0)->i == 3);
	ck_assert(mg_slice_eq(mg_collection_item(graph, "a", 0)->bytes, "v"));
	ck_assert(mg_slice_eq(mg_collection_item(graph, "b", 0)->bytes, "s/name"));
	ck_assert(mg_slice_eq(mg_collection_item(graph, "b", 1)->bytes, "loc:@s/x"));
	ck_assert(mg_slice_eq(mg_collection_item(graph, "b", 2)->bytes, "^s/c"));
	ck_assert(mg_slice_eq(mg_collection_item(graph, "hparams", 0)->bytes, "{\"lr\": 1}"));
}
END_TEST

START_TEST(node_lists_say_what_is_missing)
{
	ck_assert_fails(import(graph, GRAPH(C("c")) COLLECTION("k", "node_list { value: 'gone:0' }")), MGREG_NOT_FOUND, &err);
	says("tensor 'gone:0'");
	ck_assert_fails(import(graph, GRAPH(C("c")) COLLECTION("k", "node_list { value: 'gone' }")), MGREG_NOT_FOUND, &err);
	says("operation 'gone'");
	ck_assert_fails(import(graph, GRAPH(C("c")) COLLECTION("k", "node_list { value: 'c:5' }")), MGREG_NOT_FOUND, &err);
	says("1 outputs");
}
END_TEST

/* Nodes, names, functions, versions, variables and collections: all of it. */
START_TEST(a_failed_import_leaves_the_graph_as_it_was)
{
	const char *first = "graph_def { versions { producer: 30 } " C("c") VARIABLE "library { " FUNCTION("f", "Exp") "} } "
		COLLECTION("variables", "bytes_list { value: '" W_DEF "' }") COLLECTION("k", "int64_list { value: 1 }");
	const char *bad = "graph_def { versions { producer: 21 min_consumer: 3 } " C("c") C("d") C("e/f") VARIABLE "library { " FUNCTION("g", "Exp") "} } "
		COLLECTION("cond_context", "") COLLECTION("k", "int64_list { value: 2 }") COLLECTION("new", "int64_list { value: 1 }")
		COLLECTION("variables", "bytes_list { value: '" W_DEF "' }") COLLECTION("zz", "node_list { value: 'gone' }");
	mg_metagraph_import_options o = MG_METAGRAPH_IMPORT_INIT;
	Pb__MetaGraphDef *before, *after;
	const char *name;

	ck_assert_ok(import(graph, first), &err);
	before = exported(graph, NULL);
	for (int round = 0; round < 2; round++) {
		o.scope = round ? "s" : NULL;
		o.uniquify = true;
		ck_assert_fails(import_with(graph, bad, &o), MGREG_NOT_FOUND, &err);
		after = exported(graph, NULL);
		ck_assert(mg_msg_equal(&before->base, &after->base, NULL, NULL));
	}
	ck_assert_int_eq(mg_collection_count(graph, "k"), 1);
	ck_assert(!mg_collection_has(graph, "new"));
	/* Names are free again. */
	static const char *const names[] = { "d", "e", "s", "e/f" };
	for (size_t i = 0; i < MG_COUNT(names); i++) {
		ck_assert_ok(mg_graph_unique_name(graph, names[i], true, &name, &err), &err);
		ck_assert_str_eq(name, names[i]);
	}
	ck_assert_ok(mg_graph_validate(graph, &err), &err);
}
END_TEST

START_TEST(a_failed_import_into_nothing_leaves_nothing)
{
	const char *name;

	ck_assert_fails(import(graph, GRAPH(C("c")) COLLECTION("zz", "node_list { value: 'gone' }")), MGREG_NOT_FOUND, &err);
	ck_assert_int_eq(mg_graph_node_count(graph), 0);
	ck_assert_ok(mg_graph_unique_name(graph, "c", true, &name, &err), &err);
	ck_assert_str_eq(name, "c");
	ck_assert_int_eq(mg_graph_versions(graph)->producer, MG_GRAPH_DEF_VERSION);
}
END_TEST

/* ---- section 7: GraphDefs ---- */

START_TEST(return_elements_in_order)
{
	static const char *const names[] = { "n", "x:0", "n:0" }, *const wrong[] = { "n", "gone:0", "n:7" }, *const from[] = { "x" };
	mg_output got[3], mine;
	mg_builder b = MG_BUILDER(graph, &err);
	mg_metagraph_import_options o = MG_METAGRAPH_IMPORT_INIT;

	mine = mg_const_scalar(&b, "mine", MGREG_FLOAT, 2);
	o.scope = "in";
	o.map_from = from;
	o.map_to = &mine;
	o.map_count = 1;
	o.return_names = names;
	o.returned = got;
	o.return_count = 3;
	ck_assert_ok(import_with(graph, GRAPH(C("x") N("Neg", "n", IN("x"))), &o), &err);
	ck_assert_str_eq(got[0].node->name, "in/n");
	ck_assert_int_eq(got[0].index, MGREG_OP_ITSELF);
	ck_assert_ptr_eq(got[1].node, mine.node);
	ck_assert_int_eq(got[2].index, 0);
	o.return_names = wrong;
	ck_assert_fails(import_with(graph, GRAPH(C("x") N("Neg", "n", IN("x"))), &o), MGREG_INVALID_ARGUMENT, &err);
	says("gone:0, n:7");
	ck_assert_int_eq(mg_graph_node_count(graph), 3);
}
END_TEST

static const struct { const char *attrs; int code; const char *text; } producer[] = {
	{ "attr { key: 'future' value { i: 3 } }", 0, NULL },                           /* the producer's default: dropped */
	{ "attr { key: 'future' value { i: 4 } }", MGREG_INVALID_ARGUMENT, "future" },  /* not its default: refused */
	{ "attr { key: '_anything' value { i: 4 } }", 0, NULL },                        /* private ones are always taken */
	{ "attr { key: 'elsewhere' value { i: 4 } }", MGREG_INVALID_ARGUMENT, "elsewhere" },
};

START_TEST(attributes_of_a_newer_producer)
{
	char text[1024];

	snprintf(text, sizeof(text), "meta_info_def { stripped_op_list { op { name: 'NoOp' attr { name: 'future' type: 'int' default_value { i: 3 } } } } } "
		GRAPH("node { name: 'n' op: 'NoOp' %s } "), producer[_i].attrs);
	if (producer[_i].code == 0) {
		ck_assert_ok(import(graph, text), &err);
		ck_assert_ptr_null(mg_attr_find(&mg_graph_find(graph, "n")->attrs, "future"));
	} else {
		ck_assert_fails(import(graph, text), producer[_i].code, &err);
		says(producer[_i].text);
	}
}
END_TEST

START_TEST(an_op_known_only_to_the_producer)
{
	ck_assert_fails(import(graph, "meta_info_def { stripped_op_list { op { name: 'Frobnicate' } } } " GRAPH("node { name: 'q' op: 'Frobnicate' } ")),
		MGREG_NOT_FOUND, &err);
	says("Frobnicate");
}
END_TEST

START_TEST(deprecated_ops)
{
	/* BatchNormWithGlobalNormalization is deprecated at version 9. */
	const char *text = "graph_def { versions { producer: %d } " C("c") "node { name: 'p' op: 'Placeholder' attr { key: 'dtype' value { type: DT_FLOAT } } } "
		"node { name: 'n' op: 'BatchNormWithGlobalNormalization' input: 'p' input: 'p' input: 'p' input: 'p' input: 'p' "
		"attr { key: 'T' value { type: DT_FLOAT } } attr { key: 'variance_epsilon' value { f: 0.1 } } attr { key: 'scale_after_normalization' value { b: true } } } } ";
	char buf[1024];

	snprintf(buf, sizeof(buf), text, 24);
	ck_assert_fails(import(graph, buf), MGREG_UNIMPLEMENTED, &err);
	says("BatchNormWithGlobalNormalization");
	snprintf(buf, sizeof(buf), text, 8);
	ck_assert_ok(import(graph, buf), &err);
}
END_TEST

START_TEST(functions_of_one_name_have_one_body)
{
	ck_assert_ok(import(graph, GRAPH(C("c") "library { " FUNCTION("f", "Exp") "} ")), &err);
	ck_assert_ok(import(graph, GRAPH(C("d") "library { " FUNCTION("f", "Exp") "} ")), &err);
	ck_assert_fails(import(graph, GRAPH(C("e") "library { " FUNCTION("f", "Neg") "} ")), MGREG_INVALID_ARGUMENT, &err);
	says("function 'f'");
	ck_assert_int_eq(mg_graph_function_count(graph), 1);
}
END_TEST

#define LOOP(merge) C("x") N("Enter", "e", IN("x") "attr { key: 'frame_name' value { s: 'f' } }") \
	"node { name: 'm' op: '" merge "' input: 'e' input: 'next' attr { key: 'T' value { type: DT_FLOAT } } attr { key: 'N' value { i: 2 } } } " \
	N("NextIteration", "next", IN("m"))

START_TEST(back_edges_end_in_a_merge)
{
	const mg_node *m;

	ck_assert_ok(import(graph, GRAPH(LOOP("Merge"))), &err);
	m = mg_graph_find(graph, "m");
	ck_assert_str_eq(m->inputs[1].node->name, "next");
	ck_assert_ok(mg_graph_validate(graph, &err), &err);
	ck_assert_fails(import(graph, GRAPH(C("y") "node { name: 'a' op: 'AddN' input: 'y' input: 'b' attr { key: 'T' value { type: DT_FLOAT } } "
		"attr { key: 'N' value { i: 2 } } } " N("NextIteration", "b", IN("a")))), MGREG_INVALID_ARGUMENT, &err);
	says("cycle");
}
END_TEST

/* ---- section 8: objects ---- */

static const struct { const char *def; int code; const char *text; } variables[] = {
	{ W_DEF, 0, NULL },
	{ W_DEF "2\\003c:0", 0, NULL },                                                /* initial_value_name; older releases had none */
	{ W_DEF "2\\006gone:0", MGREG_NOT_FOUND, "initial_value_name" },
	{ "\\n\\004zz:0\\022\\010w/Assign\\032\\010w/read:0", MGREG_NOT_FOUND, "variable_name" },
	{ "\\n\\003w:0\\022\\004gone\\032\\010w/read:0", MGREG_NOT_FOUND, "initializer_name" },
	{ "\\n\\003w:0\\022\\010w/Assign\\032\\006gone:0", MGREG_NOT_FOUND, "snapshot_name" },
	{ "\\n\\003w:0\\022\\010w/Assign", MGREG_INVALID_ARGUMENT, "snapshot_name" },
	{ "\\377", MGREG_DATA_LOSS, "collection 'variables'" },
};

START_TEST(variables_by_their_names)
{
	char text[2048];

	snprintf(text, sizeof(text), GRAPH(C("c") VARIABLE) COLLECTION("variables", "bytes_list { value: '%s' }"), variables[_i].def);
	if (variables[_i].code == 0) {
		ck_assert_ok(import(graph, text), &err);
		ck_assert_int_eq(mg_collection_count(graph, "variables"), 1);
	} else {
		ck_assert_int_ne(import(graph, text), 0);
		says(variables[_i].text);
		ck_assert_int_eq(mg_graph_node_count(graph), 0);
	}
}
END_TEST

#define RESOURCE "node { name: 'w' op: 'VarHandleOp' attr { key: 'dtype' value { type: DT_FLOAT } } attr { key: 'shape' value { shape { } } } } " \
	"node { name: 'w/Assign' op: 'AssignVariableOp' input: 'w' input: 'c' attr { key: 'dtype' value { type: DT_FLOAT } } } " \
	"node { name: 'w/Read/ReadVariableOp' op: 'ReadVariableOp' input: 'w' attr { key: 'dtype' value { type: DT_FLOAT } } } " \
	N("Identity", "w/cached", IN("w/Read/ReadVariableOp"))

START_TEST(resource_variables_are_read_where_they_are_read)
{
	/* No snapshot_name: the usual place; a cached copy: what lies behind it. */
	static const char *const defs[] = { "\\n\\003w:0\\022\\010w/Assign(\\001", "\\n\\003w:0\\022\\010w/Assign\\032\\012w/cached:0(\\001" };
	const mg_variable_record *v;
	mg_output handle, read;
	char text[2048];

	snprintf(text, sizeof(text), GRAPH(C("c") RESOURCE) COLLECTION("variables", "bytes_list { value: '%s' }"), defs[_i]);
	ck_assert_ok(import(graph, text), &err);
	v = mg_collection_item(graph, "variables", 0)->record;
	ck_assert(v->is_resource);
	ck_assert_ok(mg_variable_outputs(graph, v, &handle, &read, &err), &err);
	ck_assert_str_eq(read.node->name, "w/Read/ReadVariableOp");
	ck_assert_str_eq(v->snapshot_name, _i ? "w/cached:0" : "w/Read/ReadVariableOp:0");
}
END_TEST

START_TEST(equal_bytes_are_one_variable)
{
	ck_assert_ok(import(graph, GRAPH(C("c") VARIABLE) COLLECTION("variables", "bytes_list { value: '" W_DEF "' value: '" W_DEF "8\\001' }")
		COLLECTION("trainable_variables", "bytes_list { value: '" W_DEF "8\\001' }") COLLECTION("model_variables", "bytes_list { value: '" W_DEF "' }")
		COLLECTION("global_step", "bytes_list { value: '" W_DEF "' }")), &err);
	const void *a = mg_collection_item(graph, "variables", 0)->record, *t = mg_collection_item(graph, "variables", 1)->record;
	ck_assert_ptr_ne(a, t);
	ck_assert_ptr_eq(mg_collection_item(graph, "trainable_variables", 0)->record, t);
	ck_assert_ptr_eq(mg_collection_item(graph, "model_variables", 0)->record, a);
	ck_assert_ptr_ne(mg_collection_item(graph, "global_step", 0)->record, a);       /* not one of those that share */
}
END_TEST

START_TEST(queue_runners)
{
	const char *queue = "node { name: 'q' op: 'FIFOQueueV2' attr { key: 'component_types' value { list { type: DT_FLOAT } } } } "
		"node { name: 'enq' op: 'NoOp' } node { name: 'close' op: 'NoOp' } node { name: 'cancel' op: 'NoOp' } ";
	const mg_queue_runner_record *r;
	mg_metagraph_import_options o = MG_METAGRAPH_IMPORT_INIT;
	char text[2048];

	o.scope = "s";
	snprintf(text, sizeof(text), GRAPH("%s") COLLECTION("queue_runners", "bytes_list { value: '\\n\\001q\\022\\003enq\\032\\005close\\\"\\006cancel' }"), queue);
	ck_assert_ok(import_with(graph, text, &o), &err);
	r = mg_collection_item(graph, "queue_runners", 0)->record;
	ck_assert_str_eq(r->queue_name, "s/q");
	ck_assert_str_eq(r->enqueue_op_names[0], "s/enq");
	ck_assert_int_eq(r->closed_codes[0], MGREG_OUT_OF_RANGE);       /* none said: OutOfRange */
	snprintf(text, sizeof(text), GRAPH("%s") COLLECTION("queue_runners", "bytes_list { value: '\\n\\004gone\\022\\003enq\\032\\005close\\\"\\006cancel' }"), queue);
	ck_assert_fails(import(graph, text), MGREG_NOT_FOUND, &err);
	says("queue_name");
}
END_TEST

/* ---- contexts ---- */

static void
choose(void *payload, mgreg_builder *b, mgreg_output *out, int count)
{
	(void)count;
	out[0] = mg_build(b, "Neg", NULL, "o", *(mg_output *)payload);
}

static void
less(void *payload, mgreg_builder *b, const mgreg_output *vars, mgreg_output *out, int count)
{
	(void)count;
	out[0] = mg_build(b, "Less", NULL, "oo", vars[0], *(mg_output *)payload);
}

static void
step(void *payload, mgreg_builder *b, const mgreg_output *vars, mgreg_output *out, int count)
{
	mg_output pred = mg_build(b, "Greater", NULL, "oo", vars[0], *(mg_output *)payload);

	(void)count;
	mgreg_cond(b, pred, &(mgreg_cond_fns){ choose, choose, (void *)&vars[0] }, out, 1, NULL);
}

/* A loop with a cond in it, and a cond outside; X is their outer value. */
static void
build_contexts(mg_graph *g)
{
	mg_builder b = MG_BUILDER(g, &err);
	mg_output x = mg_const_scalar(&b, "x", MGREG_FLOAT, 1), v = x, pred, out;

	mgreg_while_loop(&b, &v, 1, &(mgreg_while_fns){ less, step, &x }, NULL, &v, NULL);
	pred = mg_build(&b, "Less", NULL, "oo", x, v);
	mgreg_cond(&b, pred, &(mgreg_cond_fns){ choose, choose, &x }, &out, 1, NULL);
	ck_assert_ok(b.rc, &err);
}

START_TEST(contexts_travel_with_their_nesting)
{
	mg_metagraph_import_options o = MG_METAGRAPH_IMPORT_INIT;
	mg_metagraph_imported got;
	const mg_context_record *c;
	Pb__MetaGraphDef *m;
	mg_graph *h;
	mg_slice frame;
	mg_msg *d;
	const char *name;

	build_contexts(graph);
	m = exported(graph, NULL);
	ck_assert_uint_eq(find(m, "while_context")->bytes_list->n_value, 1);
	ck_assert_uint_eq(find(m, "cond_context")->bytes_list->n_value, 2);
	ck_assert_ok(mg_msg_decode(&pb__while_context_def__descriptor, find(m, "while_context")->bytes_list->value[0].data,
		find(m, "while_context")->bytes_list->value[0].len, &arena, &d, &err), &err);
	const Pb__WhileContextDef *w = (const Pb__WhileContextDef *)d;
	ck_assert_uint_eq(w->n_nested_contexts, 2);
	ck_assert_str_eq(w->pivot_name, "while/LoopCond:0");
	for (size_t i = 1; i < w->values_def->n_values; i++)
		ck_assert_int_lt(strcmp(w->values_def->values[i - 1], w->values_def->values[i]), 0);
	/* Into another graph under a scope: frames are called by the new name, nodes know their context. */
	ck_assert_ok(mg_graph_new(&h, &err), &err);
	o.scope = "s";
	ck_assert_ok(mg_metagraph_import(h, m, &o, &got, &err), &err);
	c = mg_collection_item(h, "while_context", 0)->record;
	ck_assert_str_eq(c->context_name, "s/while/while_context");
	ck_assert_int_eq(c->nested_count, 2);
	ck_assert_ptr_eq(c->nested[0]->outer, c);
	ck_assert_ptr_eq(mg_graph_find(h, "s/while/Greater")->context, c);
	ck_assert_ptr_eq(mg_graph_find(h, "s/while/cond/Neg")->context, c->nested[0]);
	ck_assert(mg_attr_get_string(&mg_graph_find(h, "s/while/Enter")->attrs, "frame_name", &frame));
	ck_assert(mg_slice_eq(frame, "s/while/while_context"));
	/* Every imported branch takes a name that nothing uses. */
	ck_assert_ok(mg_graph_unique_name(h, "cond_text", true, &name, &err), &err);
	ck_assert_str_eq(name, "cond_text_4");
	mg_graph_free(h);
	/* The same bytes again without a scope. */
	ck_assert_ok(mg_graph_new(&h, &err), &err);
	o.scope = NULL;
	ck_assert_ok(mg_metagraph_import(h, m, &o, &got, &err), &err);
	ck_assert(mg_msg_equal(&m->base, &exported(h, NULL)->base, NULL, NULL));
	mg_graph_free(h);
}
END_TEST

/* What nobody knows stays with inner contexts, even when their names change. */
START_TEST(unknown_fields_of_inner_contexts_stay)
{
	mg_metagraph_import_options o = MG_METAGRAPH_IMPORT_INIT;
	mg_metagraph_imported got;
	Pb__MetaGraphDef *m, *again;
	Pb__WhileContextDef *w;
	ProtobufCBinaryData *bytes;
	ProtobufCMessageUnknownField odd = { 77, PROTOBUF_C_WIRE_TYPE_VARINT, 1, (uint8_t *)"\x05" };
	mg_str text = MG_STR_INIT;
	mg_graph *h;
	mg_msg *d;

	build_contexts(graph);
	m = exported(graph, NULL);
	bytes = &((Pb__CollectionDef *)find(m, "while_context"))->bytes_list->value[0];
	ck_assert_ok(mg_msg_decode(&pb__while_context_def__descriptor, bytes->data, bytes->len, &arena, &d, &err), &err);
	w = (Pb__WhileContextDef *)d;
	mg_msg *const places[] = { &w->base, &w->values_def->base, &w->nested_contexts[0]->base, &w->nested_contexts[0]->cond_ctxt->base,
		&w->nested_contexts[1]->cond_ctxt->values_def->base };
	for (size_t i = 0; i < MG_COUNT(places); i++) {
		places[i]->n_unknown_fields = 1;
		places[i]->unknown_fields = &odd;
	}
	ck_assert_ok(mg_msg_encode(d, &text, &err), &err);
	*bytes = (ProtobufCBinaryData){ text.len, (uint8_t *)text.ptr };
	ck_assert_ok(mg_graph_new(&h, &err), &err);
	o.scope = "s";
	ck_assert_ok(mg_metagraph_import(h, m, &o, &got, &err), &err);
	again = exported(h, NULL);
	bytes = &((Pb__CollectionDef *)find(again, "while_context"))->bytes_list->value[0];
	ck_assert_ok(mg_msg_decode(&pb__while_context_def__descriptor, bytes->data, bytes->len, &arena, &d, &err), &err);
	w = (Pb__WhileContextDef *)d;
	ck_assert_str_eq(w->context_name, "s/while/while_context");
	ck_assert_uint_eq(w->base.n_unknown_fields, 1);
	ck_assert_uint_eq(w->values_def->base.n_unknown_fields, 1);
	ck_assert_uint_eq(w->nested_contexts[0]->base.n_unknown_fields, 1);
	ck_assert_uint_eq(w->nested_contexts[0]->cond_ctxt->base.n_unknown_fields, 1);
	ck_assert_uint_eq(w->nested_contexts[1]->cond_ctxt->values_def->base.n_unknown_fields, 1);
	ck_assert_uint_eq(w->nested_contexts[1]->base.n_unknown_fields, 0);
	mg_graph_free(h);
	mg_str_clear(&text);
}
END_TEST

/* Before 1.6 every context stood in the collection, inner ones first; each is taken as it is. */
START_TEST(flat_contexts_of_old_releases)
{
	mg_metagraph_import_options o = MG_METAGRAPH_IMPORT_INIT;
	mg_metagraph_imported got;
	Pb__MetaGraphDef *m;
	Pb__CollectionDef__BytesList *conds;
	mg_str text = MG_STR_INIT;
	mg_graph *h;
	mg_msg *d;

	build_contexts(graph);
	m = exported(graph, NULL);
	const ProtobufCBinaryData *w = &find(m, "while_context")->bytes_list->value[0];
	ck_assert_ok(mg_msg_decode(&pb__while_context_def__descriptor, w->data, w->len, &arena, &d, &err), &err);
	ck_assert_ok(mg_msg_encode(&((Pb__WhileContextDef *)d)->nested_contexts[0]->cond_ctxt->base, &text, &err), &err);
	conds = ((Pb__CollectionDef *)find(m, "cond_context"))->bytes_list;
	conds->value[1] = (ProtobufCBinaryData){ text.len, (uint8_t *)text.ptr };
	((Pb__WhileContextDef *)d)->n_nested_contexts = 0;
	ck_assert_ok(mg_graph_new(&h, &err), &err);
	ck_assert_ok(mg_metagraph_import(h, m, &o, &got, &err), &err);
	ck_assert_int_eq(mg_collection_count(h, "cond_context"), 2);
	ck_assert_str_eq(((const mg_context_record *)mg_collection_item(h, "cond_context", 1)->record)->context_name, "while/cond/cond_text");
	mg_graph_free(h);
	mg_str_clear(&text);
}
END_TEST

START_TEST(contexts_name_what_they_miss)
{
	static const struct { const char *def, *text; } rows[] = {
		/* context_name, pred_name, pivot_name */
		{ "\\n\\001c\\022\\006gone:0\\032\\003x:0", "predicate 'gone:0'" },
		{ "\\n\\001c\\022\\003x:0\\032\\006gone:0", "pivot 'gone:0'" },
		{ "\\n\\001c\\022\\003x:0\\032\\003x:0*\\010\\n\\006gone:0", "value 'gone:0'" },
	};
	char text[512];

	snprintf(text, sizeof(text), GRAPH(C("x")) COLLECTION("cond_context", "bytes_list { value: '%s' }"), rows[_i].def);
	ck_assert_fails(import(graph, text), MGREG_NOT_FOUND, &err);
	says(rows[_i].text);
	says("cond_context");
}
END_TEST

/* ---- 2 GB ---- */

/* Five constants that share 500 MB nobody writes: larger than the format allows, refused before a byte is made. */
START_TEST(two_gigabytes_are_the_end_of_the_format)
{
	Pb__MetaGraphDef *m = parsed(GRAPH(C("a") C("b") C("c") C("d") C("e")));
	size_t size = (size_t)500 << 20;
	char path[64];
	void *zeros = mg_calloc(1, size);

	ck_assert_ptr_nonnull(zeros);
	for (size_t i = 0; i < m->graph_def->n_node; i++) {
		Pb__TensorProto *t = (Pb__TensorProto *)attr(m->graph_def->node[i], "value")->tensor;

		t->n_float_val = 0;
		t->tensor_content = (ProtobufCBinaryData){ size, zeros };
	}
	snprintf(path, sizeof(path), "/tmp/mgreg-2gb-%ld.meta", (long)getpid());
	ck_assert_fails(mg_metagraph_write(path, m, false, &err), MGREG_INVALID_ARGUMENT, &err);
	says("2 GB");
	ck_assert_int_ne(access(path, F_OK), 0);
	mg_free(zeros);
}
END_TEST

Suite *
test_rules(void)
{
	Suite *s = suite_create("rules");
	TCase *t = tcase_create("rules");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, keys_clear_and_scope);
	tcase_add_loop_test(t, standard_keys_have_their_types, 0, MG_COUNT(standard));
	tcase_add_test(t, out_of_scope_records_leave_a_key_without_kind);
	tcase_add_loop_test(t, the_kind_is_that_of_the_first_item, 0, 5);
	tcase_add_test(t, the_kind_is_read_from_the_file);
	tcase_add_test(t, output_shapes_are_for_nodes_with_outputs);
	tcase_add_loop_test(t, output_shapes_on_import, 0, MG_COUNT(shapes));
	tcase_add_test(t, versions_are_copied_and_merged);
	tcase_add_test(t, meta_info_is_merged_and_versions_are_ours);
	tcase_add_test(t, ops_of_called_functions_are_listed);
	tcase_add_test(t, an_unknown_op_cannot_be_listed);
	tcase_add_test(t, an_op_of_the_producer_is_listed);
	tcase_add_test(t, defaults_are_stripped_in_functions_too);
	tcase_add_test(t, devices_in_functions_stay);
	tcase_add_test(t, debug_info_lies_beside_the_file);
	tcase_add_test(t, a_scope_is_a_plain_prefix);
	tcase_add_test(t, colocation_frames_and_savers_in_a_scope);
	tcase_add_test(t, a_colocation_without_at_is_refused);
	tcase_add_test(t, variables_by_their_names_without_scope);
	tcase_add_test(t, unbound_inputs_and_their_key);
	tcase_add_test(t, a_predicate_chooses_collections);
	tcase_add_test(t, the_order_of_collections);
	tcase_add_test(t, a_scope_inside_a_scope);
	tcase_add_test(t, numbers_and_anys_have_no_names);
	tcase_add_test(t, node_lists_say_what_is_missing);
	tcase_add_test(t, a_failed_import_leaves_the_graph_as_it_was);
	tcase_add_test(t, a_failed_import_into_nothing_leaves_nothing);
	tcase_add_test(t, return_elements_in_order);
	tcase_add_loop_test(t, attributes_of_a_newer_producer, 0, MG_COUNT(producer));
	tcase_add_test(t, an_op_known_only_to_the_producer);
	tcase_add_test(t, deprecated_ops);
	tcase_add_test(t, functions_of_one_name_have_one_body);
	tcase_add_test(t, back_edges_end_in_a_merge);
	tcase_add_loop_test(t, variables_by_their_names, 0, MG_COUNT(variables));
	tcase_add_loop_test(t, resource_variables_are_read_where_they_are_read, 0, 2);
	tcase_add_test(t, equal_bytes_are_one_variable);
	tcase_add_test(t, queue_runners);
	tcase_add_test(t, contexts_travel_with_their_nesting);
	tcase_add_test(t, unknown_fields_of_inner_contexts_stay);
	tcase_add_test(t, flat_contexts_of_old_releases);
	tcase_add_loop_test(t, contexts_name_what_they_miss, 0, 3);
	tcase_add_test(t, two_gigabytes_are_the_end_of_the_format);
	suite_add_tcase(s, t);
	return s;
}
