#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# t-seeds.sh - every fuzz target over the seeds in the folder of its name.
src=${MGREG_SRC:-.}
build=${MGREG_BUILD:-.}
n=0
for seeds in "$src"/tests/fuzz/seeds/*; do
	name=${seeds##*/}
	n=$((n + 1))
	if said=$("$build/fuzz-$name" "$seeds" 2>&1); then
		echo "ok $n - fuzz-$name: $said"
	else
		echo "not ok $n - fuzz-$name: $said"
	fi
done
echo "1..$n"
