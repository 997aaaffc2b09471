#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
. "${MGREG_SRC:-.}/tests/cli/lib.sh"
. "$src/tests/cli/iris.sh"

iris_store 20 10 || exit 99
expect_output "none at first" none mgreg policy iris
expect_output "set" last=3,hours=2,steps=10000,best=eval/acc:3,best=loss:1 \
	mgreg policy iris --keep-last 3 --keep-every-hours 2 --keep-every-steps 10k --keep-best eval/acc:3 --keep-best loss:1
expect_output "JSON in the view" 3 mgreg sql -q "SELECT policy ->> '\$.keep_last' FROM models"
expect_output "a run's own" last=1 mgreg policy iris/base --keep-last 1
expect_output "shown" '{"subject":"iris/base","policy":"last=1"}' mgreg policy iris/base -o jsonl
expect_fail 2 "two kinds" mgreg policy iris --tf --keep-last 2
expect_fail 2 "zero" mgreg policy iris --keep-last 0
expect_fail 2 "no number of best ones" mgreg policy iris --keep-best acc
expect_fail 3 "no such run" mgreg policy iris/bose --tf
mgreg policy iris/base --tf -n >/dev/null 2>&1
expect_output "dry run" last=1 mgreg policy iris/base
live() { mgreg sql -q "SELECT group_concat(global_step) FROM (SELECT global_step FROM versions WHERE run = '$1' AND state = 'live' AND kind = 'checkpoint' ORDER BY 1)"; }

# The run's own policy wins, and is applied after each save.
iris_train iris/base --steps 20 --save-every 10
expect_output "the run's own wins" 40 live base
expect_output "none for the run: the model's" none mgreg policy iris/base --none
iris_train iris/base --steps 40 --save-every 10
expect_output "the model's is inherited (40 is the first of its two hours)" 40,60,70,80 live base

# TensorFlow's: five by the SaverDef, at most one deletion per save; a step saved again takes its old place.
mgreg policy iris --none >/dev/null
iris_train iris/base@80 --run tf --steps 70 --save-every 10 --keep tf
expect_output "tf: five" 110,120,130,140,150 live tf
expect_output "shown as tf" tf mgreg policy iris/tf
expect_nothing "prune does nothing: there is no save" mgreg prune iris/tf -q
mgreg policy iris/tf --none >/dev/null
iris_train iris/tf --steps 50 --save-every 10
mgreg policy iris/tf --tf >/dev/null
iris_train iris/tf --steps 10 --save-every 10
expect_output "tf again: one per save, whatever came between" 120,130,140,150,160,170,180,190,200,210 live tf

# Exports obey too.
mgreg checkout iris/tf@210 one >/dev/null && mgreg checkout iris/tf@200 two >/dev/null && mgreg checkout iris/tf@190 three >/dev/null || exit 99
mgreg export three/model-190 --as files/main >/dev/null
mgreg policy files --keep-last 2 >/dev/null
mgreg export two/model-200 --as files/main >/dev/null
mgreg export one/model-210 --as files/main >/dev/null
expect_output "after an export" 200,210 mgreg sql -q "SELECT group_concat(global_step) FROM (SELECT global_step FROM versions WHERE model = 'files' AND state = 'live' ORDER BY 1)"
done_testing
