#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
. "${MGREG_SRC:-.}/tests/cli/lib.sh"

mgreg init >/dev/null || exit 99
expect_match "all settings" '^placement +inline' mgreg config
expect_output "one" 2d mgreg config grace
expect_ok "a new value" mgreg config grace 7d
expect_output "which stays" 7d mgreg config grace
for pair in placement:segments codec:zstd codec:raw level:7 depth:2 journal:rollback journal:wal secure-delete:on verify-on-save:full \
	verify-on-save:sample; do
	expect_ok "$pair" mgreg config "${pair%%:*}" "${pair#*:}"
	expect_output "$pair stays" "${pair#*:}" mgreg config "${pair%%:*}"
done
expect_fail 3 "no such key" mgreg config colour
expect_fail 2 "a value that is not allowed" mgreg config codec lzw
check "names those that are" grep -q auto err
expect_fail 2 "a number out of range" mgreg config level 77
expect_ok "dry run" mgreg config -n grace 1d
expect_output "changes nothing" 7d mgreg config grace
expect_fail 7 "read-only refuses" mgreg config --read-only grace 1d
expect_match "as JSON" '"key":"grace","value":"7d"' mgreg config --json grace
done_testing
