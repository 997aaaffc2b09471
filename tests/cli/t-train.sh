#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# t-train.sh - training: steps, saves, metrics, settings, forks, what is refused, signals.
. "${MGREG_SRC:-.}/tests/cli/lib.sh"
. "$src/tests/cli/line.sh"
count() { mgreg -q sql "SELECT count(*) FROM $1"; }

check "a graph with an optimizer" line_store
expect_output "the last version is printed" line/base@100 \
	mgreg train line/base --data line.csv --batch 16 --steps 100 --save-every 30 --metrics loss --seed 3
expect_output "saves every 30 steps and at the end" "30
60
90
100" mgreg -q sql "SELECT global_step FROM versions WHERE run = 'base' AND kind = 'checkpoint' ORDER BY no"
expect_output "latest" line/base@100 mgreg latest line
expect_output "a point per step" 100 mgreg -q sql "SELECT count(*) FROM metrics WHERE metric = 'loss'"
expect_output "the loss falls" 1 mgreg -q sql \
	"SELECT (SELECT value FROM metrics WHERE metric = 'loss' AND step = 100) < 0.1 * (SELECT value FROM metrics WHERE metric = 'loss' AND step = 1)"
expect_output "points at saves belong to their version" 4 mgreg -q sql \
	"SELECT count(*) FROM metrics m JOIN versions v USING (version_id) WHERE m.step = v.global_step"
expect_output "each is the parent of the next" 4 mgreg -q sql "SELECT count(*) FROM lineage WHERE relation = 'continued'"
expect_output "the data is remembered" "line.csv" mgreg -q sql "SELECT input FROM inputs"

expect_output "more steps in another process" line/base@150 mgreg train line/base --data line.csv --batch 16 --steps 50
expect_output "up to a step" line/base@200 mgreg train line/base --data line.csv --batch 16 --until-step 200
expect_output "nothing to do" line/base@200 mgreg train line/base --data line.csv --batch 16 --until-step 200
expect_output "epochs" line/base@206 mgreg train line/base --data line.csv --batch 20 --epochs 2
expect_match "a record as JSON" '"last_step":210' mgreg train line/base --data line.csv --steps 4 -o json

expect_output "a fork" line/slow@120 \
	mgreg train line/base@100 --data line.csv --batch 16 --steps 20 --run slow --set learning_rate=0.001
expect_output "its origin" "forked 100" mgreg -q sql \
	"SELECT relation || ' ' || parent_step FROM lineage WHERE child_run = 'slow' AND relation = 'forked'"
expect_output "the setting is a hyper-parameter" 0.001 mgreg -q sql \
	"SELECT value FROM hparams WHERE run = 'slow' AND hparam = 'learning_rate'"
expect_output "and holds when the run goes on" line/slow@130 mgreg train line/slow --data line.csv --batch 16 --steps 10
expect_output "so it still is one" 0.001 mgreg -q sql \
	"SELECT value FROM hparams WHERE run = 'slow' AND hparam = 'learning_rate' AND global_step = 130"
expect_fail 7 "forking into a run that exists" mgreg train line/base@100 --data line.csv --steps 1 --run slow

expect_output "files too" line/base@220 mgreg train line/base --data line.csv --batch 16 --steps 10 --tee files
check "TensorFlow's files" test -s files/model-220.index -a -s files/model-220.meta -a -s files/checkpoint
expect_match "they hold the same tensors" '^w ' mgreg inspect files/model-220 --tensors

mgreg train line/base --data line.csv --batch 16 --steps 10 --save-every 2 --run few --keep last=2 >/dev/null 2>&1
expect_output "a policy lets versions go" "228
230" mgreg -q sql "SELECT global_step FROM versions WHERE run = 'few' AND state = 'live' ORDER BY no"
mgreg train line/base --data line.csv --batch 16 --steps 7 --save-every 1 --run tf --keep tf >/dev/null 2>&1
expect_output "TensorFlow's policy keeps five" 5 mgreg -q sql "SELECT count(*) FROM versions WHERE run = 'tf' AND state = 'live'"

before=$(count versions)
expect_output "a dry run" line/base@220 mgreg train line/base --data line.csv --batch 16 --steps 10 -n
check "saves nothing" test "$before" = "$(count versions)"

expect_fail 2 "how long" mgreg train line/base --data line.csv
expect_fail 2 "two answers" mgreg train line/base --data line.csv --steps 1 --epochs 1
expect_fail 2 "inputs without data" mgreg train line/base --steps 1
cp err seen
expect_match "are named" '^ *x$|\bx\b' cat seen
expect_fail 3 "no such data" mgreg train line/base --data nothing.csv --steps 1
expect_fail 3 "no such train op" mgreg train line/base --data line.csv --steps 1 --train-op nothing
expect_fail 3 "no train op at all" mgreg train line/raw --data line.csv --steps 1
expect_fail 3 "no such setting" mgreg train line/base --data line.csv --steps 1 --set nothing=1
expect_fail 3 "no such metric" mgreg train line/base --data line.csv --steps 1 --metrics nothing
expect_fail 2 "a metric that is no number" mgreg train line/base --data line.csv --steps 1 --metrics pred
expect_fail 2 "a bad policy" mgreg train line/base --data line.csv --steps 1 --keep everything
expect_fail 3 "no such version" mgreg train line/base@7 --data line.csv --steps 1
expect_fail 2 "numbers to stop on without metrics" mgreg train line/base --data line.csv --steps 1 --stop-on nan

before=$(count "versions WHERE run = 'base'")
expect_fail 10 "stops on numbers" mgreg train line/base@30 --data line.csv --batch 16 --steps 2000 --save-every 500 --metrics loss \
	--set learning_rate=1e30 --stop-on nan,inf,diverge --run wild
check "saves nothing of it" test 0 = "$(count "versions WHERE run = 'wild'")"

# a signal: the step ends, the state is saved, the status tells
"$build/mgreg" train line/base --data line.csv --batch 16 --steps 100000000 --run long >out 2>err &
pid=$!
n=0
while [ "$(mgreg -q sql "SELECT count(*) FROM runs WHERE run = 'long'")" != 1 ] && [ $n -lt 100 ]; do sleep 0.1; n=$((n + 1)); done
sleep 0.3
kill -TERM $pid
wait $pid
status=$?
check "ended by SIGTERM" test $status -eq 143
check "its state is saved" test 1 = "$(count "versions WHERE run = 'long'")"
expect_ok "the store is in order" mgreg fsck --quick
done_testing
