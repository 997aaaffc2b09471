/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ops_state.c - reference variables and updates of them.
 *
 * Name, signature, attributes, flags, shape function, tier, deprecation (op_internal.h tells the notation).
 */
#include "op/op_internal.h"

const mg_op mg_ops_state[] = {
	{ "Assign", "ref: Ref(T), value: T -> output_ref: Ref(T)",
	  "T: type; validate_shape: bool = true; use_locking: bool = true",
	  MG_OP_ALLOWS_UNINITIALIZED, NULL, .tier = 0 },
	{ "AssignAdd", "ref: Ref(T), value: T -> output_ref: Ref(T)",
	  "T: numbertype; use_locking: bool = false", 0, NULL, .tier = 0 },
	{ "AssignSub", "ref: Ref(T), value: T -> output_ref: Ref(T)",
	  "T: numbertype; use_locking: bool = false", 0, NULL, .tier = 0 },
	{ "CountUpTo", "ref: Ref(T) -> output: T", "limit: int; T: {int32, int64}", 0, NULL, .tier = 1 },
	{ "DestroyTemporaryVariable", "ref: Ref(T) -> value: T",
	  "T: type; var_name: string", 0, NULL, .tier = 1 },
	{ "IsVariableInitialized", "ref: Ref(dtype) -> is_initialized: bool",
	  "dtype: type", MG_OP_ALLOWS_UNINITIALIZED, NULL, .tier = 0 },
	{ "ResourceCountUpTo", "resource: resource -> output: T",
	  "limit: int; T: {int32, int64}", MG_OP_STATEFUL, NULL, .tier = 2 },
	{ "ResourceScatterNdAdd", "ref: resource, indices: Tindices, updates: T ->",
	  "T: type; Tindices: {int32, int64}; use_locking: bool = true", MG_OP_STATEFUL, NULL, .tier = 1 },
	{ "ResourceScatterNdMax", "ref: resource, indices: Tindices, updates: T ->",
	  "T: type; Tindices: {int32, int64}; use_locking: bool = true", MG_OP_STATEFUL, NULL, .tier = 3 },
	{ "ResourceScatterNdMin", "ref: resource, indices: Tindices, updates: T ->",
	  "T: type; Tindices: {int32, int64}; use_locking: bool = true", MG_OP_STATEFUL, NULL, .tier = 3 },
	{ "ResourceScatterNdSub", "ref: resource, indices: Tindices, updates: T ->",
	  "T: type; Tindices: {int32, int64}; use_locking: bool = true", MG_OP_STATEFUL, NULL, .tier = 1 },
	{ "ResourceScatterNdUpdate", "ref: resource, indices: Tindices, updates: T ->",
	  "T: type; Tindices: {int32, int64}; use_locking: bool = true", MG_OP_STATEFUL, NULL, .tier = 1 },
	{ "ScatterAdd", "ref: Ref(T), indices: Tindices, updates: T -> output_ref: Ref(T)",
	  "T: numbertype; Tindices: {int32, int64}; use_locking: bool = false", 0, NULL, .tier = 0 },
	{ "ScatterDiv", "ref: Ref(T), indices: Tindices, updates: T -> output_ref: Ref(T)",
	  "T: numbertype; Tindices: {int32, int64}; use_locking: bool = false", 0, NULL, .tier = 1 },
	{ "ScatterMax", "ref: Ref(T), indices: Tindices, updates: T -> output_ref: Ref(T)",
	  "T: {half, bfloat16, float, double, int32, int64}; Tindices: {int32, int64}; use_locking: "
	    "bool = false", 0, NULL, .tier = 1 },
	{ "ScatterMin", "ref: Ref(T), indices: Tindices, updates: T -> output_ref: Ref(T)",
	  "T: {half, bfloat16, float, double, int32, int64}; Tindices: {int32, int64}; use_locking: "
	    "bool = false", 0, NULL, .tier = 1 },
	{ "ScatterMul", "ref: Ref(T), indices: Tindices, updates: T -> output_ref: Ref(T)",
	  "T: numbertype; Tindices: {int32, int64}; use_locking: bool = false", 0, NULL, .tier = 1 },
	{ "ScatterNdAdd", "ref: Ref(T), indices: Tindices, updates: T -> output_ref: Ref(T)",
	  "T: numbertype; Tindices: {int32, int64}; use_locking: bool = false", 0, NULL, .tier = 1 },
	{ "ScatterNdMax", "ref: Ref(T), indices: Tindices, updates: T -> output_ref: Ref(T)",
	  "T: numbertype; Tindices: {int32, int64}; use_locking: bool = false", 0, NULL, .tier = 3 },
	{ "ScatterNdMin", "ref: Ref(T), indices: Tindices, updates: T -> output_ref: Ref(T)",
	  "T: numbertype; Tindices: {int32, int64}; use_locking: bool = false", 0, NULL, .tier = 3 },
	{ "ScatterNdSub", "ref: Ref(T), indices: Tindices, updates: T -> output_ref: Ref(T)",
	  "T: numbertype; Tindices: {int32, int64}; use_locking: bool = false", 0, NULL, .tier = 1 },
	{ "ScatterNdUpdate", "ref: Ref(T), indices: Tindices, updates: T -> output_ref: Ref(T)",
	  "T: type; Tindices: {int32, int64}; use_locking: bool = true", 0, NULL, .tier = 1 },
	{ "ScatterSub", "ref: Ref(T), indices: Tindices, updates: T -> output_ref: Ref(T)",
	  "T: numbertype; Tindices: {int32, int64}; use_locking: bool = false", 0, NULL, .tier = 0 },
	{ "ScatterUpdate", "ref: Ref(T), indices: Tindices, updates: T -> output_ref: Ref(T)",
	  "T: type; Tindices: {int32, int64}; use_locking: bool = true", 0, NULL, .tier = 1 },
	{ "TemporaryVariable", "-> ref: Ref(dtype)",
	  "shape: shape; dtype: type; var_name: string = ''", MG_OP_STATEFUL, NULL, .tier = 1 },
	{ "Variable", "-> ref: Ref(dtype)",
	  "shape: shape; dtype: type; container: string = ''; shared_name: string = ''",
	  MG_OP_STATEFUL, NULL, .tier = 0 },
	{ "VariableV2", "-> ref: Ref(dtype)",
	  "shape: shape; dtype: type; container: string = ''; shared_name: string = ''",
	  MG_OP_STATEFUL, NULL, .tier = 0 },
	{ .name = NULL }
};
