#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
. "${MGREG_SRC:-.}/tests/cli/lib.sh"
. "$src/tests/cli/graphs.sh"

mgreg init >/dev/null || exit 99
make_graph graph.pbtxt

expect_output "a text MetaGraph becomes a version" net@v1 mgreg export graph.pbtxt --as net
expect_output "a step is given" net/base@1000 mgreg export graph.pbtxt --as net/base --step 1k
cp graph.pbtxt net-77.pbtxt
expect_output "from standard input" net@v3 sh -c '"$0" export - --as net <graph.pbtxt' "$build/mgreg"
expect_output "hyper-parameters of the collection" "layers
lr
name" mgreg sql -q "SELECT hparam FROM hparams WHERE model = 'net' AND no = 1 ORDER BY 1"
mgreg export graph.pbtxt --as net/given -H lr=0.25 -H opt=adam --step 1 >/dev/null
expect_output "given ones win" 0.25 mgreg sql -q "SELECT value FROM hparams WHERE run = 'given' AND hparam = 'lr'"
expect_match "both are kept" '"lr"' mgreg sql "SELECT given_hparams FROM versions WHERE run = 'given'"
echo '{"lr": 2, "deep": {"a": 1}}' >h.json
expect_ok "from a file" mgreg export graph.pbtxt --as net/file --hparams h.json
expect_output "a number is a number" 2 mgreg sql -q "SELECT number FROM hparams WHERE run = 'file' AND hparam = 'lr'"

mgreg export graph.pbtxt --as net/some --collections inputs >/dev/null
expect_output "only these collections" inputs mgreg sql -q "SELECT DISTINCT collection FROM collections WHERE run = 'some'"
mgreg export graph.pbtxt --as net/bare --clear-devices >/dev/null
expect_output "devices are cleared" 0 mgreg sql -q "SELECT count(*) FROM graph_nodes WHERE run = 'bare' AND device <> ''"
mgreg export graph.pbtxt --as net/scoped --scope scope >/dev/null 2>&1
expect_output "a scope alone, prefix removed" y mgreg sql -q "SELECT node FROM graph_nodes WHERE run = 'scoped'"
mgreg export graph.pbtxt --as net/teed --tee teed.pbtxt >/dev/null
expect_match "the MetaGraph is written too" 'name: "scope/y"' cat teed.pbtxt

mgreg export graph.pbtxt --as net/labels --step 5 --metric acc=0.5 --tag reviewed --tag who=me --note "a note" --alias prod --pin >/dev/null
expect_output "metric" 0.5 mgreg sql -q "SELECT value FROM metrics WHERE metric = 'acc'"
expect_output "tags" "reviewed=
who=me" mgreg sql -q "SELECT key || '=' || value FROM tags ORDER BY key"
expect_output "note, alias, pin" "a note|prod|1" mgreg sql -q "SELECT note || '|' || aliases || '|' || pinned FROM versions WHERE run = 'labels'"

cat >attrs.pbtxt <<'END'
graph_def {
  node { name: "a" op: "Const" device: "/cpu:0" attr { key: "dtype" value { type: DT_FLOAT } } attr { key: "value" value { tensor { dtype: DT_FLOAT tensor_shape { dim { size: 1 } dim { size: 1 } } float_val: 1 } } } }
  node { name: "b" op: "MatMul" input: "a" input: "a" attr { key: "T" value { type: DT_FLOAT } } attr { key: "transpose_a" value { b: false } } }
  node { name: "save/SaveV2" op: "SaveV2" input: "save/Const" input: "save/names" input: "save/names" input: "a" attr { key: "dtypes" value { list { type: DT_FLOAT } } } }
  node { name: "save/Const" op: "Const" attr { key: "dtype" value { type: DT_STRING } } attr { key: "value" value { tensor { dtype: DT_STRING tensor_shape {} string_val: "m" } } } }
  node { name: "save/names" op: "Const" attr { key: "dtype" value { type: DT_STRING } } attr { key: "value" value { tensor { dtype: DT_STRING tensor_shape { dim { size: 1 } } string_val: "a" } } } }
  versions { producer: 21 }
}
collection_def { key: "broken" value { node_list { value: "nothing:0" } } }
END
expect_ok "default attributes" sh -c '"$0" export attrs.pbtxt --as net/strip --strip-default-attrs --tee strip.pbtxt >/dev/null 2>&1; ! grep -q "key: .transpose_a" strip.pbtxt && grep -q "stripped_default_attrs: true" strip.pbtxt' "$build/mgreg"
expect_ok "without the option they stay" sh -c '"$0" export attrs.pbtxt --as net/keep --clear-devices --tee keep.pbtxt >/dev/null 2>&1; grep -q "key: .transpose_a" keep.pbtxt' "$build/mgreg"
expect_ok "extraneous savers" sh -c '"$0" export attrs.pbtxt --as net/sav --clear-extraneous-savers --tee sav.pbtxt >/dev/null 2>&1; [ -s sav.pbtxt ] && ! grep -q SaveV2 sav.pbtxt' "$build/mgreg"
mgreg export attrs.pbtxt --as net/rep --clear-devices --report >told 2>&1
expect_match "a report of what was lost" broken cat told
mgreg export attrs.pbtxt --as net/rep --clear-devices >told 2>&1
expect_match "without the option, only that there is one" '1 things were left out' cat told
mgreg export graph.pbtxt --as net/both --step 3 >/dev/null && mgreg export graph.pbtxt --as net/both --step 3 --on-same-step keep-both >/dev/null
expect_output "keep-both pins the older" "replaced|1
live|0" mgreg sql -q "SELECT state || '|' || pinned FROM versions WHERE run = 'both' ORDER BY no"
expect_output "several sources, each a version, in order" "net/many@11
net/many@12" sh -c 'cp graph.pbtxt g-11.pbtxt; cp graph.pbtxt g-12.pbtxt; "$0" export g-11.pbtxt g-12.pbtxt --as net/many' "$build/mgreg"
expect_fail 7 "the same step refused" mgreg export graph.pbtxt --as net/base --step 1000 --on-same-step refuse
expect_output "skipped" net/base@1000 mgreg export graph.pbtxt --as net/base --step 1000 --on-same-step skip
expect_output "and nothing came of both" 1 mgreg sql -q "SELECT count(*) FROM versions WHERE run = 'base'"
expect_ok "replaced" mgreg export graph.pbtxt --as net/base --step 1000
expect_output "the older can be read" "replaced
live" mgreg sql -q "SELECT state FROM versions WHERE run = 'base' ORDER BY no"

