#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
. "${MGREG_SRC:-.}/tests/cli/lib.sh"
. "$src/tests/cli/graphs.sh"

mgreg init >/dev/null || exit 99
make_graph graph.pbtxt
mgreg export graph.pbtxt --as net/base >/dev/null || exit 99

expect_output "as it came, under its name" co/graph.pbtxt mgreg checkout net/base co
expect_ok "with its bytes" cmp graph.pbtxt co/graph.pbtxt
expect_output "the same again" co/graph.pbtxt mgreg checkout net/base co
expect_output "the MetaGraph in binary" bin/graph.meta mgreg checkout net/base bin --as v2
expect_output "into a store and out as text" text/graph.pbtxt sh -c '"$0" export bin/graph.meta --as net/bin >/dev/null && "$0" checkout net/bin text --as-text' "$build/mgreg"
expect_match "text" 'name: "scope/y"' cat text/graph.pbtxt
mgreg export graph.pbtxt --as net/step --step 30 >/dev/null
expect_output "the step is appended" s/graph-30.pbtxt mgreg checkout net/step@30 s
expect_output "unless the name has it" s/g-7.pbtxt mgreg checkout net/step@30 s --prefix g-7
expect_fail 2 "a prefix that leaves the folder" mgreg checkout net/step@30 s --prefix ../g
expect_fail 3 "no such version" mgreg checkout net@99 co
expect_fail 8 "a format of later" mgreg checkout net/base co --as safetensors
expect_fail 2 "operands" mgreg checkout net/base
expect_match "JSON" '"path":"j/graph.pbtxt"' mgreg checkout net/base j -o json
expect_ok "a dry run writes nothing" sh -c '"$0" checkout net/base never -n && [ ! -e never ]' "$build/mgreg"

if [ -d "$corpus" ]; then
	d=$corpus/dnn-linear-partitioned
	mgreg export "$d" --all --as dnn/base >/dev/null || exit 99
	expect_output "latest, checked out" w/model.ckpt-300 mgreg latest dnn/base --path w
	expect_ok "index" cmp "$d/model.ckpt-300.index" w/model.ckpt-300.index
	expect_ok "data" cmp "$d/model.ckpt-300.data-00000-of-00001" w/model.ckpt-300.data-00000-of-00001
	expect_ok "meta" cmp "$d/model.ckpt-300.meta" w/model.ckpt-300.meta
	expect_match "the state file has relative paths" '^model_checkpoint_path: "model.ckpt-300"$' cat w/checkpoint
	mgreg checkout dnn/base@1 w >/dev/null
	expect_output "and keeps the others" 'model_checkpoint_path: "model.ckpt-1"
all_model_checkpoint_paths: "model.ckpt-300"
all_model_checkpoint_paths: "model.ckpt-1"' cat w/checkpoint
	mgreg checkout dnn/base@300 p --as v2 --prefix p >/dev/null
	mgreg export p --as dnn/again >/dev/null
	expect_output "a projection has the same weights" 1 mgreg sql -q "SELECT count(DISTINCT weights) FROM versions WHERE global_step = 300"
	# damage in the store: what is whole still comes out, what is not is refused
	mgreg sql -w "UPDATE mg_chunk_data SET data = CAST(x'ff' || substr(data, 2) AS BLOB) WHERE chunk_id = (SELECT chunk_id FROM mg_chunk ORDER BY size DESC LIMIT 1)" >/dev/null
	expect_fail 5 "a damaged chunk is found" mgreg checkout dnn/base@300 broken
	expect_ok "no half file" sh -c '[ ! -e broken/model.ckpt-300.meta ] && ! ls -A broken | grep -q tmp'
	expect_fail 5 "fsck finds it" mgreg fsck
	expect_ok "other versions come out" mgreg checkout net/base fine
else
	skip "checkpoints" "no corpus"
fi
done_testing
