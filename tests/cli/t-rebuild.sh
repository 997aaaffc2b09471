#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
. "${MGREG_SRC:-.}/tests/cli/lib.sh"
. "$src/tests/cli/iris.sh"

iris_store 20 10 || exit 99
mgreg export "$src/tests/cli/model.pbtxt" --as other -H lr=0.5 >/dev/null
dump() { # the index as users see it: ids of graphs and sets may be others, what they say may not
	for q in "SELECT model, no, metagraph, tags, nodes FROM metagraphs ORDER BY version_id, metagraph_no" \
		"SELECT model, no, collection, idx, kind, node, int_value, real_value, bytes_value, type_url, summary FROM collections ORDER BY version_id, metagraph_no, collection, idx" \
		"SELECT model, no, signature, side, key, tensor, dtype, shape FROM signatures ORDER BY version_id, signature, side, key" \
		"SELECT model, no, node_no, node, op, device, inputs, attrs FROM graph_nodes ORDER BY version_id, metagraph_no, node_no" \
		"SELECT model, no, node, idx, source, slot FROM graph_edges ORDER BY version_id, metagraph_no, node, idx" \
		"SELECT model, no, hparam, type, value, number FROM hparams ORDER BY version_id, hparam" \
		"SELECT model, no, tensor, slice, min, max, mean, std, l2, zeros, nans, infs FROM tensors ORDER BY version_id, tensor, slice" \
		"SELECT model, run, metric, points, last_step, last_value, min_value, min_step, max_value, max_step FROM metric_summary ORDER BY 1, 2, 3"; do
		mgreg sql -o tsv "$q" || echo failed
	done
}
dump >before
check "(there is something to lose)" test "$(wc -l <before)" -gt 100
expect_match "rebuild" '^metagraphs +[23]$' mgreg rebuild
dump >after
check "is the same to the bit" cmp before after
if command -v sqlite3 >/dev/null; then
	sqlite3 registry.mgreg "PRAGMA foreign_keys = OFF; DELETE FROM mg_node; DELETE FROM mg_edge; DELETE FROM mg_graph; DELETE FROM mg_metagraph;
	 DELETE FROM mg_collection_item; DELETE FROM mg_signature; DELETE FROM mg_hparam; DELETE FROM mg_hparam_set; DELETE FROM mg_version_hparams;
	 UPDATE mg_tensor SET mean = 7, zeros = NULL; UPDATE mg_series SET points = 0, min_value = NULL"
	dump >lost
	check "(lost)" test "$(wc -l <lost)" -lt "$(wc -l <before)"
	mgreg rebuild -n >/dev/null 2>&1
	dump >after
	check "a dry run brings nothing back" cmp lost after
	expect_ok "rebuild" mgreg rebuild
	dump >after
	check "brings everything back" cmp before after
	expect_match "the store is whole" 'no problem' mgreg fsck
	expect_ok "and goes on" iris_train iris/base --steps 10
fi
mgreg rm iris@10 --purge -y >/dev/null 2>&1
mgreg sql -o tsv "SELECT tensor, l2, mean FROM tensors WHERE model = 'iris' AND no = 2 ORDER BY 1" >before
mgreg rebuild >/dev/null
mgreg sql -o tsv "SELECT tensor, l2, mean FROM tensors WHERE model = 'iris' AND no = 2 ORDER BY 1" >after
check "what has no bytes any more keeps its statistics" cmp before after
expect_match "JSON" '"problems":0' mgreg rebuild --json
expect_fail 7 "read-only" mgreg rebuild --read-only
done_testing
