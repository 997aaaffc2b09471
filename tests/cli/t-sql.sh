#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
. "${MGREG_SRC:-.}/tests/cli/lib.sh"
. "$src/tests/cli/graphs.sh"

mgreg init >/dev/null || exit 99
make_graph graph.pbtxt
for step in 10 20 30; do mgreg export graph.pbtxt --as net/base --step $step >/dev/null || exit 99; done

expect_output "rows" "10
20
30" mgreg sql -q "SELECT global_step FROM versions ORDER BY 1"
expect_match "headings" '^ *global_step' mgreg sql "SELECT global_step FROM versions"
expect_output "CSV" "no,kind
1,metagraph" mgreg sql -o csv "SELECT no, kind FROM versions WHERE no = 1"
expect_output "TSV" "$(printf 'a\tb\n1\tx\\ty')" mgreg sql -o tsv "SELECT 1 AS a, 'x' || char(9) || 'y' AS b"
expect_output "JSON lines keep types" '{"i":1,"r":0.5,"t":"x","n":null,"b":"00ff"}' mgreg sql -o jsonl "SELECT 1 AS i, 0.5 AS r, 'x' AS t, NULL AS n, x'00ff' AS b"
expect_match "JSON document" '^\{"mgreg":1,"command":"sql","items":\[' mgreg sql --json "SELECT 1 AS a"
expect_output "porcelain" "$(printf '1\tx')" mgreg sql -o porcelain "SELECT 1, 'x'"
expect_output "parameters" 20 mgreg sql -q -p step 20 "SELECT global_step FROM versions WHERE global_step = :step"
expect_output "two of them, behind the query" 2 mgreg sql -q "SELECT count(*) FROM versions WHERE global_step > :a AND kind = :k" -p a 10 -p k metagraph
expect_output "from standard input" "1
2" sh -c 'echo "SELECT 1; SELECT 2;" | "$0" sql -q' "$build/mgreg"
expect_output "from - " 3 sh -c 'echo "SELECT count(*) FROM versions" | "$0" sql -q -' "$build/mgreg"
expect_fail 7 "writing needs -w" mgreg sql "DELETE FROM mg_tag"
expect_fail 7 "and is no way around the guards" mgreg sql -w "DELETE FROM mg_audit"
expect_ok "with -w" mgreg sql -w "UPDATE mg_version SET note = 'n' WHERE no = 1"
expect_output "it is there" n mgreg sql -q "SELECT note FROM versions WHERE no = 1"
expect_fail 7 "-w under --read-only" mgreg sql -w --read-only "SELECT 1"
expect_fail 2 "no SQL" mgreg sql "SELEKT 1"
expect_fail 2 "no such table" mgreg sql "SELECT * FROM nowhere"
expect_fail 3 "no such parameter" mgreg sql -p x 1 "SELECT 1"
expect_fail 2 "a parameter without a value" mgreg sql "SELECT :x" -p x
expect_fail 7 "other databases stay out" mgreg sql -w "ATTACH 'other.db' AS o"
[ -e other.db ] && not_ok "no file was made" "other.db" || ok "no file was made"

# The questions of the manual of the schema, on every view.
for view in models runs inputs versions latest_checkpoints metagraphs collections signatures graph_nodes graph_edges hparams \
	hparam_sets tensors files metrics metrics_all metric_summary events aliases alias_history tags lineage storage audit_log; do
	mgreg sql "SELECT * FROM $view" >/dev/null 2>>why || echo "$view" >>why
done
if [ -s why ]; then not_ok "every view can be read" "$(cat why)"; else ok "every view can be read"; fi
done_testing