expect_match "as JSON" '"kind":"metagraph"' mgreg export graph.pbtxt --as net/json -o json
expect_output "a dry run stores nothing" 0 sh -c '"$0" export graph.pbtxt --as dry -n >/dev/null 2>&1; "$0" sql -q "SELECT count(*) FROM models WHERE model = '"'dry'"'"' "$build/mgreg"
expect_fail 2 "no --as" mgreg export graph.pbtxt
expect_fail 2 "no name of a model" mgreg export graph.pbtxt --as 'a b'
expect_fail 3 "no such file" mgreg export nothing.meta --as net
expect_fail 2 "no such choice" mgreg export graph.pbtxt --as net --on-same-step perhaps
expect_fail 2 "a metric that is no number" mgreg export graph.pbtxt --as net --metric acc=high
echo 'graph_def { node { name: }' >broken.pbtxt
mgreg export broken.pbtxt --as net >out 2>err
case $? in 2|5) ok "a broken graph is refused" ;; *) not_ok "a broken graph is refused" "exit $?" ;; esac
expect_match "the audit log tells" export mgreg sql -q "SELECT op FROM audit_log"
expect_ok "fsck" mgreg fsck

if [ -d "$corpus" ]; then
	d=$corpus/dnn-linear-partitioned
	expect_output "a folder with all its checkpoints" "dnn/base@1
dnn/base@300" mgreg export "$d" --all --as dnn/base
	expect_output "the pointer is the file's" dnn/base@300 mgreg latest dnn
	expect_output "a .meta and its prefix are one version" dnn/two@300 mgreg export "$d/model.ckpt-300.meta" "$d/model.ckpt-300" --as dnn/two
	expect_output "a step from a tensor by name" dnn/from@1 mgreg export "$d/model.ckpt-1" --as dnn/from --step-from global_step
	expect_fail 3 "of one that is not there" mgreg export "$d/model.ckpt-1" --as dnn/from --step-from nothing
	expect_output "the weights alone" weights sh -c '"$0" export "$1" --no-meta --as dnn/w >/dev/null; "$0" sql -q "SELECT kind FROM versions WHERE run = '"'w'"'"' "$build/mgreg" "$d/model.ckpt-1"
	expect_output "the pointer stays" dnn/base@300 sh -c '"$0" export "$1" --no-latest --as dnn/base >/dev/null; "$0" latest dnn/base' "$build/mgreg" "$d/model.ckpt-1"
	expect_output "a step from a tensor" dnn/t@300 sh -c 'mkdir t; for e in index meta data-00000-of-00001; do cp "$1.$e" t/m.$e; done; "$0" export t/m --as dnn/t' "$build/mgreg" "$d/model.ckpt-300"

	# sharded V1 without .meta, with and without a state file; one of its files means all of it
	v1=$corpus/tf-session-bundle-v1
	mkdir bare && cp "$v1"/export-00000-of-00001 bare/m-7-00000-of-00001
	expect_output "a bare folder of shards" s/bare@7 mgreg export bare --as s/bare
	expect_output "one shard by name" s/one@7 mgreg export bare/m-7-00000-of-00001 --as s/one
	echo 'model_checkpoint_path: "m-7-?????-of-00001"' >bare/checkpoint
	expect_output "with a state file" s/state@7 mgreg export bare --as s/state
	expect_output "without .meta it is weights" weights mgreg sql -q "SELECT DISTINCT kind FROM versions WHERE model = 's'"
	expect_ok "an index whose data is gone" sh -c 'mkdir lost; cp "$2.data-00000-of-00001" lost/l.data-00000-of-00001; ! "$0" export lost/l.data-00000-of-00001 --as lost 2>err && grep -q "index.*missing" err' "$build/mgreg" x "$d/model.ckpt-1"
	mkdir all && for n in 1 300; do cp "$d"/model.ckpt-$n.* all/; done
	expect_output "--all without a state file goes by steps" "st/all@1
