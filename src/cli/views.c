/* SPDX-License-Identifier: Apache-2.0 */
/* views.c - MetaGraphs, collections, signatures, tensors and files as rows. */
#include "cli/views.h"

int
cli_open_ref(cli *c, const char *ref, const char *tags, mgreg_content **out, mgreg_error *err)
{
	mgreg_version_info v;
	int rc = mgreg_store_resolve(c->store, ref, &v, err);

	return rc ? rc : mgreg_content_open_version(out, c->store, v.id, tags, err);
}

int
cli_choose_view(const cli_view_flag *flags, size_t count, cli_view_fn **chosen, mgreg_error *err)
{
	const char *name = NULL;

	*chosen = NULL;
	for (size_t i = 0; i < count; i++) {
		if (!*flags[i].set)
			continue;
		if (name)
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "--%s and --%s: one at a time", name, flags[i].name);
		name = flags[i].name;
		*chosen = flags[i].view;
	}
	return 0;
}

void
cli_put_count(cli *c, int64_t v)
{
	if (v < 0)
		cli_put_null(c);
	else
		cli_put_int(c, v);
}

void
cli_put_utc(cli *c, int64_t ms)
{
	struct tm t;
	time_t s = (time_t)(ms / 1000);
	char text[32];

	if (gmtime_r(&s, &t) && strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &t))
		cli_put_text(c, text);
	else
		cli_put_null(c);
}

/* Empty texts are nothing to people, and stay empty for programs. */
static void
put_text(cli *c, const char *text)
{
	cli_put_text(c, text && !*text && c->format == CLI_HUMAN ? NULL : text);
}

/* ---- the graph --------------------------------------------------------------------------- */

static int
node_row(void *ctx, const mgreg_node_info *n)
{
	cli *c = ctx;

	if (c->format != CLI_HUMAN)
		cli_put_int(c, n->node_no);
	cli_put_text(c, n->node);
	cli_put_text(c, n->op);
	put_text(c, n->device);
	put_text(c, n->inputs);
	if (c->format != CLI_HUMAN)
		cli_put_text(c, n->attrs);
	cli_row_end(c);
	return 0;
}

int
cli_view_graph(cli *c, mgreg_content *content, mgreg_error *err)
{
	static const cli_column columns[] = {
		{ "node_no", CLI_COL_INT }, { "node", CLI_COL_TEXT }, { "op", CLI_COL_TEXT }, { "device", CLI_COL_TEXT },
		{ "inputs", CLI_COL_TEXT }, { "attrs", CLI_COL_TEXT },
	};
	bool human = c->format == CLI_HUMAN;
	int rc;

	cli_rows_begin(c, columns + human, (int)MG_COUNT(columns) - 2 * human, false);
	rc = mgreg_content_nodes_each(content, node_row, c, err);
	return rc ? rc : cli_rows_end(c, err);
}

int
cli_view_saver(cli *c, mgreg_content *content, mgreg_error *err)
{
	static const cli_column columns[] = {
		{ "filename_tensor_name", CLI_COL_TEXT }, { "save_tensor_name", CLI_COL_TEXT }, { "restore_op_name", CLI_COL_TEXT },
		{ "max_to_keep", CLI_COL_INT }, { "sharded", CLI_COL_BOOL }, { "keep_checkpoint_every_n_hours", CLI_COL_REAL },
		{ "version", CLI_COL_TEXT },
	};
	mgreg_saver_info s;
	int rc = mgreg_content_saver(content, &s, err);

	if (rc)
		return rc;
	cli_rows_begin(c, columns, MG_COUNT(columns), true);
	cli_put_text(c, s.filename_tensor_name);
	cli_put_text(c, s.save_tensor_name);
	cli_put_text(c, s.restore_op_name);
	cli_put_int(c, s.max_to_keep);
	cli_put_bool(c, s.sharded);
	cli_put_real(c, s.keep_checkpoint_every_n_hours);
	cli_put_text(c, s.version);
	cli_row_end(c);
	return cli_rows_end(c, err);
}

