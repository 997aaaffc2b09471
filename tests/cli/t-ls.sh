#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
. "${MGREG_SRC:-.}/tests/cli/lib.sh"

mgreg init >/dev/null || exit 99
mgreg export "$src/contrib/examples/iris.pbtxt" --as iris/base >/dev/null || exit 99
mgreg train iris/base --data "$src/contrib/examples/iris.csv" --batch 50 --steps 30 --save-every 10 >/dev/null || exit 99
expect_match "a table" '^ref +no +run +step +kind' mgreg ls
expect_output "columns" "10
20
30" mgreg ls iris --columns step --where "kind = 'checkpoint'" -q
expect_output "sorted the other way" "30
20
10" mgreg ls iris/base --columns step --where "kind = 'checkpoint'" --sort -global_step -q
expect_output "limited" iris/base@30 mgreg ls --sort -version_id --limit 1 --columns ref -q
expect_match "CSV with the view's names" '^ref,no,model,run,global_step' mgreg ls -o csv
expect_match "JSON" '"global_step":30' mgreg ls -o jsonl
expect_match "porcelain has no heading" '^iris/base@v1|^iris@v1' mgreg ls -o porcelain
expect_fail 3 "no such model" mgreg ls nothing
expect_fail 2 "no such column" mgreg ls --columns ref,colour
expect_fail 2 "an expression that is none" mgreg ls --where "global_step >"
expect_fail 2 "an expression that would write" mgreg ls --where "1); DELETE FROM mg_version; --"
mgreg train iris/base@10 --data "$src/contrib/examples/iris.csv" --batch 50 --steps 10 >/dev/null || exit 99
expect_output "a step saved again: one is live" 1 sh -c '"$0" ls iris --where "global_step = 20" -q | wc -l' "$build/mgreg"
expect_output "the other is still there" 2 sh -c '"$0" ls iris --where "global_step = 20" --all-states -q | wc -l' "$build/mgreg"
done_testing
