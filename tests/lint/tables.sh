#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# tables.sh - every kernel and gradient row names an op of the op tables; says how much of them is covered.
src=${MGREG_SRC:-.} build=${MGREG_BUILD:-.} CC=${CC:-cc}
tmp=$(mktemp -d) || exit 99
trap 'rm -rf "$tmp"' EXIT
echo 1..3

# The rows are read behind the preprocessor, so what macros write is seen too.
# rows TYPE FILE...: first strings of the rows of tables of TYPE.
rows()
{
	type=$1
	shift
	for f; do
		$CC -E -P -DHAVE_CONFIG_H -I"$build" -I"$build/src" -I"$build/proto" -I"$src/src" "$f" || return 1
	done | awk -v type="const $type " '
		# one table at a time, as one line
		index($0, type) == 1 && /\[\]/ { on = 1; text = "" }
		on { text = text " " $0 }
		on && /^};/ {
			on = 0
			# the string that opens a row, its adjacent parts joined: depth 2, first thing behind the brace
			n = length(text); depth = fresh = 0; name = ""
			for (i = 1; i <= n; i++) {
				c = substr(text, i, 1)
				if (c == "\"") {
					for (s = ""; ++i <= n && (c = substr(text, i, 1)) != "\""; s = s c)
						if (c == "\\") c = c substr(text, ++i, 1)
					if (fresh) name = name s
				} else if (c != " " && c != "\t") {
					if (fresh && name != "") print name
					name = ""
					fresh = 0
					if (c == "{") fresh = ++depth == 2
					else if (c == "}") depth--
				}
			}
		}'
}

cd "$src" || exit 99
rows mg_op src/op/ops_*.c > "$tmp/ops.raw" || echo "Bail out! cannot preprocess the op tables"
rows mg_kernel src/runtime/kernels/*.c > "$tmp/kernels.raw" || echo "Bail out! cannot preprocess the kernels"
rows mg_grad src/grad/grads_*.c > "$tmp/grads.raw" || echo "Bail out! cannot preprocess the gradients"
for t in ops kernels grads; do
	sort -u "$tmp/$t.raw" > "$tmp/$t"
done

count() { wc -l < "$1" | tr -d ' '; }

if [ "$(count "$tmp/ops.raw")" = "$(count "$tmp/ops")" ] && [ "$(count "$tmp/ops")" -gt 1000 ]; then
	echo "ok 1 - $(count "$tmp/ops") ops, each once"
else
	sort "$tmp/ops.raw" | uniq -d | sed 's/^/# twice: /'
	echo "not ok 1 - ops, each once"
fi
n=2
for t in kernels grads; do
	comm -13 "$tmp/ops" "$tmp/$t" > "$tmp/unknown"
	if [ -s "$tmp/unknown" ] || [ "$(count "$tmp/$t")" -lt 50 ]; then
		sed 's/^/# no such op: /' "$tmp/unknown"
		echo "not ok $n - every row of the $t names an op"
	else
		echo "ok $n - every row of the $t names an op ($(count "$tmp/$t") of $(count "$tmp/ops") ops have one)"
	fi
	n=$((n + 1))
done
# What runs here should be described here.
sed -n '/= {$/,/^};/p' src/op/ops_*.c | awk '
	/^\t{ "/ { split($0, part, "\""); name = part[2] }
	/mg_shape_fn_/ { print name }' | sort -u > "$tmp/shaped"
echo "# $(count "$tmp/shaped") ops have a shape function; kernels without:" $(comm -23 "$tmp/kernels" "$tmp/shaped")
