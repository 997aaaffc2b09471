#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# oracle.sh - kernels against numpy and torch: oracle.py draws shapes and values, kernel-cases compares.
src=${MGREG_SRC:-${srcdir:-.}}
python=${ORACLE_PYTHON:-/usr/bin/python3}
if ! "$python" -c 'import numpy' >/dev/null 2>&1; then
	echo "1..0 # SKIP no numpy"
	exit 0
fi
tmp=$(mktemp -d) || exit 99
trap 'rm -rf "$tmp"' EXIT
for part in oracle oracle_image oracle_linalg oracle_rnn oracle_signal; do
	PYTHONDONTWRITEBYTECODE=1 "$python" "$src/tests/kernels/$part.py" >>"$tmp/cases" || { echo "1..1"; echo "not ok 1 - $part.py"; exit 1; }
done
"${MGREG_BUILD:-.}/kernel-cases" <"$tmp/cases"
