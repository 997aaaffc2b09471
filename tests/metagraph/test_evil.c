/* SPDX-License-Identifier: Apache-2.0 */
/*
 * test_evil.c - graphs that somebody made to hurt: each is refused with an error that names the thing, within a second and
 * 128 MiB, and leaves the live graph as it was; 1 MiB of anything is answered in the same limits.
 */
#include <sys/resource.h>

#include "testing.h"
#include "base/clock.h"
#include "metagraph/metagraph.h"

#define F "attr { key: 'T' value { type: DT_FLOAT } } "
#define T(type) "attr { key: 'T' value { type: " type " } } "
#define A(key, value) "attr { key: '" key "' value { " value " } } "
#define IN(x) "input: '" x "' "
#define NODE(name, op, rest) "node { name: '" name "' op: '" op "' " rest "} "
#define C(name) NODE(name, "Const", A("dtype", "type: DT_FLOAT") A("value", "tensor { dtype: DT_FLOAT tensor_shape { } float_val: 1 }"))
#define I32(name, shape, values) NODE(name, "Const", A("dtype", "type: DT_INT32") A("value", "tensor { dtype: DT_INT32 tensor_shape { " shape " } " values " }"))
#define P(name, shape) NODE(name, "Placeholder", A("dtype", "type: DT_FLOAT") A("shape", "shape { " shape " }"))
#define D(n) "dim { size: " n " } "
#define G(nodes) "graph_def { versions { producer: 134 } " nodes "} "
#define COLLECTION(key, list) "collection_def { key: '" key "' value { " list " } } "