st/all@300" mgreg export all --all --as st/all
	printf 'model_checkpoint_path: "model.ckpt-300"\nall_model_checkpoint_paths: "model.ckpt-0"\nall_model_checkpoint_paths: "model.ckpt-300"\n' >all/checkpoint
	mgreg export all --all --as st/named >told 2>&1
	expect_match "what the state file names and is gone is named" 'model.ckpt-0, which is not there' cat told

	# archives, as downloads come
	tar czf dnn.tar.gz -C "$corpus" dnn-linear-partitioned && tar cf flat.tar -C "$d" ./model.ckpt-300.index ./model.ckpt-300.data-00000-of-00001 ./model.ckpt-300.meta
	expect_output "a tar.gz with a folder" ar/tgz@300 mgreg export dnn.tar.gz --as ar/tgz
	expect_output "every checkpoint of it" "ar/all@1
ar/all@300" mgreg export dnn.tar.gz --all --as ar/all
	expect_output "one of it" ar/one@1 mgreg export dnn.tar.gz/dnn-linear-partitioned/model.ckpt-1 --as ar/one
	expect_output "a flat tar" ar/flat@300 mgreg export flat.tar --as ar/flat
	expect_output "an archive from standard input" ar/in@300 sh -c '"$0" export - --as ar/in <dnn.tar.gz' "$build/mgreg"
	mgreg convert "$d/model.ckpt-300" w.safetensors 2>/dev/null
	expect_output "tensors from standard input" ar/st@3 sh -c '"$0" export - --as ar/st --step 3 <w.safetensors' "$build/mgreg"
	expect_output "a V1 table from standard input" ar/v1@4 sh -c '"$0" export - --as ar/v1 --step 4 <"$1"' "$build/mgreg" "$corpus/har-lstm-v1/model.ckpt"
	expect_output "a state file means its folder" ar/state@300 mgreg export "$d/checkpoint" --as ar/state
	tar cf two.tar -C "$corpus" dnn-linear-partitioned tf-half-plus-two-v2
	expect_fail 4 "which of two" mgreg export two.tar --as ar/two
	mgreg export two.tar --as ar/two >told 2>&1
	expect_match "are listed" 'two.tar/dnn-linear-partitioned' cat told
	expect_match "and named" 'ar@v' mgreg export two.tar/tf-half-plus-two-v2 --as ar/v2
	head -c 200000 dnn.tar.gz >cut.tar.gz
	expect_fail 5 "a cut archive" mgreg export cut.tar.gz --as ar/cut
	gzip -c dnn.tar.gz >twice.tar.gz.gz
	expect_fail 2 "two filters" mgreg export twice.tar.gz.gz --as ar/twice
	expect_output "nothing stays behind" 0 sh -c 'mkdir tmp; TMPDIR=$PWD/tmp "$0" export dnn.tar.gz --as ar/tmp >/dev/null; TMPDIR=$PWD/tmp "$0" export cut.tar.gz --as ar/tmp 2>/dev/null; ls tmp | wc -l' "$build/mgreg"
	mkdir -p tmp/mgreg-spool-abcdef/x && touch -d '1 hour ago' tmp/mgreg-spool-abcdef
	expect_output "nor what a killed process left" 0 sh -c 'TMPDIR=$PWD/tmp "$0" inspect dnn.tar.gz >/dev/null; ls tmp | wc -l' "$build/mgreg"
	expect_output "files of other formats are kept once" 1 mgreg sql -q "SELECT sum(added_bytes) < 20000 FROM storage WHERE model = 'ar' AND run <> 'tgz' AND run <> 'one' AND run <> 'v2' AND run <> 'all' AND run <> 'v1'"
	for f in har-lstm-v1 traffic-lenet-v1 tf-tfprof-v1; do
		size=$(find "$corpus/$f" -type f ! -name '*tfevents*' ! -name checkpoint | xargs cat | wc -c)
		mgreg init once-$f >/dev/null && mgreg -s once-$f export "$corpus/$f" --as m >/dev/null
		expect_output "V1 is kept once: $f" 1 mgreg -s once-$f sql -q "SELECT added_bytes < 1.2 * $size + 20000 FROM storage"
	done
else
	skip "checkpoints" "no corpus"
fi
done_testing
