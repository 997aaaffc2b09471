#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
. "${MGREG_SRC:-.}/tests/cli/lib.sh"

need_corpus
mgreg init >/dev/null || exit 99
mgreg export "$corpus/demo-saver-remap/my_model_savedd" --as r >/dev/null || exit 99
mgreg export "$corpus/demo-batchnorm/BN_variables_save.ckpt" --as bn >/dev/null || exit 99
expect_output "all" "variable1		int32	[2,3]	6	24
variable2		int32	[2,3]	6	24" sh -c '"$0" tensors r -o porcelain | cut -f1-6' "$build/mgreg"
expect_output "by a pattern" variable2 mgreg tensors r '*2' -q
expect_output "none fits" "" sh -c 'printf "%s\n" "$("$0" tensors r nothing -q)"' "$build/mgreg"
expect_match "for people" '^variable1 +- +int32 +\[2,3\] +6 +24$' mgreg tensors r
expect_match "statistics" '"min":1.0,"max":6.0,"mean":3.5,' mgreg tensors r variable1 --stats -o jsonl
expect_match "values" '"values":\[\[11,22,33\],\[44,55,66\]\]' mgreg tensors r variable2 --values -o jsonl
expect_match "the first values" '"values":\[11,22,33,44\]' mgreg tensors r variable2 --values --head 4 -o jsonl
expect_match "values for people" '\[\[1, 2, 3\], \[4, 5, 6\]\]$' mgreg tensors r variable1 --values
expect_match "digests for programs" '"digest":"[0-9a-f]{64}"' mgreg tensors r -o jsonl
mgreg tensors bn --stats -o csv >version.csv
mgreg inspect "$corpus/demo-batchnorm/BN_variables_save.ckpt" --stats -o csv >file.csv
expect_ok "the store's statistics are those of the file" \
	sh -c 'cut -d, -f1-10 version.csv >a; cut -d, -f1-10 file.csv >b; cmp a b'
expect_fail 2 "a negative head" mgreg tensors r --values --head -1
expect_fail 3 "no such model" mgreg tensors n
done_testing
