#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
. "${MGREG_SRC:-.}/tests/cli/lib.sh"
. "$src/tests/cli/iris.sh"

iris_store 30 10 || exit 99
expect_nothing "none" mgreg lease -q
expect_match "an hour" '^iris/base@10 .* 20[0-9][0-9]-' mgreg lease iris@10
expect_ok "a range, by another" mgreg lease iris@10..20 --for 2d --actor bob
expect_output "three" "iris/base@10	bob
iris/base@10	tester
iris/base@20	bob" sh -c '"$0" lease -o porcelain | cut -f 1,2' "$build/mgreg"
expect_fail 7 "it does not expire" mgreg rm iris@10
expect_ok "released" mgreg lease iris@10 --release
expect_fail 7 "the other's still holds" mgreg rm iris@10
expect_fail 3 "released twice" mgreg lease iris@10 --release
mgreg lease iris@10 --release --actor bob -n >/dev/null 2>&1
expect_fail 7 "dry run" mgreg rm iris@10
expect_ok "and his" mgreg lease iris@10 --release --actor bob
expect_ok "it expires" mgreg rm iris@10
expect_ok "for a second" mgreg lease iris@30 --for 1s
sleep 2
expect_output "has run out" iris/base@20 mgreg lease -q
expect_fail 2 "no time" mgreg lease iris@30 --for 0
expect_fail 2 "not a time" mgreg lease iris@30 --for long
expect_fail 3 "no such version" mgreg lease iris@31
expect_match "the audit log" 'lease-end +iris@v2' mgreg log iris@v2
done_testing