static const struct { const char *text; int code; const char *says; } evil[] = {
	/* structure */
	{ G(NODE("a", "Neg", IN("b") F) NODE("b", "Neg", IN("a") F)), MGREG_INVALID_ARGUMENT, "cycle" },
	{ G(NODE("a", "Neg", IN("c") F) NODE("b", "Neg", IN("a") F) NODE("c", "Neg", IN("b") F)), MGREG_INVALID_ARGUMENT, "3 nodes" },
	{ G(NODE("a", "Neg", IN("a") F)), MGREG_INVALID_ARGUMENT, "cycle" },
	{ G(NODE("a", "NoOp", IN("^a"))), MGREG_INVALID_ARGUMENT, "cycle" },
	{ G(NODE("a", "NoOp", IN("^b")) NODE("b", "NoOp", IN("^a"))), MGREG_INVALID_ARGUMENT, "cycle" },
	{ G(C("c") NODE("m", "Merge", IN("c") IN("n") F A("N", "i: 2")) NODE("n", "Neg", IN("m") F)), MGREG_INVALID_ARGUMENT, "cycle" },
	{ G(C("c") NODE("m", "AddN", IN("c") IN("n") F A("N", "i: 2")) NODE("n", "NextIteration", IN("m") F)), MGREG_INVALID_ARGUMENT, "cycle" },
	{ G(C("c") NODE("m", "Merge", IN("n") IN("n") F A("N", "i: 2")) NODE("n", "NextIteration", IN("m") F)), MGREG_INVALID_ARGUMENT, "cycle" },
	{ G(NODE("n", "Neg", IN("gone") F)), MGREG_INVALID_ARGUMENT, "'gone'" },
	{ G(NODE("n", "NoOp", IN("^gone"))), MGREG_INVALID_ARGUMENT, "gone" },
	{ G(C("c") NODE("n", "Neg", IN("c:1") F)), MGREG_INVALID_ARGUMENT, "c:1" },
	{ G(C("c") NODE("n", "Neg", IN("c:2147483647") F)), MGREG_INVALID_ARGUMENT, "2147483647" },
	{ G(C("c") NODE("n", "Neg", IN("c:2147483646") F)), MGREG_INVALID_ARGUMENT, "2147483646" },
	{ G(C("c") NODE("n", "Neg", IN("c:99999999999999999999") F)), MGREG_INVALID_ARGUMENT, "99999999999999999999" },
	{ G(C("c") NODE("n", "Neg", IN("c:-1") F)), MGREG_INVALID_ARGUMENT, "c:-1" },
	{ G(C("c") NODE("n", "Neg", IN("c:x") F)), MGREG_INVALID_ARGUMENT, "c:x" },
	{ G(C("c") NODE("n", "Neg", IN("c:") F)), MGREG_INVALID_ARGUMENT, "'c:'" },
	{ G(C("c") NODE("n", "Neg", IN("c:0:0") F)), MGREG_INVALID_ARGUMENT, "c:0:0" },
	{ G(C("c") NODE("n", "Neg", IN("") F)), MGREG_INVALID_ARGUMENT, "node 'n'" },
	{ G(C("c") NODE("n", "NoOp", IN("^"))), MGREG_INVALID_ARGUMENT, "node 'n'" },
	{ G(C("c") NODE("n", "Neg", IN(":0") F)), MGREG_INVALID_ARGUMENT, "node 'n'" },
	{ G(C("c") NODE("n", "NoOp", IN("^^c"))), MGREG_INVALID_ARGUMENT, "^^c" },
	{ G(C("c") C("c")), MGREG_INVALID_ARGUMENT, "'c' is there twice" },
	{ G(C("c") NODE("c", "NoOp", "")), MGREG_INVALID_ARGUMENT, "twice" },
	{ G(C("")), MGREG_INVALID_ARGUMENT, "not a valid node name" },
	{ G(C("a b")), MGREG_INVALID_ARGUMENT, "a b" },
	{ G(C("/a")), MGREG_INVALID_ARGUMENT, "/a" },
	{ G(C("-a")), MGREG_INVALID_ARGUMENT, "-a" },
	{ G(C("a\\nb")), MGREG_INVALID_ARGUMENT, "not a valid node name" },
	{ G(C("a:0")), MGREG_INVALID_ARGUMENT, "a:0" },
	{ G(C("^a")), MGREG_INVALID_ARGUMENT, "^a" },
	{ G(C("\\303\\244")), MGREG_INVALID_ARGUMENT, "not a valid node name" },
	{ G("node { name: 'n' } "), MGREG_INVALID_ARGUMENT, "has no op" },
	{ G(NODE("n", "Frobnicate", "")), MGREG_NOT_FOUND, "Frobnicate" },
	{ G(NODE("n", "noop", "")), MGREG_NOT_FOUND, "noop" },
	{ G(C("c") NODE("n", "Neg", IN("^c") IN("c") F)), MGREG_INVALID_ARGUMENT, "before data input" },
	{ G(C("c") NODE("n", "Neg", IN("c") IN("c") F)), MGREG_INVALID_ARGUMENT, "2 inputs" },
	{ G(C("c") NODE("n", "Neg", F)), MGREG_INVALID_ARGUMENT, "0 inputs" },
	{ G(C("c") NODE("n", "Add", IN("c") F)), MGREG_INVALID_ARGUMENT, "1 inputs" },
	/* types */
	{ G(C("c") NODE("n", "Neg", IN("c") T("DT_INT32"))), MGREG_INVALID_ARGUMENT, "expected int32" },
	{ G(C("c") NODE("n", "Neg", IN("c") T("DT_STRING"))), MGREG_INVALID_ARGUMENT, "not in the list of allowed values" },
	{ G(C("c") NODE("n", "Neg", IN("c") T("DT_INVALID"))), MGREG_INVALID_ARGUMENT, "invalid type" },
	{ G(C("c") NODE("n", "Neg", IN("c") T("9999"))), MGREG_INVALID_ARGUMENT, "9999" },
	{ G(C("c") NODE("n", "Neg", IN("c") T("-3"))), MGREG_INVALID_ARGUMENT, "-3" },
	{ G(C("c") NODE("n", "Neg", IN("c") T("DT_FLOAT_REF"))), MGREG_INVALID_ARGUMENT, "reference type" },
	{ G(C("c") NODE("n", "Assign", IN("c") IN("c") F)), MGREG_INVALID_ARGUMENT, "expected" },
	{ G(C("c") NODE("n", "MatMul", IN("c") IN("c") T("DT_BOOL"))), MGREG_INVALID_ARGUMENT, "op 'MatMul'" },
	{ G(C("c") NODE("n", "Switch", IN("c") IN("c") F)), MGREG_INVALID_ARGUMENT, "expected bool" },
	{ G(C("c") NODE("n", "ReadVariableOp", IN("c") A("dtype", "type: DT_FLOAT"))), MGREG_INVALID_ARGUMENT, "expected resource" },
	/* attributes */
	{ G(C("c") NODE("n", "Neg", IN("c"))), MGREG_INVALID_ARGUMENT, "'T'" },
	{ G(C("c") NODE("n", "Neg", IN("c") A("T", "i: 1"))), MGREG_INVALID_ARGUMENT, "'T'" },
	{ G(C("c") NODE("n", "Neg", IN("c") A("T", "s: 'DT_FLOAT'"))), MGREG_INVALID_ARGUMENT, "'T'" },
	{ G(C("c") NODE("n", "Neg", IN("c") A("T", "func { name: 'f' }"))), MGREG_INVALID_ARGUMENT, "'T'" },
	{ G(C("c") NODE("n", "Neg", IN("c") A("T", "placeholder: 'T'"))), MGREG_INVALID_ARGUMENT, "'T'" },
	{ G(C("c") NODE("n", "Neg", IN("c") A("T", "list { type: DT_FLOAT }"))), MGREG_INVALID_ARGUMENT, "'T'" },
	{ G(C("c") NODE("n", "Neg", IN("c") A("T", "list { list_of_nothing: 3 }"))), MGREG_INVALID_ARGUMENT, "list_of_nothing" },
	{ G(C("c") NODE("n", "Neg", IN("c") A("T", "list { list { type: DT_FLOAT } }"))), MGREG_INVALID_ARGUMENT, "list" },
	{ G(C("c") NODE("n", "Neg", IN("c") A("T", ""))), MGREG_INVALID_ARGUMENT, "'T'" },
	{ G(C("c") NODE("n", "IdentityN", IN("c") A("T", "type: DT_FLOAT"))), MGREG_INVALID_ARGUMENT, "'T'" },
	{ G(C("c") NODE("n", "IdentityN", IN("c") A("T", "list { i: 1 }"))), MGREG_INVALID_ARGUMENT, "'T'" },
	{ G(C("c") NODE("n", "IdentityN", IN("c") A("T", "list { type: DT_FLOAT i: 1 }"))), MGREG_INVALID_ARGUMENT, "'T'" },
	{ G(C("c") NODE("n", "IdentityN", IN("c") A("T", "list { }"))), MGREG_INVALID_ARGUMENT, "'T'" },
	{ G(C("c") NODE("n", "AddN", IN("c") F A("N", "i: -1"))), MGREG_INVALID_ARGUMENT, "'N'" },
	{ G(C("c") NODE("n", "AddN", IN("c") F A("N", "i: 0"))), MGREG_INVALID_ARGUMENT, "'N'" },
	{ G(C("c") NODE("n", "AddN", IN("c") F A("N", "i: 2"))), MGREG_INVALID_ARGUMENT, "expected 2" },
	{ G(C("c") NODE("n", "AddN", IN("c") F A("N", "i: 2147483647"))), MGREG_INVALID_ARGUMENT, "2147483647" },
	{ G(C("c") NODE("n", "AddN", IN("c") F A("N", "i: 4611686018427387904"))), MGREG_INVALID_ARGUMENT, "4611686018427387904" },
	{ G(C("c") NODE("n", "AddN", IN("c") F A("N", "i: -9223372036854775808"))), MGREG_INVALID_ARGUMENT, "'N'" },
	{ G(C("c") NODE("n", "AddN", IN("c") F A("N", "f: 1"))), MGREG_INVALID_ARGUMENT, "'N'" },
	{ G(C("c") I32("d", "", "int_val: 0") NODE("n", "Split", IN("d") IN("c") F A("num_split", "i: 2147483647"))), MGREG_INVALID_ARGUMENT, "n" },
	{ G(C("c") I32("d", "", "int_val: 0") NODE("n", "Split", IN("d") IN("c") F A("num_split", "i: 0"))), MGREG_INVALID_ARGUMENT, "num_split" },
	{ G(C("c") NODE("n", "Unpack", IN("c") F A("num", "i: -4"))), MGREG_INVALID_ARGUMENT, "num" },
	{ G(C("c") NODE("n", "Unpack", IN("c") F A("num", "i: 99999999999"))), MGREG_INVALID_ARGUMENT, "n" },
	{ G(C("c") NODE("n", "Neg", IN("c") F A("odd", "i: 1"))), MGREG_INVALID_ARGUMENT, "odd" },
	{ G(P("x", D("1") D("8") D("8") D("3")) P("k", D("3") D("3") D("3") D("4")) NODE("n", "Conv2D", IN("x") IN("k") F A("strides", "list { i: 1 i: 1 i: 1 i: 1 }") A("padding", "s: 'DIAGONAL'"))), MGREG_INVALID_ARGUMENT, "DIAGONAL" },
	{ G(P("x", D("1") D("8") D("8") D("3")) P("k", D("3") D("3") D("3") D("4")) NODE("n", "Conv2D", IN("x") IN("k") F A("strides", "list { i: 1 i: 1 }") A("padding", "s: 'SAME'"))), MGREG_INVALID_ARGUMENT, "stride" },
	{ G(P("x", D("1") D("8") D("8") D("3")) P("k", D("3") D("3") D("3") D("4")) NODE("n", "Conv2D", IN("x") IN("k") F A("strides", "list { i: 1 i: 0 i: 0 i: 1 }") A("padding", "s: 'SAME'"))), MGREG_INVALID_ARGUMENT, "n" },
	{ G(P("x", D("1") D("8") D("8") D("3")) P("k", D("3") D("3") D("5") D("4")) NODE("n", "Conv2D", IN("x") IN("k") F A("strides", "list { i: 1 i: 1 i: 1 i: 1 }") A("padding", "s: 'SAME'"))), MGREG_INVALID_ARGUMENT, "n" },
	{ G(P("x", D("1") D("8") D("8") D("3")) NODE("n", "MaxPool", IN("x") F A("ksize", "list { i: 2 }") A("strides", "list { i: 1 i: 1 i: 1 i: 1 }") A("padding", "s: 'SAME'"))), MGREG_INVALID_ARGUMENT, "ksize" },
	/* shapes in attributes */
	{ G(P("x", D("-2"))), MGREG_INVALID_ARGUMENT, "'shape'" },
	{ G(P("x", D("-9223372036854775808"))), MGREG_INVALID_ARGUMENT, "x" },
	{ G(P("x", D("4611686018427387904") D("4611686018427387904") D("16"))), MGREG_INVALID_ARGUMENT, "'shape'" },
	{ G(NODE("w", "VariableV2", A("dtype", "type: DT_FLOAT") A("shape", "shape { " D("-7") "}"))), MGREG_INVALID_ARGUMENT, "w" },
	{ G(NODE("c", "Const", A("dtype", "type: DT_FLOAT") A("value", "tensor { dtype: DT_FLOAT tensor_shape { " D("-1") " } float_val: 1 }"))), MGREG_INVALID_ARGUMENT, "'c'" },
	{ G(NODE("c", "Const", A("dtype", "type: DT_FLOAT") A("value", "tensor { dtype: DT_FLOAT tensor_shape { " D("4611686018427387904") D("8") " } float_val: 1 }"))), MGREG_INVALID_ARGUMENT, "'c'" },
	{ G(C("c") NODE("n", "Neg", IN("c") F A("_output_shapes", "list { }"))), MGREG_INVALID_ARGUMENT, "_output_shapes" },
	{ G(C("c") NODE("n", "Neg", IN("c") F A("_output_shapes", "list { shape { " D("3") "} }"))), MGREG_INVALID_ARGUMENT, "_output_shapes" },
	{ G(C("c") NODE("n", "Neg", IN("c") F A("_output_shapes", "list { shape { " D("-3") "} }"))), MGREG_INVALID_ARGUMENT, "_output_shapes" },
	{ G(C("c") NODE("n", "Neg", IN("c") F A("_output_shapes", "i: 3"))), MGREG_INVALID_ARGUMENT, "_output_shapes" },
	/* shapes of values */
	{ G(P("x", D("2") D("3")) P("y", D("2") D("3")) NODE("n", "MatMul", IN("x") IN("y") F)), MGREG_INVALID_ARGUMENT, "node 'n'" },
	{ G(P("x", D("2") D("3")) P("y", D("3")) NODE("n", "MatMul", IN("x") IN("y") F)), MGREG_INVALID_ARGUMENT, "node 'n'" },
	{ G(P("x", D("2")) P("y", D("3")) NODE("n", "Add", IN("x") IN("y") F)), MGREG_INVALID_ARGUMENT, "node 'n'" },
	{ G(P("x", D("2")) P("y", D("3")) NODE("n", "BiasAdd", IN("x") IN("y") F)), MGREG_INVALID_ARGUMENT, "node 'n'" },
	{ G(P("x", D("6")) I32("s", D("2"), "int_val: -2 int_val: 3") NODE("n", "Reshape", IN("x") IN("s") F A("Tshape", "type: DT_INT32"))), MGREG_INVALID_ARGUMENT, "node 'n'" },
	{ G(P("x", D("6")) I32("s", D("2"), "int_val: 4 int_val: 4") NODE("n", "Reshape", IN("x") IN("s") F A("Tshape", "type: DT_INT32"))), MGREG_INVALID_ARGUMENT, "node 'n'" },
	{ G(P("x", D("2") D("2")) P("y", D("2")) I32("a", "", "int_val: 0") NODE("n", "ConcatV2", IN("x") IN("y") IN("a") F A("N", "i: 2") A("Tidx", "type: DT_INT32"))), MGREG_INVALID_ARGUMENT, "node 'n'" },
	{ G(P("x", D("2") D("2")) I32("a", "", "int_val: 9") NODE("n", "ConcatV2", IN("x") IN("x") IN("a") F A("N", "i: 2") A("Tidx", "type: DT_INT32"))), MGREG_INVALID_ARGUMENT, "node 'n'" },
	{ G(P("x", D("5")) I32("a", "", "int_val: 0") NODE("n", "Split", IN("a") IN("x") F A("num_split", "i: 2"))), MGREG_INVALID_ARGUMENT, "node 'n'" },
	{ G(P("x", D("5")) P("y", D("6")) NODE("n", "Pack", IN("x") IN("y") F A("N", "i: 2") A("axis", "i: 0"))), MGREG_INVALID_ARGUMENT, "node 'n'" },
	{ G(P("x", D("5")) NODE("n", "Pack", IN("x") IN("x") F A("N", "i: 2") A("axis", "i: 7"))), MGREG_INVALID_ARGUMENT, "node 'n'" },
	{ G(P("x", D("5")) NODE("n", "Squeeze", IN("x") F A("squeeze_dims", "list { i: 0 }"))), MGREG_INVALID_ARGUMENT, "node 'n'" },
	{ G(P("x", D("5")) I32("a", "", "int_val: 5") NODE("n", "ExpandDims", IN("x") IN("a") F A("Tdim", "type: DT_INT32"))), MGREG_INVALID_ARGUMENT, "node 'n'" },
	{ G(P("x", D("5")) I32("p", D("2"), "int_val: 0 int_val: 1") NODE("n", "Transpose", IN("x") IN("p") F A("Tperm", "type: DT_INT32"))), MGREG_INVALID_ARGUMENT, "node 'n'" },
	{ G(I32("d", D("1"), "int_val: -5") C("c") NODE("n", "Fill", IN("d") IN("c") F A("index_type", "type: DT_INT32"))), MGREG_INVALID_ARGUMENT, "node 'n'" },
	{ G(P("x", D("5")) I32("m", D("2"), "int_val: 1 int_val: 1") NODE("n", "Tile", IN("x") IN("m") F A("Tmultiples", "type: DT_INT32"))), MGREG_INVALID_ARGUMENT, "node 'n'" },
	{ G(I32("a", "", "int_val: 0") I32("b", "", "int_val: 5") I32("d", "", "int_val: 0") NODE("n", "Range", IN("a") IN("b") IN("d") A("Tidx", "type: DT_INT32"))), MGREG_INVALID_ARGUMENT, "node 'n'" },
	/* versions, devices, colocation */
	{ "graph_def { versions { producer: 134 min_consumer: 999 } } ", MGREG_INVALID_ARGUMENT, "version" },
	{ "graph_def { versions { producer: -1 } } ", MGREG_INVALID_ARGUMENT, "version" },
	{ "graph_def { versions { producer: 134 bad_consumers: 134 } } ", MGREG_INVALID_ARGUMENT, "version" },
	{ G(NODE("n", "NoOp", "device: '/moon:0' ")), MGREG_INVALID_ARGUMENT, "moon" },
	{ G(NODE("n", "NoOp", "device: '/job:a/task:x' ")), MGREG_INVALID_ARGUMENT, "task" },
	{ G(NODE("n", "NoOp", "device: '/job:a/task:99999999999999999999' ")), MGREG_INVALID_ARGUMENT, "99999999999999999999" },
	{ G(NODE("n", "NoOp", A("_class", "list { s: 'loc:@gone' }"))), MGREG_INVALID_ARGUMENT, "gone" },
	/* functions */
	{ G("library { function { } } "), MGREG_INVALID_ARGUMENT, "no name" },
	{ G("library { function { signature { name: 'Neg' } } } "), MGREG_INVALID_ARGUMENT, "name of an op" },
	{ G("library { function { signature { name: 'f' } } function { signature { name: 'f' description: 'x' } } } "), MGREG_INVALID_ARGUMENT, "'f'" },
	{ G("library { gradient { function_name: 'f' gradient_func: 'a' } gradient { function_name: 'f' gradient_func: 'b' } } "), MGREG_INVALID_ARGUMENT, "'f'" },
	{ G(C("c") NODE("n", "f", IN("c")) "library { function { signature { name: 'f' } } } "), MGREG_INVALID_ARGUMENT, "1 inputs" },
	{ G(C("c") NODE("n", "f", IN("c")) "library { function { signature { name: 'f' input_arg { name: 'x' type: DT_INT32 } } } } "), MGREG_INVALID_ARGUMENT, "expected int32" },
	{ G(C("c") NODE("n", "f", IN("c")) "library { function { signature { name: 'f' input_arg { name: 'x' type_attr: 'T' } attr { name: 'T' type: 'type' } } } } "), MGREG_INVALID_ARGUMENT, "T" },
	{ G(C("c") NODE("n", "f", IN("c") A("N", "i: 99999999999")) "library { function { signature { name: 'f' input_arg { name: 'x' type: DT_FLOAT number_attr: 'N' } attr { name: 'N' type: 'int' } } } } "), MGREG_INVALID_ARGUMENT, "n" },
	/* collections, saver, contexts */
	{ G(C("c")) COLLECTION("k", "node_list { value: 'gone' }"), MGREG_NOT_FOUND, "gone" },
	{ G(C("c")) COLLECTION("k", "node_list { value: '^c' }"), MGREG_NOT_FOUND, "^c" },
	{ G(C("c")) COLLECTION("k", "node_list { value: 'c:99' }"), MGREG_NOT_FOUND, "c:99" },
	{ G(C("c")) COLLECTION("k", "node_list { value: '' }"), MGREG_NOT_FOUND, "'k'" },
	{ G(C("c")) COLLECTION("variables", "bytes_list { value: '\\377\\377' }"), MGREG_DATA_LOSS, "variables" },
	{ G(C("c")) COLLECTION("variables", "bytes_list { value: '' }"), MGREG_INVALID_ARGUMENT, "variables" },
	{ G(C("c")) COLLECTION("variables", "bytes_list { value: '\\n\\003c:0' }"), MGREG_INVALID_ARGUMENT, "initializer_name" },
	{ G(C("c")) COLLECTION("savers", "bytes_list { value: '\\n\\003c:0' }"), MGREG_INVALID_ARGUMENT, "saver" },
	{ G(C("c")) COLLECTION("queue_runners", "bytes_list { value: '\\n\\004gone' }"), MGREG_NOT_FOUND, "gone" },
	{ G(C("c")) COLLECTION("cond_context", "bytes_list { value: '\\n\\001c' }"), MGREG_NOT_FOUND, "predicate" },
	{ G(C("c")) COLLECTION("while_context", "bytes_list { value: '\\n\\001c' }"), MGREG_NOT_FOUND, "pivot" },
	{ G(C("c")) COLLECTION("unbound_inputs", "bytes_list { value: 'x' }"), MGREG_INVALID_ARGUMENT, "x" },
	{ G(C("c")) "saver_def { filename_tensor_name: 'c:0' } ", MGREG_INVALID_ARGUMENT, "save_tensor_name" },
	{ G(C("c")) "saver_def { save_tensor_name: 'c:0' } ", MGREG_INVALID_ARGUMENT, "restore_op_name" },
};

