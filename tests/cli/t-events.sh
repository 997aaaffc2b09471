#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# events: files that another program wrote and reads.
. "${MGREG_SRC:-.}/tests/cli/lib.sh"
${PYTHON3:-python3} -c '' 2>/dev/null || skip_all "no python3"
ev() { ${PYTHON3:-python3} "$src/tests/cli/events.py" "$@"; }
q() { mgreg sql -o csv "$1" | tail -n +2; }

mgreg init >/dev/null || exit 99
mkdir -p logs/eval
f=logs/events.out.tfevents.1000000000.host
ev write $f "version 1000000000" "graph 1000000000.5" "meta 1000000000.5" "scalar 1 1000000001 loss 0.5" "scalar 2 1000000002 loss 0.25" \
	"tensor 2 1000000002 acc 0.1" "histo 2 1000000002 w" "scalar 3 1000000003 loss nan" "checkpoint 3 1000000003 m.ckpt-3"
ev write logs/eval/events.out.tfevents.1000000009.host "version 1000000009" "scalar 9 1000000009 acc 0.75"
echo nothing >logs/readme

expect_fail 2 "no verb" mgreg events
expect_fail 2 "not a verb" mgreg events eat logs
expect_fail 2 "no run" mgreg events import logs
expect_fail 3 "nothing there" mgreg events import nowhere --as m/base
expect_fail 3 "a folder without event files" mgreg events import "$src/tests/cli" --as m/base
expect_match "dry run counts" ',9,4,2,1,' mgreg events import -n -o csv $f --as m/base
expect_fail 3 "and stores nothing" mgreg show m
expect_ok "a folder comes in" mgreg events import logs --as m/base
check "points" [ "$(q "SELECT metric, step, value FROM metrics WHERE run = 'base' ORDER BY 1, 2" | tr -d '\r' | tr '\n' ' ')" \
	= "acc,2,0.1 eval/acc,9,0.75 loss,1,0.5 loss,2,0.25 loss,3, " ]
check "what is no number" [ "$(q "SELECT tag, plugin, step FROM events ORDER BY 1" | tr -d '\r' | tr '\n' ' ')" \
	= "checkpoint,session_log,3 w,histograms,2 " ]
check "one version of graph and MetaGraph" [ "$(q "SELECT count(*), max(kind) FROM versions" | tr -d '\r')" = "1,metagraph" ]
expect_match "times are kept" '^1000000002000$' mgreg sql -o csv "SELECT wall_time FROM mg_metric WHERE step = 2 LIMIT 1"
expect_match "again adds nothing" ',0,0,0,0,0,' mgreg events import -o csv logs --as m/base
check "no row more" [ "$(q "SELECT count(*) FROM metrics_all" | tr -d '\r')" = 5 ]
expect_match "the run says where it came from" '^imported' mgreg sql -o csv "SELECT status FROM mg_run"

# growing: only what is new; a half record waits
ev append $f "scalar 4 1000000004 loss 0.2"
ev append half "scalar 5 1000000005 loss 0.1"
cat $f >kept
head -c 20 half >>$f
expect_match "what was appended" ',1,1,0,0,0,[0-9]+,20,' mgreg events import -o csv $f --as m/base
check "is told" grep -q "20 bytes at the end" err
cat kept half >$f
expect_match "the rest of the record" ',1,1,0,0,0,[0-9]+,0,' mgreg events import -o csv $f --as m/base

# a restart hides what lies beyond it, and deletes nothing
g=logs/events.out.tfevents.1000000100.host
ev write $g "version 1000000100" "start 3 1000000100" "scalar 3 1000000101 loss 0.24"
expect_ok "a second file begins anew at step 3" mgreg events import logs --as m/base
check "later points are hidden" [ "$(q "SELECT step, value FROM metrics WHERE metric = 'loss' ORDER BY 1" | tr -d '\r' | tr '\n' ' ')" \
	= "1,0.5 2,0.25 3,0.23999999463558197 " ]
check "and there" [ "$(q "SELECT count(*) FROM metrics_all WHERE metric = 'loss'" | tr -d '\r')" = 6 ]
check "an evaluator's are not hidden" [ "$(q "SELECT count(*) FROM metrics WHERE metric = 'eval/acc'" | tr -d '\r')" = 1 ]
expect_ok "the store is sound" mgreg fsck

