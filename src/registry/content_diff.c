/* SPDX-License-Identifier: Apache-2.0 */
/*
 * content_diff.c - what differs between two files or versions: part by part, by name.
 *
 * Every part is two lists sorted by name and walked side by side.  Tensors whose digests agree are the same without
 * being read; of a tolerance is asked only where the bits differ.
 */
#include "base/base.h"
#include "registry/content.h"

#include <math.h>

typedef struct differ {
	mg_content *a, *b;
	const mgreg_diff_options *options;
	int       (*each)(void *ctx, const mgreg_difference *d);
	void       *ctx;
	int64_t     count;
	int         rc;                 /* what EACH returned to stop */
	mgreg_error *err;
	const char *part, *name;        /* of the messages being compared */
} differ;

static int
tell(differ *d, const char *change, const char *part, const char *name, const char *field, const char *a, const char *b)
{
	mgreg_difference difference = { part, change, name, field, a, b };
	bool same = strcmp(change, "same") == 0;

	if (same && !d->options->same)
		return 0;
	d->count += !same;
	return d->rc = d->each(d->ctx, &difference);
}

/* ---- messages by name -------------------------------------------------------------------- */

typedef struct named {
	const char   *name;
	const mg_msg *msg;
	const char   *text;             /* for the side that has it alone */
} named;

static int
compare_named(const void *a, const void *b)
{
	return strcmp(((const named *)a)->name, ((const named *)b)->name);
}

static int
field_differs(void *ctx, const char *path, const char *a, const char *b)
{
	differ *d = ctx;

	return tell(d, "changed", d->part, d->name, path, strcmp(a, "(absent)") == 0 ? NULL : a, strcmp(b, "(absent)") == 0 ? NULL : b);
}

static int
walk_named(differ *d, const char *part, named *x, size_t n, named *y, size_t m)
{
	size_t i = 0, j = 0;
	int rc = 0;

	if (n)
		qsort(x, n, sizeof(*x), compare_named);
	if (m)
		qsort(y, m, sizeof(*y), compare_named);
	d->part = part;
	while (rc == 0 && (i < n || j < m)) {
		int order = i == n ? 1 : j == m ? -1 : strcmp(x[i].name, y[j].name);

		d->name = order <= 0 ? x[i].name : y[j].name;
		if (order < 0)
			rc = tell(d, "removed", part, d->name, "", x[i].text, NULL);
		else if (order > 0)
			rc = tell(d, "added", part, d->name, "", NULL, y[j].text);
		else if (mg_msg_equal(x[i].msg, y[j].msg, field_differs, d))
			rc = tell(d, "same", part, d->name, "", x[i].text, y[j].text);
		else
			rc = d->rc;
		i += order <= 0;
		j += order >= 0;
	}
	return rc;
}

static const Pb__GraphDef empty_graph = PB__GRAPH_DEF__INIT;
static const Pb__MetaGraphDef empty_metagraph = PB__META_GRAPH_DEF__INIT;

static const Pb__MetaGraphDef *
metagraph_of(const mg_content *c)
{
	return c->def ? c->def : &empty_metagraph;
}

static const Pb__GraphDef *
graph_of(const mg_content *c)
{
	return c->def && c->def->graph_def ? c->def->graph_def : &empty_graph;
}

static named *
nodes_of(const mg_content *c, size_t *n)
{
	const Pb__GraphDef *g = graph_of(c);
	size_t functions = g->library ? g->library->n_function : 0;
	named *list = mg_calloc(g->n_node + functions + 1, sizeof(*list));

	*n = 0;
	for (size_t i = 0; list && i < g->n_node; i++)
		list[(*n)++] = (named){ g->node[i]->name, &g->node[i]->base, g->node[i]->op };
	for (size_t i = 0; list && i < functions; i++) {
		const Pb__FunctionDef *f = g->library->function[i];

		list[(*n)++] = (named){ f->signature ? f->signature->name : "", &f->base, "function" };
	}
	return list;
}

static int
diff_graph(differ *d)
{
	size_t n, m;
	named *x = nodes_of(d->a, &n), *y = nodes_of(d->b, &m);
	int rc = x && y ? walk_named(d, "graph", x, n, y, m) : mg_fail_nomem(d->err, 0);

	mg_free(x);
	mg_free(y);
	return rc;
}