/* The process may have that much more from here on; sanitizers need address space of their own. */
static void
cap_memory(size_t more)
{
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
	struct rlimit limit;
	FILE *f = fopen("/proc/self/statm", "r");
	unsigned long pages = 0;

	if (f) {
		if (fscanf(f, "%lu", &pages) != 1)
			pages = 0;
		fclose(f);
	}
	if (pages && getrlimit(RLIMIT_AS, &limit) == 0) {
		limit.rlim_cur = pages * 4096ul + more;
		setrlimit(RLIMIT_AS, &limit);
	}
#else
	(void)more;
#endif
}

#define LIMIT ((size_t)128 << 20)

static int
answer(mg_graph *g, const void *data, size_t size, bool kind, mgreg_error *err)
{
	mg_metagraph_import_options o = MG_METAGRAPH_IMPORT_INIT;
	mg_metagraph_imported got;
	Pb__MetaGraphDef *m;
	mg_arena arena = { 0 };
	int rc = mg_metagraph_parse(data, size, "evil", &arena, &m, err);

	o.allow_unknown_ops = o.skip_bad_collections = o.uniquify = kind;
	if (rc == 0)
		rc = mg_metagraph_import(g, m, &o, &got, err);
	mg_arena_clear(&arena);
	return rc;
}

