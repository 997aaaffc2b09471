#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
. "${MGREG_SRC:-.}/tests/cli/lib.sh"

iris="$src/contrib/examples/iris.pbtxt"

# Files need no store.
expect_match "a file becomes a graph" '"nodes":[1-9]' mgreg import --json "$iris"
check "its saver is the file's own" grep -q '"saver":"given"' out
check "nothing was restored" grep -q '"restored":false' out
expect_ok "written again" mgreg import "$iris" -O again.meta
expect_ok "as text" mgreg import again.meta --as-text -O again.pbtxt
check "which is text" grep -q '^graph_def {' again.pbtxt
expect_ok "both forms read the same" mgreg import again.pbtxt -O twice.meta
check "byte for byte" cmp again.meta twice.meta
expect_ok "a scope" mgreg import "$iris" --scope tower_0 --as-text -O tower.pbtxt
check "renames every node" sh -c '! grep -E "^    name: \"" tower.pbtxt | grep -v tower_0/'
check "and the saver" grep -q 'restore_op_name: "tower_0/' tower.pbtxt
expect_match "some collections" '"collections":1' mgreg import --json "$iris" --collections train_op
cat >dev.pbtxt <<'G'
graph_def {
  node { name: "a" op: "NoOp" device: "/job:worker/gpu:1" }
  node { name: "n" op: "Neg" input: "$unbound_inputs_x" attr { key: "T" value { type: DT_INT32 } } }
  versions { producer: 24 }
}
collection_def { key: "unbound_inputs" value { bytes_list { value: "$unbound_inputs_x" } } }
collection_def { key: "bad" value { node_list { value: "gone" } } }
G
expect_fail 2 "an unbound input is asked for" mgreg import dev.pbtxt
check "by its name" grep -q 'unbound_inputs_x' err
expect_ok "and given by a placeholder" mgreg import dev.pbtxt --input-map '$unbound_inputs_x=x' --clear-devices --as-text -O dev2.pbtxt
check "of the right type" sh -c 'grep -A30 "op: \"Placeholder\"" dev2.pbtxt | grep -q DT_INT32'
check "without devices" sh -c '! grep -q gpu dev2.pbtxt'
expect_match "a collection of what is not there is reported" "bad.*gone" mgreg import dev.pbtxt --input-map '$unbound_inputs_x=x' --report
expect_match "a graph without variables has no saver" '"saver":"none"' mgreg import --json dev.pbtxt --input-map '$unbound_inputs_x=x'
expect_fail 2 "half a pair" mgreg import dev.pbtxt --input-map x
expect_fail 2 "text without a file" mgreg import "$iris" --as-text
expect_fail 3 "neither file nor store" mgreg import nothing

# Versions.
mgreg init >/dev/null || exit 99
mgreg export "$iris" --as iris/base >/dev/null || exit 99
expect_match "a version" '"source":"iris[@/][^"]*".*"saver":"given"' mgreg import --json iris/base
expect_fail 3 "no such version" mgreg import nothing
expect_ok "a version, scoped and written" mgreg import iris/base --scope s -O s.meta
expect_match "read again" '"nodes":[1-9]' mgreg import --json s.meta
done_testing
