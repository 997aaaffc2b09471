#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
. "${MGREG_SRC:-.}/tests/cli/lib.sh"

mgreg init >/dev/null || exit 99
mgreg export "$src/tests/cli/model.pbtxt" --as m >/dev/null || exit 99
expect_output "all, sorted" "any	any	1
hparams	bytes	1
numbers	int64	2
odd	bytes	1
outputs	node	2
rates	float	1" sh -c '"$0" collections m -o porcelain | cut -f1-3' "$build/mgreg"
expect_output "names of nodes" "r:0
c:0" mgreg collections m outputs -q
expect_output "numbers" "numbers,0,int64,,3,,,3
numbers,1,int64,,-4,,,-4" sh -c '"$0" collections m numbers -o csv -q' "$build/mgreg"
expect_match "floats" '"real_value":0.5' mgreg collections m rates -o jsonl
expect_match "the type of an Any" '"type_url":"type.googleapis.com/tensorflow.NodeDef"' mgreg collections m any -o jsonl
expect_output "bytes nobody knows" 01ff mgreg collections m odd -q
expect_match "raw bytes" '"bytes_value":"0a016e"' mgreg collections m any --raw -o jsonl
expect_output "raw bytes of a text" 7b226c6561726e696e675f7261746522 sh -c '"$0" collections m hparams --raw -q | cut -c1-32' "$build/mgreg"
expect_fail 3 "no such collection" mgreg collections m output
cp err said
check "did you mean" grep -q '^  outputs$' said
expect_fail 3 "no such model" mgreg collections n
done_testing
