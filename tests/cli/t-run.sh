#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
. "${MGREG_SRC:-.}/tests/cli/lib.sh"

mgreg init >/dev/null || exit 99
cat >g.pbtxt <<'END'
graph_def {
  node { name: "x" op: "Placeholder" attr { key: "dtype" value { type: DT_FLOAT } }
    attr { key: "shape" value { shape { dim { size: -1 } } } } }
  node { name: "two" op: "Const" attr { key: "dtype" value { type: DT_FLOAT } }
    attr { key: "value" value { tensor { dtype: DT_FLOAT tensor_shape { } float_val: 2 } } } }
  node { name: "y" op: "Mul" input: "x" input: "two" attr { key: "T" value { type: DT_FLOAT } } }
  node { name: "checked" op: "CheckNumerics" input: "y" attr { key: "T" value { type: DT_FLOAT } }
    attr { key: "message" value { s: "y is broken" } } }
  node { name: "file" op: "Const" attr { key: "dtype" value { type: DT_STRING } }
    attr { key: "value" value { tensor { dtype: DT_STRING tensor_shape { } string_val: "/etc/hostname" } } } }
  node { name: "read" op: "ReadFile" input: "file" }
  node { name: "bmp" op: "PyFunc" input: "read" attr { key: "token" value { s: "f" } } attr { key: "Tin" value { list { type: DT_STRING } } }
         attr { key: "Tout" value { list { type: DT_UINT8 } } } }
  node { name: "nothing" op: "NoOp" }
  versions { producer: 22 }
}
END
expect_ok "a graph" mgreg export g.pbtxt --as g
expect_output "a fetch" "[2, 4]" mgreg run g --fetch y --feed "x=[1, 2]"
expect_output "two fetches" "y: [2, 4]
two: 2" mgreg run g --fetch y,two --feed "x=[1, 2]"
expect_output "any tensor may be fed" "[10, 20]" mgreg run g --fetch y --feed "x=[1, 2]" --feed two=10
expect_output "a node without outputs only runs" "" sh -c '"$0" run g --fetch nothing; echo' "$build/mgreg"
expect_match "as JSON" '"fetch":"y","dtype":"float32","shape":\[2\],"value":\[2.0,4.0\]' mgreg run g --fetch y --feed "x=[1, 2]" --json
printf 'a,b\n1,5\n2,6\n' >d.csv
expect_output "a column of a file" "[10, 12]" mgreg run g --fetch y --feed x=d.csv:b
expect_ok "written as npy" mgreg run g --fetch y --feed "x=[1, 2]" -O y.npy
expect_output "and read again" "[4, 8]" mgreg run g --fetch y --feed x=y.npy
expect_output "as csv" "2
4" mgreg run g --fetch y --feed "x=[1, 2]" -o csv
expect_ok "a trace" mgreg run g --fetch y --feed "x=[1, 2]" --trace t.json
check "names the nodes" grep -q '"node":"y"' t.json
expect_fail 2 "nothing to fetch" mgreg run g
expect_fail 3 "an unknown node" mgreg run g --fetch z
expect_fail 3 "an unknown version" mgreg run h --fetch y
expect_fail 2 "a feed that does not fit" mgreg run g --fetch y --feed "x=[[1]]"
expect_fail 2 "a feed that is no value" mgreg run g --fetch y --feed x=absent.npy
expect_fail 11 "a placeholder that is not fed" mgreg run g --fetch y
cp err last
check "is named" grep -q "'x'" last
expect_fail 10 "not a number" mgreg run g --fetch checked --feed 'x=["NaN"]'
expect_fail 7 "a file outside the roots" mgreg run g --fetch read
expect_fail 8 "an op without kernel" mgreg run g --fetch bmp --allow-files /etc
cp err last
check "is named too" grep -q "PyFunc" last
expect_fail 2 "several tensors are no npy" mgreg run g --fetch y,two --feed "x=[1]" -o npy
if [ -d "$corpus" ]; then
	mgreg export "$corpus/tf-predictor-export" --as sum >/dev/null 2>&1 || exit 99
	mgreg export "$corpus/demo-lr-decay" --as decay >/dev/null 2>&1 || exit 99
	expect_output "restored variables" "Variable: 40
Variable_1: -0.9988784" mgreg run decay --fetch Variable,Variable_1
	expect_output "one more step" 41 sh -c '"$0" run decay --fetch GradientDescent >/dev/null && echo 41' "$build/mgreg"
fi
done_testing