START_TEST(refused_by_name)
{
	mgreg_error err = { 0 };
	mg_graph *g;
	const char *name;
	double begin;

	ck_assert_ok(mg_graph_new(&g, &err), &err);
	cap_memory(LIMIT);
	begin = mg_monotonic();
	ck_assert_int_eq(answer(g, evil[_i].text, strlen(evil[_i].text), false, &err), evil[_i].code);
	ck_assert_msg(mg_monotonic() - begin < 1, "takes too long");
	ck_assert_msg(strstr(err.text, evil[_i].says) != NULL, "'%s' does not say '%s'", err.text, evil[_i].says);
	ck_assert_int_eq(mg_graph_node_count(g), 0);
	ck_assert_int_eq(mg_graph_function_count(g), 0);
	ck_assert_int_eq(mg_collection_key_count(g), 0);
	ck_assert_ok(mg_graph_unique_name(g, "c", true, &name, &err), &err);
	ck_assert_str_eq(name, "c");
	mg_graph_free(g);
}
END_TEST

/* What is legal, if odd: taken at once, whatever sizes it speaks of. */
static const char *const odd[] = {
	G(P("x", D("4611686018427387904"))),
	G(P("x", "unknown_rank: true " D("3"))),
	G(P("x", D("0") D("4611686018427387904"))),
	G(NODE("c", "Const", A("dtype", "type: DT_FLOAT") A("value", "tensor { dtype: DT_FLOAT tensor_shape { " D("1099511627776") " } float_val: 1 }"))),
	G(I32("d", D("1"), "int_val: 2147483647") C("c") NODE("n", "Fill", IN("d") IN("c") F A("index_type", "type: DT_INT32")) NODE("m", "Neg", IN("n") F)),
	G(I32("a", "", "int_val: 0") I32("b", "", "int_val: 2147483647") I32("d", "", "int_val: 1") NODE("n", "Range", IN("a") IN("b") IN("d") A("Tidx", "type: DT_INT32"))),
	G(C("c") NODE("n", "f", IN("c")) "library { function { signature { name: 'f' input_arg { name: 'x' type: DT_FLOAT } output_arg { name: 'y' type: DT_FLOAT } } "
		"node_def { name: 'again' op: 'f' input: 'x' } ret { key: 'y' value: 'again:y:0' } } } "),
	G("library { function { signature { name: 'f' } node_def { name: 'n' op: 'g' } } function { signature { name: 'g' } node_def { name: 'n' op: 'f' } } } "
		NODE("n", "f", "") NODE("m", "g", "")),
	G(NODE("n", "NoOp", A("_class", "list { s: 'loc:@n' }"))),
	G(NODE("a", "NoOp", A("_class", "list { s: 'loc:@b' }")) NODE("b", "NoOp", A("_class", "list { s: 'loc:@a' }"))),
	"",
};

