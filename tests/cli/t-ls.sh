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
expect_output "a range of steps" "iris/base@10
iris/base@20" mgreg ls iris@5..20 -q
expect_output "from a step on, of a run" "iris/base@20
iris/base@30" mgreg ls iris/base@11.. -q --sort step
expect_output "all live ones" 4 sh -c '"$0" ls iris/base@.. -q | wc -l' "$build/mgreg"
expect_output "several operands, a version among them" "iris/base@30
iris/base@10" mgreg ls iris@30 iris@10..10 -q
expect_output "a version in any state" iris@v3 mgreg ls iris@v3 -q
weights=$(mgreg ls iris@10 --columns weights -q)
expect_output "by weights" iris/base@10 mgreg ls --weights "$weights" -q
expect_output "by their first digits" iris/base@10 mgreg ls --weights "$(echo "$weights" | cut -c 1-9)" -q
expect_nothing "no such weights" mgreg ls --weights 00000000 -q
expect_fail 2 "too few digits" mgreg ls --weights 12
expect_fail 2 "no such key" mgreg ls --sort stepp
check "did you mean" grep -q step err
for key in version_id no step kind state pinned saved added size weights uid note model run aliases; do
	mgreg ls --all-states --sort -$key -q >out 2>err && [ "$(wc -l <out)" = 5 ] || echo $key >>wrong
done
check "every key sorts" test ! -e wrong
expect_output "by size" "$(mgreg sql -q "SELECT no FROM storage WHERE state = 'live' ORDER BY logical_bytes, version_id")" mgreg ls iris --sort size --columns no -q
expect_output "by what was added" "$(mgreg sql -q "SELECT no FROM storage WHERE state = 'live' ORDER BY added_bytes DESC, version_id")" mgreg ls iris --sort -added --columns no -q
expect_output "an expression over sizes" 4 sh -c '"$0" ls iris --where "logical_bytes > 0 AND size = logical_bytes AND step IS global_step" -q | wc -l' "$build/mgreg"
done_testing
