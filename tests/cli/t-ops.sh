#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
. "${MGREG_SRC:-.}/tests/cli/lib.sh"

expect_match "an op that runs" '^MatMul .*P0.*0\.5\.0.*yes' mgreg ops
expect_match "as JSON" '"op":"MatMul","tier":"P0","since":"0\.5\.0","kernel":true,"gradient":true,"shape":true,"deprecated":null' mgreg ops --json
expect_match "a deprecated one" '^TopK	.*	7$' mgreg ops -o tsv
expect_match "one without a kernel" '^Skipgram' mgreg ops --missing
check "and none with one" sh -c '! "$0" ops --missing -o tsv | grep -q "^MatMul	"' "$build/mgreg"
check "more than a thousand" sh -c 'test "$("$0" ops -o tsv | wc -l)" -gt 1000' "$build/mgreg"
expect_fail 3 "a graph needs a store" mgreg ops mnist
expect_fail 2 "two graphs are too many" mgreg ops a b

if [ -d "$corpus/mnist-softmax" ]; then
	expect_match "a file, without a store" '^MatMul	[1-9]' mgreg ops "$corpus/mnist-softmax/model.ckpt.meta" -o tsv
	mgreg init >/dev/null || exit 99
	mgreg export "$corpus/mnist-softmax" --as mnist >/dev/null || exit 99
	expect_match "the ops of a graph" '^MatMul	[1-9]' mgreg ops mnist -o tsv
	expect_match "with the number of their nodes" '^Placeholder	[1-9]' mgreg ops mnist -o tsv
	expect_output "nothing keeps it from running" "$(mgreg ops mnist -o tsv | head -1)" mgreg ops mnist --missing -o tsv
	expect_fail 3 "no such version" mgreg ops mnist@v99
fi
done_testing