START_TEST(taken_whatever_it_says)
{
	mgreg_error err = { 0 };
	mg_metagraph_export_options o = MG_METAGRAPH_EXPORT_INIT;
	mg_arena arena = { 0 };
	Pb__MetaGraphDef *m;
	mg_graph *g;
	double begin;

	ck_assert_ok(mg_graph_new(&g, &err), &err);
	cap_memory(LIMIT);
	begin = mg_monotonic();
	ck_assert_ok(answer(g, odd[_i], strlen(odd[_i]), false, &err), &err);
	ck_assert_ok(mg_metagraph_export(g, &o, &arena, &m, &err), &err);
	ck_assert_msg(mg_monotonic() - begin < 1, "takes too long");
	mg_arena_clear(&arena);
	mg_graph_free(g);
}
END_TEST

/* ---- one mebibyte of it ---- */

enum { MIB = 1 << 20 };

static void put(mg_str *s, uint32_t field, const void *data, size_t size) { mg_wire_put_bytes(s, field, data, size); }

/* graph_def around NODES. */
static void
wrap(mg_str *out, const mg_str *nodes)
{
	mg_str versions = MG_STR_INIT, graph = MG_STR_INIT;

	mg_wire_put_varint(&versions, 1, 134);
	mg_str_append(&graph, nodes->ptr, nodes->len);
	put(&graph, 4, versions.ptr, versions.len);
	put(out, 2, graph.ptr, graph.len);
	mg_str_clear(&versions);
	mg_str_clear(&graph);
}

