#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
. "${MGREG_SRC:-.}/tests/cli/lib.sh"

mgreg init >/dev/null || exit 99
mgreg export "$src/contrib/examples/iris.pbtxt" --as iris >/dev/null || exit 99
mgreg train iris --data "$src/contrib/examples/iris.csv" --steps 30 --save-every 10 >/dev/null 2>err || { cat err; exit 99; }
mgreg cp iris@20 iris/copy >/dev/null 2>&1
cell() { awk -F'\t' -v row="$1" -v col="$2" 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == col) c = i; next } $1 == row { print $c }' out; }
expect_ok "per run" mgreg du -o tsv
check "a row for the run" [ "$(cell iris/main versions)" -ge 4 ]
check "and one for all" [ "$(cell total frees_bytes)" -gt 0 ]
expect_ok "some versions" mgreg du iris@10 iris@30 -o tsv
check "each" [ "$(cell iris@10 versions)" = 1 ]
check "together" [ "$(cell together versions)" = 2 ]
check "together is not less than one" [ "$(cell together frees_bytes)" -ge "$(cell iris@10 frees_bytes)" ]
check "logical bytes" [ "$(cell iris@10 logical_bytes)" -gt 0 ]
expect_ok "a range" mgreg du iris/main@10..30 -o tsv
check "counts together" [ "$(cell iris/main@10..30 versions)" = 3 ]
expect_fail 3 "no such version" mgreg du iris@999
expect_match "as JSON" '"frees_bytes":' mgreg du --json
expect_ok "read-only" mgreg du --read-only
done_testing
