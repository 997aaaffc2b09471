#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# t-walk-numbers.sh - trainings that TensorFlow did and stored, done again: to the bit where its numbers are those of
# any right order, within rounding where its threads added up in another; and the same with the nodes in any file order.
. "${MGREG_SRC:-.}/tests/cli/lib.sh"
need_corpus

mgreg -q init >/dev/null
# the graph alone starts from its initializers; the checkpoint is what must come out
decay=$corpus/demo-lr-decay/learning_rate_exp_decay.ckpt
ema=$corpus/demo-ema-adam/save_net_3.ckpt
check "decay: TensorFlow's" mgreg export "$decay" --as decay/tf --step 40
check "decay: the graph" mgreg export "$decay.meta" --as decay/own
expect_output "decay: forty steps" decay/own@40 mgreg train decay/own --train-op GradientDescent --steps 40
expect_ok "decay: to the bit" mgreg diff decay/tf@40 decay/own@40 --tensors --exit-code
expect_fail 1 "decay: unlike the step before" sh -c "
	'$build/mgreg' -q train decay@v2 --train-op GradientDescent --steps 39 --run less >/dev/null &&
	'$build/mgreg' diff decay/tf@40 decay/less@39 --tensors --exit-code"
check "averages: TensorFlow's" mgreg export "$ema" --as ema/tf --step 5
check "averages: the graph" mgreg export "$ema.meta" --as ema/own
expect_output "averages: five steps of Adam" ema/own@5 mgreg train ema/own --train-op train --steps 5
expect_ok "averages: to the bit" mgreg diff ema/tf@5 ema/own@5 --tensors --exit-code

# nodes in another order
shuffle() {
	awk -v seed="$1" '
		/^  node \{$/ { inside = 1; text = "" }
		inside { text = text $0 "\n" }
		inside && /^  \}$/ { inside = 0; node[n++] = text; next }
		!inside && n == 0 { print }
		!inside && n > 0 { rest = rest $0 "\n" }
		END {
			srand(seed)
			for (i = n - 1; i > 0; i--) { j = int(rand() * (i + 1)); t = node[i]; node[i] = node[j]; node[j] = t }
			for (i = 0; i < n; i++) printf "%s", node[i]
			printf "%s", rest
		}'
}
for seed in 1 2 3; do
	rm -rf text
	mgreg -q checkout ema@v2 text --as-text >/dev/null 2>&1
	file=$(ls text/*.pbtxt text/*.meta 2>/dev/null | head -1)
	shuffle $seed <"$file" >"s$seed.pbtxt"
	check "averages: order $seed is another" sh -c "! cmp -s '$file' s$seed.pbtxt"
	check "averages: order $seed" mgreg export "s$seed.pbtxt" --as "ema/s$seed"
	check "averages: order $seed trains" mgreg train "ema/s$seed" --train-op train --steps 5
	expect_ok "averages: order $seed, to the bit" mgreg diff ema/tf@5 "ema/s$seed@5" --tensors --exit-code
done

linear=$corpus/dnn-linear-partitioned/model.ckpt
check "Ftrl: step 1" mgreg export "$linear-1" --as linear/base
check "Ftrl: TensorFlow's step 300" mgreg export "$linear-300" --as linear/tf
expect_output "Ftrl: 299 steps" linear/own@300 mgreg train linear/base --train-op linear/Ftrl --steps 299 --run own
expect_ok "Ftrl: within rounding" mgreg diff linear/tf@300 linear/own@300 --tensors --tolerance 5e-6 --exit-code
expect_ok "the store is in order" mgreg fsck
done_testing
