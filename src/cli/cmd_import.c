/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cmd_import.c - a version or a file becomes a live graph: variables restored, a report of what there is; with -O the
 * MetaGraph of the live graph.
 */
#include <unistd.h>

#include "cli/live.h"
#include "cli/views.h"

static bool clear_devices, uniquify, no_restore, allow_missing, report, as_text;
static const char *scope, *tags;
static cli_list input_map, collections, restore_map;
static cli_runtime runtime;
static const cli_option options[] = {
	{ 0, "clear-devices", CLI_FLAG, &clear_devices, NULL, "no node asks for a device" },
	{ 0, "scope", CLI_TEXT, &scope, "NAME", "prefix of all names (import_scope)" },
	{ 0, "input-map", CLI_LIST, &input_map, "A=B", "placeholder B takes the place of tensor A" },
	{ 0, "collections", CLI_LIST, &collections, "A,B", "bring only these collections back" },
	{ 0, "uniquify", CLI_FLAG, &uniquify, NULL, "rename what clashes, as TensorFlow does" },
	{ 0, "no-restore", CLI_FLAG, &no_restore, NULL, "leave the variables without values" },
	{ 0, "allow-missing", CLI_FLAG, &allow_missing, NULL, "variables that the version lacks stay unset" },
	{ 0, "restore-map", CLI_LIST, &restore_map, "VARIABLE=TENSOR", "restore from another name, or SCOPE/=SCOPE/" },
	{ 0, "tags", CLI_TEXT, &tags, "A,B", "which MetaGraph of a SavedModel" },
	{ 0, "report", CLI_FLAG, &report, NULL, "list what could not be brought back" },
	{ 0, "as-text", CLI_FLAG, &as_text, NULL, "with -O: text format" },
	CLI_RUNTIME_OPTIONS(runtime),
	CLI_COMMON_OPTIONS
};

typedef MG_VEC(const char *) text_vec;

/* What there is after an import, whichever way it was made. */
typedef struct live {
	mgreg_live      *version;       /* of a store; or the rest: */
	mgreg_graph     *graph;
	mgreg_session   *session;
	mgreg_saver     *saver;
	mgreg_metagraph *metagraph;     /* what was imported */
	const char      *name, *prefix;
	bool             restored;
	MG_VEC(char *)   remarks;       /* of a file's import */
	int64_t          missing, notes;
} live;

/* ---- lists of the command line ---- */

/* Every item of "A,B" lists by itself; texts on the heap, in OUT. */
static int
split_commas(const cli_list *list, text_vec *out, mgreg_error *err)
{
	for (size_t i = 0; i < list->items.len; i++) {
		mg_slice rest = { list->items.at[i], strlen(list->items.at[i]) }, part;

		while (mg_slice_split(&rest, ',', &part)) {
			char *copy = mg_strndup(part.ptr, part.len);

			if (!copy || !mg_vec_push(out, copy)) {
				mg_free(copy);
				return mg_fail_nomem(err, 0);
			}
		}
	}
	return 0;
}

static int
split_pairs(const cli_list *list, const char *option, text_vec *keys, text_vec *values, mgreg_error *err)
{
	for (size_t i = 0; i < list->items.len; i++) {
		mg_slice key;
		const char *value;
		char *copy;

		if (!cli_split_pair(list->items.at[i], &key, &value) || key.len == 0 || !*value)
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "--%s %s: A=B expected", option, list->items.at[i]);
		copy = mg_strndup(key.ptr, key.len);
		if (!copy || !mg_vec_push(keys, copy) || !mg_vec_push(values, value)) {
			mg_free(copy);
			return mg_fail_nomem(err, 0);
		}
	}
	return 0;
}

static void
free_texts(text_vec *v)
{
	for (size_t i = 0; i < v->len; i++)
		mg_free((char *)v->at[i]);
	mg_vec_clear(v);
}

/* ---- from a version ---- */