# out, read by somebody else, and in again
expect_match "export" '^o1/events.out.tfevents.10000000' mgreg events export m/base o1
expect_ok "another reader reads it" ev read o1/events*
mgreg events export m/base o2 >/dev/null
ev read o2/events* >out.txt
check "it begins as TensorFlow's" grep -q '^version brain.Event:2 1000000001$' out.txt
check "graphs" [ "$(grep -c '^graph\|^meta' out.txt)" = 2 ]
check "scalars" grep -q '^scalar 2 1000000002.000 loss 0.25$' out.txt
check "doubles stay doubles" grep -q '^tensor 2 1000000002.000 acc 0.10000000000000001$' out.txt
check "the restart" grep -q '^session start 3 $' out.txt
expect_ok "in again" mgreg events import o2 --as copy/base
q "SELECT metric, step, value FROM metrics WHERE model = 'm' ORDER BY 1, 2" >a
q "SELECT metric, step, value FROM metrics WHERE model = 'copy' ORDER BY 1, 2" >b
check "the same points are shown" cmp a b
q "SELECT metric, step, value, is_nan, wall_time FROM metrics_all WHERE model = 'm' ORDER BY 1, 2, 3, 5" >a
q "SELECT metric, step, value, is_nan, wall_time FROM metrics_all WHERE model = 'copy' ORDER BY 1, 2, 3, 5" >b
check "the same points are there" cmp a b
mgreg events export copy/base o3 >/dev/null
check "out again: the same bytes" cmp o2/events* o3/events*
expect_match "as JSON" '"path":"o4/' mgreg events export --json m/base o4
expect_ok "dry run" mgreg events export -n m/base o5
check "writes nothing" [ ! -e o5 ]
expect_fail 3 "no such run" mgreg events export m/other o5

# damage
head -c 150 kept >d.tfevents
ev append d.tfevents junk "scalar 1 1 x 1"
expect_fail 5 "damage in the middle" mgreg events import d.tfevents --as d/base
check "says where" grep -q 'record at [0-9]* is corrupt' err
ev write j.tfevents version junk "scalar 1 1 x 1"
expect_match "an event that is none is passed over" ',1,0,0,1,' mgreg events import -o csv j.tfevents --as j/base
ev write old.tfevents old "scalar 5 5 x 1" "scalar 6 6 x 2" "scalar 3 7 x 3"
expect_ok "a file of version 1" mgreg events import old.tfevents --as old/base
check "its steps that go back are a restart" [ "$(q "SELECT step FROM metrics WHERE model = 'old'" | tr -d '\r')" = 3 ]

# TensorFlow's summary database
ev db sum.db
expect_match "a summary database" 'sqlite,5,3,1,1,1,.*tag .loss. at step 9' mgreg events import -o csv sum.db --as db/base
expect_match "its graph" 'b +Identity' mgreg sql "SELECT node, op FROM graph_nodes WHERE model = 'db'"
check "its points" [ "$(q "SELECT step, value FROM metrics WHERE model = 'db' ORDER BY 1" | tr -d '\r' | tr '\n' ' ')" \
	= "0,0.5 1,0.25 2,0.1666666716337204 " ]
expect_match "again adds nothing" 'sqlite,5,0,0,0,' mgreg events import -o csv sum.db --as db/base
expect_fail 2 "another database" mgreg events import registry.mgreg --as db/base
expect_fail 8 "a database cannot be followed" mgreg events import sum.db --as db/base --follow

# following
h=live/events.out.tfevents.1000000200.host
mkdir live
ev write $h "version 1000000200" "scalar 1 1 loss 1"
mgreg events import live --as live/base --follow --poll 0.1 >follow.out 2>follow.err &
pid=$!
i=0
while [ $i -lt 100 ] && ! grep -q tfevents follow.out; do sleep 0.1; i=$((i + 1)); done
ev append $h "scalar 2 2 loss 0.5"
ev write live/events.out.tfevents.1000000300.host "version 1000000300" "scalar 3 3 loss 0.25"
i=0
while [ $i -lt 100 ] && [ "$(grep -c tfevents follow.out)" -lt 3 ]; do sleep 0.1; i=$((i + 1)); done
kill -TERM $pid
wait $pid
check "following ends as interrupted" [ $? -eq 143 ]
check "all points came" [ "$(q "SELECT count(*) FROM metrics WHERE model = 'live'" | tr -d '\r')" = 3 ]
done_testing
