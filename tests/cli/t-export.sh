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
	expect_output "the weights alone" weights sh -c '"$0" export "$1" --no-meta --as dnn/w >/dev/null; "$0" sql -q "SELECT kind FROM versions WHERE run = '"'w'"'"' "$build/mgreg" "$d/model.ckpt-1"
	expect_output "the pointer stays" dnn/base@300 sh -c '"$0" export "$1" --no-latest --as dnn/base >/dev/null; "$0" latest dnn/base' "$build/mgreg" "$d/model.ckpt-1"
	expect_output "a step from a tensor" dnn/t@300 sh -c 'mkdir t; for e in index meta data-00000-of-00001; do cp "$1.$e" t/m.$e; done; "$0" export t/m --as dnn/t' "$build/mgreg" "$d/model.ckpt-300"
else
	skip "checkpoints" "no corpus"
fi
done_testing