int
cli_view_info(cli *c, mgreg_content *content, mgreg_error *err)
{
	static const cli_column columns[] = {
		{ "meta_graph_version", CLI_COL_TEXT }, { "tags", CLI_COL_TEXT }, { "tensorflow_version", CLI_COL_TEXT },
		{ "tensorflow_git_version", CLI_COL_TEXT }, { "producer", CLI_COL_INT }, { "min_consumer", CLI_COL_INT },
		{ "stripped_default_attrs", CLI_COL_BOOL }, { "stripped_ops", CLI_COL_INT }, { "metagraphs", CLI_COL_INT },
		{ "metagraph_bytes", CLI_COL_SIZE },
	};
	mgreg_content_info i;
	int rc = mgreg_content_get_info(content, &i, err);

	if (rc)
		return rc;
	cli_rows_begin(c, columns, MG_COUNT(columns), true);
	put_text(c, i.meta_graph_version);
	put_text(c, i.tags);
	put_text(c, i.tensorflow_version);
	put_text(c, i.tensorflow_git_version);
	cli_put_count(c, i.producer);
	cli_put_count(c, i.min_consumer);
	cli_put_bool(c, i.stripped_default_attrs);
	cli_put_count(c, i.stripped_ops);
	cli_put_int(c, i.metagraphs);
	cli_put_count(c, i.metagraph_bytes);
	cli_row_end(c);
	return cli_rows_end(c, err);
}

static int
signature_row(void *ctx, const mgreg_signature_entry *e)
{
	cli *c = ctx;

	cli_put_text(c, e->signature);
	cli_put_text(c, e->side);
	cli_put_text(c, e->key);
	cli_put_text(c, e->tensor);
	cli_put_text(c, e->dtype);
	cli_put_text(c, e->shape);
	put_text(c, e->method);
	cli_row_end(c);
	return 0;
}

int
cli_view_signatures(cli *c, mgreg_content *content, mgreg_error *err)
{
	static const cli_column columns[] = {
		{ "signature", CLI_COL_TEXT }, { "side", CLI_COL_TEXT }, { "key", CLI_COL_TEXT }, { "tensor", CLI_COL_TEXT },
		{ "dtype", CLI_COL_TEXT }, { "shape", CLI_COL_JSON }, { "method", CLI_COL_TEXT },
	};
	int rc;

	cli_rows_begin(c, columns, MG_COUNT(columns), false);
	rc = mgreg_content_signatures_each(content, signature_row, c, err);
	return rc ? rc : cli_rows_end(c, err);
}

static int
file_row(void *ctx, const mgreg_file_info *f)
{
	cli *c = ctx;

	cli_put_text(c, f->path);
	cli_put_int(c, f->bytes);
	if (c->format != CLI_HUMAN)
		cli_put_text(c, f->digest);
	cli_row_end(c);
	return 0;
}

int
cli_view_files(cli *c, mgreg_content *content, mgreg_error *err)
{
	static const cli_column columns[] = {
		{ "path", CLI_COL_TEXT }, { "bytes", CLI_COL_SIZE }, { "digest", CLI_COL_TEXT },
	};
	int rc;

	cli_rows_begin(c, columns, (int)MG_COUNT(columns) - (c->format == CLI_HUMAN), false);
	rc = mgreg_content_files_each(content, file_row, c, err);
	return rc ? rc : cli_rows_end(c, err);
}

static int
note_row(void *ctx, const char *key, const char *value)
{
	cli *c = ctx;

	cli_put_text(c, key);
	cli_put_text(c, value);
	cli_row_end(c);
	return 0;
}

int
cli_view_notes(cli *c, mgreg_content *content, mgreg_error *err)
{
	static const cli_column columns[] = { { "note", CLI_COL_TEXT }, { "value", CLI_COL_TEXT } };
	int rc;

	cli_rows_begin(c, columns, MG_COUNT(columns), false);
	rc = mgreg_content_notes_each(content, note_row, c, err);
	return rc ? rc : cli_rows_end(c, err);
}

/* ---- hyper-parameters -------------------------------------------------------------------- */

static int
hparam_row(void *ctx, const mgreg_hparam *h)
{
	cli *c = ctx;

	cli_put_text(c, h->hparam);
	cli_put_text(c, h->value);
	cli_put_text(c, h->type);
	if (c->format != CLI_HUMAN) {
		if (h->has_number)
			cli_put_real(c, h->number);
		else
			cli_put_null(c);
	}
	cli_row_end(c);
	return 0;
}

int
cli_view_hparams(cli *c, mgreg_content *content, mgreg_error *err)
{
	static const cli_column columns[] = {
		{ "hparam", CLI_COL_TEXT }, { "value", CLI_COL_TEXT }, { "type", CLI_COL_TEXT }, { "number", CLI_COL_REAL },
	};
	int rc;

	cli_rows_begin(c, columns, (int)MG_COUNT(columns) - (c->format == CLI_HUMAN), false);
	rc = mgreg_content_hparams_each(content, hparam_row, c, err);
	return rc ? rc : cli_rows_end(c, err);
}

/* ---- collections ------------------------------------------------------------------------- */

