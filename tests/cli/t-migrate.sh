#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
. "${MGREG_SRC:-.}/tests/cli/lib.sh"

mgreg init >/dev/null || exit 99
expect_match "nothing to do" '^schema [0-9]+: nothing to do' mgreg migrate
expect_match "check" 'nothing to do' mgreg migrate --check
expect_match "JSON" '"min_reader":1,"min_writer":1' mgreg migrate --check --json
expect_ok "with a backup" mgreg migrate --backup before.mgreg
expect_ok "which is a store" mgreg -s before.mgreg fsck
expect_fail 7 "a backup that is there" mgreg migrate --backup before.mgreg
expect_ok "check makes no backup" mgreg migrate --check --backup other.mgreg
check "none" test ! -e other.mgreg
expect_fail 3 "no store" mgreg -s nothing.mgreg migrate
if command -v sqlite3 >/dev/null; then
	cp before.mgreg newer.mgreg
	sqlite3 newer.mgreg "INSERT OR REPLACE INTO mg_store VALUES ('min_reader', '99'); PRAGMA user_version = 99"
	sum=$(cksum <newer.mgreg)
	expect_fail 8 "a store of a newer major version" mgreg -s newer.mgreg migrate
	check "is left as it is" test "$sum" = "$(cksum <newer.mgreg)"
fi
done_testing
