#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# rules.sh - every rule of tests/metagraph/RULES.md names a test that exists and is run.
src=${MGREG_SRC:-.}
rows=$(sed -n 's/^| \([0-9][0-9.]*\) .* | *\([^|]*[^| ]\)* *|$/\1 \2/p' "$src/tests/metagraph/RULES.md")
bad=0 n=0
echo 1..1
while read -r rule test; do
	n=$((n + 1))
	file=$src/tests/${test%%:*} name=${test##*:}
	if [ -z "$test" ] || [ ! -f "$file" ] || ! grep -q "^START_TEST($name)" "$file"; then
		echo "# rule $rule: no test '$test'"
		bad=1
	elif ! grep -Eq "tcase_add_(loop_)?test\([^,]*, $name[,)]" "$file"; then
		echo "# rule $rule: test '$test' is not run"
		bad=1
	fi
done <<EOF
$rows
EOF
lines=$(grep -c '^| [0-9]' "$src/tests/metagraph/RULES.md")
[ "$n" -gt 0 ] && [ "$n" = "$lines" ] || { echo "# $n of $lines rows were understood"; bad=1; }
if [ $bad = 0 ]; then
	echo "ok 1 - $n rules, each with a test"
else
	echo "not ok 1 - rules without tests"
fi