static void
one_node(mg_str *nodes, const char *name, const char *op, const char *const *inputs, int count)
{
	mg_str n = MG_STR_INIT;

	put(&n, 1, name, strlen(name));
	put(&n, 2, op, strlen(op));
	for (int i = 0; i < count; i++)
		put(&n, 3, inputs[i], strlen(inputs[i]));
	put(nodes, 1, n.ptr, n.len);
	mg_str_clear(&n);
}

static void many_nodes(mg_str *out)
{
	mg_str nodes = MG_STR_INIT;
	char name[32];

	for (int i = 0; nodes.len < MIB - 200; i++) {
		snprintf(name, sizeof(name), "n%d", i);
		one_node(&nodes, name, "NoOp", NULL, 0);
	}
	wrap(out, &nodes);
	mg_str_clear(&nodes);
}

static void chain(mg_str *out)
{
	mg_str nodes = MG_STR_INIT;
	char name[32], input[32];

	for (int i = 0; nodes.len < MIB - 200; i++) {
		snprintf(name, sizeof(name), "n%d", i);
		snprintf(input, sizeof(input), "^n%d", i - 1);
		one_node(&nodes, name, "NoOp", (const char *[]){ input }, i > 0);
	}
	wrap(out, &nodes);
	mg_str_clear(&nodes);
}

