#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
. "${MGREG_SRC:-.}/tests/cli/lib.sh"
. "$src/tests/cli/iris.sh"

iris_store 30 10 || exit 99
iris_train iris/base@20 --run fork --steps 10 || exit 99
mgreg cp iris/fork@30 other/main >/dev/null || exit 99
expect_output "up, across runs and models" "iris/fork@30	1	copied
iris/base@20	2	forked
iris/base@10	3	continued
iris@v1	4	continued" sh -c '"$0" lineage other/main --up -o porcelain | cut -f 1-3' "$build/mgreg"
expect_output "down" "iris/base@30	-1	continued
iris/fork@30	-1	forked
other/main@30	-2	copied" sh -c '"$0" lineage iris/base@20 --down -o porcelain | cut -f 1-3' "$build/mgreg"
expect_output "both" 5 sh -c '"$0" lineage iris/base@20 -q | wc -l' "$build/mgreg"
expect_match "for dot" '^	"iris/base@20" -> "iris/fork@30" \[label="forked"\];$' mgreg lineage iris/fork@30 --dot
expect_match "JSON" '"ref":"iris/base@20","depth":1,"relation":"forked","child":"iris/fork@30","parent":"iris/base@20","state":"live"' mgreg lineage iris/fork@30 --up --json
expect_nothing "nobody above" mgreg lineage iris@v1 --up -q
expect_fail 3 "no such version" mgreg lineage iris/base@21
expect_fail 2 "--dot is a format" mgreg lineage iris/base@20 --dot --json
done_testing
