#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
. "${MGREG_SRC:-.}/tests/cli/lib.sh"

need_corpus
mgreg init >/dev/null || exit 99
mgreg export "$corpus/demo-saver-remap/my_model_savedd" --as r >/dev/null || exit 99
expect_output "for people" "[[1, 2, 3], [4, 5, 6]]" mgreg cat r variable1
expect_output "JSON" "[[11,22,33],[44,55,66]]" mgreg cat r variable2 -o json
expect_output "CSV" "1,2,3
4,5,6" mgreg cat r variable1 -o csv
expect_output "raw" 010000000200000003000000040000000500000006000000 \
	sh -c '"$0" cat r variable1 -o raw | od -An -v -tx1 | tr -d " \n"; echo' "$build/mgreg"
expect_ok "npy by the file's ending" mgreg cat r variable1 -O v.npy
expect_ok "is one" sh -c 'head -c 6 v.npy | od -An -tx1 | tr -d " " | grep -q ^934e554d5059$'
expect_output "of 128 bytes and the elements" 152 sh -c 'wc -c <v.npy | tr -d " "'
if ${PYTHON3:-python3} -c 'import numpy' 2>/dev/null; then
	expect_output "NumPy reads it" "int32 [[1, 2, 3], [4, 5, 6]]" \
		${PYTHON3:-python3} -c 'import numpy; a = numpy.load("v.npy"); print(a.dtype, a.tolist())'
else
	skip "NumPy reads it" "no numpy"
fi
expect_ok "-o wins over the ending" mgreg cat r variable1 -o csv -O v.npy
expect_output "CSV it is" 1,2,3 head -1 v.npy
expect_fail 3 "no such tensor" mgreg cat r variable3
cp err said
check "named" grep -q variable3 said
expect_fail 2 "a format for tables" mgreg cat r variable1 -o tsv
expect_fail 2 "no tensor named" mgreg cat r
expect_fail 3 "a folder that is not there" mgreg cat r variable1 -O nowhere/x.npy
done_testing
