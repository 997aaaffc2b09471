/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ops_training.c - optimizer updates.
 *
 * Name, signature, attributes, flags, shape function, tier, deprecation (op_internal.h tells the notation).
 */
#include "op/op_internal.h"

const mg_op mg_ops_training[] = {
	{ "ApplyAdaMax",
	  "var: Ref(T), m: Ref(T), v: Ref(T), beta1_power: T, lr: T, beta1: T, beta2: T, epsilon: T, "
	    "grad: T -> out: Ref(T)",
	  "T: numbertype; use_locking: bool = false", 0, mg_shape_fn_apply, .tier = 1 },
	{ "ApplyAdadelta",
	  "var: Ref(T), accum: Ref(T), accum_update: Ref(T), lr: T, rho: T, epsilon: T, grad: T -> out: "
	    "Ref(T)",
	  "T: numbertype; use_locking: bool = false", 0, mg_shape_fn_apply, .tier = 1 },
	{ "ApplyAdagrad", "var: Ref(T), accum: Ref(T), lr: T, grad: T -> out: Ref(T)",
	  "T: numbertype; use_locking: bool = false; update_slots: bool = true", 0, mg_shape_fn_apply, .tier = 0 },
	{ "ApplyAdagradDA",
	  "var: Ref(T), gradient_accumulator: Ref(T), gradient_squared_accumulator: Ref(T), grad: T, "
	    "lr: T, l1: T, l2: T, global_step: int64 -> out: Ref(T)",
	  "T: numbertype; use_locking: bool = false", 0, mg_shape_fn_apply, .tier = 1 },
	{ "ApplyAdagradV2", "var: Ref(T), accum: Ref(T), lr: T, epsilon: T, grad: T -> out: Ref(T)",
	  "T: numbertype; use_locking: bool = false; update_slots: bool = true", 0, mg_shape_fn_apply, .tier = 1 },
	{ "ApplyAdam",
	  "var: Ref(T), m: Ref(T), v: Ref(T), beta1_power: T, beta2_power: T, lr: T, beta1: T, beta2: "
	    "T, epsilon: T, grad: T -> out: Ref(T)",
	  "T: numbertype; use_locking: bool = false; use_nesterov: bool = false",
	  0, mg_shape_fn_apply, .tier = 0 },
	{ "ApplyAddSign",
	  "var: Ref(T), m: Ref(T), lr: T, alpha: T, sign_decay: T, beta: T, grad: T -> out: Ref(T)",
	  "T: numbertype; use_locking: bool = false", 0, mg_shape_fn_apply, .tier = 1 },
	{ "ApplyCenteredRMSProp",
	  "var: Ref(T), mg: Ref(T), ms: Ref(T), mom: Ref(T), lr: T, rho: T, momentum: T, epsilon: T, "
	    "grad: T -> out: Ref(T)",
	  "T: numbertype; use_locking: bool = false", 0, mg_shape_fn_apply, .tier = 1 },
	{ "ApplyDelayCompensatedGradientDescent",
	  "var: resource, alpha: T, delta: T, lambda: T, shadow: resource ->",
	  "T: {float, double, int64, int32, uint8, uint16, int16, int8, complex64, complex128, qint8, "
	    "quint8, qint32, half}; use_locking: bool = false", MG_OP_STATEFUL, NULL, .tier = 3 },
	{ "ApplyFtrl",
	  "var: Ref(T), accum: Ref(T), linear: Ref(T), grad: T, lr: T, l1: T, l2: T, lr_power: T -> "
	    "out: Ref(T)",
	  "T: numbertype; use_locking: bool = false", 0, mg_shape_fn_apply, .tier = 1 },
	{ "ApplyFtrlV2",
	  "var: Ref(T), accum: Ref(T), linear: Ref(T), grad: T, lr: T, l1: T, l2: T, l2_shrinkage: T, "
	    "lr_power: T -> out: Ref(T)",
	  "T: numbertype; use_locking: bool = false", 0, mg_shape_fn_apply, .tier = 1 },
	{ "ApplyGradientDescent", "var: Ref(T), alpha: T, delta: T -> out: Ref(T)",
	  "T: numbertype; use_locking: bool = false", 0, mg_shape_fn_apply, .tier = 0 },
	{ "ApplyMomentum", "var: Ref(T), accum: Ref(T), lr: T, grad: T, momentum: T -> out: Ref(T)",
	  "T: numbertype; use_locking: bool = false; use_nesterov: bool = false",
	  0, mg_shape_fn_apply, .tier = 0 },
	{ "ApplyPowerSign",
	  "var: Ref(T), m: Ref(T), lr: T, logbase: T, sign_decay: T, beta: T, grad: T -> out: Ref(T)",
	  "T: numbertype; use_locking: bool = false", 0, mg_shape_fn_apply, .tier = 1 },
	{ "ApplyProximalAdagrad",
	  "var: Ref(T), accum: Ref(T), lr: T, l1: T, l2: T, grad: T -> out: Ref(T)",
	  "T: numbertype; use_locking: bool = false", 0, mg_shape_fn_apply, .tier = 1 },
	{ "ApplyProximalGradientDescent",
	  "var: Ref(T), alpha: T, l1: T, l2: T, delta: T -> out: Ref(T)",
	  "T: numbertype; use_locking: bool = false", 0, mg_shape_fn_apply, .tier = 1 },
	{ "ApplyRMSProp",
	  "var: Ref(T), ms: Ref(T), mom: Ref(T), lr: T, rho: T, momentum: T, epsilon: T, grad: T -> "
	    "out: Ref(T)",
	  "T: numbertype; use_locking: bool = false", 0, mg_shape_fn_apply, .tier = 0 },
	{ "ResourceApplyAdaMax",
	  "var: resource, m: resource, v: resource, beta1_power: T, lr: T, beta1: T, beta2: T, epsilon: "
	    "T, grad: T ->",
	  "T: numbertype; use_locking: bool = false", MG_OP_STATEFUL, mg_shape_fn_apply, .tier = 1 },
	{ "ResourceApplyAdadelta",
	  "var: resource, accum: resource, accum_update: resource, lr: T, rho: T, epsilon: T, grad: T "
	    "->",
	  "T: numbertype; use_locking: bool = false", MG_OP_STATEFUL, mg_shape_fn_apply, .tier = 1 },
	{ "ResourceApplyAdagrad", "var: resource, accum: resource, lr: T, grad: T ->",
	  "T: numbertype; use_locking: bool = false; update_slots: bool = true",
	  MG_OP_STATEFUL, mg_shape_fn_apply, .tier = 0 },
	{ "ResourceApplyAdagradDA",
	  "var: resource, gradient_accumulator: resource, gradient_squared_accumulator: resource, grad: "
	    "T, lr: T, l1: T, l2: T, global_step: int64 ->",
	  "T: numbertype; use_locking: bool = false", MG_OP_STATEFUL, mg_shape_fn_apply, .tier = 1 },
	{ "ResourceApplyAdagradV2", "var: resource, accum: resource, lr: T, epsilon: T, grad: T ->",
	  "T: numbertype; use_locking: bool = false; update_slots: bool = true",
	  MG_OP_STATEFUL, mg_shape_fn_apply, .tier = 1 },
	{ "ResourceApplyAdam",
	  "var: resource, m: resource, v: resource, beta1_power: T, beta2_power: T, lr: T, beta1: T, "
	    "beta2: T, epsilon: T, grad: T ->",
	  "T: numbertype; use_locking: bool = false; use_nesterov: bool = false",
	  MG_OP_STATEFUL, mg_shape_fn_apply, .tier = 0 },
	{ "ResourceApplyAdamWithAmsgrad",
	  "var: resource, m: resource, v: resource, vhat: resource, beta1_power: T, beta2_power: T, lr: "
	    "T, beta1: T, beta2: T, epsilon: T, grad: T ->",
	  "T: numbertype; use_locking: bool = false", MG_OP_STATEFUL, mg_shape_fn_apply, .tier = 1 },
	{ "ResourceApplyAddSign",
	  "var: resource, m: resource, lr: T, alpha: T, sign_decay: T, beta: T, grad: T ->",
	  "T: numbertype; use_locking: bool = false", MG_OP_STATEFUL, mg_shape_fn_apply, .tier = 1 },
	{ "ResourceApplyCenteredRMSProp",
	  "var: resource, mg: resource, ms: resource, mom: resource, lr: T, rho: T, momentum: T, "
	    "epsilon: T, grad: T ->",
	  "T: numbertype; use_locking: bool = false", MG_OP_STATEFUL, mg_shape_fn_apply, .tier = 1 },
	{ "ResourceApplyFtrl",
	  "var: resource, accum: resource, linear: resource, grad: T, lr: T, l1: T, l2: T, lr_power: T "
	    "->",
	  "T: numbertype; use_locking: bool = false", MG_OP_STATEFUL, mg_shape_fn_apply, .tier = 1 },
	{ "ResourceApplyFtrlV2",
	  "var: resource, accum: resource, linear: resource, grad: T, lr: T, l1: T, l2: T, "
	    "l2_shrinkage: T, lr_power: T ->",
	  "T: numbertype; use_locking: bool = false", MG_OP_STATEFUL, mg_shape_fn_apply, .tier = 1 },
	{ "ResourceApplyGradientDescent", "var: resource, alpha: T, delta: T ->",
	  "T: numbertype; use_locking: bool = false", MG_OP_STATEFUL, mg_shape_fn_apply, .tier = 0 },
	{ "ResourceApplyKerasMomentum",
	  "var: resource, accum: resource, lr: T, grad: T, momentum: T ->",
	  "T: numbertype; use_locking: bool = false; use_nesterov: bool = false",
	  MG_OP_STATEFUL, mg_shape_fn_apply, .tier = 1 },
	{ "ResourceApplyMomentum", "var: resource, accum: resource, lr: T, grad: T, momentum: T ->",
	  "T: numbertype; use_locking: bool = false; use_nesterov: bool = false",
	  MG_OP_STATEFUL, mg_shape_fn_apply, .tier = 0 },
	{ "ResourceApplyPowerSign",
	  "var: resource, m: resource, lr: T, logbase: T, sign_decay: T, beta: T, grad: T ->",
	  "T: numbertype; use_locking: bool = false", MG_OP_STATEFUL, mg_shape_fn_apply, .tier = 1 },
	{ "ResourceApplyProximalAdagrad",
	  "var: resource, accum: resource, lr: T, l1: T, l2: T, grad: T ->",
	  "T: numbertype; use_locking: bool = false", MG_OP_STATEFUL, mg_shape_fn_apply, .tier = 1 },
	{ "ResourceApplyProximalGradientDescent", "var: resource, alpha: T, l1: T, l2: T, delta: T ->",
	  "T: numbertype; use_locking: bool = false", MG_OP_STATEFUL, mg_shape_fn_apply, .tier = 1 },
	{ "ResourceApplyRMSProp",
	  "var: resource, ms: resource, mom: resource, lr: T, rho: T, momentum: T, epsilon: T, grad: T "
	    "->",
	  "T: numbertype; use_locking: bool = false", MG_OP_STATEFUL, mg_shape_fn_apply, .tier = 0 },
	{ "ResourceSparseApplyAdadelta",
	  "var: resource, accum: resource, accum_update: resource, lr: T, rho: T, epsilon: T, grad: T, "
	    "indices: Tindices ->",
	  "T: numbertype; Tindices: {int32, int64}; use_locking: bool = false",
	  MG_OP_STATEFUL, mg_shape_fn_apply, .tier = 1 },
	{ "ResourceSparseApplyAdagrad",
	  "var: resource, accum: resource, lr: T, grad: T, indices: Tindices ->",
	  "T: numbertype; Tindices: {int32, int64}; use_locking: bool = false; update_slots: bool = "
	    "true", MG_OP_STATEFUL, mg_shape_fn_apply, .tier = 1 },
	{ "ResourceSparseApplyAdagradDA",
	  "var: resource, gradient_accumulator: resource, gradient_squared_accumulator: resource, grad: "
	    "T, indices: Tindices, lr: T, l1: T, l2: T, global_step: int64 ->",
	  "T: numbertype; Tindices: {int32, int64}; use_locking: bool = false",
	  MG_OP_STATEFUL, mg_shape_fn_apply, .tier = 1 },
	{ "ResourceSparseApplyAdagradV2",
	  "var: resource, accum: resource, lr: T, epsilon: T, grad: T, indices: Tindices ->",
	  "T: numbertype; Tindices: {int32, int64}; use_locking: bool = false; update_slots: bool = "
	    "true", MG_OP_STATEFUL, mg_shape_fn_apply, .tier = 1 },
	{ "ResourceSparseApplyCenteredRMSProp",
	  "var: resource, mg: resource, ms: resource, mom: resource, lr: T, rho: T, momentum: T, "
	    "epsilon: T, grad: T, indices: Tindices ->",
	  "T: numbertype; Tindices: {int32, int64}; use_locking: bool = false",
	  MG_OP_STATEFUL, mg_shape_fn_apply, .tier = 1 },
	{ "ResourceSparseApplyFtrl",
	  "var: resource, accum: resource, linear: resource, grad: T, indices: Tindices, lr: T, l1: T, "
	    "l2: T, lr_power: T ->",
	  "T: numbertype; Tindices: {int32, int64}; use_locking: bool = false",
	  MG_OP_STATEFUL, mg_shape_fn_apply, .tier = 1 },
	{ "ResourceSparseApplyFtrlV2",
	  "var: resource, accum: resource, linear: resource, grad: T, indices: Tindices, lr: T, l1: T, "
	    "l2: T, l2_shrinkage: T, lr_power: T ->",
	  "T: numbertype; Tindices: {int32, int64}; use_locking: bool = false",
	  MG_OP_STATEFUL, mg_shape_fn_apply, .tier = 1 },
	{ "ResourceSparseApplyKerasMomentum",
	  "var: resource, accum: resource, lr: T, grad: T, indices: Tindices, momentum: T ->",
	  "T: numbertype; Tindices: {int32, int64}; use_locking: bool = false; use_nesterov: bool = "
	    "false", MG_OP_STATEFUL, mg_shape_fn_apply, .tier = 1 },
	{ "ResourceSparseApplyMomentum",
	  "var: resource, accum: resource, lr: T, grad: T, indices: Tindices, momentum: T ->",
	  "T: numbertype; Tindices: {int32, int64}; use_locking: bool = false; use_nesterov: bool = "
	    "false", MG_OP_STATEFUL, mg_shape_fn_apply, .tier = 1 },
	{ "ResourceSparseApplyProximalAdagrad",
	  "var: resource, accum: resource, lr: T, l1: T, l2: T, grad: T, indices: Tindices ->",
	  "T: numbertype; Tindices: {int32, int64}; use_locking: bool = false",
	  MG_OP_STATEFUL, mg_shape_fn_apply, .tier = 1 },
	{ "ResourceSparseApplyProximalGradientDescent",
	  "var: resource, alpha: T, l1: T, l2: T, grad: T, indices: Tindices ->",
	  "T: numbertype; Tindices: {int32, int64}; use_locking: bool = false",
	  MG_OP_STATEFUL, mg_shape_fn_apply, .tier = 1 },
	{ "ResourceSparseApplyRMSProp",
	  "var: resource, ms: resource, mom: resource, lr: T, rho: T, momentum: T, epsilon: T, grad: T, "
	    "indices: Tindices ->",
	  "T: numbertype; Tindices: {int32, int64}; use_locking: bool = false",
	  MG_OP_STATEFUL, mg_shape_fn_apply, .tier = 1 },
	{ "SparseApplyAdadelta",
	  "var: Ref(T), accum: Ref(T), accum_update: Ref(T), lr: T, rho: T, epsilon: T, grad: T, "
	    "indices: Tindices -> out: Ref(T)",
	  "T: numbertype; Tindices: {int32, int64}; use_locking: bool = false", 0, mg_shape_fn_apply, .tier = 1 },
	{ "SparseApplyAdagrad",
	  "var: Ref(T), accum: Ref(T), lr: T, grad: T, indices: Tindices -> out: Ref(T)",
	  "T: numbertype; Tindices: {int32, int64}; use_locking: bool = false; update_slots: bool = "
	    "true", 0, mg_shape_fn_apply, .tier = 1 },
	{ "SparseApplyAdagradDA",
	  "var: Ref(T), gradient_accumulator: Ref(T), gradient_squared_accumulator: Ref(T), grad: T, "
	    "indices: Tindices, lr: T, l1: T, l2: T, global_step: int64 -> out: Ref(T)",
	  "T: numbertype; Tindices: {int32, int64}; use_locking: bool = false", 0, mg_shape_fn_apply, .tier = 1 },
	{ "SparseApplyAdagradV2",
	  "var: Ref(T), accum: Ref(T), lr: T, epsilon: T, grad: T, indices: Tindices -> out: Ref(T)",
	  "T: numbertype; Tindices: {int32, int64}; use_locking: bool = false; update_slots: bool = "
	    "true", 0, mg_shape_fn_apply, .tier = 1 },
	{ "SparseApplyCenteredRMSProp",
	  "var: Ref(T), mg: Ref(T), ms: Ref(T), mom: Ref(T), lr: T, rho: T, momentum: T, epsilon: T, "
	    "grad: T, indices: Tindices -> out: Ref(T)",
	  "T: numbertype; Tindices: {int32, int64}; use_locking: bool = false", 0, mg_shape_fn_apply, .tier = 1 },
	{ "SparseApplyFtrl",
	  "var: Ref(T), accum: Ref(T), linear: Ref(T), grad: T, indices: Tindices, lr: T, l1: T, l2: T, "
	    "lr_power: T -> out: Ref(T)",
	  "T: numbertype; Tindices: {int32, int64}; use_locking: bool = false", 0, mg_shape_fn_apply, .tier = 1 },
	{ "SparseApplyFtrlV2",
	  "var: Ref(T), accum: Ref(T), linear: Ref(T), grad: T, indices: Tindices, lr: T, l1: T, l2: T, "
	    "l2_shrinkage: T, lr_power: T -> out: Ref(T)",
	  "T: numbertype; Tindices: {int32, int64}; use_locking: bool = false", 0, mg_shape_fn_apply, .tier = 1 },
	{ "SparseApplyMomentum",
	  "var: Ref(T), accum: Ref(T), lr: T, grad: T, indices: Tindices, momentum: T -> out: Ref(T)",
	  "T: numbertype; Tindices: {int32, int64}; use_locking: bool = false; use_nesterov: bool = "
	    "false", 0, mg_shape_fn_apply, .tier = 1 },
	{ "SparseApplyProximalAdagrad",
	  "var: Ref(T), accum: Ref(T), lr: T, l1: T, l2: T, grad: T, indices: Tindices -> out: Ref(T)",
	  "T: numbertype; Tindices: {int32, int64}; use_locking: bool = false", 0, mg_shape_fn_apply, .tier = 1 },
	{ "SparseApplyProximalGradientDescent",
	  "var: Ref(T), alpha: T, l1: T, l2: T, grad: T, indices: Tindices -> out: Ref(T)",
	  "T: numbertype; Tindices: {int32, int64}; use_locking: bool = false", 0, mg_shape_fn_apply, .tier = 1 },
	{ "SparseApplyRMSProp",
	  "var: Ref(T), ms: Ref(T), mom: Ref(T), lr: T, rho: T, momentum: T, epsilon: T, grad: T, "
	    "indices: Tindices -> out: Ref(T)",
	  "T: numbertype; Tindices: {int32, int64}; use_locking: bool = false", 0, mg_shape_fn_apply, .tier = 1 },
	{ .name = NULL }
};