typedef struct items {
	cli        *c;
	bool        raw;
	/* the collection being counted */
	mg_str      name, first;
	const char *kind;
	int64_t     count;
} items;

static void
end_collection(items *x)
{
	if (!x->kind)
		return;
	cli_put_text(x->c, x->name.ptr);
	cli_put_text(x->c, x->kind);
	cli_put_int(x->c, x->count);
	put_text(x->c, x->first.ptr);
	cli_row_end(x->c);
	x->kind = NULL;
}

#define SHORT_SUMMARY 100       /* for people a line is a line */

static int
count_item(void *ctx, const mgreg_collection_item *item)
{
	items *x = ctx;
	const char *text = item->summary ? item->summary : "";

	if (!x->kind || strcmp(x->name.ptr, item->collection) != 0) {
		end_collection(x);
		mg_str_reset(&x->name);
		mg_str_add(&x->name, item->collection);
		mg_str_reset(&x->first);
		if (x->c->format == CLI_HUMAN && strlen(text) > SHORT_SUMMARY) {
			mg_str_append(&x->first, text, SHORT_SUMMARY);
			mg_str_add(&x->first, "...");
		} else {
			mg_str_add(&x->first, text);
		}
		x->count = 0;
	}
	x->kind = item->kind;
	x->count += strcmp(item->kind, "empty") != 0;
	return 0;
}

static int
list_collections(cli *c, mgreg_content *content, mgreg_error *err)
{
	static const cli_column columns[] = {
		{ "collection", CLI_COL_TEXT }, { "kind", CLI_COL_TEXT }, { "items", CLI_COL_INT }, { "first", CLI_COL_TEXT },
	};
	items x = { .c = c, .name = MG_STR_INIT, .first = MG_STR_INIT };
	int rc;

	cli_rows_begin(c, columns, MG_COUNT(columns), false);
	rc = mgreg_content_collections_each(content, NULL, count_item, &x, err);
	if (rc == 0) {
		end_collection(&x);
		rc = cli_rows_end(c, err);
	}
	mg_str_clear(&x.name);
	mg_str_clear(&x.first);
	return rc;
}

static void
put_hex(cli *c, const void *bytes, size_t size)
{
	mg_str hex = MG_STR_INIT;

	for (size_t i = 0; i < size; i++)
		mg_str_printf(&hex, "%02x", ((const unsigned char *)bytes)[i]);
	cli_put_text(c, bytes ? hex.ptr : NULL);
	mg_str_clear(&hex);
}

/* What a person wants to see of an item: its text, or its bytes under --raw. */
static void
put_value(cli *c, const mgreg_collection_item *item, bool raw)
{
	if (item->bytes && (raw || !item->summary))
		put_hex(c, item->bytes, item->bytes_size);
	else
		cli_put_text(c, item->summary);
}

static int
item_row(void *ctx, const mgreg_collection_item *item)
{
	items *x = ctx;
	cli *c = x->c;

	if (c->format == CLI_HUMAN) {
		put_value(c, item, x->raw);
		cli_row_end(c);
		return 0;
	}
	cli_put_text(c, item->collection);
	cli_put_int(c, item->idx);
	cli_put_text(c, item->kind);
	cli_put_text(c, item->node);
	if (strcmp(item->kind, "int64") == 0)
		cli_put_int(c, item->int_value);
	else
		cli_put_null(c);
	if (strcmp(item->kind, "float") == 0)
		cli_put_real(c, item->real_value);
	else
		cli_put_null(c);
	cli_put_text(c, item->type_url);
	cli_put_text(c, item->summary);
	if (x->raw)
		put_hex(c, item->bytes, item->bytes_size);
	cli_row_end(c);
	return 0;
}

int
cli_view_collections(cli *c, mgreg_content *content, const char *name, bool raw, mgreg_error *err)
{
	static const cli_column human[] = { { "item", CLI_COL_TEXT } };
	static const cli_column columns[] = {
		{ "collection", CLI_COL_TEXT }, { "idx", CLI_COL_INT }, { "kind", CLI_COL_TEXT }, { "node", CLI_COL_TEXT },
		{ "int_value", CLI_COL_INT }, { "real_value", CLI_COL_REAL }, { "type_url", CLI_COL_TEXT }, { "summary", CLI_COL_TEXT },
		{ "bytes_value", CLI_COL_TEXT },
	};
	items x = { .c = c, .raw = raw };
	int rc;

	if (!name && !raw)
		return list_collections(c, content, err);
	if (c->format == CLI_HUMAN)
		cli_rows_begin(c, human, MG_COUNT(human), false);
	else
		cli_rows_begin(c, columns, (int)MG_COUNT(columns) - !raw, false);
	rc = mgreg_content_collections_each(content, name, item_row, &x, err);
	return rc ? rc : cli_rows_end(c, err);
}

