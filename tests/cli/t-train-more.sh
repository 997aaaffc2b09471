#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# t-train-more.sh - training's other options: the graph's own loss, policies and files over several processes, signals during a step.
. "${MGREG_SRC:-.}/tests/cli/lib.sh"
. "$src/tests/cli/line.sh"
live() { mgreg -q sql "SELECT group_concat(global_step, ' ') FROM (SELECT global_step FROM versions WHERE run = '$1' AND state = 'live' ORDER BY version_id)"; }
count() { mgreg -q sql "SELECT count(*) FROM $1"; }
# wait_for QUERY VALUE: until it answers so, ten seconds at most
wait_for() {
	_n=0
	while [ "$(mgreg -q sql "$1" 2>/dev/null)" != "$2" ] && [ $_n -lt 100 ]; do sleep 0.1; _n=$((_n + 1)); done
}

check "a store" line_store
mgreg train line/base --data line.csv --batch 20 --steps 3 --seed 1 >/dev/null 2>&1

# the loss that the collections name
cp "$src/tests/cli/line.pbtxt" named.pbtxt
printf 'collection_def { key: "losses" value { node_list { value: "loss:0" } } }\n' >>named.pbtxt
check "a graph that names its loss" sh -c "'$build/mgreg' export named.pbtxt --as line/raw2 >/dev/null &&
	'$build/mgreg' extend line/raw2 --minimize loss --optimizer sgd:learning_rate=0.1 --as line/named >/dev/null"
expect_ok "trains" mgreg train line/named --data line.csv --batch 20 --steps 5
cp err seen
expect_match "and tells the loss" 'saved line/named@5  loss [0-9.e-]+' cat seen
expect_output "without recording it" 0 count "metrics WHERE run = 'named'"
expect_fail 10 "it can be stopped on" mgreg train line/named --data line.csv --batch 20 --steps 2000 --set learning_rate=1e30 --stop-on nan,inf --run wild
cp err seen
expect_match "and the message names it" "metric 'loss'" cat seen
check "where nothing is named, metrics are wanted" sh -c "'$build/mgreg' train line/base --data line.csv --steps 1 --stop-on nan >/dev/null 2>&1; test \$? -eq 2"

# policies, each over two processes
keep() { # RUN POLICY STEPS
	mgreg train line/base@3 --data line.csv --batch 20 --steps 4 --save-every 1 --run "$1" --keep "$2" >/dev/null 2>&1 &&
		mgreg train "line/$1" --data line.csv --batch 20 --steps "$3" --save-every 1 >/dev/null 2>&1
}
keep last last=3 4
expect_output "last=3" "9 10 11" live last
keep steps steps=4,last=1 4
expect_output "steps=4 and the last" "4 8 11" live steps
keep hours hours=1,last=1 4
expect_output "hours=1 keeps the first of each stretch" "4 11" live hours
mgreg train line/base@3 --data line.csv --batch 20 --steps 6 --save-every 1 --run best --metrics loss --keep best=loss:2 >/dev/null 2>&1
expect_output "best=loss:2 keeps the two best and the latest" 1 mgreg -q sql \
	"SELECT count(*) BETWEEN 2 AND 3 FROM versions WHERE run = 'best' AND state = 'live'"
keep tf tf 4
expect_output "tf keeps five, whoever saved them" "7 8 9 10 11" live tf
expect_match "what it remembers is in the store" '"next_keep"' mgreg -q sql "SELECT saver_state FROM mg_run WHERE name = 'tf'"
expect_fail 2 "a policy that is none" mgreg train line/base --data line.csv --steps 1 --keep last=0

# TensorFlow's files, over three processes and under another name of the folder
for i in 1 2 3; do
	mgreg train line/base --data line.csv --batch 20 --steps 3 --save-every 1 --tee files >/dev/null 2>&1
done
expect_output "five checkpoints stay" "model-10
model-11
model-12
model-8
model-9" sh -c "ls files | sed -n 's/\\.index\$//p' | sort"
expect_output "the state file names them" 6 grep -c model- files/checkpoint
check "with relative paths" sh -c "! grep -q / files/checkpoint"
expect_ok "from another folder" sh -c "mkdir -p sub && cd sub && '$build/mgreg' train line/base --data ../line.csv --batch 20 --steps 1 --tee ../files"
expect_output "the oldest goes" 5 sh -c "ls files | grep -c '\\.index\$'"
check "it was the oldest" test ! -e files/model-8.index -a -e files/model-13.index

