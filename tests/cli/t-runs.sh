#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
. "${MGREG_SRC:-.}/tests/cli/lib.sh"
. "$src/tests/cli/iris.sh"

iris_store 20 10 || exit 99
iris_train iris/base@10 --run fork --steps 10 || exit 99
mgreg cp iris/base@20 other >/dev/null || exit 99
expect_output "runs" "iris/base	open	3	20	1	
iris/fork	open	1	20	1	iris/base@10
other/main	open	1	20	0	" sh -c '"$0" runs -o porcelain | cut -f 1,4-8' "$build/mgreg"
expect_output "of a model" "other/main" mgreg runs other -q
expect_match "JSON" '"ref":"iris/fork","model":"iris","run":"fork","status":"open","versions":1,"max_step":20' mgreg runs iris -o jsonl
expect_ok "close" mgreg runs close iris/base iris/fork
status() { mgreg sql -q "SELECT group_concat(status) FROM (SELECT status FROM runs WHERE model = 'iris' ORDER BY run)"; }
expect_output "closed" done,done status
expect_ok "reopen" mgreg runs reopen iris/base
expect_output "open again" open,done status
mgreg runs close iris/base -n 2>/dev/null
expect_output "dry run" open,done status
expect_fail 2 "a run is wanted" mgreg runs close iris
expect_fail 3 "no such run" mgreg runs close iris/bose
check "did you mean" grep -q base err
expect_fail 3 "no such model" mgreg runs nothing
done_testing
