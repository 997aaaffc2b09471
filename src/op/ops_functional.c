/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ops_functional.c - calls, conditionals and loops over functions.
 *
 * Name, signature, attributes, flags, shape function, tier, deprecation (op_internal.h tells the notation).
 */
#include "op/op_internal.h"

const mg_op mg_ops_functional[] = {
	{ "Case", "branch_index: int32, input: Tin -> output: Tout",
	  "Tin: list(type) >= 0; Tout: list(type) >= 0; branches: list(func) >= 1; output_shapes: "
	    "list(shape) = []", MG_OP_STATEFUL, mg_shape_fn_output_shapes, .tier = 2 },
	{ "DeviceIndex", "-> index: int32", "device_names: list(string)", 0, NULL, .tier = 3 },
	{ "FakeParam", "-> output: dtype", "dtype: type; shape: shape", 0, mg_shape_fn_explicit, .tier = 2 },
	{ "For", "start: int32, limit: int32, delta: int32, input: T -> output: T",
	  "T: list(type) >= 0; body: func", 0, NULL, .tier = 2 },
	{ "If", "cond: Tcond, input: Tin -> output: Tout",
	  "Tcond: type; Tin: list(type) >= 0; Tout: list(type) >= 0; then_branch: func; else_branch: "
	    "func; output_shapes: list(shape) = []", MG_OP_STATEFUL, mg_shape_fn_output_shapes, .tier = 1 },
	{ "PartitionedCall", "args: Tin -> output: Tout",
	  "Tin: list(type) >= 0; Tout: list(type) >= 0; f: func; config: string = ''; config_proto: "
	    "string = ''; executor_type: string = ''", 0, NULL, .tier = 1 },
	{ "RemoteCall", "target: string, args: Tin -> output: Tout",
	  "Tin: list(type) >= 1; Tout: list(type) >= 1; f: func", MG_OP_STATEFUL, NULL, .tier = 2 },
	{ "StatefulPartitionedCall", "args: Tin -> output: Tout",
	  "Tin: list(type) >= 0; Tout: list(type) >= 0; f: func; config: string = ''; config_proto: "
	    "string = ''; executor_type: string = ''", MG_OP_STATEFUL, NULL, .tier = 1 },
	{ "StatelessCase", "branch_index: int32, input: Tin -> output: Tout",
	  "Tin: list(type) >= 0; Tout: list(type) >= 0; branches: list(func) >= 1; output_shapes: "
	    "list(shape) = []", 0, NULL, .tier = 3 },
	{ "StatelessIf", "cond: Tcond, input: Tin -> output: Tout",
	  "Tcond: type; Tin: list(type) >= 0; Tout: list(type) >= 0; then_branch: func; else_branch: "
	    "func; output_shapes: list(shape) = []", 0, mg_shape_fn_output_shapes, .tier = 1 },
	{ "StatelessWhile", "input: T -> output: T",
	  "T: list(type) >= 0; cond: func; body: func; output_shapes: list(shape) = []; "
	    "parallel_iterations: int = 10", 0, mg_shape_fn_output_shapes, .tier = 1 },
	{ "SymbolicGradient", "input: Tin -> output: Tout",
	  "Tin: list(type) >= 1; Tout: list(type) >= 1; f: func", 0, mg_shape_fn_unchanged_all, .tier = 1 },
	{ "ToBool", "input: T -> output: bool", "T: type", 0, NULL, .tier = 3 },
	{ "While", "input: T -> output: T",
	  "T: list(type) >= 0; cond: func; body: func; output_shapes: list(shape) = []; "
	    "parallel_iterations: int = 10", MG_OP_STATEFUL, mg_shape_fn_output_shapes, .tier = 1 },
	{ .name = NULL }
};
