/* SPDX-License-Identifier: Apache-2.0 */
/*
 * object.c - object-based checkpoints (tf.train.Checkpoint): keys follow the places of objects, and one more tensor, a serialized
 * TrackableObjectGraph, tells for every key which name its variable had in the graph.
 */
#include "base/base.h"
#include "saver/saver_internal.h"

#define OBJECT_GRAPH_KEY "_CHECKPOINTABLE_OBJECT_GRAPH"

static int
take_names(const Pb__TrackableObjectGraph *graph, mg_arena *arena, mg_map *out, mgreg_error *err)
{
	for (size_t i = 0; i < graph->n_nodes; i++)
		for (size_t k = 0; k < graph->nodes[i]->n_attributes; k++) {
			const Pb__TrackableObjectGraph__TrackableObject__SerializedTensor *t = graph->nodes[i]->attributes[k];
			char *key;

			if (!t->full_name || !*t->full_name || !t->checkpoint_key)
				continue;
			if (!(key = mg_arena_strdup(arena, t->checkpoint_key)) || !mg_map_set(out, t->full_name, key))
				return mg_fail_nomem(err, 0);
		}
	return 0;
}

int
mg_object_names(mg_ckpt *ckpt, mg_arena *arena, mg_map *out, bool *found, mgreg_error *err)
{
	mg_tensor t = { 0 };
	mg_ckpt_entry entry;
	mg_msg *m;
	mg_slice bytes;
	int rc;

	*found = false;
	if (mg_ckpt_find(ckpt, OBJECT_GRAPH_KEY, &entry, NULL) != 0 || entry.dtype != MGREG_STRING)
		return 0;
	MG_TRY(mg_ckpt_read(ckpt, OBJECT_GRAPH_KEY, NULL, &t, err));
	if (t.count != 1) {
		rc = mg_fail(err, MGREG_DATA_LOSS, "'%s' is not one string", OBJECT_GRAPH_KEY);
		goto out;
	}
	bytes = mg_tensor_string(&t, 0);
	MG_TRY(mg_wrap(err, mg_msg_decode(&pb__trackable_object_graph__descriptor, bytes.ptr, bytes.len, arena, &m, err), "'%s'",
		OBJECT_GRAPH_KEY));
	MG_TRY(take_names((Pb__TrackableObjectGraph *)m, arena, out, err));
	*found = true;
out:
	mg_tensor_clear(&t);
	return rc;
}
