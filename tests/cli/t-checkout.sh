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
expect_fail 7 "tensors of what has none" mgreg checkout net/base co --as safetensors
expect_fail 2 "no such format" mgreg checkout net/base co --as h5
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
	# into every format and back: the same weights, bit for bit
	for f in v1 safetensors npz savedmodel; do
		expect_ok "as $f" mgreg checkout dnn/base@300 as-$f --as $f
	done
	expect_ok "the state file of V1" grep -q 'model_checkpoint_path: "model.ckpt-300"' as-v1/checkpoint
	mgreg export as-v1 --as dnn/v1 >/dev/null
	mgreg export as-safetensors --as dnn/st >/dev/null
	mgreg export as-npz --as dnn/npz >/dev/null
	mgreg export as-savedmodel --as dnn/saved >/dev/null
	expect_output "weights are the same" 1 mgreg sql -q "SELECT count(DISTINCT weights) FROM versions WHERE global_step = 300 OR run = 'saved'"
	expect_ok "safetensors in, V2 out" mgreg checkout dnn/st st2 --as v2
	expect_ok "its index is that of the file" cmp p/p-300.index st2/model.ckpt-300.index
	expect_ok "its data too" cmp p/p-300.data-00000-of-00001 st2/model.ckpt-300.data-00000-of-00001
	expect_ok "V1 again, as it came" mgreg checkout dnn/v1 v1again
	expect_ok "the same bytes" cmp as-v1/model.ckpt-300 v1again/model.ckpt-300
	expect_ok "--as the format it came in" sh -c '"$0" checkout dnn/v1 v1as --as v1 >/dev/null && cmp as-v1/model.ckpt-300 v1as/model.ckpt-300' "$build/mgreg"
	expect_fail 2 "frozen needs outputs" mgreg checkout dnn/base@300 fr --as frozen
	for m in tf-half-plus-two-v2 tf-half-plus-two-main-op estimator-savedmodel; do
		mgreg export "$corpus/$m" --as "sm/$m" >/dev/null
		v=$(mgreg ls sm/$m -q)
		expect_ok "$m as it came" sh -c '"$0" checkout "$1" sm-"$2" --as savedmodel && diff -r sm-"$2" "$3/$2"' "$build/mgreg" "$v" $m "$corpus"
		expect_ok "$m as text" mgreg checkout "$v" smt-$m --as savedmodel --as-text
		mgreg export smt-$m --as "smt/$m" >/dev/null
		expect_output "$m keeps its signatures" "$(mgreg show "$v" --signatures)" mgreg show smt/$m --signatures
		expect_output "$m keeps its files" "$(mgreg show "$v" --files -o tsv | cut -f1 | grep -c assets)" sh -c '"$0" show smt/'$m' --files -o tsv | cut -f1 | grep -c assets; true' "$build/mgreg"
	done
	d1=$corpus/tf-session-bundle-v1
	mgreg export "$d1" --as sb >/dev/null
	expect_ok "a session bundle as it came" sh -c '"$0" checkout sb sb >/dev/null && diff -r sb "$1"' "$build/mgreg" "$d1"

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
