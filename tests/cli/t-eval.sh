#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# t-eval.sh - evaluation: means over rows, short batches, recording.
. "${MGREG_SRC:-.}/tests/cli/lib.sh"
. "$src/tests/cli/line.sh"

check "a store" line_store
check "a trained version" mgreg train line/base --data line.csv --batch 16 --steps 30 --seed 1
value() { mgreg eval line/base --data line.csv --fetch error --batch "$1" -o csv | sed -n '2s/^[^,]*,[^,]*,\([^,]*\),.*/\1/p'; }
# the mean over rows does not depend on how they are cut, up to rounding
check "a short last batch counts with its rows" awk -v a="$(value 60)" -v b="$(value 7)" \
	'BEGIN { d = a - b; if (d < 0) d = -d; exit !(a > 0 && d <= 1e-6 * a) }'
expect_match "all rows" ',60,' mgreg eval line/base --data line.csv --fetch error --batch 7 -o csv
expect_output "not recorded" 0 mgreg -q sql "SELECT count(*) FROM metrics WHERE metric LIKE 'eval/%'"
expect_ok "recorded" mgreg eval line/base --data line.csv --fetch loss,error --record
expect_output "with the version" "30 eval/error
30 eval/loss" mgreg -q sql \
	"SELECT v.global_step || ' ' || m.metric FROM metrics m JOIN versions v USING (version_id) WHERE metric LIKE 'eval/%' ORDER BY 1"
check "another version" mgreg train line/base --data line.csv --batch 16 --steps 30
check "is better" mgreg eval line/base --data line.csv --fetch error --record
expect_match "and found as the best" 'line/base@60' mgreg show line/base@best:eval/error
expect_match "without --fetch: the loss" '^line/base@60 +loss ' mgreg eval line/base --data line.csv
. "$src/tests/cli/graphs.sh"
make_graph graph.pbtxt
mgreg export graph.pbtxt --as net >/dev/null
expect_fail 2 "a graph that has none" mgreg eval net
expect_fail 3 "no such tensor" mgreg eval line/base --data line.csv --fetch nothing
expect_fail 2 "inputs without data" mgreg eval line/base --fetch loss
expect_fail 3 "a column that is missing" mgreg eval line/base --data line.csv --fetch loss --feed-map y=nothing
expect_match "without inputs no data is needed" '^line/base@60,global_step,60' mgreg eval line/base --fetch global_step -o csv
done_testing
