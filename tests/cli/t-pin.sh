#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
. "${MGREG_SRC:-.}/tests/cli/lib.sh"
. "$src/tests/cli/iris.sh"

iris_store 50 10 || exit 99
expect_output "a range" "iris/base@20
iris/base@30" mgreg pin iris@20..30 -q
pinned() { mgreg sql -q "SELECT group_concat(global_step) FROM (SELECT global_step FROM versions WHERE pinned ORDER BY 1)"; }
expect_output "they are pinned" 20,30 pinned
expect_fail 7 "a pinned version does not expire" mgreg rm iris@20
mgreg policy iris --keep-last 1 >/dev/null
expect_output "nor by a policy" "2
5" sh -c '"$0" prune iris -o porcelain | cut -f 4' "$build/mgreg"
expect_fail 7 "an expired version cannot be pinned" mgreg pin iris@v2
expect_fail 3 "no such version" mgreg pin iris@21
expect_fail 2 "none named" mgreg pin
mgreg pin iris@50 -n >/dev/null 2>&1
expect_output "dry run" 20,30 pinned
done_testing