static int
count_missing(void *ctx, const char *variable)
{
	(void)variable;
	((live *)ctx)->missing++;
	return 0;
}

static int
count_notes(void *ctx, const char *line)
{
	(void)line;
	((live *)ctx)->notes++;
	return 0;
}

static int
import_version(cli *c, const text_vec *keys, const text_vec *from, const text_vec *to, live *l, mgreg_error *err)
{
	mgreg_live_options o = MGREG_LIVE_INIT;
	text_vec variables = { 0 }, tensors = { 0 };
	mgreg_content *content = NULL;
	int rc;

	if (!c->store)
		return mg_fail(err, MGREG_NOT_FOUND, "'%s' is no file, and there is no store to look in", c->args[0]);
	MG_TRY(split_pairs(&restore_map, "restore-map", &variables, &tensors, err));
	MG_TRY(cli_runtime_apply(&runtime, &o, err));
	o.tags = tags;
	o.import_scope = scope;
	o.map_from = from->at;
	o.map_to = to->at;
	o.map_count = (int)from->len;
	o.collections = keys->at;
	o.collection_count = (int)keys->len;
	o.map_variable = variables.at;
	o.map_tensor = tensors.at;
	o.restore_map_count = (int)variables.len;
	o.clear_devices = clear_devices;
	o.uniquify = uniquify;
	o.no_restore = no_restore;
	o.allow_missing = allow_missing;
	o.allow_unknown_ops = 1;
	MG_TRY(mgreg_live_load(&l->version, c->store, c->args[0], &o, err));
	MG_TRY(cli_open_ref(c, c->args[0], tags, &content, err));
	MG_TRY(cli_content_metagraph(content, c->args[0], &l->metagraph, err));
	l->graph = mgreg_live_graph(l->version);
	l->saver = mgreg_live_saver(l->version);
	l->restored = mgreg_live_is_restored(l->version);
	l->name = mgreg_live_version(l->version)->ref;
	mgreg_live_missing_each(l->version, count_missing, l);
	mgreg_live_report_each(l->version, count_notes, l);
out:
	mgreg_content_close(content);
	free_texts(&variables);
	mg_vec_clear(&tensors);
	return rc;
}

/* ---- from a file ---- */

static void
remember(void *ctx, const char *line)
{
	live *l = ctx;
	char *copy = mg_strdup(line);

	if (copy && !mg_vec_push(&l->remarks, copy))
		mg_free(copy);
	l->notes = (int64_t)l->remarks.len;
}

static int
make_placeholders(live *l, const text_vec *from, const text_vec *to, mgreg_output *out, mgreg_error *err)
{
	mgreg_builder b = MGREG_BUILDER(l->graph, err);
	mgreg_dtype dtype;
	int rc;

	for (size_t i = 0; i < from->len; i++) {
		if (from->at[i][0] == '^') {
			mgreg_op_begin(&b, "NoOp", to->at[i]);
			out[i].node = mgreg_op_end_node(&b);
		} else {
			if ((rc = mgreg_metagraph_dtype(l->metagraph, from->at[i], &dtype, err)) != 0)
				return mg_wrap(err, rc, "--input-map");
			out[i] = mgreg_op_placeholder(&b, dtype, NULL, -1, to->at[i]);
		}
	}
	return b.rc;
}

/* Beside NAME.meta lies checkpoint NAME, if its index is there. */
static char *
checkpoint_beside(const char *path)
{
	size_t n = strlen(path);
	char *prefix, *index;
	bool there;

	if (!mg_ends_with(path, ".meta") || !(prefix = mg_strndup(path, n - 5)))
		return NULL;
	index = mg_alloc(n + 8);
	if (index)
		snprintf(index, n + 8, "%s.index", prefix);
	there = index && access(index, R_OK) == 0;
	mg_free(index);
	if (there)
		return prefix;
	mg_free(prefix);
	return NULL;
}

