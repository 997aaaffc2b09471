/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kernel_table.c - THE TABLE of kernel families, indexed by op.
 *
 * A row serves a node when its type constraint fits the node's attributes.  Several may: the plan asks them in order
 * of priority until one accepts (plan.c).
 */
#include "base/base.h"
#include "base/map.h"
#include "base/vec.h"
#include "runtime/runtime_internal.h"

#define MG_KERNELS(family) extern const mg_kernel mg_kernels_##family[];
#include "runtime/families.def"
#undef MG_KERNELS

static const mg_kernel *const families[] = {
#define MG_KERNELS(family) mg_kernels_##family,
#include "runtime/families.def"
#undef MG_KERNELS
};

typedef struct rows {
	const mg_kernel **at;
	size_t len, cap;
} rows;

static mg_map index_by_op;
static mg_mutex mutex = MG_MUTEX_INIT;
static _Atomic bool built;

/* Keeps rows of one op sorted by falling priority; rows of equal priority stay in table order. */
static bool
insert(const mg_kernel *k)
{
	rows *r = mg_map_find(&index_by_op, k->op);
	size_t at;

	if (!r) {
		r = mg_calloc(1, sizeof(*r));
		if (!r || !mg_map_set(&index_by_op, k->op, r)) {
			mg_free(r);
			return false;
		}
	}
	if (!mg_vec_push(r, k))
		return false;
	for (at = r->len - 1; at > 0 && r->at[at - 1]->priority < k->priority; at--)
		r->at[at] = r->at[at - 1];
	r->at[at] = k;
	return true;
}

static void
forget(void)
{
	mg_map_item item;

	for (void *it = NULL; (it = mg_map_next(&index_by_op, it, &item)); ) {
		rows *r = item.value;

		mg_vec_clear(r);
		mg_free(r);
	}
	mg_map_clear(&index_by_op);
}

/* Built by whoever asks first; once memory was short, by the next who asks. */
static bool
build(void)
{
	bool ok = true;

	if (atomic_load_explicit(&built, memory_order_acquire))
		return true;
	mg_lock(&mutex);
	if (!atomic_load(&built)) {
		for (size_t f = 0; ok && f < MG_COUNT(families); f++)
			for (const mg_kernel *k = families[f]; ok && k->op; k++)
				ok = insert(k);
		if (!ok)
			forget();
		atomic_store_explicit(&built, ok, memory_order_release);
	}
	mg_unlock(&mutex);
	return ok;
}

const mg_kernel *const *
mg_kernel_rows(const char *op, int *count)
{
	static const mg_kernel *const custom_rows[] = { &mg_kernel_custom };
	const mg_custom *custom;
	const rows *r;

	if (!build()) {
		*count = -1;
		return NULL;
	}
	if ((r = mg_map_find(&index_by_op, op)) != NULL) {
		*count = (int)r->len;
		return r->at;
	}
	custom = mg_custom_find(op);
	*count = custom && custom->op.run;
	return *count ? custom_rows : NULL;
}

/* Is DTYPE one of the names of LIST, "float|double"? */
static bool
type_in(mg_slice list, int dtype)
{
	mg_slice name;

	while (mg_slice_split(&list, '|', &name))
		if ((int)mg_dtype_find(name.ptr, name.len) == dtype)
			return true;
	return false;
}

static bool
clause_fits(mg_slice clause, const mg_attrs *attrs, const mg_op_def *op)
{
	mg_slice name;
	char text[64];
	const mg_op_attr *def;
	int dtype;

	if (!mg_slice_split(&clause, '=', &name) || name.len >= sizeof(text))
		return false;
	memcpy(text, name.ptr, name.len);
	text[name.len] = '\0';
	if (mg_attr_get_type(attrs, text, &dtype))
		return type_in(clause, dtype);
	def = op ? mg_op_attr_find(op, text) : NULL;
	if (def && def->default_value && def->default_value->value_case == PB__ATTR_VALUE__VALUE_TYPE)
		return type_in(clause, (int)def->default_value->type);
	return false;
}

bool
mg_kernel_matches(const mg_kernel *row, const mg_attrs *attrs, const mg_op_def *op)
{
	mg_slice rest, clause;

	if (!row->constraint)
		return true;
	rest = MG_SLICE(row->constraint);
	while (mg_slice_split(&rest, ',', &clause))
		if (!clause_fits(mg_slice_trim(clause), attrs, op))
			return false;
	return true;
}

bool
mg_runtime_has_kernel(const mg_node *node)
{
	int count;
	const mg_kernel *const *at = mg_kernel_rows(node->op_name, &count);

	for (int i = 0; i < count; i++)
		if (mg_kernel_matches(at[i], &node->attrs, node->op))
			return true;
	return !node->op && mg_graph_function(node->graph, node->op_name);
}

bool
mg_runtime_knows_op(const char *op)
{
	int count;

	return mg_kernel_rows(op, &count) != NULL;
}
