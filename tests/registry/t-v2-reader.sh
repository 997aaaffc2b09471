#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# t-v2-reader.sh - checkpoints that we write, read by a reader that shares no line with us; and TensorFlow's, so that it can be believed.
src=${MGREG_SRC:-.} build=${MGREG_BUILD:-.} python=${PYTHON3:-python3}
reader=$src/tests/registry/v2_reader.py
corpus=${MGREG_CORPUS:-$src/../shared/corpus}
if ! $python -c 'import json' 2>/dev/null; then
	echo "1..0 # SKIP python3 is missing"
	exit 0
fi
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
n=0
check() {       # what happened, to which words
	n=$((n + 1))
	if [ "$1" -eq 0 ]; then echo "ok $n - $2"; else echo "not ok $n - $2"; [ -s "$dir/said" ] && sed 's/^/# /' "$dir/said"; fi
}

"$build/peek" make "$dir/own" 2>"$dir/said"
check $? "a checkpoint of every dtype is written"
$python "$reader" --values "$dir/own" >"$dir/own.json" 2>"$dir/said"
check $? "the independent reader accepts it"
[ "$(wc -l <"$dir/own.json")" -eq 4022 ]
check $? "it finds every tensor"
grep -q '"name": "sliced", "dtype": "float32", "shape": \[6, 3\],.*"values": \[0.0, 0.25, .*, 4.25\]' "$dir/own.json"
check $? "a tensor in three slices comes out whole"
grep -q 'many/v3999", .*"values": \[3999\]' "$dir/own.json"
check $? "the last of many is itself"

# Damage is seen: one byte in the data, one in the index.
cp "$dir/own.index" "$dir/bad.index"
$python - "$dir" <<'PY'
import sys
d = sys.argv[1]
data = bytearray(open(d + "/own.data-00000-of-00001", "rb").read())
data[len(data) // 2] ^= 1
open(d + "/bad.data-00000-of-00001", "wb").write(data)
PY
! $python "$reader" "$dir/bad" >/dev/null 2>"$dir/said"
check $? "it refuses a flipped byte"
! "$build/peek" tensors "$dir/bad" >/dev/null 2>"$dir/said"
check $? "so do we"

if [ -d "$corpus" ]; then
	found=0 good=0
	for prefix in tf-bundle-checkpoint/bundle_checkpoint tf-old-string-tensors/foo demo-lr-decay/model.ckpt two-vars-basic/model.ckpt \
		wide-deep-sharded/model.ckpt-2010 demo-ema-adam/model.ckpt dnn-linear-partitioned/model.ckpt-300 \
		serving-half-plus-two-114/variables/variables; do
		[ -f "$corpus/$prefix.index" ] || continue
		found=$((found + 1))
		$python "$reader" "$corpus/$prefix" >"$dir/theirs.json" 2>"$dir/said" || continue
		"$build/peek" copy "$corpus/$prefix" "$dir/copy" 2>"$dir/said" || continue
		$python "$reader" "$dir/copy" >"$dir/ours.json" 2>"$dir/said" || continue
		cmp -s "$dir/theirs.json" "$dir/ours.json" && good=$((good + 1))
	done
	[ "$found" -gt 3 ] && [ "$good" -eq "$found" ]
	check $? "$good of $found checkpoints of TensorFlow and our copies of them are the same to it"
else
	n=$((n + 1))
	echo "ok $n - checkpoints of TensorFlow # SKIP no corpus"
fi
echo "1..$n"
