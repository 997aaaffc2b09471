#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# t-walk-serving.sh - models that TensorFlow exported for serving give their known outputs through the command.
. "${MGREG_SRC:-.}/tests/cli/lib.sh"
need_corpus

mgreg init >/dev/null || exit 99
known() { # MODEL FETCH FEED VALUE
	mgreg export "$corpus/$1" --as "$1" >/dev/null 2>err || { not_ok "$1" "export failed"; return; }
	expect_match "$1: $2" "\"value\":$4}" mgreg run "$1" --fetch "$2" --feed "$3" -o json
}
two='\[\[2\.5\],\[3\.0\],\[4\.5\]\]'
for m in tf-half-plus-two tf-half-plus-two-2016 tf-half-plus-two-main-op tf-half-plus-two-pbtxt tf-half-plus-two-v2 \
	serving-half-plus-two-114 serving-half-plus-two-resource serving-half-plus-two-mkl; do
	known $m y 'x=[[1],[2],[5]]' "$two"
done
known serving-half-plus-three y 'x=[[1],[2],[5]]' '\[\[3\.5\],\[4\.0\],\[5\.5\]\]'
known serving-half-plus-two-114 y3 'x2=[[1],[2]]' '\[\[3\.5\],\[4\.0\]\]'
done_testing