static const char *
kind_of(const Pb__CollectionDef *c)
{
	static const char *const names[] = {
		[PB__COLLECTION_DEF__KIND_NODE_LIST] = "node_list", [PB__COLLECTION_DEF__KIND_BYTES_LIST] = "bytes_list",
		[PB__COLLECTION_DEF__KIND_INT64_LIST] = "int64_list", [PB__COLLECTION_DEF__KIND_FLOAT_LIST] = "float_list",
		[PB__COLLECTION_DEF__KIND_ANY_LIST] = "any_list",
	};

	return (size_t)c->kind_case < MG_COUNT(names) && names[c->kind_case] ? names[c->kind_case] : "empty";
}

static named *
collections_of(const mg_content *c, size_t *n)
{
	const Pb__MetaGraphDef *m = metagraph_of(c);
	named *list = mg_calloc(m->n_collection_def + 1, sizeof(*list));

	*n = list ? m->n_collection_def : 0;
	for (size_t i = 0; i < *n; i++)
		list[i] = (named){ m->collection_def[i]->key, &m->collection_def[i]->value->base, kind_of(m->collection_def[i]->value) };
	return list;
}

static int
diff_collections(differ *d)
{
	size_t n, m;
	named *x = collections_of(d->a, &n), *y = collections_of(d->b, &m);
	int rc = x && y ? walk_named(d, "collections", x, n, y, m) : mg_fail_nomem(d->err, 0);

	mg_free(x);
	mg_free(y);
	return rc;
}

static named *
signatures_of(const mg_content *c, size_t *n)
{
	const Pb__MetaGraphDef *m = metagraph_of(c);
	named *list = mg_calloc(m->n_signature_def + 1, sizeof(*list));

	*n = list ? m->n_signature_def : 0;
	for (size_t i = 0; i < *n; i++)
		list[i] = (named){ m->signature_def[i]->key, &m->signature_def[i]->value->base, m->signature_def[i]->value->method_name };
	return list;
}

static int
diff_signatures(differ *d)
{
	size_t n, m;
	named *x = signatures_of(d->a, &n), *y = signatures_of(d->b, &m);
	int rc = x && y ? walk_named(d, "signatures", x, n, y, m) : mg_fail_nomem(d->err, 0);

	mg_free(x);
	mg_free(y);
	return rc;
}

/* The saver, meta info, versions and what else is there once; the stripped ops by name.  INFO is the meta info without them. */
static named *
info_of(const mg_content *c, Pb__MetaGraphDef__MetaInfoDef *info, mg_arena *arena, size_t *n)
{
	const Pb__MetaGraphDef *m = metagraph_of(c);
	const Pb__GraphDef *g = graph_of(c);
	const Pb__OpList *ops = m->meta_info_def ? m->meta_info_def->stripped_op_list : NULL;
	named *list = mg_arena_zalloc(arena, 3 + (ops ? ops->n_op : 0), sizeof(*list));

	*n = 0;
	if (!list)
		return NULL;
	if (m->meta_info_def) {
		*info = *m->meta_info_def;
		info->stripped_op_list = NULL;
		list[(*n)++] = (named){ "meta_info_def", &info->base, NULL };
	}
	if (g->versions)
		list[(*n)++] = (named){ "versions", &g->versions->base, NULL };
	if (m->saver_def)
		list[(*n)++] = (named){ "saver_def", &m->saver_def->base, NULL };
	for (size_t i = 0; ops && i < ops->n_op; i++) {
		const char *name = mg_arena_printf(arena, "stripped_op_list/%s", ops->op[i]->name);

		if (!name)
			return NULL;
		list[(*n)++] = (named){ name, &ops->op[i]->base, NULL };
	}
	return list;
}

static int
diff_info(differ *d)
{
	Pb__MetaGraphDef__MetaInfoDef a, b;
	mg_arena arena = { 0 };
	size_t n, m;
	named *x = info_of(d->a, &a, &arena, &n), *y = info_of(d->b, &b, &arena, &m);
	int rc = x && y ? walk_named(d, "info", x, n, y, m) : mg_fail_nomem(d->err, 0);

	mg_arena_clear(&arena);
	return rc;
}

/* ---- hyper-parameters -------------------------------------------------------------------- */