static void ring(mg_str *out)
{
	mg_str nodes = MG_STR_INIT;
	char name[32], input[32];

	for (int i = 0; i < 40000; i++) {
		snprintf(name, sizeof(name), "n%d", i);
		snprintf(input, sizeof(input), "^n%d", (i + 1) % 40000);
		one_node(&nodes, name, "NoOp", (const char *[]){ input }, 1);
	}
	wrap(out, &nodes);
	mg_str_clear(&nodes);
}

static void fan_in(mg_str *out)
{
	mg_str nodes = MG_STR_INIT, n = MG_STR_INIT;

	one_node(&nodes, "a", "NoOp", NULL, 0);
	put(&n, 1, "z", 1);
	put(&n, 2, "NoOp", 4);
	while (n.len < MIB - 200)
		put(&n, 3, "^a", 2);
	put(&nodes, 1, n.ptr, n.len);
	wrap(out, &nodes);
	mg_str_clear(&nodes);
	mg_str_clear(&n);
}

static void deep_names(mg_str *out)
{
	mg_str nodes = MG_STR_INIT, name = MG_STR_INIT;

	for (int k = 0; k < 8; k++) {
		mg_str_reset(&name);
		mg_str_printf(&name, "r%d", k);
		while (name.len < MIB / 8 - 100)
			mg_str_add(&name, "/a");
		one_node(&nodes, name.ptr, "NoOp", NULL, 0);
	}
	wrap(out, &nodes);
	mg_str_clear(&nodes);
	mg_str_clear(&name);
}

static void same_names(mg_str *out)
{
	mg_str nodes = MG_STR_INIT;

	while (nodes.len < MIB - 200)
		one_node(&nodes, "n", "NoOp", NULL, 0);
	wrap(out, &nodes);
	mg_str_clear(&nodes);
}

static void many_attrs(mg_str *out)
{
	mg_str nodes = MG_STR_INIT, n = MG_STR_INIT, attr = MG_STR_INIT;

	put(&n, 1, "n", 1);
	put(&n, 2, "NoOp", 4);
	for (int i = 0; n.len < MIB - 200; i++) {
		char key[32];

		mg_str_reset(&attr);
		snprintf(key, sizeof(key), "_k%d", i);
		put(&attr, 1, key, strlen(key));
		put(&attr, 2, "\x18\x01", 2);
		put(&n, 5, attr.ptr, attr.len);
	}
	put(&nodes, 1, n.ptr, n.len);
	wrap(out, &nodes);
	mg_str_clear(&nodes);
	mg_str_clear(&n);
	mg_str_clear(&attr);
}

