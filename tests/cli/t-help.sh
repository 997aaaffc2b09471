#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
. "${MGREG_SRC:-.}/tests/cli/lib.sh"

expect_match "without arguments: the overview" '^usage: mgreg' mgreg
expect_match "help lists the commands" '^  version ' mgreg help
expect_match "help of a command" '^usage: mgreg version' mgreg help version
expect_match "-h shows an example first" '^example: mgreg version' mgreg version -h
expect_fail 3 "help of what does not exist" mgreg help nothing
expect_fail 2 "an unknown command" mgreg verson
check "which is corrected" grep -q 'version' err
expect_fail 2 "an unknown option" mgreg version --librarys
check "which is corrected" grep -q -e --libraries err
expect_fail 2 "an option without its value" mgreg version -o
expect_fail 2 "a flag with a value" mgreg version --libraries=3
expect_match "the version" '^mgreg [0-9]+\.[0-9]+' mgreg version
expect_match "as JSON" '"library":"mgreg"' mgreg version --json
expect_match "global options before the command" '"library":"mgreg"' mgreg --json version
expect_match "libraries" 'sqlite3' mgreg version --libraries
expect_match "--version" '^mgreg ' mgreg --version
expect_fail 2 "errors as JSON" mgreg version --json --nonsense
check "have code, reason and exit" grep -q '"code":"invalid_argument","reason":"usage","exit":2' err
if [ -e /dev/full ]; then
	"$build/mgreg" help >/dev/full 2>err
	if [ $? -eq 9 ]; then ok "a full disk is an io error"; else not_ok "a full disk is an io error" "other exit status"; fi
fi
done_testing
