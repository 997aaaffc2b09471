#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
. "${MGREG_SRC:-.}/tests/cli/lib.sh"

cp "$src/tests/cli/model.pbtxt" m.pbtxt
expect_match "a summary" '^nodes +2$' mgreg inspect m.pbtxt
expect_match "what it is" '^format +metagraph$' mgreg inspect m.pbtxt
expect_match "as JSON" '"kind":"metagraph","format":"metagraph","text":true' mgreg inspect m.pbtxt -o jsonl
expect_output "the nodes" "node	op	device	inputs
c	Const		
r	Relu	/cpu:0	c" sh -c '"$0" inspect m.pbtxt --graph -o tsv | cut -f2-5' "$build/mgreg"
expect_match "the saver" '^restore_op_name +save/restore_all$' mgreg inspect m.pbtxt --saver
expect_match "the meta info" '^tensorflow_version +1\.4\.0$' mgreg inspect m.pbtxt --info
expect_output "the signatures" "predict	input	x	c:0	float32	[2]	tensorflow/serving/predict
predict	output	y	r:0	float32	null	tensorflow/serving/predict" mgreg inspect m.pbtxt --signatures -o porcelain
expect_match "the hyper-parameters" '^learning_rate +0\.01 +float$' mgreg inspect m.pbtxt --hparams
expect_match "the collections" '^outputs +node +2 +r:0$' mgreg inspect m.pbtxt --collections
expect_output "one collection" "r:0
c:0" mgreg inspect m.pbtxt --collection outputs -q
expect_match "the files" '^m\.pbtxt ' mgreg inspect m.pbtxt --files
expect_ok "as text" mgreg inspect m.pbtxt --as-text -O again.pbtxt
expect_ok "again" sh -c '"$0" inspect again.pbtxt --as-text | cmp - again.pbtxt' "$build/mgreg"
expect_fail 2 "two views" mgreg inspect m.pbtxt --graph --saver
expect_fail 2 "no operand" mgreg inspect
expect_fail 3 "no such file" mgreg inspect nothing
expect_fail 3 "no such tags" mgreg inspect m.pbtxt --tags train
expect_match "the tags" '^kind +metagraph$' mgreg inspect m.pbtxt --tags serve
echo "hello world" >hello.pb
expect_fail 5 "neither graph nor checkpoint" mgreg inspect hello.pb
echo "graph_def { node { nam: 'x' } }" >bad.pbtxt
expect_fail 5 "a broken text" mgreg inspect bad.pbtxt
cp err said
check "says where" grep -q 'bad.pbtxt: 1:20: tensorflow.NodeDef has no field nam' said
echo "node { name: 'x' op: 'NoOp' }" >graph.pbtxt
expect_match "a bare graph" '^kind +frozen$' mgreg inspect graph.pbtxt

if [ -d "$corpus" ]; then
	expect_match "a checkpoint folder" '^format +checkpoint_dir$' mgreg inspect "$corpus/demo-batchnorm"
	expect_match "a prefix" '^weights_format +v2$' mgreg inspect "$corpus/demo-batchnorm/BN_variables_save.ckpt"
	expect_match "its tensors" '^bn_1/beta +- +float32 +\[3\] +3 +12$' mgreg inspect "$corpus/demo-batchnorm" --tensors
	expect_match "their statistics" '"tensor":"bn_1/gamma".*"std":0.0,.*"zeros":0,"nans":0,"infs":0' \
		mgreg inspect "$corpus/demo-batchnorm" --stats -o jsonl
	expect_match "their values" '"values":\[11\.999989,13\.999988\]' \
		mgreg inspect "$corpus/demo-batchnorm" --glob '*/beta' --values --head 2 -o jsonl
	expect_match "checkpoint V1" '^weights_format +v1$' mgreg inspect "$corpus/tf-session-bundle-v1"
	expect_match "a SavedModel folder" '^kind +saved_model$' mgreg inspect "$corpus/tf-half-plus-two"
	bad=0
	for f in $(find "$corpus" -name '*.meta' -o -name 'saved_model.pb*'); do
		mgreg inspect "$f" -o jsonl >out 2>err || { echo "# $f"; bad=1; }
	done
	check "every graph file of the corpus" test $bad -eq 0
else
	skip "files of TensorFlow" "no corpus"
fi
if [ -d "$corpus" ]; then
	for f in "$corpus"/dnn-linear-partitioned/events* "$corpus"/handson-dnn/events*; do
		expect_match "the graph of an event file" 'format +events' mgreg inspect "$f"
	done
	expect_ok "becomes a MetaGraph" mgreg convert "$corpus"/dnn-linear-partitioned/events* ev.meta
	expect_match "with its collections" train_op mgreg inspect ev.meta --collections
	mgreg init ev >/dev/null
	expect_output "and a version" m@v1 mgreg -s ev export "$corpus"/dnn-linear-partitioned/events* --as m
	expect_output "of kind metagraph, no file kept" "metagraph 0" mgreg -s ev sql -q "SELECT kind || ' ' || (SELECT count(*) FROM files) FROM versions"
fi
# A tensor of a type that only its file knows hides no other; the notes of safetensors are shown and taken along.
header='{"__metadata__":{"format":"pt"},"q":{"dtype":"F8_E4M3","shape":[4],"data_offsets":[0,4]},"w":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}'
{ printf "\\$(printf %03o ${#header})\\0\\0\\0\\0\\0\\0\\0"; printf %s "$header"; printf 'abcd\0\0\200\077'; } >f8.safetensors
expect_output "notes" "note	value
format	pt" mgreg inspect f8.safetensors --notes -o tsv
expect_match "the type that nobody has" 'F8_E4M3' mgreg inspect f8.safetensors --tensors
expect_match "and its neighbour" '^w.*float32' mgreg inspect f8.safetensors --tensors
# A V2 bundle with a variant: listed, verified, copied byte for byte, kept in a store; no value for formats that need one.
mkdir var
printf '\000\000\006\010\001\032\002\010\001\000\001\012\166\010\025\022\004\022\002\010\002\050\020\000\001\015\167\010\001\022\000\040\020\050\004\065\201\245\332\053\000\000\000\000\001\000\000\000\000\035\361\247\014\000\000\000\000\001\000\000\000\000\300\362\241\260\000\001\002\170\000\060\000\000\000\000\001\000\000\000\000\072\003\135\076\065\010\102\016\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\000\127\373\200\213\044\165\107\333' >var/m.ckpt.index
printf '\006\012\004\154\151\163\164\077\071\172\066\000\174\070\024\147\000\000\200\077' >var/m.ckpt.data-00000-of-00001
expect_match "a variant is listed" '^v.*variant' mgreg inspect var/m.ckpt --tensors
expect_ok "verified" mgreg verify var/m.ckpt
expect_ok "copied" mgreg convert var/m.ckpt var/c.ckpt --to v2
expect_ok "byte for byte" cmp var/m.ckpt.data-00000-of-00001 var/c.ckpt.data-00000-of-00001
expect_fail 8 "has no value" mgreg convert var/m.ckpt var/c.safetensors --to safetensors
mgreg init var/store >/dev/null
expect_output "kept in a store" m@v1 mgreg -s var/store export var/m.ckpt --as m
mgreg -s var/store checkout m var/out >/dev/null
expect_ok "and comes out as it went in" cmp var/m.ckpt.index var/out/m.ckpt.index
done_testing