static int
restore_file(live *l, const char *path, const char *prefix, mgreg_error *err)
{
	mgreg_session_options o = MGREG_SESSION_INIT;
	mgreg_live_options checked = MGREG_LIVE_INIT;
	char *beside = prefix ? NULL : checkpoint_beside(path);
	int rc = 0;

	if (!l->saver || no_restore || (!prefix && !beside))
		goto out;
	MG_TRY(cli_runtime_apply(&runtime, &checked, err));
	o.threads = checked.threads;
	o.no_optimize = checked.no_optimize;
	o.deadline = checked.deadline;
	o.roots = checked.roots;
	o.root_count = checked.root_count;
	MG_TRY(mgreg_session_new(&l->session, l->graph, &o, err));
	MG_TRY(mgreg_saver_restore(l->saver, l->session, prefix ? prefix : beside, err));
	l->restored = true;
out:
	mg_free(beside);
	return rc;
}

static int
import_file(cli *c, const text_vec *keys, const text_vec *from, const text_vec *to, live *l, mgreg_error *err)
{
	mgreg_import_options o = MGREG_IMPORT_INIT;
	mgreg_content *content = NULL;
	mgreg_content_info info;
	mgreg_output *map = mg_calloc(from->len + 1, sizeof(*map));
	int rc = 0;

	if (!map)
		return mg_fail_nomem(err, 0);
	if (restore_map.items.len || allow_missing || runtime.trace) {
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "--%s is for versions of a store: export '%s' first",
			allow_missing ? "allow-missing" : runtime.trace ? "trace" : "restore-map", c->args[0]);
		goto out;
	}
	l->name = c->args[0];
	MG_TRY(mgreg_content_open(&content, c->args[0], tags, err));
	MG_TRY(mgreg_content_get_info(content, &info, err));
	MG_TRY(cli_content_metagraph(content, c->args[0], &l->metagraph, err));
	MG_TRY(mgreg_graph_new(&l->graph, err));
	MG_TRY(make_placeholders(l, from, to, map, err));
	o.import_scope = scope;
	o.map_from = from->at;
	o.map_to = map;
	o.map_count = (int)from->len;
	o.collections = keys->at;
	o.collection_count = (int)keys->len;
	o.prefix = &l->prefix;
	o.report = remember;
	o.ctx = l;
	o.clear_devices = clear_devices;
	o.uniquify = uniquify;
	o.allow_unknown_ops = 1;
	o.skip_bad_collections = 1;
	MG_TRY(mgreg_metagraph_import(l->graph, l->metagraph, &o, &l->saver, err));
	MG_TRY(restore_file(l, c->args[0], info.prefix, err));
out:
	mgreg_content_close(content);
	mg_free(map);
	return rc;
}

/* ---- what came of it ---- */

static int64_t
count_stuck(const mgreg_graph *g)
{
	int64_t n = 0;

	for (int i = 0; i < mgreg_graph_node_count(g); i++)
		n += !mgreg_node_can_run(mgreg_graph_node(g, i));
	return n;
}

static const char *
saver_text(const live *l)
{
	if (!l->saver)
		return "none";
	return mgreg_metagraph_has_saver(l->metagraph) ? "given" : "made";
}

static int
print_summary(cli *c, const live *l, mgreg_error *err)
{
	static const cli_column columns[] = {
		{ "source", CLI_COL_TEXT }, { "scope", CLI_COL_TEXT }, { "nodes", CLI_COL_INT }, { "without_kernel", CLI_COL_INT },
		{ "collections", CLI_COL_INT }, { "variables", CLI_COL_INT }, { "saver", CLI_COL_TEXT }, { "restored", CLI_COL_BOOL },
		{ "missing", CLI_COL_INT }, { "remarks", CLI_COL_INT },
	};

	cli_rows_begin(c, columns, MG_COUNT(columns), true);
	cli_put_text(c, l->name);
	cli_put_text(c, scope);
	cli_put_int(c, mgreg_graph_node_count(l->graph));
	cli_put_int(c, count_stuck(l->graph));
	cli_put_int(c, mgreg_collection_key_count(l->graph));
	cli_put_int(c, mgreg_collection_count(l->graph, "variables"));
	cli_put_text(c, saver_text(l));
	cli_put_bool(c, l->restored);
	cli_put_int(c, l->missing);
	cli_put_int(c, l->notes);
	cli_row_end(c);
	return cli_rows_end(c, err);
}

