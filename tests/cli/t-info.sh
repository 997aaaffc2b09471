#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
. "${MGREG_SRC:-.}/tests/cli/lib.sh"

mgreg init >/dev/null || exit 99
expect_match "stored bytes" '^stored_bytes +[0-9]' mgreg info
expect_match "versions" '^versions +0$' mgreg info
expect_match "as JSON: numbers" '"versions":0' mgreg info --json
expect_match "journal mode" '^journal +wal' mgreg info
expect_fail 2 "takes no operand" mgreg info x
done_testing
