/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ops_control.c - control flow primitives.
 *
 * Name, signature, attributes, flags, shape function, tier, deprecation (op_internal.h tells the notation).
 */
#include "op/op_internal.h"

const mg_op mg_ops_control[] = {
	{ "Abort", "->",
	  "error_msg: string = ''; exit_without_error: bool = false", 0, mg_shape_fn_no_outputs, .tier = 1 },
	{ "ControlTrigger", "->", "", 0, mg_shape_fn_no_outputs, .tier = 1 },
	{ "Enter", "data: T -> output: T",
	  "T: type; frame_name: string; is_constant: bool = false; parallel_iterations: int = 10",
	  0, mg_shape_fn_enter, .tier = 1 },
	{ "Exit", "data: T -> output: T", "T: type", 0, mg_shape_fn_unchanged, .tier = 1 },
	{ "LoopCond", "input: bool -> output: bool", "", 0, mg_shape_fn_unchanged_rank0, .tier = 1 },
	{ "Merge", "inputs: N * T -> output: T, value_index: int32",
	  "T: type; N: int >= 1", 0, mg_shape_fn_merge_flow, .tier = 1 },
	{ "NextIteration", "data: T -> output: T", "T: type", 0, mg_shape_fn_unchanged, .tier = 1 },
	{ "NoOp", "->", "", 0, mg_shape_fn_no_outputs, .tier = 0 },
	{ "RefEnter", "data: Ref(T) -> output: Ref(T)",
	  "T: type; frame_name: string; is_constant: bool = false; parallel_iterations: int = 10",
	  0, mg_shape_fn_enter, .tier = 1 },
	{ "RefExit", "data: Ref(T) -> output: Ref(T)", "T: type", 0, mg_shape_fn_unchanged, .tier = 1 },
	{ "RefMerge", "inputs: Ref(N * T) -> output: Ref(T), value_index: int32",
	  "T: type; N: int >= 1", 0, mg_shape_fn_merge_flow, .tier = 1 },
	{ "RefNextIteration", "data: Ref(T) -> output: Ref(T)",
	  "T: type", 0, mg_shape_fn_unchanged, .tier = 1 },
	{ "RefSelect", "index: int32, inputs: Ref(N * T) -> output: Ref(T)",
	  "T: type; N: int >= 1", 0, mg_shape_fn_ref_select, .tier = 1 },
	{ "RefSwitch", "data: Ref(T), pred: bool -> output_false: Ref(T), output_true: Ref(T)",
	  "T: type", MG_OP_ALLOWS_UNINITIALIZED, mg_shape_fn_switch, .tier = 1 },
	{ "Switch", "data: T, pred: bool -> output_false: T, output_true: T",
	  "T: type", 0, mg_shape_fn_switch, .tier = 1 },
	{ .name = NULL }
};
