#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
. "${MGREG_SRC:-.}/tests/cli/lib.sh"
. "$src/tests/cli/iris.sh"

iris_store 10 10 || exit 99
expect_output "what was" "init
export
train" sh -c '"$0" watch --since 1h --count 3 | sed "s/.*\"op\":\"\([a-z]*\)\".*/\1/"' "$build/mgreg"
expect_match "a line is JSON" '^\{"audit_id":1,"at":"20[^"]*Z","actor":"tester","host":"[^"]*","op":"init","subject":"store","detail":\{.*\}\}$' mgreg watch --since 1h --count 1

# What comes while it runs, and what a hook is handed.
"$build/mgreg" watch iris --count 2 --exec 'cat >>hook.log' >lines 2>err &
watcher=$!
for i in 1 2 3 4 5 6 7 8 9 10; do      # until it listens: a change before that is not its business
	sleep 0.3
	[ -s lines ] && break
	mgreg tag iris/base "n=$i"
	sleep 0.5
done
mgreg cp iris@10 other >/dev/null
mgreg alias iris:prod iris@10 >/dev/null
wait $watcher
status=$?
check "it ends after two events" test $status -eq 0
check "the second is the alias: another model's is left out" sh -c 'sed -n 2p lines | grep -q "\"op\":\"alias\",\"subject\":\"iris:prod\""'
check "the hook heard both" cmp lines hook.log

"$build/mgreg" watch >lines 2>err &
watcher=$!
sleep 0.5
kill -TERM $watcher
wait $watcher
status=$?
check "a signal ends it: 143" test $status -eq 143
expect_fail 3 "no such model" mgreg watch nothing --count 1
expect_fail 2 "no count" mgreg watch --count -1
done_testing
