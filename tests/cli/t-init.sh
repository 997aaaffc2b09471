#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
. "${MGREG_SRC:-.}/tests/cli/lib.sh"

expect_output "a store in this folder" registry.mgreg mgreg init
check "it is a file" test -f registry.mgreg
expect_fail 7 "a second time is refused" mgreg init
expect_ok "another name" mgreg init other.mgreg
expect_fail 3 "a folder that does not exist" mgreg init nowhere/x.mgreg
expect_fail 2 "a page size that is none" mgreg init third.mgreg --page-size 5000
expect_ok "a page size" mgreg init third.mgreg --page-size 4K
expect_output "which SQLite sees" 4096 sqlite3 third.mgreg "PRAGMA page_size"
expect_output "WAL" wal sqlite3 third.mgreg "PRAGMA journal_mode"
expect_output "the application's id" 1296519751 sqlite3 third.mgreg "PRAGMA application_id"
expect_fail 2 "a journal mode that is none" mgreg init fourth.mgreg --journal sideways
check "leaves nothing behind" test ! -e fourth.mgreg
expect_ok "dry run" mgreg init -n fifth.mgreg
check "makes nothing" test ! -e fifth.mgreg
mkdir deep deep/er
expect_match "found from a folder below" '^journal' sh -c 'cd deep/er && "$0" info' "$build/mgreg"
expect_match "found by MGREG_STORE" 'schema' env MGREG_STORE="$work/other.mgreg" "$build/mgreg" info
expect_fail 3 "no store anywhere" mgreg -C / info
check "with a hint" grep -q 'mgreg init' err
printf 'not a database, but long enough to be looked at' >bad.mgreg
expect_fail 5 "something else is no store" mgreg -s bad.mgreg info
done_testing
