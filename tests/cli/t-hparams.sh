#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
. "${MGREG_SRC:-.}/tests/cli/lib.sh"

mgreg init >/dev/null || exit 99
mgreg export "$src/tests/cli/model.pbtxt" --as m/base >/dev/null || exit 99
mgreg export "$src/tests/cli/model.pbtxt" --as m/fast -H learning_rate=0.1 -H extra=yes >/dev/null || exit 99
expect_output "of the collection" "layers	[32,10]	list	
learning_rate	0.01	float	0.01
name	net	string	" mgreg hparams m/base -o porcelain
expect_match "given ones win" '^learning_rate	0.1	float	0.1$' mgreg hparams m/fast -o porcelain
expect_match "and are added" '^extra +yes +string$' mgreg hparams m/fast
expect_match "as JSON" '"hparam":"learning_rate","value":"0.01","type":"float","number":0.01' mgreg hparams m/base -o jsonl
expect_match "side by side: the names" '^ref,global_step,.*learning_rate' mgreg hparams m --wide -o csv
expect_output "side by side: a row a version" 2 sh -c '"$0" hparams m --wide -o porcelain | wc -l' "$build/mgreg"
expect_match "side by side: what one lacks is null" '"ref":"m/base@v1".*"extra":null|"ref":"m@v1".*"extra":null' mgreg hparams m --wide -o jsonl
expect_match "of one run" '"learning_rate":0.1' mgreg hparams m/fast --wide -o jsonl
expect_fail 3 "no such model" mgreg hparams n
expect_fail 3 "no such model, wide" mgreg hparams n --wide
echo "node { name: 'x' op: 'NoOp' }" >graph.pbtxt
mgreg export graph.pbtxt --as g >/dev/null || exit 99
expect_output "none" "" sh -c 'printf "%s\n" "$("$0" hparams g -q)"' "$build/mgreg"
done_testing
