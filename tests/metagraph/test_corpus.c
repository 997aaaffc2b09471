/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_corpus.c - every graph that TensorFlow wrote, into a live graph and out again: equal as messages.
 *
 * What metagraph-semantics demands to be different is done to the original first, each change in a function named by the
 * section that demands it; then both must be equal.  The changes are made from the message alone, not by the code under test.
 */
#include "testing.h"

#include <ftw.h>

#include "base/file.h"
#include "metagraph/metagraph.h"

/* ---- the files ---- */

static char *files[400];
static int file_count;

static int
note_file(const char *path, const struct stat *st, int type)
{
	(void)st;
	if (type == FTW_F && file_count < (int)MG_COUNT(files)
		&& (mg_ends_with(path, ".meta") || mg_ends_with(path, ".pb") || mg_ends_with(path, ".pbtxt")))
		files[file_count++] = strdup(path);
	return 0;
}

static int
compare_paths(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void
find_files(void)
{
	const char *corpus = mg_test_corpus();

	if (!corpus)
		return;
	ftw(corpus, note_file, 16);
	qsort(files, (size_t)file_count, sizeof(*files), compare_paths);
}

typedef struct loaded {
	Pb__MetaGraphDef *m[8];
	int               count;
	bool              is_graph;     /* a bare GraphDef, wrapped */
} loaded;

static bool
decode(const mg_str *s, bool text, const mg_msg_type *type, mg_arena *a, mg_msg **out)
{
	int rc = text ? mg_msg_parse(type, s->ptr, s->len, a, out, NULL) : mg_msg_decode(type, s->ptr, s->len, a, out, NULL);

	return rc == 0 && (*out)->n_unknown_fields == 0;
}

/* What kind of file it is, its messages tell: a MetaGraphDef has a graph, a SavedModel MetaGraphs. */
static bool
load(const char *path, mg_arena *a, loaded *l)
{
	mgreg_error err = { 0 };
	mg_str s = MG_STR_INIT;
	bool text = mg_ends_with(path, ".pbtxt");
	mg_msg *m;

	*l = (loaded){ .count = 0 };
	ck_assert_ok(mg_file_read(path, 0, &s, &err), &err);
	if (decode(&s, text, &pb__saved_model__descriptor, a, &m) && ((Pb__SavedModel *)m)->n_meta_graphs > 0) {
		Pb__SavedModel *sm = (Pb__SavedModel *)m;

		for (size_t i = 0; i < sm->n_meta_graphs && i < MG_COUNT(l->m); i++)
			l->m[l->count++] = sm->meta_graphs[i];
	} else if (decode(&s, text, &pb__meta_graph_def__descriptor, a, &m) && ((Pb__MetaGraphDef *)m)->graph_def
			&& ((Pb__MetaGraphDef *)m)->graph_def->n_node > 0) {
		l->m[l->count++] = (Pb__MetaGraphDef *)m;
	} else if (decode(&s, text, &pb__graph_def__descriptor, a, &m) && ((Pb__GraphDef *)m)->n_node > 0) {
		l->m[l->count] = mg_msg_new(a, &pb__meta_graph_def__descriptor);
		l->m[l->count++]->graph_def = (Pb__GraphDef *)m;
		l->is_graph = true;
	}
	mg_str_clear(&s);
	return l->count > 0;
}

/* ---- what the sections demand ---- */

static Pb__NodeDef__AttrEntry *
attr(const Pb__NodeDef *d, const char *name)
{
	for (size_t i = 0; i < d->n_attr; i++)
		if (strcmp(d->attr[i]->key, name) == 0)
			return d->attr[i];
	return NULL;
}

static void
attr_remove(Pb__NodeDef *d, const char *name)
{
	for (size_t i = 0; i < d->n_attr; i++)
		if (strcmp(d->attr[i]->key, name) == 0) {
			memmove(&d->attr[i], &d->attr[i + 1], (d->n_attr - i - 1) * sizeof(*d->attr));
			d->n_attr--;
			return;
		}
}

static int
compare_texts(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Section 7, structure: control inputs sorted, duplicates dropped. */
static void
section_7_controls(Pb__NodeDef *d)
{
	size_t first = 0, n;

	while (first < d->n_input && d->input[first][0] != '^')
		first++;
	if (d->n_input > first)
		qsort(d->input + first, d->n_input - first, sizeof(*d->input), compare_texts);
	n = first;
	for (size_t i = first; i < d->n_input; i++)
		if (n == first || strcmp(d->input[n - 1], d->input[i]) != 0)
			d->input[n++] = d->input[i];
	d->n_input = n;
	/* Section 1: index 0 is dropped. */
	for (size_t i = 0; i < first; i++)
		if (mg_ends_with(d->input[i], ":0"))
			d->input[i][strlen(d->input[i]) - 2] = '\0';
}

/* Section 7, defaults in and producer_op_list: what is missing comes, what only a newer producer knows and leaves at its
 * default goes. */
static void
section_7_attrs(Pb__NodeDef *d, const Pb__OpList *producer, mg_arena *a)
{
	const mg_op_def *op = mg_op_find(d->op);

	if (!op)
		return;
	for (size_t i = 0; producer && i < producer->n_op; i++) {
		const Pb__OpDef *p = producer->op[i];

		if (strcmp(p->name, d->op) != 0)
			continue;
		for (size_t k = 0; k < p->n_attr; k++) {
			Pb__NodeDef__AttrEntry *e = attr(d, p->attr[k]->name);

			if (e && !mg_op_attr_find(op, e->key) && p->attr[k]->default_value && mg_attr_equal(e->value, p->attr[k]->default_value))
				attr_remove(d, e->key);
		}
	}
	for (int i = 0; i < op->attr_count; i++) {
		Pb__NodeDef__AttrEntry *e = attr(d, op->attrs[i].name);

		if (e && e->value && e->value->value_case != PB__ATTR_VALUE__VALUE__NOT_SET)
			continue;
		if (!op->attrs[i].default_value)
			continue;
		if (!e) {
			e = mg_msg_new(a, &pb__node_def__attr_entry__descriptor);
			e->key = (char *)op->attrs[i].name;
			ck_assert(mg_msg_append(a, &d->attr, &d->n_attr, e));
		}
		e->value = (Pb__AttrValue *)op->attrs[i].default_value;
	}
}

static const char *
colocation(const Pb__NodeDef *d, size_t *at, char *buf, size_t size)
{
	Pb__NodeDef__AttrEntry *e = attr(d, "_class");

	while (e && e->value->value_case == PB__ATTR_VALUE__VALUE_LIST && *at < e->value->list->n_s) {
		const ProtobufCBinaryData *s = &e->value->list->s[(*at)++];

		if (s->len < 5 || memcmp(s->data, "loc:@", 5) != 0)
			continue;
		snprintf(buf, size, "%.*s", (int)s->len - 5, (const char *)s->data + 5);
		if (strcmp(buf, d->name) != 0)
			return buf;
	}
	return NULL;
}

/* Section 7, device: own string in canonical form (section 9), or that of the first colocated op that has one. */
static void
section_7_devices(Pb__GraphDef *g, mg_arena *a)
{
	mg_map by_name = { 0 };
	mgreg_error err = { 0 };
	char name[1000];
	size_t at;

	for (size_t i = 0; i < g->n_node; i++) {
		const char *device;

		ck_assert(mg_map_set(&by_name, g->node[i]->name, g->node[i]));
		at = 0;
		if (colocation(g->node[i], &at, name, sizeof(name))) {
			g->node[i]->device = (char *)"";
		} else {
			ck_assert_ok(mg_device_canonical(g->node[i]->device, a, &device, &err), &err);
			g->node[i]->device = (char *)device;
		}
	}
	for (size_t i = 0; i < g->n_node; i++) {
		at = 0;
		while (colocation(g->node[i], &at, name, sizeof(name))) {
			const Pb__NodeDef *with = mg_map_find(&by_name, name);

			if (with && with->device[0]) {
				g->node[i]->device = with->device;
				break;
			}
		}
	}
	mg_map_clear(&by_name);
}

/* Section 7, order: whether every input stands before its node; then the order must stay. */
static bool
in_order(const Pb__GraphDef *g)
{
	mg_map seen = { 0 };
	bool ok = true;

	for (size_t i = 0; i < g->n_node && ok; i++) {
		bool merge = mg_ends_with(g->node[i]->op, "Merge");

		for (size_t k = 0; k < g->node[i]->n_input && ok; k++) {
			const char *in = g->node[i]->input[k] + (g->node[i]->input[k][0] == '^');

			ok = mg_map_findn(&seen, in, strcspn(in, ":")) != NULL || merge;
		}
		ck_assert(mg_map_set(&seen, g->node[i]->name, (void *)1));
	}
	mg_map_clear(&seen);
	return ok;
}

static int
compare_nodes(const void *a, const void *b)
{
	return strcmp((*(Pb__NodeDef *const *)a)->name, (*(Pb__NodeDef *const *)b)->name);
}

/* Section 4, _output_shapes: import merges them with what it infers, export writes what came of it; never less. */
static void
section_4_shapes(const char *path, Pb__NodeDef *was, Pb__NodeDef *is)
{
	Pb__NodeDef__AttrEntry *a = attr(was, "_output_shapes"), *b = attr(is, "_output_shapes");
	mgreg_error err = { 0 };

	if (a && b) {
		const Pb__AttrValue__ListValue *la = a->value->list, *lb = b->value->list;

		for (size_t i = 0; lb && i < lb->n_shape; i++) {
			mg_shape sa = MG_SHAPE_UNKNOWN, sb = MG_SHAPE_UNKNOWN, both = MG_SHAPE_UNKNOWN;

			ck_assert(la && i < la->n_shape);
			ck_assert_ok(mg_shape_from_proto(&sa, la->shape[i], &err), &err);
			ck_assert_ok(mg_shape_from_proto(&sb, lb->shape[i], &err), &err);
			if (mg_shape_merge(&both, &sa, &sb, NULL) == 0)
				ck_assert_msg(mg_shape_equal(&both, &sb), "%s: %s: output %zu lost a known dimension", path, was->name, i);
			mg_shape_clear(&sa);
			mg_shape_clear(&sb);
			mg_shape_clear(&both);
		}
	}
	attr_remove(was, "_output_shapes");
	attr_remove(is, "_output_shapes");
}

/* Section 6: before 1.9 "trainable" is decided by the collection, and equal bytes are one object, that of
 * trainable_variables first. */
static bool
written_before_1_9(const Pb__MetaGraphDef *m)
{
	const char *v = m->meta_info_def ? m->meta_info_def->tensorflow_version : "";

	return mg_starts_with(v, "1.") && v[2] >= '0' && v[2] <= '8' && v[3] == '.' ? true : mg_starts_with(v, "0.");
}

static bool
is_variable_key(const char *key)
{
	static const char *const keys[] = { "variables", "trainable_variables", "moving_average_variables", "local_variables",
		"model_variables", "metric_variables", "global_step" };

	for (size_t i = 0; i < MG_COUNT(keys); i++)
		if (strcmp(keys[i], key) == 0)
			return true;
	return false;
}

static const Pb__CollectionDef *
collection(const Pb__MetaGraphDef *m, const char *key)
{
	for (size_t i = 0; i < m->n_collection_def; i++)
		if (strcmp(m->collection_def[i]->key, key) == 0)
			return m->collection_def[i]->value;
	return NULL;
}

static bool
has_bytes(const Pb__CollectionDef *d, const ProtobufCBinaryData *b)
{
	for (size_t i = 0; d && d->kind_case == PB__COLLECTION_DEF__KIND_BYTES_LIST && i < d->bytes_list->n_value; i++)
		if (d->bytes_list->value[i].len == b->len && memcmp(d->bytes_list->value[i].data, b->data, b->len) == 0)
			return true;
	return false;
}

static void
section_6_trainable(Pb__MetaGraphDef *m, mg_arena *a)
{
	mg_arena copies = { 0 };
	mgreg_error err = { 0 };
	mg_msg *original;

	if (!written_before_1_9(m))
		return;
	ck_assert_ok(mg_msg_copy(&m->base, &copies, &original, &err), &err);
	for (size_t i = 0; i < m->n_collection_def; i++) {
		Pb__CollectionDef *d = m->collection_def[i]->value;

		if (!is_variable_key(m->collection_def[i]->key) || d->kind_case != PB__COLLECTION_DEF__KIND_BYTES_LIST)
			continue;
		for (size_t k = 0; k < d->bytes_list->n_value; k++) {
			ProtobufCBinaryData *b = &d->bytes_list->value[k];
			mg_str s = MG_STR_INIT;
			mg_msg *v;

			ck_assert_ok(mg_msg_decode(&pb__variable_def__descriptor, b->data, b->len, a, &v, &err), &err);
			((Pb__VariableDef *)v)->trainable = has_bytes(collection((Pb__MetaGraphDef *)original, "trainable_variables"), b);
			ck_assert_ok(mg_msg_encode(v, &s, &err), &err);
			b->len = s.len;
			b->data = mg_arena_memdup(a, s.ptr, s.len);
			mg_str_clear(&s);
		}
	}
	mg_arena_clear(&copies);
}

/* Section 6 (kind not set: skipped) and section 3 (nothing left: the key is not written). */
static void
section_6_empty(Pb__MetaGraphDef *m)
{
	size_t n = 0;

	for (size_t i = 0; i < m->n_collection_def; i++) {
		const Pb__CollectionDef *d = m->collection_def[i]->value;
		bool any = d && ((d->kind_case == PB__COLLECTION_DEF__KIND_NODE_LIST && d->node_list->n_value)
			|| (d->kind_case == PB__COLLECTION_DEF__KIND_BYTES_LIST && d->bytes_list->n_value)
			|| (d->kind_case == PB__COLLECTION_DEF__KIND_INT64_LIST && d->int64_list->n_value)
			|| (d->kind_case == PB__COLLECTION_DEF__KIND_FLOAT_LIST && d->float_list->n_value)
			|| (d->kind_case == PB__COLLECTION_DEF__KIND_ANY_LIST && d->any_list->n_value));

		if (any)
			m->collection_def[n++] = m->collection_def[i];
	}
	m->n_collection_def = n;
}

/* Section 4: meta_info_def has the names of the running library; the list of ops is made if there is none. */
static void
section_4_meta_info(Pb__MetaGraphDef *m, const Pb__MetaGraphDef *is, mg_arena *a)
{
	if (!m->meta_info_def)
		m->meta_info_def = mg_msg_new(a, &pb__meta_graph_def__meta_info_def__descriptor);
	m->meta_info_def->tensorflow_version = is->meta_info_def->tensorflow_version;
	m->meta_info_def->tensorflow_git_version = is->meta_info_def->tensorflow_git_version;
	if (!m->meta_info_def->stripped_op_list || m->meta_info_def->stripped_op_list->n_op == 0)
		m->meta_info_def->stripped_op_list = is->meta_info_def->stripped_op_list;
}

/* Section 7, versions: a graph always has them, none given counts as 0; the lower producer counts. */
static void
section_7_versions(Pb__GraphDef *g, mg_arena *a)
{
	if (!g->versions)
		g->versions = mg_msg_new(a, &pb__version_def__descriptor);
	g->versions->producer = MG_MIN(g->versions->producer, MG_GRAPH_DEF_VERSION);
}

/* Section 6, node_list: a name that is not in the graph is an error that names it.  One program of the corpus put its
 * optimizer's scope into a collection; such a graph comes in when that collection may stay behind. */
static bool
section_6_key_error(const char *path, const Pb__MetaGraphDef *m)
{
	mg_metagraph_import_options in = MG_METAGRAPH_IMPORT_INIT;
	mg_metagraph_imported imported;
	mgreg_error err = { 0 };
	mg_graph *g;

	if (!mg_ends_with(path, "tflearn-chatbot/model.tflearn.meta"))
		return false;
	ck_assert_ok(mg_graph_new(&g, &err), &err);
	ck_assert_fails(mg_metagraph_import(g, m, &in, &imported, &err), MGREG_NOT_FOUND, &err);
	ck_assert_ptr_nonnull(strstr(err.text, "collection 'trainops': operation 'Adam'"));
	mg_graph_free(g);
	return true;
}

static void
remove_collection(Pb__MetaGraphDef *m, const char *key)
{
	size_t n = 0;

	for (size_t i = 0; i < m->n_collection_def; i++)
		if (strcmp(m->collection_def[i]->key, key) != 0)
			m->collection_def[n++] = m->collection_def[i];
	ck_assert_uint_eq(n + 1, m->n_collection_def);
	m->n_collection_def = n;
}

/* ---- the round trip ---- */

static const char *current;
static int difference_count;

static int
print_difference(void *ctx, const char *path, const char *a, const char *b)
{
	(void)ctx;
	if (difference_count++ < 10)
		fprintf(stderr, "# %s: %s: %.200s -> %.200s\n", current, path, a, b);
	return difference_count >= 10;
}

static void
round_trip(const char *path, const Pb__MetaGraphDef *original, mg_arena *a)
{
	mg_metagraph_import_options in = MG_METAGRAPH_IMPORT_INIT;
	mg_metagraph_export_options out = MG_METAGRAPH_EXPORT_INIT;
	mg_metagraph_imported imported;
	mg_report report = { { 0 } };
	mgreg_error err = { 0 };
	Pb__MetaGraphDef *is, *was;
	mg_msg *copy;
	mg_graph *g;
	bool ordered;

	ck_assert_ok(mg_graph_new(&g, &err), &err);
	in.report = &report;
	in.allow_unknown_ops = true;
	in.skip_bad_collections = section_6_key_error(path, original);
	ck_assert_msg(mg_metagraph_import(g, original, &in, &imported, &err) == 0, "%s: %s", path, err.text);
	ck_assert_msg(mg_graph_validate(g, &err) == 0, "%s: %s", path, err.text);
	out.base = original;
	out.meta_info = original->meta_info_def;
	out.saver = imported.saver;
	out.report = &report;
	ck_assert_msg(mg_metagraph_export(g, &out, a, &is, &err) == 0, "%s: %s", path, err.text);

	ck_assert_ok(mg_msg_copy(&original->base, a, &copy, &err), &err);
	was = (Pb__MetaGraphDef *)copy;
	ck_assert_ok(mg_msg_copy(&is->base, a, &copy, &err), &err);
	is = (Pb__MetaGraphDef *)copy;
	ck_assert_uint_eq(was->graph_def->n_node, is->graph_def->n_node);
	ordered = in_order(was->graph_def);
	for (size_t i = 0; ordered && i < was->graph_def->n_node; i++)
		ck_assert_str_eq(was->graph_def->node[i]->name, is->graph_def->node[i]->name);
	ck_assert(in_order(is->graph_def));
	qsort(was->graph_def->node, was->graph_def->n_node, sizeof(*was->graph_def->node), compare_nodes);
	qsort(is->graph_def->node, is->graph_def->n_node, sizeof(*is->graph_def->node), compare_nodes);
	for (size_t i = 0; i < was->graph_def->n_node; i++) {
		section_7_controls(was->graph_def->node[i]);
		section_7_attrs(was->graph_def->node[i], was->meta_info_def ? was->meta_info_def->stripped_op_list : NULL, a);
		section_4_shapes(path, was->graph_def->node[i], is->graph_def->node[i]);
	}
	section_7_devices(was->graph_def, a);
	section_7_versions(was->graph_def, a);
	section_6_trainable(was, a);
	section_6_empty(was);
	if (in.skip_bad_collections)
		remove_collection(was, "trainops");
	section_4_meta_info(was, is, a);
	current = path;
	difference_count = 0;
	mg_msg_equal(&was->base, &is->base, print_difference, NULL);
	for (size_t i = 0; i < report.lines.len && difference_count; i++)
		fprintf(stderr, "# %s: %s\n", path, report.lines.at[i]);
	ck_assert_msg(difference_count == 0, "%s: %d differences", path, difference_count);
	mg_report_clear(&report);
	mg_graph_free(g);
}

/* Graphs that TensorFlow's importer refuses, too: made by hand for its optimizer's tests, with edges of two types. */
static const struct { const char *file, *text; } refused[] = {
	{ "tf-grappler-pbtxt/while_loop_var_handle_op.pbtxt", "expected int32" },
};

static bool
is_refused(const char *path, const Pb__MetaGraphDef *m)
{
	mg_metagraph_import_options in = MG_METAGRAPH_IMPORT_INIT;
	mg_metagraph_imported imported;
	mgreg_error err = { 0 };
	mg_graph *g;

	for (size_t i = 0; i < MG_COUNT(refused); i++)
		if (mg_ends_with(path, refused[i].file)) {
			ck_assert_ok(mg_graph_new(&g, &err), &err);
			ck_assert_fails(mg_metagraph_import(g, m, &in, &imported, &err), MGREG_INVALID_ARGUMENT, &err);
			ck_assert_ptr_nonnull(strstr(err.text, refused[i].text));
			mg_graph_free(g);
			return true;
		}
	return false;
}

START_TEST(out_is_what_went_in)
{
	mg_arena a = { 0 };
	loaded l;

	if (load(files[_i], &a, &l))
		for (int i = 0; i < l.count; i++)
			if (!is_refused(files[_i], l.m[i]))
				round_trip(files[_i], l.m[i], &a);
	mg_arena_clear(&a);
}
END_TEST

START_TEST(the_corpus_is_there)
{
	if (!mg_test_corpus())
		mg_test_skip("no corpus: set MGREG_CORPUS");
	else
		ck_assert_int_gt(file_count, 80);
}
END_TEST

Suite *
test_corpus(void)
{
	TCase *t;
	Suite *s = mg_suite("corpus", &t);

	find_files();
	tcase_set_timeout(t, 120);
	tcase_add_test(t, the_corpus_is_there);
	tcase_add_loop_test(t, out_is_what_went_in, 0, file_count);
	return s;
}