# the same steps with and without a stop in between, new random state when asked
mgreg train line/base@3 --data line.csv --batch 7 --steps 20 --run whole >/dev/null 2>&1
mgreg train line/base@3 --data line.csv --batch 7 --steps 9 --run parts >/dev/null 2>&1
mgreg train line/parts --data line.csv --batch 7 --steps 11 >/dev/null 2>&1
expect_ok "stopping changes no bit" same_tensors line/whole@23 line/parts@23
mgreg train line/parts@12 --data line.csv --batch 7 --steps 11 --run fresh --fresh-random >/dev/null 2>&1
expect_fail 1 "--fresh-random takes another order" same_tensors line/parts@23 line/fresh@23

# signals between steps: the state is saved, the status is 128 + n
ended_by() { # SIGNAL RUN OPTIONS...
	_signal=$1 _run=$2
	shift 2
	"$build/mgreg" train line/base@3 --data line.csv --batch 20 --steps 100000000 --run "$_run" "$@" >out 2>err &
	_pid=$!
	wait_for "SELECT count(*) FROM runs WHERE run = '$_run'" 1
	sleep 0.3
	kill "-$_signal" $_pid
	wait $_pid
}
ended_by INT int
status=$?
check "SIGINT: 130" test $status -eq 130
expect_output "and what was trained is saved" 1 count "versions WHERE run = 'int'"
ended_by HUP hup
status=$?
check "SIGHUP: 129" test $status -eq 129
ended_by TERM term --no-save-on-exit
status=$?
check "SIGTERM: 143" test $status -eq 143
expect_output "nothing is saved if that was not wanted" 0 count "versions WHERE run = 'term'"

# a step that does not end: it waits for what nobody puts into a queue
cat >stuck.pbtxt <<'X'
meta_info_def { tags: "train" }
graph_def {
  node { name: "q" op: "FIFOQueueV2" attr { key: "component_types" value { list { type: DT_FLOAT } } } }
  node { name: "take" op: "QueueDequeueV2" input: "q" attr { key: "component_types" value { list { type: DT_FLOAT } } } }
  node { name: "zero" op: "Const" attr { key: "dtype" value { type: DT_FLOAT } } attr { key: "value" value { tensor { dtype: DT_FLOAT tensor_shape { } float_val: 0 } } } }
  node { name: "v" op: "VariableV2" attr { key: "dtype" value { type: DT_FLOAT } } attr { key: "shape" value { shape { } } } }
  node { name: "v/Assign" op: "Assign" input: "v" input: "zero" attr { key: "T" value { type: DT_FLOAT } } }
  node { name: "v/read" op: "Identity" input: "v" attr { key: "T" value { type: DT_FLOAT } } }
  node { name: "step" op: "AssignAdd" input: "v" input: "take" attr { key: "T" value { type: DT_FLOAT } } }
  versions { producer: 24 }
}
collection_def { key: "train_op" value { node_list { value: "step" } } }
collection_def { key: "variables" value { bytes_list { value: "\n\003v:0\022\010v/Assign\032\010v/read:0" } } }
X
check "a graph whose step never ends" mgreg -q export stuck.pbtxt --as stuck/base
"$build/mgreg" train stuck/base --steps 1 >out 2>err &
pid=$!
wait_for "SELECT count(*) FROM mg_session WHERE ended_at IS NULL" 1
sleep 0.3
before=$(date +%s)
kill -INT $pid
wait $pid
status=$?
cp err seen
took=$(($(date +%s) - before))
check "SIGINT cancels it: 130" test $status -eq 130
check "after two seconds of grace" test $took -ge 1 -a $took -le 8
expect_output "its state is not saved" 0 count "versions WHERE model = 'stuck' AND kind = 'checkpoint'"
expect_match "which is told" 'was cancelled' cat seen
"$build/mgreg" train stuck/base --steps 1 >out 2>err &
pid=$!
wait_for "SELECT count(*) FROM mg_session WHERE ended_at IS NULL" 1
sleep 0.3
kill -INT $pid
sleep 0.2
kill -INT $pid
wait $pid
status=$?
check "a second signal ends at once" test $status -eq 130
expect_fail 11 "a deadline ends it too" mgreg train stuck/base --steps 1 --deadline 0.3
"$build/mgreg" eval stuck/base --fetch take >out 2>err &
pid=$!
sleep 0.7
kill -TERM $pid
wait $pid
status=$?
check "eval is cancelled likewise: 143" test $status -eq 143
expect_ok "the store is in order" mgreg fsck --quick
done_testing
