#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
. "${MGREG_SRC:-.}/tests/cli/lib.sh"
. "$src/tests/cli/iris.sh"

iris_store 10 10 || exit 99
expect_fail 1 "no note yet" mgreg note iris@10
expect_ok "write" mgreg note iris@10 'before the "new" data'
expect_output "show" 'before the "new" data' mgreg note iris@10
expect_output "JSON" 'before the \"new\" data' sh -c '"$0" note iris@10 -o jsonl | sed "s/.*\"note\":\"\(.*\)\",.*/\1/"' "$build/mgreg"
expect_output "the view" 'before the "new" data' mgreg sql -q "SELECT note FROM versions WHERE global_step = 10"
mgreg note iris@10 other -n 2>/dev/null
expect_output "dry run" 'before the "new" data' mgreg note iris@10
expect_ok "remove" mgreg note iris@10 ''
expect_fail 1 "removed" mgreg note iris@10
expect_fail 3 "no such version" mgreg note iris@11 x
expect_match "the audit log has both" '^2$' sh -c '"$0" log iris@10 -o porcelain | cut -f 5 | grep -c note' "$build/mgreg"
done_testing
