#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
. "${MGREG_SRC:-.}/tests/cli/lib.sh"

mgreg init >/dev/null || exit 99
mgreg export "$src/tests/cli/model.pbtxt" --as m/base >/dev/null || exit 99
expect_match "the reference" '^ref +m@v1$|^ref +m/base@v1$' mgreg show m
expect_match "the nodes counted" '^nodes +2$' mgreg show m@v1
expect_match "no weights" '^weights +-$' mgreg show m@v1
expect_match "JSON" '"model":"m","run":"base","no":1,"global_step":null,"kind":"metagraph"' mgreg show m -o jsonl
expect_match "the graph" '^r +Relu +/cpu:0 +c$' mgreg show m --graph
expect_match "the graph for programs" '^0,c,Const,,,[0-9a-f]{64}$' mgreg show m --graph -o csv
expect_match "the saver" '^max_to_keep +5$' mgreg show m --saver
expect_match "the meta info" '^producer +24$' mgreg show m --info
expect_match "the signatures" '^predict +input +x +c:0 +float32 +\[2\]' mgreg show m --signatures
expect_match "the files" '^model\.pbtxt +' mgreg show m --files
expect_match "one set of tags" '^tags +serve$' mgreg show m --tags serve
expect_fail 3 "other tags" mgreg show m --tags train
expect_fail 2 "two views" mgreg show m --graph --files
expect_fail 3 "no such model" mgreg show nothing
expect_fail 2 "no operand" mgreg show
echo "node { name: 'x' op: 'NoOp' }" >graph.pbtxt
mgreg export graph.pbtxt --as g >/dev/null || exit 99
expect_fail 1 "no saver: the answer is no" mgreg show g --saver
cat err out >said
check "and says nothing" test ! -s said
done_testing
