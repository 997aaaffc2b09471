#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# t-exit-status.sh - every exit status of the manual page, from a command that a user may type; and its reason in JSON.
. "${MGREG_SRC:-.}/tests/cli/lib.sh"
. "$src/tests/cli/iris.sh"

reason() { # STATUS REASON WHAT COMMAND...: as expect_fail, and --json names the reason
	_status=$1 _reason=$2
	shift 2
	expect_fail "$_status" "$@" --json
	check "  its reason: $_reason" grep -q "\"reason\":\"$_reason\",\"exit\":$_status" err
}
iris_store 20 10 || exit 99
expect_ok "0 ok" mgreg latest iris
mgreg export "$examples/iris.pbtxt" --as graphs >/dev/null
expect_fail 1 "1 no: no checkpoint yet" mgreg latest graphs
check "  not a word" test ! -s err
expect_fail 1 "1 no: differences" mgreg diff iris@10 iris@20 --exit-code
expect_fail 1 "1 no: a gate" mgreg promote iris@20 iris:prod --require 'loss<0'
reason 2 usage "2 usage: an option" mgreg ls --nothing
reason 2 usage "2 usage: an operand" mgreg show
reason 3 not-found "3 not-found: a model" mgreg show nothing
reason 3 not-found "3 not-found: a store" mgreg ls -s nothing.mgreg
iris_train iris/base@10 --run fork --steps 10 || exit 99
reason 4 ambiguous "4 ambiguous: a step of two runs" mgreg show iris@20
check "  with the candidates" grep -q '"candidates":\["iris/base@20","iris/fork@20"\]' err
head -c 3000 registry.mgreg >broken.mgreg
reason 5 damaged "5 damaged: half a store" mgreg ls -s broken.mgreg
printf 'garbage' >broken.pb
expect_fail 5 "5 damaged: a file" mgreg inspect broken.pb
if command -v sqlite3 >/dev/null; then
	mkfifo hold
	sqlite3 registry.mgreg <hold >/dev/null 2>&1 &
	exec 9>hold
	echo 'BEGIN IMMEDIATE;' >&9
	sleep 0.5
	reason 6 busy "6 busy: another writer" mgreg tag iris a=b --timeout 0.2
	expect_ok "  a reader does not wait" mgreg latest iris
	echo 'ROLLBACK;' >&9
	exec 9>&-
	wait
fi
mgreg pin iris/base@20 >/dev/null
reason 7 refused "7 refused: pinned" mgreg rm iris/base@20
reason 7 refused "7 refused: exists already" mgreg init
reason 7 refused "7 refused: read-only" mgreg tag iris a=b --read-only
reason 7 refused "7 refused: needs --yes" mgreg rm iris/base@10 --purge
sed 's/op: "Softmax"/op: "NoSuchOp"/' "$examples/iris.pbtxt" >unknown.pbtxt
mgreg export unknown.pbtxt --as unknown >/dev/null || exit 99
reason 8 unsupported "8 unsupported: an op without kernel" mgreg run unknown --fetch probabilities --feed 'x=[[1,2,3,4]]'
if [ -e /dev/full ]; then
	"$build/mgreg" ls >/dev/full 2>err
	if [ $? -eq 9 ]; then ok "9 io: a full disk"; else not_ok "9 io: a full disk" "another status"; fi
fi
reason 10 numeric "10 numeric: stopped" mgreg train iris/base@20 --data "$examples/iris.csv" --batch 50 --metrics loss --set learning_rate=1e38 --steps 100 --stop-on nan,inf
reason 11 failed "11 failed: the graph's run" mgreg run iris/base@20 --fetch loss --feed 'x=[[1,2,3,4]]' --feed 'y=[7]'
check "  the node is named" grep -q '"node":"xentropy"' err
"$build/mgreg" watch >/dev/null 2>&1 &
watcher=$!
sleep 0.5
kill -TERM $watcher
wait $watcher
check "143: a signal" test $? -eq 143
done_testing
