#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
. "${MGREG_SRC:-.}/tests/cli/lib.sh"
. "$src/tests/cli/iris.sh"

iris_store 30 10 || exit 99
mgreg pin iris@.. >/dev/null || exit 99
expect_output "unpin" iris/base@10 mgreg unpin iris@10 -q
expect_output "it is not pinned" 20,30 mgreg sql -q "SELECT group_concat(global_step) FROM (SELECT global_step FROM versions WHERE pinned AND global_step ORDER BY 1)"
expect_ok "it may expire" mgreg rm iris@10
expect_fail 7 "the other may not" mgreg rm iris@20
expect_match "the audit log" 'unpin +iris@v2' mgreg log iris@v2
expect_fail 7 "read-only" mgreg unpin iris@20 --read-only
done_testing