/* ---- tensors ----------------------------------------------------------------------------- */

enum { TENSOR_COLUMNS = 6, STATS_COLUMNS = 8 };

typedef struct tensor_rows {
	cli                   *c;
	mgreg_content         *content;
	const cli_tensor_view *view;
	mgreg_error           *err;
} tensor_rows;

static void
put_stats(cli *c, const mgreg_tensor_info *t)
{
	const double reals[] = { t->min, t->max, t->mean, t->std, t->l2 };
	const int64_t counts[] = { t->zeros, t->nans, t->infs };

	for (size_t i = 0; i < MG_COUNT(reals); i++)
		if (t->has_stats)
			cli_put_real(c, reals[i]);
		else
			cli_put_null(c);
	for (size_t i = 0; i < MG_COUNT(counts); i++)
		if (t->has_stats)
			cli_put_int(c, counts[i]);
		else
			cli_put_null(c);
}

static int
put_values(tensor_rows *x, const mgreg_tensor_info *info)
{
	bool json = x->c->format == CLI_JSON || x->c->format == CLI_JSONL;
	mgreg_tensor *t;
	char *text = NULL;
	size_t size;
	int rc = mgreg_content_read(x->content, info->tensor, info->slice, &t, x->err);

	if (rc)
		return rc;
	rc = mgreg_tensor_format(t, json ? MGREG_FORM_JSON : MGREG_FORM_TEXT, x->view->head, &text, &size, x->err);
	mgreg_tensor_free(t);
	if (rc == 0)
		cli_put_text(x->c, text);
	mgreg_free(text);
	return rc;
}

static int
tensor_row(void *ctx, const mgreg_tensor_info *t)
{
	tensor_rows *x = ctx;
	cli *c = x->c;
	int rc = 0;

	cli_put_text(c, t->tensor);
	put_text(c, t->slice);
	cli_put_text(c, t->dtype);
	cli_put_text(c, t->shape);
	cli_put_int(c, t->elements);
	cli_put_count(c, t->bytes);
	if (x->view->stats)
		put_stats(c, t);
	if (c->format != CLI_HUMAN) {
		cli_put_text(c, t->full_shape);
		cli_put_text(c, t->digest);
	}
	if (x->view->values)
		rc = put_values(x, t);
	if (rc == 0)
		cli_row_end(c);
	return rc;
}

int
cli_view_tensors(cli *c, mgreg_content *content, const cli_tensor_view *view, mgreg_error *err)
{
	static const cli_column all[] = {
		{ "tensor", CLI_COL_TEXT }, { "slice", CLI_COL_TEXT }, { "dtype", CLI_COL_TEXT }, { "shape", CLI_COL_JSON },
		{ "elements", CLI_COL_INT }, { "bytes", CLI_COL_SIZE },
		{ "min", CLI_COL_REAL }, { "max", CLI_COL_REAL }, { "mean", CLI_COL_REAL }, { "std", CLI_COL_REAL },
		{ "l2", CLI_COL_REAL }, { "zeros", CLI_COL_INT }, { "nans", CLI_COL_INT }, { "infs", CLI_COL_INT },
		{ "full_shape", CLI_COL_JSON }, { "digest", CLI_COL_TEXT }, { "values", CLI_COL_JSON },
	};
	static cli_column columns[MG_COUNT(all)];
	tensor_rows x = { c, content, view, err };
	int n = 0, rc;

	for (int i = 0; i < (int)MG_COUNT(all); i++) {
		bool stats = i >= TENSOR_COLUMNS && i < TENSOR_COLUMNS + STATS_COLUMNS, values = i == (int)MG_COUNT(all) - 1;
		bool wanted = stats ? view->stats : values ? view->values : i < TENSOR_COLUMNS || c->format != CLI_HUMAN;

		if (wanted)
			columns[n++] = all[i];
	}
	cli_rows_begin(c, columns, n, false);
	rc = mgreg_content_tensors_each(content, view->glob, view->stats, tensor_row, &x, err);
	return rc ? rc : cli_rows_end(c, err);
}

int
cli_content_metagraph(mgreg_content *content, const char *name, mgreg_metagraph **out, mgreg_error *err)
{
	char *bytes;
	size_t size;
	int rc = mgreg_content_metagraph(content, 0, &bytes, &size, err);

	if (rc == 0) {
		rc = mgreg_metagraph_parse(out, bytes, size, name, err);
		mgreg_free(bytes);
	}
	return rc;
}
