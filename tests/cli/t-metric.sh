#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
. "${MGREG_SRC:-.}/tests/cli/lib.sh"

mgreg init >/dev/null || exit 99
expect_fail 2 "no verb" mgreg metric
expect_fail 2 "not a verb" mgreg metric eat
expect_fail 2 "nothing to add" mgreg metric add m/base
expect_fail 2 "no number" mgreg metric add m/base acc=high --step 1
expect_fail 2 "no name" mgreg metric add m/base =1 --step 1
expect_fail 2 "a run needs a step" mgreg metric add m/base acc=1
expect_ok "dry run" mgreg metric add -n m/base acc=1 --step 1
expect_fail 3 "makes nothing" mgreg metric ls m/base
expect_ok "add" mgreg metric add m/base acc=0.5 loss=2 --step 10
expect_ok "more" mgreg metric add m/base acc=0.75 loss=nan --step 1k
expect_match "ls" '^m +base +acc +- +2 +1000 +0.75 +0.5 +10 +0.75 +1000$' mgreg metric ls
expect_match "of a run as JSON" '"metric":"loss","better":null,"points":2,"last_step":1000,"last_value":null,"min_value":2' mgreg metric ls m/base --json
expect_ok "declare" mgreg metric declare acc --better higher
expect_fail 2 "declare needs a direction" mgreg metric declare acc
expect_fail 2 "one of two" mgreg metric declare acc --better bigger
expect_ok "dry run" mgreg metric declare -n acc --better lower
expect_match "is shown" 'acc +higher' mgreg metric ls m
expect_match "show" '^acc +10 +0.5 ' mgreg metric show m/base acc
expect_match "NaN is kept" '^loss,1000,,(1|true),' mgreg metric show m/base 'l*' -o csv
expect_fail 3 "no such metric" mgreg metric show m/base f1
expect_fail 3 "no such run" mgreg metric show m/other
expect_match "what is added" '"points":1,"added":1' mgreg metric add m/base f1=1 --step 5 --json

cp "$src/tests/cli/model.pbtxt" m.pbtxt
ref=$(mgreg export m.pbtxt --as m/base --step 10) || not_ok "export" "failed"
expect_ok "bound to a version" mgreg metric add "$ref" eval/acc=0.9
expect_match "has its step" '^eval/acc,10,0.9,' mgreg metric show "$ref" -o csv
expect_match "ls of a version" '^m +base +eval/acc +- +1 +10 +0.9' mgreg metric ls "$ref"
expect_fail 7 "read-only refuses" mgreg metric add --read-only m/base acc=1 --step 3
expect_ok "the store is sound" mgreg fsck
done_testing