static int
diff_hparams(differ *d)
{
	mg_hparam_fact *x = NULL, *y = NULL;
	size_t n = 0, m = 0, i = 0, j = 0;
	int rc = 0;

	MG_TRY(mg_content_hparams(d->a, &x, &n, d->err));
	MG_TRY(mg_content_hparams(d->b, &y, &m, d->err));
	while (rc == 0 && (i < n || j < m)) {
		int order = i == n ? 1 : j == m ? -1 : strcmp(x[i].name, y[j].name);

		if (order < 0)
			rc = tell(d, "removed", "hparams", x[i].name, "", x[i].text, NULL);
		else if (order > 0)
			rc = tell(d, "added", "hparams", y[j].name, "", NULL, y[j].text);
		else
			rc = tell(d, strcmp(x[i].type, y[j].type) == 0 && strcmp(x[i].text, y[j].text) == 0 ? "same" : "changed",
				"hparams", x[i].name, "", x[i].text, y[j].text);
		i += order <= 0;
		j += order >= 0;
	}
out:
	return rc;
}

/* ---- tensors ----------------------------------------------------------------------------- */

/* How two tensors of one type and shape differ: how many elements, the greatest distance, the first place. */
static void
measure(const mg_tensor *x, const mg_tensor *y, mg_str *out)
{
	double most = 0, a, b;
	int64_t different = 0, first = -1;

	for (int64_t i = 0; i < x->count; i++) {
		bool numbers = mg_tensor_as_double(x, i, &a) && mg_tensor_as_double(y, i, &b), same;
		mg_slice s, t;

		if (numbers) {
			same = a == b || (isnan(a) && isnan(b));
		} else if (x->dtype == MGREG_STRING) {
			s = mg_tensor_string(x, i);
			t = mg_tensor_string(y, i);
			same = mg_slice_cmp(s, t) == 0;
		} else {
			size_t width = mg_dtype_size((int)x->dtype);

			same = width && memcmp((const char *)x->data + (size_t)i * width, (const char *)y->data + (size_t)i * width, width) == 0;
		}
		if (same)
			continue;
		if (different++ == 0)
			first = i;
		if (numbers && !(fabs(a - b) <= most))
			most = fabs(a - b);
	}
	mg_str_printf(out, "%lld of %lld elements", (long long)different, (long long)x->count);
	if (different)
		mg_str_printf(out, ", at most %g apart, first at %lld", most, (long long)first);
}

static int
values_of(differ *d, const char *name, const char *type, bool *differs, mg_str *text)
{
	double tolerance = d->options->tolerance;
	mg_tensor *x = NULL, *y = NULL;
	int64_t first;
	int rc = 0;

	MG_TRY(mgreg_content_read(d->a, name, NULL, &x, d->err));
	MG_TRY(mgreg_content_read(d->b, name, NULL, &y, d->err));
	if (mg_tensor_equal(x, y) || (tolerance > 0 && mg_dtype_is_memcpy((int)x->dtype)
			&& mg_tensor_close(x, y, tolerance, tolerance, &first)))
		*differs = false;
	else if (x->dtype == y->dtype && mg_shape_equal(&x->shape, &y->shape))
		measure(x, y, text);
	else
		mg_str_add(text, type);
out:
	mgreg_tensor_free(x);
	mgreg_tensor_free(y);
	return rc ? mg_wrap(d->err, rc, "tensor '%s'", name) : 0;
}

static const char *
whole_shape(const mgreg_tensor_info *t)
{
	return t->full_shape ? t->full_shape : t->shape;
}

/* The rows of one name: whether all of them have the same slices and digests. */
static size_t
rows_of(const mg_content *c, size_t i)
{
	size_t n = 1;

	while (i + n < c->tensor_count && strcmp(c->tensors[i].tensor, c->tensors[i + n].tensor) == 0)
		n++;
	return n;
}

static bool
digests_agree(const mgreg_tensor_info *x, size_t n, const mgreg_tensor_info *y, size_t m)
{
	if (n != m)
		return false;
	for (size_t i = 0; i < n; i++)
		if (!x[i].digest || !y[i].digest || strcmp(x[i].digest, y[i].digest) != 0 || strcmp(x[i].slice, y[i].slice) != 0
				|| strcmp(x[i].dtype, y[i].dtype) != 0 || strcmp(x[i].shape, y[i].shape) != 0)
			return false;
	return true;
}

