#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# t-extend.sh - nodes and optimizers added to a stored version.
. "${MGREG_SRC:-.}/tests/cli/lib.sh"
. "$src/tests/cli/line.sh"

check "a store" line_store sgd:learning_rate=0.1
check "a trained version" mgreg train line/base --data line.csv --steps 20
cat >twice.pbtxt <<'X'
node { name: "two" op: "Const" attr { key: "dtype" value { type: DT_FLOAT } }
  attr { key: "value" value { tensor { dtype: DT_FLOAT tensor_shape { } float_val: 2 } } } }
node { name: "twice" op: "Mul" input: "loss" input: "two" attr { key: "T" value { type: DT_FLOAT } } }
X
expect_output "a fragment" line/more@20 mgreg extend line/base --with twice.pbtxt --as line/more
expect_output "its origin" "extended 20" mgreg -q sql \
	"SELECT relation || ' ' || parent_step FROM lineage WHERE child_run = 'more'"
expect_ok "the weights are the same" mgreg diff line/base@20 line/more@20 --tensors --exit-code
check "the new node works" mgreg eval line/more --data line.csv --fetch twice,loss
expect_output "another loss to train" line/more2@25 sh -c "
	'$build/mgreg' -q extend line/more --minimize twice --optimizer sgd:learning_rate=0.01 --as line/more2 >/dev/null &&
	'$build/mgreg' -q train line/more2 --data line.csv --steps 5"
expect_output "the new train op comes first" "GradientDescent_1" mgreg -q sql \
	"SELECT node FROM collections WHERE run = 'more2' AND collection = 'train_op' AND idx = 0 AND global_step = 25"

expect_fail 7 "slots have no values" mgreg extend line/base --minimize loss --optimizer momentum:learning_rate=0.1,momentum=0.9 --as line/m
cp err seen
expect_match "and are listed" 'w/Momentum' cat seen
expect_output "unless they are initialized" line/m@20 \
	mgreg extend line/base --minimize loss --optimizer momentum:learning_rate=0.1,momentum=0.9 --init-missing --as line/m
expect_match "then they are there" 'w/Momentum' mgreg tensors line/m
expect_output "and train" line/m@30 mgreg train line/m --data line.csv --steps 10

cat >var.pbtxt <<'X'
node { name: "b/init" op: "Const" attr { key: "dtype" value { type: DT_FLOAT } }
  attr { key: "value" value { tensor { dtype: DT_FLOAT tensor_shape { } float_val: 0.25 } } } }
node { name: "b" op: "VariableV2" attr { key: "dtype" value { type: DT_FLOAT } } attr { key: "shape" value { shape { } } } }
node { name: "b/Assign" op: "Assign" input: "b" input: "b/init" attr { key: "T" value { type: DT_FLOAT } } }
node { name: "b/read" op: "Identity" input: "b" attr { key: "T" value { type: DT_FLOAT } } }
node { name: "shifted" op: "Add" input: "loss" input: "b/read" attr { key: "T" value { type: DT_FLOAT } } }
X
expect_fail 7 "a new variable has no value" mgreg extend line/base --with var.pbtxt --as line/v
expect_output "a new variable" line/v@20 mgreg extend line/base --with var.pbtxt --init-missing --as line/v
expect_output "has its initial value" 0.25 mgreg cat line/v b

sed 's/input: "loss"/input: "$unbound_inputs_l"/' twice.pbtxt >unbound.pbtxt
expect_fail 3 "an input that is nowhere" mgreg extend line/base --with unbound.pbtxt --as line/u
cp err seen
expect_match "is named" 'unbound_inputs_l' cat seen
expect_output "and can be bound" line/u@20 mgreg extend line/base --with unbound.pbtxt --input-map '$unbound_inputs_l=loss:0' --as line/u
sed 's/"two"/"loss"/' twice.pbtxt >clash.pbtxt
expect_fail 7 "a name that both have" mgreg extend line/base --with clash.pbtxt --as line/c
expect_fail 2 "nothing to add" mgreg extend line/base --as line/x
expect_fail 2 "no place to go" mgreg extend line/base --with twice.pbtxt
expect_fail 2 "an optimizer that there is not" mgreg extend line/base --minimize loss --optimizer lion:learning_rate=1 --as line/x
cp err seen
expect_match "the others are listed" adagrad cat seen
expect_fail 3 "a loss that is not there" mgreg extend line/base --minimize nothing --optimizer sgd:learning_rate=1 --as line/x
expect_fail 3 "a file that is not there" mgreg extend line/base --with nothing.pbtxt --as line/x
expect_ok "the store is in order" mgreg fsck --quick
done_testing
