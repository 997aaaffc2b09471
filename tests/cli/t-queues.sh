#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# t-queues.sh - a graph that reads its own input: names of files in a queue, a reader, numbers in a second queue; runners fill both.
. "${MGREG_SRC:-.}/tests/cli/lib.sh"

mgreg init >/dev/null || exit 99
seq 1 10 >numbers.txt
text() { printf 'node { name: "%s" op: "Const" attr { key: "dtype" value { type: DT_%s } } attr { key: "value" value { tensor { dtype: DT_%s %s } } } }\n' "$@"; }
queue() {
	printf 'node { name: "%s" op: "FIFOQueueV2" attr { key: "component_types" value { list { type: DT_%s } } } attr { key: "capacity" value { i: 3 } }
	  attr { key: "shapes" value { list { shape { } } } } }
	node { name: "%s_Close" op: "QueueCloseV2" input: "%s" }
	node { name: "%s_Close_1" op: "QueueCloseV2" input: "%s" attr { key: "cancel_pending_enqueues" value { b: true } } }\n' "$1" "$2" "$1" "$1" "$1" "$1"
}
{
	echo 'graph_def {'
	text name STRING STRING "tensor_shape { } string_val: \"$PWD/numbers.txt\""
	text empty FLOAT FLOAT 'tensor_shape { dim { size: 1 } } float_val: 0'
	text four INT32 INT32 'tensor_shape { } int_val: 4'
	text limit INT64 INT64 'tensor_shape { } int64_val: 0'
	queue names STRING
	queue values FLOAT
	cat <<'END'
  node { name: "epochs" op: "VariableV2" attr { key: "dtype" value { type: DT_INT64 } } attr { key: "shape" value { shape { } } } }
  node { name: "epochs/read" op: "Identity" input: "epochs" attr { key: "T" value { type: DT_INT64 } } attr { key: "_class" value { list { s: "loc:@epochs" } } } }
  node { name: "epochs/Assign" op: "Assign" input: "epochs" input: "limit" attr { key: "T" value { type: DT_INT64 } } attr { key: "_class" value { list { s: "loc:@epochs" } } } }
  node { name: "count" op: "CountUpTo" input: "epochs" attr { key: "limit" value { i: 1 } } attr { key: "T" value { type: DT_INT64 } } }
  node { name: "names_enqueue" op: "QueueEnqueueV2" input: "names" input: "name" input: "^count" attr { key: "Tcomponents" value { list { type: DT_STRING } } } }
  node { name: "reader" op: "TextLineReaderV2" }
  node { name: "read" op: "ReaderReadV2" input: "reader" input: "names" }
  node { name: "csv" op: "DecodeCSV" input: "read:1" input: "empty" attr { key: "OUT_TYPE" value { list { type: DT_FLOAT } } } }
  node { name: "values_enqueue" op: "QueueEnqueueV2" input: "values" input: "csv" attr { key: "Tcomponents" value { list { type: DT_FLOAT } } } }
  node { name: "batch" op: "QueueDequeueManyV2" input: "values" input: "four" attr { key: "component_types" value { list { type: DT_FLOAT } } } }
  node { name: "rest" op: "QueueDequeueUpToV2" input: "values" input: "four" attr { key: "component_types" value { list { type: DT_FLOAT } } } }
  versions { producer: 134 }
}
collection_def { key: "queue_runners" value { bytes_list {
  value: "\n\005names\022\rnames_enqueue\032\013names_Close\"\rnames_Close_1"
  value: "\n\006values\022\016values_enqueue\032\014values_Close\"\016values_Close_1" } } }
END
	printf '%s\n' 'collection_def { key: "local_variables" value { bytes_list { value: "\n\010epochs:0\022\repochs/Assign\032\repochs/read:0" } } }'
} >g.pbtxt
expect_ok "a graph with queues" mgreg export g.pbtxt --as g
expect_output "a batch out of a file" "[1, 2, 3, 4]" mgreg run g --fetch batch --allow-files "$PWD"
expect_output "what is fed needs no thread" "[7, 7, 7, 7]" mgreg run g --fetch batch --feed "batch=[7, 7, 7, 7]"
expect_fail 7 "files outside the roots" mgreg run g --fetch batch
mv numbers.txt away.txt
expect_fail 3 "the file is missing" mgreg run g --fetch batch --allow-files "$PWD"
mgreg run g --fetch batch --allow-files "$PWD" 2>last
check "and is named" grep -q "numbers.txt" last
printf '5\n' >numbers.txt
expect_output "less than a batch, at the end of the input" "[5]" mgreg run g --fetch rest --allow-files "$PWD"
expect_fail 11 "a whole batch is not to be had" mgreg run g --fetch batch --allow-files "$PWD"
done_testing
