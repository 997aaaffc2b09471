/* SPDX-License-Identifier: Apache-2.0 */
/* compat.c - versions of graphs, deprecated ops, and the history of the ops (compat.def). */
#include "op/op_internal.h"

#define STR_(x) #x
#define STR(x) STR_(x)

int
mg_op_check_versions(const Pb__VersionDef *v, mgreg_error *err)
{
	if (!v)
		return 0;
	if (v->producer < 0)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "GraphDef producer version %d is below the least supported, 0", v->producer);
	if (v->min_consumer > MG_GRAPH_DEF_VERSION)
		return mg_fail(err, MGREG_INVALID_ARGUMENT,
			"GraphDef min consumer version %d is above the current version " STR(MG_GRAPH_DEF_VERSION), v->min_consumer);
	for (size_t i = 0; i < v->n_bad_consumers; i++)
		if (v->bad_consumers[i] == MG_GRAPH_DEF_VERSION)
			return mg_fail(err, MGREG_INVALID_ARGUMENT,
				"GraphDef disallows consumer version " STR(MG_GRAPH_DEF_VERSION) ", which is the current one");
	return 0;
}

int
mg_op_check_deprecation(const mg_op_def *op, int producer, mgreg_error *err)
{
	if (!op->deprecated_at || producer < op->deprecated_at)
		return 0;
	return mg_fail(err, MGREG_UNIMPLEMENTED, "op '%s' is not available in GraphDef version %d; it was removed in version %d: %s",
		op->name, producer, op->deprecated_at, op->deprecation ? op->deprecation : "no explanation");
}

bool
mg_op_is_later_attr(const mg_op_def *op, const char *attr)
{
	static const struct { const char *op, *attr; } later[] = {      /* 1.15.2 */
		{ "Equal", "incompatible_shape_error" }, { "NotEqual", "incompatible_shape_error" }
	};

	for (size_t i = 0; i < MG_COUNT(later); i++)
		if (strcmp(later[i].op, op->name) == 0 && strcmp(later[i].attr, attr) == 0)
			return true;
	return false;
}

/* ---- history ---- */
typedef struct row {
	const char *release, *what, *ops;
} row;

static const struct { const char *release; int version; } releases[] = {
#define MG_RELEASE(release, version) { release, version },
#include "op/compat.def"
};
static const row since[] = {
#define MG_OPS_SINCE(release, ops) { release, NULL, ops },
#include "op/compat.def"
};
static const row until[] = {
#define MG_OPS_UNTIL(release, ops) { release, NULL, ops },
#include "op/compat.def"
};
static const row changed[] = {
#define MG_OPS_CHANGED(release, what, ops) { release, what, ops },
#include "op/compat.def"
};

static bool
lists(const char *ops, const char *op)
{
	mg_slice rest = MG_SLICE(ops), name;

	while (mg_slice_split(&rest, ' ', &name))
		if (mg_slice_eq(name, op))
			return true;
	return false;
}

static const char *
find(const row *rows, size_t n, const char *op)
{
	for (size_t i = 0; i < n; i++)
		if (lists(rows[i].ops, op))
			return rows[i].release;
	return NULL;
}

const char *
mg_op_since(const char *op)
{
	return find(since, MG_COUNT(since), op);
}

const char *
mg_op_until(const char *op)
{
	return find(until, MG_COUNT(until), op);
}

int
mg_op_changes(const char *op, int (*each)(void *ctx, const char *release, const char *what), void *ctx)
{
	int rc = 0;

	for (size_t i = 0; i < MG_COUNT(changed) && rc == 0; i++)
		if (lists(changed[i].ops, op))
			rc = each(ctx, changed[i].release, changed[i].what);
	return rc;
}

const char *
mg_release_of_version(int version)
{
	for (size_t i = 0; i < MG_COUNT(releases); i++)
		if (releases[i].version >= version)
			return releases[i].release;
	return NULL;
}
