/* SPDX-License-Identifier: Apache-2.0 */
/*
 * diff.c - two MetaGraphs, line by line: nodes by name, then functions, collections, signatures, saver, meta info.
 * "+" is only in the second, "-" only in the first, "~" is in both and differs.
 */
#include "base/base.h"
#include "metagraph/metagraph_internal.h"

typedef struct differ {
	int       (*each)(void *ctx, const char *line);
	void       *ctx;
	mg_str      line;
	bool        stop;
	const char *what;       /* "node x": what a path of differences belongs to */
	mgreg_error *err;
} differ;

static void say(differ *d, const char *fmt, ...) MG_PRINTF(2, 3);

static void
say(differ *d, const char *fmt, ...)
{
	va_list args;

	if (d->stop || d->line.failed)
		return;
	mg_str_reset(&d->line);
	va_start(args, fmt);
	mg_str_vprintf(&d->line, fmt, args);
	va_end(args);
	if (!d->line.failed && d->each(d->ctx, d->line.ptr) != 0)
		d->stop = true;
}

static int
say_path(void *ctx, const char *path, const char *a, const char *b)
{
	differ *d = ctx;

	say(d, "~%s: %s: %s -> %s", d->what, path, a, b);
	return d->stop;
}

/* A thing with a name on either side. */
typedef struct named {
	const char   *name;
	const mg_msg *msg;
} named;

static int
compare_named(const void *a, const void *b)
{
	return strcmp(((const named *)a)->name, ((const named *)b)->name);
}

static int
diff_named(differ *d, const char *kind, named *a, size_t na, named *b, size_t nb)
{
	char what[400];
	size_t i = 0, k = 0;

	qsort(a, na, sizeof(*a), compare_named);
	qsort(b, nb, sizeof(*b), compare_named);
	while (!d->stop && (i < na || k < nb)) {
		int c = i == na ? 1 : k == nb ? -1 : strcmp(a[i].name, b[k].name);

		if (c < 0) {
			say(d, "-%s %s", kind, a[i++].name);
		} else if (c > 0) {
			say(d, "+%s %s", kind, b[k++].name);
		} else {
			snprintf(what, sizeof(what), "%s %s", kind, a[i].name);
			d->what = what;
			if (a[i].msg && b[k].msg)
				mg_msg_equal(a[i].msg, b[k].msg, say_path, d);
			else if (a[i].msg != b[k].msg)
				say(d, "~%s", what);
			i++;
			k++;
		}
	}
	return mg_str_check(&d->line, d->err);
}

/* Makes the lists of both sides of one repeated field, by an expression for name and message of element I of list L. */
#define DIFF_LIST(d, kind, la, na, lb, nb, name_of, msg_of) do { \
	named *xa = mg_alloc(((na) + 1) * sizeof(named)), *xb = mg_alloc(((nb) + 1) * sizeof(named)); \
	if (!xa || !xb) { \
		mg_free(xa); \
		mg_free(xb); \
		return mg_fail_nomem((d)->err, 0); \
	} \
	for (size_t i_ = 0; i_ < (na); i_++) \
		xa[i_] = (named){ name_of((la)[i_]), msg_of((la)[i_]) }; \
	for (size_t i_ = 0; i_ < (nb); i_++) \
		xb[i_] = (named){ name_of((lb)[i_]), msg_of((lb)[i_]) }; \
	rc = diff_named((d), (kind), xa, (na), xb, (nb)); \
	mg_free(xa); \
	mg_free(xb); \
	if (rc || (d)->stop) \
		return rc; \
} while (0)

#define NODE_NAME(n) ((n)->name)
#define BASE(n) (&(n)->base)
#define FUNCTION_NAME(f) ((f)->signature ? (f)->signature->name : "")
#define ENTRY_KEY(e) ((e)->key)
#define ENTRY_VALUE(e) ((e)->value ? &(e)->value->base : NULL)
#define ASSET_NAME(a) ((a)->filename)

static int
diff_graphs(differ *d, const Pb__GraphDef *a, const Pb__GraphDef *b)
{
	static const Pb__FunctionDefLibrary none = PB__FUNCTION_DEF_LIBRARY__INIT;
	const Pb__FunctionDefLibrary *la = a->library ? a->library : &none, *lb = b->library ? b->library : &none;
	int rc;

	DIFF_LIST(d, "node", a->node, a->n_node, b->node, b->n_node, NODE_NAME, BASE);
	DIFF_LIST(d, "function", la->function, la->n_function, lb->function, lb->n_function, FUNCTION_NAME, BASE);
	d->what = "versions";
	if (a->versions && b->versions)
		mg_msg_equal(&a->versions->base, &b->versions->base, say_path, d);
	else if (a->versions != b->versions)
		say(d, "%sversions", b->versions ? "+" : "-");
	return mg_str_check(&d->line, d->err);
}

/* Singular messages: there, gone, or different inside. */
static void
diff_single(differ *d, const char *what, const mg_msg *a, const mg_msg *b)
{
	d->what = what;
	if (a && b)
		mg_msg_equal(a, b, say_path, d);
	else if (a || b)
		say(d, "%s%s", b ? "+" : "-", what);
}

static int
diff_all(differ *d, const Pb__MetaGraphDef *a, const Pb__MetaGraphDef *b)
{
	static const Pb__GraphDef empty = PB__GRAPH_DEF__INIT;
	int rc;

	if ((rc = diff_graphs(d, a->graph_def ? a->graph_def : &empty, b->graph_def ? b->graph_def : &empty)) != 0 || d->stop)
		return rc;
	DIFF_LIST(d, "collection", a->collection_def, a->n_collection_def, b->collection_def, b->n_collection_def, ENTRY_KEY, ENTRY_VALUE);
	DIFF_LIST(d, "signature", a->signature_def, a->n_signature_def, b->signature_def, b->n_signature_def, ENTRY_KEY, ENTRY_VALUE);
	DIFF_LIST(d, "asset", a->asset_file_def, a->n_asset_file_def, b->asset_file_def, b->n_asset_file_def, ASSET_NAME, BASE);
	diff_single(d, "saver", a->saver_def ? &a->saver_def->base : NULL, b->saver_def ? &b->saver_def->base : NULL);
	diff_single(d, "meta info", a->meta_info_def ? &a->meta_info_def->base : NULL, b->meta_info_def ? &b->meta_info_def->base : NULL);
	return mg_str_check(&d->line, d->err);
}

int
mg_metagraph_diff(const Pb__MetaGraphDef *a, const Pb__MetaGraphDef *b, int (*each)(void *ctx, const char *line), void *ctx, mgreg_error *err)
{
	differ d = { .each = each, .ctx = ctx, .line = MG_STR_INIT, .err = err };
	int rc = diff_all(&d, a, b);

	mg_str_clear(&d.line);
	return rc;
}
