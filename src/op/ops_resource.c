/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ops_resource.c - resource variables and updates of them.
 *
 * Name, signature, attributes, flags, shape function, tier, deprecation (op_internal.h tells the notation).
 */
#include "op/op_internal.h"

const mg_op mg_ops_resource[] = {
	{ "AssignAddVariableOp", "resource: resource, value: dtype ->",
	  "dtype: type", MG_OP_STATEFUL, mg_shape_fn_assign_variable, .tier = 0 },
	{ "AssignSubVariableOp", "resource: resource, value: dtype ->",
	  "dtype: type", MG_OP_STATEFUL, mg_shape_fn_assign_variable, .tier = 0 },
	{ "AssignVariableOp", "resource: resource, value: dtype ->",
	  "dtype: type", MG_OP_STATEFUL, mg_shape_fn_assign_variable, .tier = 0 },
	{ "ConsumeMutexLock", "mutex_lock: variant ->", "", MG_OP_STATEFUL, mg_shape_fn_no_outputs, .tier = 2 },
	{ "CriticalSectionOp", "-> resource: resource",
	  "container: string = ''; shared_name: string = ''", MG_OP_STATEFUL, NULL, .tier = 3 },
	{ "DestroyResourceOp", "resource: resource ->",
	  "ignore_lookup_error: bool = true", MG_OP_STATEFUL, mg_shape_fn_no_outputs, .tier = 1 },
	{ "ExecuteInCriticalSection",
	  "critical_section: resource, arguments: Targuments -> outputs: output_types",
	  "f: func; Targuments: list(type) >= 0; output_types: list(type) >= 0; output_shapes: "
	    "list(shape) >= 0", MG_OP_STATEFUL, NULL, .tier = 3 },
	{ "MutexLock", "mutex: resource -> mutex_lock: variant", "", MG_OP_STATEFUL, NULL, .tier = 2 },
	{ "MutexV2", "-> resource: resource",
	  "container: string = ''; shared_name: string = ''", MG_OP_STATEFUL, mg_shape_fn_scalar, .tier = 2 },
	{ "ReadVariableOp", "resource: resource -> value: dtype",
	  "dtype: type", MG_OP_STATEFUL, mg_shape_fn_read_variable, .tier = 0 },
	{ "ResourceGather", "resource: resource, indices: Tindices -> output: dtype",
	  "batch_dims: int = 0; validate_indices: bool = true; dtype: type; Tindices: {int32, int64}",
	  MG_OP_STATEFUL, mg_shape_fn_resource_gather, .tier = 1 },
	{ "ResourceGatherNd", "resource: resource, indices: Tindices -> output: dtype",
	  "dtype: type; Tindices: {int32, int64}", MG_OP_STATEFUL, mg_shape_fn_resource_gather_nd, .tier = 1 },
	{ "ResourceScatterAdd", "resource: resource, indices: Tindices, updates: dtype ->",
	  "dtype: numbertype; Tindices: {int32, int64}",
	  MG_OP_STATEFUL, mg_shape_fn_resource_scatter_update, .tier = 0 },
	{ "ResourceScatterDiv", "resource: resource, indices: Tindices, updates: dtype ->",
	  "dtype: numbertype; Tindices: {int32, int64}",
	  MG_OP_STATEFUL, mg_shape_fn_resource_scatter_update, .tier = 1 },
	{ "ResourceScatterMax", "resource: resource, indices: Tindices, updates: dtype ->",
	  "dtype: numbertype; Tindices: {int32, int64}",
	  MG_OP_STATEFUL, mg_shape_fn_resource_scatter_update, .tier = 1 },
	{ "ResourceScatterMin", "resource: resource, indices: Tindices, updates: dtype ->",
	  "dtype: numbertype; Tindices: {int32, int64}",
	  MG_OP_STATEFUL, mg_shape_fn_resource_scatter_update, .tier = 1 },
	{ "ResourceScatterMul", "resource: resource, indices: Tindices, updates: dtype ->",
	  "dtype: numbertype; Tindices: {int32, int64}",
	  MG_OP_STATEFUL, mg_shape_fn_resource_scatter_update, .tier = 1 },
	{ "ResourceScatterSub", "resource: resource, indices: Tindices, updates: dtype ->",
	  "dtype: numbertype; Tindices: {int32, int64}",
	  MG_OP_STATEFUL, mg_shape_fn_resource_scatter_update, .tier = 1 },
	{ "ResourceScatterUpdate", "resource: resource, indices: Tindices, updates: dtype ->",
	  "dtype: type; Tindices: {int32, int64}",
	  MG_OP_STATEFUL, mg_shape_fn_resource_scatter_update, .tier = 1 },
	{ "VarHandleOp", "-> resource: resource",
	  "container: string = ''; shared_name: string = ''; dtype: type; shape: shape",
	  MG_OP_STATEFUL, mg_shape_fn_var_handle, .tier = 0 },
	{ "VarIsInitializedOp", "resource: resource -> is_initialized: bool",
	  "", MG_OP_STATEFUL, mg_shape_fn_scalar, .tier = 0 },
	{ "VariableShape", "input: resource -> output: out_type",
	  "out_type: {int32, int64} = int32", MG_OP_STATEFUL, mg_shape_fn_variable_shape, .tier = 1 },
	{ .name = NULL }
};