static int
print_missing(void *ctx, const char *variable)
{
	cli_put_text(ctx, "missing");
	cli_put_text(ctx, variable);
	cli_row_end(ctx);
	return 0;
}

static int
print_note(void *ctx, const char *line)
{
	cli_put_text(ctx, "remark");
	cli_put_text(ctx, line);
	cli_row_end(ctx);
	return 0;
}

static int
print_report(cli *c, const live *l, mgreg_error *err)
{
	static const cli_column columns[] = { { "what", CLI_COL_TEXT }, { "text", CLI_COL_TEXT } };

	cli_rows_begin(c, columns, MG_COUNT(columns), false);
	if (l->version) {
		mgreg_live_missing_each(l->version, print_missing, c);
		mgreg_live_report_each(l->version, print_note, c);
	}
	for (size_t i = 0; i < l->remarks.len; i++)
		print_note(c, l->remarks.at[i]);
	return cli_rows_end(c, err);
}

static int
deliver(cli *c, const live *l, mgreg_error *err)
{
	mgreg_export_options o = MGREG_EXPORT_INIT;
	mgreg_metagraph *m = NULL;
	char *bytes = NULL;
	size_t size;
	int rc;

	o.saver = l->saver;
	/* Signatures name tensors as they were: they go along while the names are the same. */
	o.base = scope ? NULL : l->metagraph;
	MG_TRY(mgreg_metagraph_export(&m, l->graph, &o, err));
	MG_TRY(mgreg_metagraph_format(m, as_text, &bytes, &size, err));
	MG_TRY(cli_deliver(c, bytes, size, err));
out:
	mgreg_free(bytes);
	mgreg_metagraph_free(m);
	return rc;
}

static void
live_clear(live *l)
{
	if (l->version) {
		mgreg_live_free(l->version);
	} else {
		mgreg_session_free(l->session);
		mgreg_saver_free(l->saver);
		mgreg_graph_free(l->graph);
	}
	mgreg_metagraph_free(l->metagraph);
	for (size_t i = 0; i < l->remarks.len; i++)
		mg_free(l->remarks.at[i]);
	mg_vec_clear(&l->remarks);
}

static int
run(cli *c, mgreg_error *err)
{
	text_vec keys = { 0 }, from = { 0 }, to = { 0 };
	live l = { .version = NULL };
	int rc;

	MG_TRY(cli_expect_args(c, 1, 1, err));
	if (as_text && !c->out) {
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "--as-text goes with -O FILE");
		goto out;
	}
	MG_TRY(split_commas(&collections, &keys, err));
	MG_TRY(split_pairs(&input_map, "input-map", &from, &to, err));
	if (access(c->args[0], F_OK) == 0)
		MG_TRY(import_file(c, &keys, &from, &to, &l, err));
	else
		MG_TRY(import_version(c, &keys, &from, &to, &l, err));
	if (c->out)
		MG_TRY(deliver(c, &l, err));
	MG_TRY(report ? print_report(c, &l, err) : print_summary(c, &l, err));
out:
	live_clear(&l);
	free_texts(&keys);
	free_texts(&from);
	mg_vec_clear(&to);
	return rc;
}

CLI_COMMAND(import, "REF|FILE", "build the live graph, restore it, say what came of it", CLI_STORE_MAYBE, options, run)
