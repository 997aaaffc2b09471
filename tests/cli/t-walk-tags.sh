#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A SavedModel with two MetaGraphs: --tags wherever a graph is shown, written or run; the first without it.
. "${MGREG_SRC:-.}/tests/cli/lib.sh"

mgreg init >/dev/null || exit 99
mkdir two && cp "$src/tests/cli/two.pbtxt" two/saved_model.pbtxt
expect_output "both come in" m@v1 mgreg export two --as m
expect_output "the first" '[2, 4]' mgreg run m --fetch y --feed 'x=[1,2]'
expect_output "the other" '[3, 6]' mgreg run m --fetch out --feed 'in=[1,2]' --tags serve
expect_output "tags in any order" '[2, 4]' mgreg run m --fetch y --feed 'x=[1,2]' --tags train,gpu
expect_fail 3 "no such tags" mgreg run m --fetch y --feed 'x=[1]' --tags tpu
expect_match "which there are" 'gpu,train' sh -c '"$0" run m --fetch y --feed "x=[1]" --tags tpu 2>&1; true' "$build/mgreg"
expect_match "show" three mgreg show m --graph --tags serve
expect_match "hparams of the first" '0.5' mgreg hparams m
expect_match "hparams of the other" '0.25' mgreg hparams m --tags serve
expect_match "collections" hparams mgreg collections m --tags serve
expect_match "inspect" three mgreg inspect two --graph --tags serve
expect_ok "tensors" mgreg tensors m --tags serve
expect_fail 3 "tensors of none" mgreg tensors m --tags tpu
expect_fail 3 "cat of none" mgreg cat m w --tags tpu
expect_match "ops" Mul mgreg ops m --tags serve
expect_ok "freeze" mgreg freeze m -O f.pb --tags serve
expect_output "has the other's value" '[3]' sh -c '"$0" export f.pb --as f >/dev/null && "$0" run f --fetch y --feed "x=[1]"' "$build/mgreg"
expect_ok "checkout of one" mgreg checkout m one --as savedmodel --tags serve
expect_match "it has one" 'metagraphs +1' mgreg inspect one
expect_ok "checkout of all" mgreg checkout m all --as savedmodel
expect_match "it has both" 'metagraphs +2' mgreg inspect all
expect_ok "as it came" cmp two/saved_model.pbtxt all/saved_model.pbtxt
expect_ok "import" mgreg import m --tags serve
mgreg import m --tags serve --as-text -O t.pbtxt >/dev/null
expect_match "into text" three cat t.pbtxt
expect_ok "convert one" mgreg convert two conv.meta --tags serve
expect_match "it is that one" three mgreg inspect conv.meta --graph
expect_ok "convert all" sh -c '"$0" convert two both/ --to savedmodel && "$0" inspect both | grep -q "metagraphs *2"' "$build/mgreg"
done_testing