static int
diff_tensor(differ *d, const mgreg_tensor_info *x, size_t n, const mgreg_tensor_info *y, size_t m)
{
	mg_str types[2] = { MG_STR_INIT, MG_STR_INIT }, text = MG_STR_INIT;
	bool same_type = strcmp(x->dtype, y->dtype) == 0 && strcmp(whole_shape(x), whole_shape(y)) == 0, differs;
	int rc = 0;

	mg_str_printf(&types[0], "%s %s", x->dtype, whole_shape(x));
	mg_str_printf(&types[1], "%s %s", y->dtype, whole_shape(y));
	MG_TRY(mg_str_check(&types[0], d->err));
	MG_TRY(mg_str_check(&types[1], d->err));
	differs = !same_type || !digests_agree(x, n, y, m);
	if (differs && same_type)
		MG_TRY(values_of(d, x->tensor, types[0].ptr, &differs, &text));
	MG_TRY(mg_str_check(&text, d->err));
	if (!differs)
		rc = tell(d, "same", "tensors", x->tensor, "", types[0].ptr, types[1].ptr);
	else if (same_type)
		rc = tell(d, "changed", "tensors", x->tensor, "values", types[0].ptr, text.ptr);
	else
		rc = tell(d, "changed", "tensors", x->tensor, "type", types[0].ptr, types[1].ptr);
out:
	mg_str_clear(&types[0]);
	mg_str_clear(&types[1]);
	mg_str_clear(&text);
	return rc;
}

static int
only_one(differ *d, const mgreg_tensor_info *t, bool added)
{
	mg_str text = MG_STR_INIT;
	int rc;

	mg_str_printf(&text, "%s %s", t->dtype, whole_shape(t));
	if ((rc = mg_str_check(&text, d->err)) == 0)
		rc = tell(d, added ? "added" : "removed", "tensors", t->tensor, "", added ? NULL : text.ptr, added ? text.ptr : NULL);
	mg_str_clear(&text);
	return rc;
}

static int
diff_tensors(differ *d)
{
	size_t i = 0, j = 0;
	int rc = 0;

	MG_TRY(mg_content_need_tensors(d->a, false, d->err));
	MG_TRY(mg_content_need_tensors(d->b, false, d->err));
	while (i < d->a->tensor_count || j < d->b->tensor_count) {
		const mgreg_tensor_info *x = i < d->a->tensor_count ? &d->a->tensors[i] : NULL;
		const mgreg_tensor_info *y = j < d->b->tensor_count ? &d->b->tensors[j] : NULL;
		int order = !x ? 1 : !y ? -1 : strcmp(x->tensor, y->tensor);
		size_t n = order <= 0 ? rows_of(d->a, i) : 0, m = order >= 0 ? rows_of(d->b, j) : 0;

		MG_TRY(order < 0 ? only_one(d, x, false) : order > 0 ? only_one(d, y, true) : diff_tensor(d, x, n, y, m));
		i += n;
		j += m;
	}
out:
	return rc;
}

int
mgreg_content_diff(mgreg_content *a, mgreg_content *b, const mgreg_diff_options *options,
	int (*each)(void *ctx, const mgreg_difference *difference), void *ctx, int64_t *count, mgreg_error *err)
{
	static const mgreg_diff_options everything = MGREG_DIFF_INIT;
	const mgreg_diff_options *o = options ? options : &everything;
	differ d = { .a = a, .b = b, .options = o, .each = each, .ctx = ctx, .err = err };
	bool all = !o->graph && !o->hparams && !o->tensors && !o->collections;
	int rc = 0;

	assert(o->size == sizeof(*o));
	if (all || o->hparams)
		MG_TRY(diff_hparams(&d));
	if (all)
		MG_TRY(diff_info(&d));
	if (all)
		MG_TRY(diff_signatures(&d));
	if (all || o->collections)
		MG_TRY(diff_collections(&d));
	if (all || o->graph)
		MG_TRY(diff_graph(&d));
	if (all || o->tensors)
		MG_TRY(diff_tensors(&d));
	if (count)
		*count = d.count;
out:
	return rc;
}
