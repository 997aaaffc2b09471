#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
. "${MGREG_SRC:-.}/tests/cli/lib.sh"

mgreg init >/dev/null || exit 99
expect_fail 1 "a store without versions: no" mgreg latest
mgreg export "$src/contrib/examples/iris.pbtxt" --as iris/base >/dev/null || exit 99
expect_fail 1 "a graph alone is not a checkpoint" mgreg latest iris
check "and nothing is said" test ! -s err
expect_fail 3 "no such model" mgreg latest nothing
expect_fail 3 "no such run" mgreg latest iris/nothing
mgreg train iris/base --data "$src/contrib/examples/iris.csv" --batch 50 --steps 20 --save-every 10 >/dev/null || exit 99
expect_output "the last save" iris/base@20 mgreg latest iris
expect_output "of the run" iris/base@20 mgreg latest iris/base
expect_output "the only model" iris/base@20 mgreg latest
expect_output "its step" 20 mgreg latest --steps iris
expect_output "checked out: TensorFlow's prefix" "co/$(basename "$(mgreg latest --path co iris)")" mgreg latest --path co iris
check "the state file names it" grep -q 'model_checkpoint_path' co/checkpoint
expect_match "as JSON" '"ref":"iris/base@20".*"global_step":20' mgreg latest --json iris
mgreg train iris/base@10 --data "$src/contrib/examples/iris.csv" --batch 50 --steps 5 --run side >/dev/null || exit 99
expect_output "not the highest step, the last saved" iris/side@15 mgreg latest iris
expect_output "the other run keeps its own" iris/base@20 mgreg latest iris/base
expect_output "the highest step, when asked for" 20 sh -c '"$0" ls iris --columns step --where "global_step = 20" -q | head -1' "$build/mgreg"
done_testing
