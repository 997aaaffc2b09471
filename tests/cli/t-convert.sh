#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
. "${MGREG_SRC:-.}/tests/cli/lib.sh"
. "$src/tests/cli/graphs.sh"

make_graph graph.pbtxt
expect_ok "text to binary, no store" mgreg convert graph.pbtxt g.meta
expect_ok "and back" mgreg convert g.meta g.pbtxt --to metagraph
expect_ok "binary again" mgreg convert g.pbtxt g2.meta
expect_ok "the same bytes" cmp g.meta g2.meta
expect_ok "the graph alone" mgreg convert g.meta g.pb --to graphdef
expect_match "read as what it is called" graphdef mgreg inspect g.pb
expect_fail 7 "no tensors" mgreg convert g.meta g.safetensors
expect_fail 2 "no such format" mgreg convert g.meta g.h5 --to h5
expect_fail 2 "not what --from says" mgreg convert g.meta x --from v2
expect_fail 3 "no such file" mgreg convert nothing.meta x.meta
expect_ok "a dry run writes nothing" sh -c '"$0" convert g.meta never.meta -n && [ ! -e never.meta ]' "$build/mgreg"
expect_ok "a copy" sh -c '"$0" convert g.meta copy.meta && cmp g.meta copy.meta' "$build/mgreg"

if [ -d "$corpus" ]; then
	d=$corpus/dnn-linear-partitioned
	p=$d/model.ckpt-300
	expect_ok "V2 to safetensors" mgreg convert "$p" m.safetensors
	expect_ok "to npz and on" sh -c '"$0" convert m.safetensors m.npz && "$0" convert m.npz four.safetensors && cmp m.safetensors four.safetensors' "$build/mgreg"
	expect_ok "to V2" mgreg convert m.safetensors two/m --to v2
	expect_ok "to V1" mgreg convert two/m one/m --to v1
	expect_ok "to V2" mgreg convert one/m three/m --to v2
	expect_ok "the same index" cmp two/m.index three/m.index
	expect_ok "the same data" cmp two/m.data-00000-of-00001 three/m.data-00000-of-00001
	expect_ok "V2 to V2 copies" sh -c '"$0" convert "$1" four/x && cmp "$1.index" four/x.index && cmp "$1.meta" four/x.meta && cmp "$1.data-00000-of-00001" four/x.data-00000-of-00001' "$build/mgreg" "$p"
	expect_fail 7 "tensors are no SavedModel" mgreg convert m.safetensors sm/
	expect_ok "a checkpoint as a SavedModel" mgreg convert "$p" sm/
	expect_match "it is one" 'format +saved_model' mgreg inspect sm
	h=$corpus/tf-half-plus-two-v2
	expect_ok "a SavedModel copied" sh -c '"$0" convert "$1" h/ && diff -r h "$1"' "$build/mgreg" "$h"
	expect_ok "as text" mgreg convert "$h" ht --to savedmodel --as-text
	expect_match "in text" '^saved_model_schema_version: 1' cat ht/saved_model.pbtxt
	expect_ok "frozen" mgreg convert "$h" h.pb
	expect_output "has no variables" 0 sh -c '"$0" inspect h.pb --graph | grep -c VariableV2; true' "$build/mgreg"
	expect_ok "out of an archive" sh -c 'tar czf h.tar.gz -C "$1" tf-half-plus-two-v2; "$0" convert h.tar.gz h2.pb && cmp h.pb h2.pb' "$build/mgreg" "$corpus"
else
	skip "checkpoints" "no corpus"
fi
done_testing