static void many_collections(mg_str *out)
{
	mg_str entry = MG_STR_INIT;

	for (int i = 0; out->len < MIB - 200; i++) {
		char key[32];

		mg_str_reset(&entry);
		snprintf(key, sizeof(key), "k%d", i);
		put(&entry, 1, key, strlen(key));
		put(&entry, 2, "\x1a\x03\x0a\x01\x05", 5);
		put(out, 4, entry.ptr, entry.len);
	}
	mg_str_clear(&entry);
}

static void long_collection(mg_str *out)
{
	mg_str list = MG_STR_INIT, def = MG_STR_INIT, entry = MG_STR_INIT;

	while (list.len < MIB - 200)
		put(&list, 1, "", 0);
	put(&def, 2, list.ptr, list.len);
	put(&entry, 1, "k", 1);
	put(&entry, 2, def.ptr, def.len);
	put(out, 4, entry.ptr, entry.len);
	mg_str_clear(&list);
	mg_str_clear(&def);
	mg_str_clear(&entry);
}

static void many_functions(mg_str *out)
{
	mg_str lib = MG_STR_INIT, graph = MG_STR_INIT;

	for (int i = 0; lib.len < MIB - 200; i++) {
		mg_str sig = MG_STR_INIT, f = MG_STR_INIT;
		char name[32];

		snprintf(name, sizeof(name), "f%d", i);
		put(&sig, 1, name, strlen(name));
		put(&f, 1, sig.ptr, sig.len);
		put(&lib, 1, f.ptr, f.len);
		mg_str_clear(&sig);
		mg_str_clear(&f);
	}
	put(&graph, 2, lib.ptr, lib.len);
	put(&graph, 4, "\x08\x18", 2);
	put(out, 2, graph.ptr, graph.len);
	mg_str_clear(&lib);
	mg_str_clear(&graph);
}

static void nested(mg_str *out)
{
	/* AttrValue.func.attr.value.func ...: each level a few bytes longer than the one inside. */
	mg_str inner = MG_STR_INIT, next = MG_STR_INIT;

	while (inner.len < MIB / 64) {
		mg_str func = MG_STR_INIT, entry = MG_STR_INIT;

		put(&entry, 1, "a", 1);
		put(&entry, 2, inner.ptr, inner.len);
		put(&func, 2, entry.ptr, entry.len);
		mg_str_reset(&next);
		put(&next, 10, func.ptr, func.len);
		mg_str_reset(&inner);
		mg_str_append(&inner, next.ptr, next.len);
		mg_str_clear(&func);
		mg_str_clear(&entry);
	}
	put(&next, 5, inner.ptr, inner.len);
	wrap(out, &next);
	mg_str_clear(&inner);
	mg_str_clear(&next);
}

static void text_depth(mg_str *out)
{
	while (out->len < MIB)
		mg_str_add(out, "graph_def{");
}

static void text_strings(mg_str *out)
{
	while (out->len < MIB)
		mg_str_add(out, "meta_info_def { tags: 'x' } ");
}

static void noise(mg_str *out)
{
	uint64_t x = 88172645463325252u;

	while (out->len < MIB) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		mg_str_append(out, &x, 8);
	}
}

static void zeros(mg_str *out)
{
	static const char block[4096];

	while (out->len < MIB)
		mg_str_append(out, block, sizeof(block));
}

static void (*const families[])(mg_str *out) = {
	many_nodes, chain, ring, fan_in, deep_names, same_names, many_attrs, many_collections, long_collection, many_functions, nested,
	text_depth, text_strings, noise, zeros,
};

START_TEST(a_mebibyte_is_answered_in_a_second)
{
	mgreg_error err = { 0 };
	mg_str bytes = MG_STR_INIT;
	mg_graph *g;
	double begin;

	families[_i](&bytes);
	ck_assert_ok(mg_str_check(&bytes, &err), &err);
	for (int kind = 0; kind < 2; kind++) {
		ck_assert_ok(mg_graph_new(&g, &err), &err);
		if (!kind)
			cap_memory(LIMIT);
		begin = mg_monotonic();
		int rc = answer(g, bytes.ptr, bytes.len, kind, &err);

		ck_assert_msg(mg_monotonic() - begin < 1.0, "family %d takes %.2f s", _i, mg_monotonic() - begin);
		ck_assert_msg(rc == 0 || (rc != MGREG_RESOURCE_EXHAUSTED && err.text[0]), "family %d: %s", _i, err.text);
		mg_graph_free(g);
	}
	mg_str_clear(&bytes);
}
END_TEST

Suite *
test_evil(void)
{
	TCase *t;
	Suite *s = mg_suite("evil", &t);

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, refused_by_name, 0, MG_COUNT(evil));
	tcase_add_loop_test(t, taken_whatever_it_says, 0, MG_COUNT(odd));
	tcase_add_loop_test(t, a_mebibyte_is_answered_in_a_second, 0, MG_COUNT(families));
	return s;
}
