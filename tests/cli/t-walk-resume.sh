#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# t-walk-resume.sh - stopping and going on changes no bit: N steps at once against the same with new processes between,
# with shuffled data and random ops, for several optimizers.
. "${MGREG_SRC:-.}/tests/cli/lib.sh"
. "$src/tests/cli/line.sh"

for optimizer in sgd:learning_rate=0.1 momentum:learning_rate=0.1,momentum=0.9 adam:learning_rate=0.05 \
	ftrl:learning_rate=0.1 rmsprop:learning_rate=0.01,momentum=0.5 adadelta:learning_rate=1 adagrad:learning_rate=0.1; do
	name=${optimizer%%:*}
	rm -f registry.mgreg*
	line_store "$optimizer"
	# 23 rows a step of 60: steps and epochs never end together
	mgreg train line/base --data line.csv --batch 23 --steps 37 --seed 11 --run once >/dev/null 2>&1
	mgreg train line/base --data line.csv --batch 23 --steps 9 --seed 11 --run parts >/dev/null 2>&1
	mgreg train line/parts --data line.csv --batch 23 --steps 13 >/dev/null 2>&1
	mgreg train line/parts --data line.csv --batch 23 --steps 15 --save-every 4 >/dev/null 2>&1
	expect_output "$name: both end at 37" "line/once@37
line/parts@37" mgreg -q sql "SELECT model || '/' || run || '@' || global_step FROM versions WHERE global_step = 37 ORDER BY run"
	expect_ok "$name: the same bits" mgreg diff line/once@37 line/parts@37 --tensors --exit-code
	expect_output "$name: the same digest" 1 mgreg -q sql \
		"SELECT count(DISTINCT hex(weights)) FROM mg_version WHERE global_step = 37"
	expect_output "$name: and not those of step 36" 0 mgreg -q sql \
		"SELECT count(*) FROM mg_version a JOIN mg_version b ON a.weights = b.weights WHERE a.global_step = 37 AND b.global_step < 37"
done
# random ops without a seed go on too
rm -f registry.mgreg*
line_store adam:learning_rate=0.05
mgreg train line/base --data line.csv --batch 23 --steps 5 --run a >/dev/null 2>&1
mgreg train line/a@5 --data line.csv --batch 23 --steps 10 --run b >/dev/null 2>&1
mgreg train line/a@5 --data line.csv --batch 23 --steps 4 --run c >/dev/null 2>&1
mgreg train line/c --data line.csv --batch 23 --steps 6 >/dev/null 2>&1
expect_ok "without a seed, from the same version: the same bits" mgreg diff line/b@15 line/c@15 --tensors --exit-code
mgreg train line/a@5 --data line.csv --batch 23 --steps 10 --run d --fresh-random >/dev/null 2>&1
expect_fail 1 "--fresh-random: others" mgreg diff line/b@15 line/d@15 --tensors --exit-code
mgreg train line/a@5 --data line.csv --batch 23 --steps 10 --run e --threads 1 >/dev/null 2>&1
expect_ok "the number of threads changes nothing" mgreg diff line/b@15 line/e@15 --tensors --exit-code
# other data is not taken for the same
sed '$d' line.csv >shorter.csv
expect_output "other data starts anew" line/f@8 mgreg train line/a@5 --data shorter.csv --batch 23 --steps 3 --run f
done_testing
