#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
. "${MGREG_SRC:-.}/tests/cli/lib.sh"
. "$src/tests/cli/graphs.sh"

mgreg init a >/dev/null && mgreg init b >/dev/null || exit 99
make_graph graph.pbtxt
mgreg -s a export graph.pbtxt --as net/base --step 1 -H lr=0.5 --metric acc=0.25 --tag who=me --note "first" >/dev/null || exit 99
mgreg -s a export graph.pbtxt --as net/base --step 2 --alias prod >/dev/null
mgreg -s a pack net/base@.. -O p.tar --with metrics,lineage
expect_output "into another store" "net/base@1
net/base@2" mgreg -s b unpack p.tar
facts="SELECT uid, kind, state, note, given_hparams, saved, aliases FROM versions ORDER BY no"
expect_output "with everything that is known" "$(mgreg -s a sql -o json "$facts")" mgreg -s b sql -o json "$facts"
for q in "SELECT metric, value, step FROM metrics" "SELECT key, value FROM tags" "SELECT hparam, value FROM hparams ORDER BY 1, 2" "SELECT path, digest FROM files"; do
	expect_output "$q" "$(mgreg -s a sql -o json "$q")" mgreg -s b sql -o json "$q"
done
expect_output "again: nothing happens" "net/base@1
net/base@2" mgreg -s b unpack p.tar
expect_output "still two" 2 mgreg -s b sql -q "SELECT count(*) FROM versions"
expect_match "told so" '"skipped":true' mgreg -s b unpack p.tar -o json
expect_ok "packing there gives the same bytes" sh -c '"$0" -s b pack net/base@.. -O q.tar --with metrics,lineage && cmp p.tar q.tar' "$build/mgreg"
expect_output "checked out as it was" co/graph-1.pbtxt mgreg -s b checkout net/base@1 co
expect_ok "the same bytes" cmp graph.pbtxt co/graph-1.pbtxt
mgreg init c >/dev/null
expect_output "under another name" "mine/base@1
mine/base@2" mgreg -s c unpack p.tar --as mine
expect_fail 2 "a name that is none" mgreg -s c unpack p.tar --as 'a b'
expect_ok "a dry run stores nothing" sh -c '"$0" init d >/dev/null; "$0" -s d unpack p.tar -n >/dev/null && [ "$("$0" -s d sql -q "SELECT count(*) FROM versions")" = 0 ]' "$build/mgreg"
expect_fail 3 "no such file" mgreg -s b unpack nothing.tar
tar cf plain.tar graph.pbtxt
expect_fail 5 "no package" mgreg -s b unpack plain.tar
mkdir x && tar xf p.tar -C x && echo '# more' >>x/net/base/v2/graph.pbtxt && (cd x && tar cf ../bad.tar mgreg-pack.json net)
mgreg init e >/dev/null
expect_fail 5 "a file that is not the manifest's" mgreg -s e unpack bad.tar
expect_output "and nothing went in" 0 mgreg -s e sql -q "SELECT count(*) FROM versions"
expect_ok "fsck" mgreg -s b fsck

if [ -d "$corpus" ]; then
	d=$corpus/dnn-linear-partitioned
	for s in f g; do mgreg init $s >/dev/null; done
	mgreg -s f export "$d" --all --as dnn/base >/dev/null
	mgreg -s f export "$corpus/tf-half-plus-two-main-op" --as sm >/dev/null
	mgreg -s f export "$corpus/har-lstm-v1" --as v1 >/dev/null
	mgreg -s f pack dnn/base@.. sm v1 -O big.tar.zst
	mgreg -s g export "$d/model.ckpt-1" --as dnn/base >/dev/null
	expect_ok "into a run that has versions" mgreg -s g unpack big.tar.zst
	expect_output "the pointer stays" 1 mgreg -s g sql -q "SELECT global_step FROM latest_checkpoints WHERE model = 'dnn'"
	expect_output "the step is there twice, both live or kept" 2 mgreg -s g sql -q "SELECT count(*) FROM versions WHERE model = 'dnn' AND global_step = 1"
	mgreg -s f events import "$d" --as dnn/base >/dev/null 2>&1
	mgreg -s f pack dnn/base@300 -O ev.tar --with events,metrics
	expect_match "the event file of the run" 'dnn/base/events.out.tfevents' tar tf ev.tar
	expect_ok "the same bytes again" sh -c '"$0" -s f pack dnn/base@300 -O ev2.tar --with events,metrics && cmp ev.tar ev2.tar' "$build/mgreg"
	mgreg init k >/dev/null
	expect_ok "comes along" mgreg -s k unpack ev.tar
	pts="SELECT metric, step, value FROM metrics_all WHERE version_id IS NULL ORDER BY 1, 2, 3"
	expect_output "every point" "$(mgreg -s f sql -o json "$pts")" mgreg -s k sql -o json "$pts"
	evs="SELECT tag, plugin, step, bytes FROM events ORDER BY 1, 3"
	expect_output "every event" "$(mgreg -s f sql -o json "$evs")" mgreg -s k sql -o json "$evs"
	mgreg -s k unpack ev.tar >/dev/null 2>&1
	expect_output "once" "$(mgreg -s f sql -o json "$evs")" mgreg -s k sql -o json "$evs"
	expect_output "points, too" "$(mgreg -s f sql -o json "$pts")" mgreg -s k sql -o json "$pts"
	expect_output "and no version of its own" 1 mgreg -s k sql -q "SELECT count(*) FROM versions"
	for s in h; do mgreg init $s >/dev/null; done
	mgreg -s h unpack big.tar.zst >/dev/null
	expect_output "an empty run gets its pointer" dnn/base@300 mgreg -s h latest dnn
	expect_output "the same weights" "$(mgreg -s f sql -q "SELECT weights FROM versions WHERE weights <> '' ORDER BY 1")" mgreg -s h sql -q "SELECT weights FROM versions WHERE weights <> '' ORDER BY 1"
	expect_ok "a SavedModel as it was" sh -c '"$0" -s h checkout sm sm >/dev/null && diff -r sm "$1"' "$build/mgreg" "$corpus/tf-half-plus-two-main-op"
	expect_output "runs as before" "[[3.5]]" mgreg -s h run sm --fetch y --feed 'x=[[3]]'
fi
done_testing
