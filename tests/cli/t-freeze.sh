#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
. "${MGREG_SRC:-.}/tests/cli/lib.sh"
. "$src/tests/cli/graphs.sh"

mgreg init >/dev/null || exit 99
make_graph graph.pbtxt
mgreg export graph.pbtxt --as net/base >/dev/null || exit 99
expect_fail 2 "-O takes a file" mgreg freeze net/base extra -O x.pb
expect_fail 3 "no such version" mgreg freeze net@99 -O x.pb
expect_fail 3 "no such collection" mgreg freeze net/base -O x.pb --outputs-from nothing
expect_fail 3 "no such node" mgreg freeze net/base -O x.pb --outputs nothing
expect_fail 2 "one way to name outputs" mgreg freeze net/base -O x.pb --outputs y --outputs-from y
expect_ok "no file after a failure" [ ! -e x.pb ]
expect_ok "a graph without variables" mgreg freeze net/base -O y.pb --outputs scope/y
expect_ok "a dry run writes nothing" sh -c '"$0" freeze net/base -O never.pb --outputs scope/y -n && [ ! -e never.pb ]' "$build/mgreg"

if [ -d "$corpus" ]; then
	for m in tf-half-plus-two-v2 tf-half-plus-two-main-op serving-half-plus-two-resource; do
		mgreg export "$corpus/$m" --as "h/$m" >/dev/null
		v=$(mgreg ls h/$m -q)
		want=$(mgreg run "$v" --fetch y --feed 'x=[[3],[5]]')
		expect_ok "$m freezes by its signature" mgreg freeze "$v" -O $m.pb
		mgreg export $m.pb --as f/$m >/dev/null
		expect_output "$m has no variables" frozen mgreg sql -q "SELECT kind FROM versions WHERE run = '$m' AND model = 'f'"
		expect_output "$m gives the same" "$want" mgreg run "$(mgreg ls f/$m -q)" --fetch y --feed 'x=[[3],[5]]'
		expect_ok "$m stripped" mgreg freeze "$v" -O s.pbtxt --strip-unused
		mgreg export s.pbtxt --as s/$m >/dev/null
		expect_output "$m gives the same" "$want" mgreg run "$(mgreg ls s/$m -q)" --fetch y --feed 'x=[[3],[5]]'
		expect_ok "checkout --as frozen is the same file" sh -c '"$0" checkout "$1" fz-'$m' --as frozen --prefix z >/dev/null && cmp fz-'$m'/z.pb '$m.pb "$build/mgreg" "$v"
	done
	mgreg export "$corpus/serving-half-plus-two-export-2016" --as b >/dev/null
	expect_ok "a session bundle by its signature" mgreg freeze "$(mgreg ls b -q)" -O b.pb
	expect_output "gives the same" "$(mgreg run "$(mgreg ls b -q)" --fetch Add --feed 'Placeholder=[[3]]')" sh -c '"$0" export b.pb --as fb >/dev/null; "$0" run fb --fetch Add --feed "Placeholder=[[3]]"' "$build/mgreg"
	mgreg export "$corpus/mnist-softmax" --as m >/dev/null
	expect_ok "outputs by name" mgreg freeze m -O m.pb --outputs add
	expect_match "how much" '2 variables' sh -c '"$0" freeze m -O m.pb --outputs add 2>&1' "$build/mgreg"
	expect_fail 7 "a training op changes variables" mgreg freeze m -O t.pb --outputs GradientDescent
	mgreg freeze m -O t.pb --outputs GradientDescent 2>told
	expect_match "and is named" 'ApplyGradientDescent' cat told
else
	skip "trained models" "no corpus"
fi
done_testing
