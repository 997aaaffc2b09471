/* SPDX-License-Identifier: Apache-2.0 */
/* freeze.c - a version of the store as a frozen graph. */
#include "base/base.h"
#include "interop/interop.h"
#include "mgreg/formats.h"
#include "registry/registry.h"

int
mgreg_store_freeze(mgreg_store *store, int64_t version_id, const mgreg_freeze_options *options, char **out, size_t *size,
	mgreg_freeze_result *result, mgreg_error *err)
{
	static const mgreg_freeze_options defaults = MGREG_FREEZE_INIT;
	const mgreg_freeze_options *o = options ? options : &defaults;
	mg_freeze_options how = { .outputs = o->outputs, .output_count = o->output_count, .outputs_from = o->outputs_from,
		.strip_unused = o->strip_unused, .fold_batch_norm = o->fold_batch_norm };
	mg_arena arena = { 0 };
	mg_str bytes = MG_STR_INIT;
	mg_freeze_result r;
	mg_version_info v;
	Pb__MetaGraphDef *def;
	mg_ckpt *ckpt = NULL;
	int rc;

	assert(o->size == sizeof(*o));
	MG_TRY(mg_version_get(store, version_id, &v, err));
	MG_TRY(mg_version_metagraph_read(store, &v, o->tags, &arena, &def, NULL, err));
	if (v.has_weights)
		MG_TRY(mg_store_ckpt_open(&ckpt, store, version_id, err));
	MG_TRY(mg_wrap(err, mg_freeze(def, ckpt, &how, &arena, &r, err), "%s", v.ref));
	MG_TRY(o->as_text ? mg_msg_print(&r.graph->base, &bytes, err) : mg_msg_encode(&r.graph->base, &bytes, err));
	if (bytes.len > MG_PROTO_MAX_SIZE)
		MG_TRY(mg_fail(err, MGREG_INVALID_ARGUMENT, "%s: the frozen graph has %zu bytes: no GraphDef is read beyond 2 GiB", v.ref,
			bytes.len));
	if (result)
		*result = (mgreg_freeze_result){ (int)r.graph->n_node, r.variables, r.folded };
	if (!(*out = mg_str_take(&bytes, size)))
		rc = mg_fail_nomem(err, 0);
out:
	mg_ckpt_close(ckpt);
	mg_str_clear(&bytes);
	mg_arena_clear(&arena);
	return rc;
}
