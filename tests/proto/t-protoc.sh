#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# t-protoc.sh - our text format against protoc's, on every graph file of the corpus and on messages made to differ.
src=${MGREG_SRC:-.}
build=${MGREG_BUILD:-.}
corpus=${MGREG_CORPUS:-$src/../shared/corpus}
protoc=${PROTOC:-protoc}
tool=$build/proto-tool
include="-I$src/proto -I${PROTOBUF_C_INCLUDE:-/usr/include}"
tmp=$(mktemp -d) || exit 99
trap 'rm -rf "$tmp"' EXIT
n=0

ok() {
	n=$((n + 1))
	if [ "$1" -eq 0 ]; then echo "ok $n - $2"; else echo "not ok $n - $2"; fi
}

if ! command -v "$protoc" >/dev/null 2>&1; then
	echo "1..0 # SKIP no protoc"
	exit 0
fi

# both TYPE PROTO FILE NAME: protoc and we print the same; we read what protoc prints as the same message.
both() {
	# shellcheck disable=SC2086
	"$protoc" $include --decode "$1" "$src/proto/$2" <"$3" >"$tmp/theirs" 2>"$tmp/said" || {
		sed 's/^/# /' "$tmp/said"
		return 1
	}
	"$tool" print "$1" <"$3" >"$tmp/ours" || return 1
	cmp "$tmp/ours" "$tmp/theirs" | sed 's/^/# /'
	cmp -s "$tmp/ours" "$tmp/theirs" || return 1
	"$tool" same "$1" "$3" "$tmp/theirs"
}

# back TYPE PROTO FILE: protoc reads the text FILE as the message that we read.
back() {
	# shellcheck disable=SC2086
	"$protoc" $include --encode "$1" "$src/proto/$2" <"$3" >"$tmp/bytes" 2>"$tmp/said" || {
		sed 's/^/# /' "$tmp/said"
		return 1
	}
	"$tool" same "$1" "$tmp/bytes" "$3"
}

if [ -d "$corpus" ]; then
	for kind in 'meta tensorflow.MetaGraphDef meta_graph.proto' 'pb tensorflow.SavedModel saved_model.proto' \
		'gd tensorflow.GraphDef graph.proto'; do
		# shellcheck disable=SC2086
		set -- $kind
		case $1 in
		meta) find "$corpus" -name '*.meta' ;;
		pb) find "$corpus" -name saved_model.pb ;;
		gd) find "$corpus" -name '*.pb' ! -name saved_model.pb ! -path '*assets.extra*' ;;
		esac | LC_ALL=C sort >"$tmp/list"
		bad=0
		count=0
		while read -r f; do
			count=$((count + 1))
			both "$2" "$3" "$f" "$f" || { echo "# $f"; bad=$((bad + 1)); }
		done <"$tmp/list"
		[ "$bad" -eq 0 ] && [ "$count" -gt 0 ]
		ok $? "protoc prints $count files as $2 as we do"
	done
	bad=0
	find "$corpus" -name '*.pbtxt' ! -name saved_model.pbtxt | LC_ALL=C sort >"$tmp/list"
	while read -r f; do
		back tensorflow.GraphDef graph.proto "$f" || { echo "# $f"; bad=$((bad + 1)); }
	done <"$tmp/list"
	find "$corpus" -name saved_model.pbtxt >"$tmp/list"
	while read -r f; do
		back tensorflow.SavedModel saved_model.proto "$f" || { echo "# $f"; bad=$((bad + 1)); }
	done <"$tmp/list"
	ok $bad "protoc reads the text files of the corpus as we do"
else
	ok 0 "corpus # SKIP not here"
fi

cat >"$tmp/hard.txt" <<'TEXT'
dtype: 77 # open enum
tensor_shape: < dim [ { size: -1 name: "a\tb" }, <> ] unknown_rank: t; >
version_number: -0x10,
tensor_content: "\a\b\f\n\r\t\v\\\?\'\"\0\01\377\x7f\xA" 'it''s' "\u20ac\U0001F600"
float_val: [1, 1.5f, .5, 1e10, -1., inf, -INF, nan, 1e50, 1e-46, 16777217, 0.1, 3.4028235e38, 1e-40]
float_val: 123456789 double_val: [0.1, 1e308, 5e-324, -0.0, 18446744073709551616, 1.7976931348623157e308]
int_val: [017, 0, -2147483648] int64_val: -9223372036854775808 uint64_val: 0xffffffffffffffff
bool_val: [true, True, t, 1, 0, f] string_val: ["", 'x' "y"]
resource_handle_val { hash_code: 18446744073709551615 }
TEXT
back tensorflow.TensorProto tensor.proto "$tmp/hard.txt"
ok $? "protoc reads every spelling as we do"
"$tool" encode tensorflow.TensorProto <"$tmp/hard.txt" >"$tmp/hard.bin"
cmp -s "$tmp/hard.bin" "$tmp/bytes"
ok $? "and writes the same bytes"
both tensorflow.TensorProto tensor.proto "$tmp/hard.bin"
ok $? "and prints them as we do"

# what protoc refuses we refuse
i=0
bad=0
while IFS= read -r line; do
	i=$((i + 1))
	printf '%s' "$line" >"$tmp/bad.txt"
	# shellcheck disable=SC2086
	"$protoc" $include --encode tensorflow.TensorProto "$src/proto/tensor.proto" <"$tmp/bad.txt" >/dev/null 2>&1
	theirs=$?
	"$tool" encode tensorflow.TensorProto <"$tmp/bad.txt" >/dev/null 2>&1
	ours=$?
	[ "$theirs" -ne 0 ] && [ "$ours" -ne 0 ] || { echo "# $theirs $ours: $line"; bad=$((bad + 1)); }
done <<'TEXT'
dtype: DT_NO
dtype DT_INT8
nothing: 1
version_number: 2147483648
version_number: 1 version_number: 2
float_val: 0x10
float_val: 010
float_val: 1e
bool_val: 2
bool_val: TRUE
uint32_val: -1
int_val: [1,]
int_val: [1
tensor_shape { dim { size: 1 }
tensor_shape { >
string_val: "abc
string_val: "\q"
string_val: "\x"
string_val: "\u12"
version_number: 08
version_number: 1.0
version_number: "1"
}
TEXT
ok $bad "protoc refuses $i texts as we do"
echo "1..$n"
