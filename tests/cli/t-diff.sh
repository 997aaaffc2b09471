#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
. "${MGREG_SRC:-.}/tests/cli/lib.sh"

mgreg init >/dev/null || exit 99
mgreg export "$src/tests/cli/model.pbtxt" --as m/a >/dev/null || exit 99
sed -e 's/op: "Relu" input: "c"/op: "Elu" input: "c"/; s/0\.01/0.02/; s/value: 0\.5/value: 0.25/' \
	-e 's/key: "odd"/key: "even"/; s/max_to_keep: 5/max_to_keep: 7/' "$src/tests/cli/model.pbtxt" >other.pbtxt
mgreg export other.pbtxt --as m/b >/dev/null || exit 99
expect_output "what differs, nothing else" "hparams	changed	learning_rate		0.01	0.02
info	changed	saver_def	max_to_keep	5	7
collections	added	even			bytes_list
collections	changed	hparams	bytes_list.value[0]	\"{\\\\\"learning_rate\\\\\": 0.01, \\\\\"layers\\\\\": [32, 10], \\\\\"name\\\\\": \\\\\"net\\\\\"}\"	\"{\\\\\"learning_rate\\\\\": 0.02, \\\\\"layers\\\\\": [32, 10], \\\\\"name\\\\\": \\\\\"net\\\\\"}\"
collections	removed	odd		bytes_list	
collections	changed	rates	float_list.value[0]	0.5	0.25
graph	changed	r	op	\"Relu\"	\"Elu\"" mgreg diff m/a m/b -o porcelain
expect_output "for people" 'graph       ~ r op: "Relu" -> "Elu"' mgreg diff m/a m/b --graph
expect_output "only hyper-parameters" "hparams     ~ learning_rate: 0.01 -> 0.02" mgreg diff m/a m/b --hparams
expect_match "only collections" '^collections \+ even: bytes_list$' mgreg diff m/a m/b --collections
expect_match "counted" '^collections +1 +1 +2$' mgreg diff m/a m/b --stat
expect_match "what is the same too" '^graph +0 +0 +1 +1$' mgreg diff m/a m/b --stat --all
expect_match "what is the same, named" '^graph +same +c$|^graph +\= c: Const$' mgreg diff m/a m/b --all
expect_output "nothing differs" "" sh -c 'printf "%s\n" "$("$0" diff m/a m/a)"' "$build/mgreg"
expect_ok "no difference is yes" mgreg diff m/a m/a --exit-code
expect_fail 1 "a difference is no" mgreg diff m/a m/b --exit-code
expect_ok "unless nobody asked" mgreg diff m/a m/b
expect_fail 3 "no such version" mgreg diff m/a m/c
expect_fail 2 "one operand" mgreg diff m/a
expect_fail 2 "a negative tolerance" mgreg diff m/a m/b --tensors --tolerance -1

if [ -d "$corpus" ]; then
	mgreg export "$corpus/dnn-linear-partitioned/model.ckpt-1" --as d >/dev/null
	mgreg export "$corpus/dnn-linear-partitioned/model.ckpt-300" --as d >/dev/null
	expect_match "tensors counted" '^tensors +0 +0 +2[0-9]+$' mgreg diff d@1 d@300 --tensors --stat
	expect_match "how far apart" '^tensors +~ global_step values: 1 of 1 elements, at most 299 apart' mgreg diff d@1 d@300 --tensors
	expect_ok "within a tolerance" mgreg diff d@1 d@300 --tensors --tolerance 1000 --exit-code
	expect_fail 1 "beyond it" mgreg diff d@1 d@300 --tensors --tolerance 1e-6 --exit-code
else
	skip "tensors" "no corpus"
fi
done_testing
