/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ops_sparse.c - sparse tensors and sets.
 *
 * Name, signature, attributes, flags, shape function, tier, deprecation (op_internal.h tells the notation).
 */
#include "op/op_internal.h"

const mg_op mg_ops_sparse[] = {
	{ "AddManySparseToTensorsMap",
	  "sparse_indices: int64, sparse_values: T, sparse_shape: int64 -> sparse_handles: int64",
	  "T: type; container: string = ''; shared_name: string = ''",
	  MG_OP_STATEFUL, mg_shape_fn_vector, .tier = 2 },
	{ "AddSparseToTensorsMap",
	  "sparse_indices: int64, sparse_values: T, sparse_shape: int64 -> sparse_handle: int64",
	  "T: type; container: string = ''; shared_name: string = ''",
	  MG_OP_STATEFUL, mg_shape_fn_scalar, .tier = 2 },
	{ "CSRSparseMatrixComponents",
	  "csr_sparse_matrix: variant, index: int32 -> row_ptrs: int32, col_inds: int32, values: type",
	  "type: {float, double, complex64, complex128}", 0, NULL, .tier = 3 },
	{ "CSRSparseMatrixToDense", "sparse_input: variant -> dense_output: type",
	  "type: {float, double, complex64, complex128}", 0, NULL, .tier = 3 },
	{ "CSRSparseMatrixToSparseTensor",
	  "sparse_matrix: variant -> indices: int64, values: type, dense_shape: int64",
	  "type: {float, double, complex64, complex128}", 0, NULL, .tier = 3 },
	{ "DenseCountSparseOutput",
	  "values: T, weights: output_type -> output_indices: int64, output_values: output_type, "
	    "output_dense_shape: int64",
	  "T: {int32, int64}; minlength: int >= -1 = -1; maxlength: int >= -1 = -1; binary_output: "
	    "bool; output_type: {int32, int64, float, double}", 0, NULL, .tier = 3 },
	{ "DenseToCSRSparseMatrix", "dense_input: T, indices: int64 -> sparse_output: variant",
	  "T: {float, double, complex64, complex128}", 0, NULL, .tier = 3 },
	{ "DenseToDenseSetOperation",
	  "set1: T, set2: T -> result_indices: int64, result_values: T, result_shape: int64",
	  "set_operation: string; validate_indices: bool = true; T: {int8, int16, int32, int64, uint8, "
	    "uint16, string}", 0, mg_shape_fn_sparse_any, .tier = 2 },
	{ "DenseToSparseSetOperation",
	  "set1: T, set2_indices: int64, set2_values: T, set2_shape: int64 -> result_indices: int64, "
	    "result_values: T, result_shape: int64",
	  "set_operation: string; validate_indices: bool = true; T: {int8, int16, int32, int64, uint8, "
	    "uint16, string}", 0, mg_shape_fn_sparse_any, .tier = 2 },
	{ "DeserializeManySparse",
	  "serialized_sparse: string -> sparse_indices: int64, sparse_values: dtype, sparse_shape: "
	    "int64",
	  "dtype: type", 0, mg_shape_fn_sparse_any, .tier = 2 },
	{ "DeserializeSparse",
	  "serialized_sparse: Tserialized -> sparse_indices: int64, sparse_values: dtype, sparse_shape: "
	    "int64",
	  "dtype: type; Tserialized: {string, variant} = string", 0, mg_shape_fn_sparse_any, .tier = 2 },
	{ "RaggedCountSparseOutput",
	  "splits: int64, values: T, weights: output_type -> output_indices: int64, output_values: "
	    "output_type, output_dense_shape: int64",
	  "T: {int32, int64}; minlength: int >= -1 = -1; maxlength: int >= -1 = -1; binary_output: "
	    "bool; output_type: {int32, int64, float, double}", 0, NULL, .tier = 3 },
	{ "SerializeManySparse",
	  "sparse_indices: int64, sparse_values: T, sparse_shape: int64 -> serialized_sparse: out_type",
	  "T: type; out_type: {string, variant} = string", 0, mg_shape_fn_serialize_many_sparse, .tier = 2 },
	{ "SerializeSparse",
	  "sparse_indices: int64, sparse_values: T, sparse_shape: int64 -> serialized_sparse: out_type",
	  "T: type; out_type: {string, variant} = string", 0, mg_shape_fn_serialize_sparse, .tier = 2 },
	{ "SetSize", "set_indices: int64, set_values: T, set_shape: int64 -> size: int32",
	  "validate_indices: bool = true; T: {int8, int16, int32, int64, uint8, uint16, string}",
	  0, NULL, .tier = 2 },
	{ "SparseAdd",
	  "a_indices: int64, a_values: T, a_shape: int64, b_indices: int64, b_values: T, b_shape: "
	    "int64, thresh: Treal -> sum_indices: int64, sum_values: T, sum_shape: int64",
	  "T: numbertype; Treal: realnumbertype", 0, mg_shape_fn_sparse_add, .tier = 1 },
	{ "SparseAddGrad",
	  "backprop_val_grad: T, a_indices: int64, b_indices: int64, sum_indices: int64 -> a_val_grad: "
	    "T, b_val_grad: T",
	  "T: numbertype", 0, mg_shape_fn_sparse_add_grad, .tier = 2 },
	{ "SparseConcat",
	  "indices: N * int64, values: N * T, shapes: N * int64 -> output_indices: int64, "
	    "output_values: T, output_shape: int64",
	  "concat_dim: int; N: int >= 2; T: type", 0, mg_shape_fn_sparse_some, .tier = 2 },
	{ "SparseCountSparseOutput",
	  "indices: int64, values: T, dense_shape: int64, weights: output_type -> output_indices: "
	    "int64, output_values: output_type, output_dense_shape: int64",
	  "T: {int32, int64}; minlength: int >= -1 = -1; maxlength: int >= -1 = -1; binary_output: "
	    "bool; output_type: {int32, int64, float, double}", 0, NULL, .tier = 3 },
	{ "SparseCross",
	  "indices: N * int64, values: sparse_types, shapes: N * int64, dense_inputs: dense_types -> "
	    "output_indices: int64, output_values: out_type, output_shape: int64",
	  "N: int >= 0; hashed_output: bool; num_buckets: int >= 0; hash_key: int; sparse_types: "
	    "list({int64, string}) >= 0; dense_types: list({int64, string}) >= 0; out_type: {int64, "
	    "string}; internal_type: {int64, string}", 0, mg_shape_fn_sparse_any, .tier = 2 },
	{ "SparseCrossHashed",
	  "indices: N * int64, values: sparse_types, shapes: N * int64, dense_inputs: dense_types, "
	    "num_buckets: int64, strong_hash: bool, salt: int64 -> output_indices: int64, output_values: "
	    "int64, output_shape: int64",
	  "N: int >= 0; sparse_types: list({int64, string}) >= 0; dense_types: list({int64, string}) >= "
	    "0", 0, NULL, .tier = 3 },
	{ "SparseCrossV2",
	  "indices: N * int64, values: sparse_types, shapes: N * int64, dense_inputs: dense_types, sep: "
	    "string -> output_indices: int64, output_values: string, output_shape: int64",
	  "N: int >= 0; sparse_types: list({int64, string}) >= 0; dense_types: list({int64, string}) >= "
	    "0", 0, NULL, .tier = 3 },
	{ "SparseDenseCwiseAdd",
	  "sp_indices: int64, sp_values: T, sp_shape: int64, dense: T -> output: T",
	  "T: numbertype", 0, mg_shape_fn_like_1, .tier = 2 },
	{ "SparseDenseCwiseDiv",
	  "sp_indices: int64, sp_values: T, sp_shape: int64, dense: T -> output: T",
	  "T: numbertype", 0, mg_shape_fn_like_1, .tier = 2 },
	{ "SparseDenseCwiseMul",
	  "sp_indices: int64, sp_values: T, sp_shape: int64, dense: T -> output: T",
	  "T: numbertype", 0, mg_shape_fn_like_1, .tier = 2 },
	{ "SparseFillEmptyRows",
	  "indices: int64, values: T, dense_shape: int64, default_value: T -> output_indices: int64, "
	    "output_values: T, empty_row_indicator: bool, reverse_index_map: int64",
	  "T: type", 0, mg_shape_fn_sparse_fill_empty_rows, .tier = 1 },
	{ "SparseFillEmptyRowsGrad",
	  "reverse_index_map: int64, grad_values: T -> d_values: T, d_default_value: T",
	  "T: type", 0, mg_shape_fn_sparse_fill_empty_rows_grad, .tier = 2 },
	{ "SparseMatrixAdd", "a: variant, b: variant, alpha: T, beta: T -> c: variant",
	  "T: {float, double, complex64, complex128}", 0, NULL, .tier = 3 },
	{ "SparseMatrixMatMul", "a: variant, b: T -> output: T",
	  "T: type; transpose_a: bool = false; transpose_b: bool = false; adjoint_a: bool = false; "
	    "adjoint_b: bool = false; transpose_output: bool = false; conjugate_output: bool = false",
	  0, NULL, .tier = 3 },
	{ "SparseMatrixMul", "a: variant, b: T -> output: variant", "T: type", 0, NULL, .tier = 3 },
	{ "SparseMatrixNNZ", "sparse_matrix: variant -> nnz: int32", "", 0, NULL, .tier = 3 },
	{ "SparseMatrixOrderingAMD", "input: variant -> output: int32", "", 0, NULL, .tier = 3 },
	{ "SparseMatrixSoftmax", "logits: variant -> softmax: variant",
	  "type: {float, double}", 0, NULL, .tier = 3 },
	{ "SparseMatrixSoftmaxGrad", "softmax: variant, grad_softmax: variant -> gradient: variant",
	  "type: {float, double}", 0, NULL, .tier = 3 },
	{ "SparseMatrixSparseCholesky", "input: variant, permutation: int32 -> output: variant",
	  "type: {float, double, complex64, complex128}", 0, NULL, .tier = 3 },
	{ "SparseMatrixSparseMatMul", "a: variant, b: variant -> c: variant",
	  "type: {float, double, complex64, complex128}; transpose_a: bool = false; transpose_b: bool = "
	    "false; adjoint_a: bool = false; adjoint_b: bool = false", 0, NULL, .tier = 3 },
	{ "SparseMatrixTranspose", "input: variant -> output: variant",
	  "conjugate: bool = false; type: {float, double, complex64, complex128}", 0, NULL, .tier = 3 },
	{ "SparseMatrixZeros", "dense_shape: int64 -> sparse_matrix: variant",
	  "type: {float, double, complex64, complex128}", 0, NULL, .tier = 3 },
	{ "SparseReduceMax",
	  "input_indices: int64, input_values: T, input_shape: int64, reduction_axes: int32 -> output: "
	    "T",
	  "keep_dims: bool = false; T: realnumbertype", 0, NULL, .tier = 2 },
	{ "SparseReduceMaxSparse",
	  "input_indices: int64, input_values: T, input_shape: int64, reduction_axes: int32 -> "
	    "output_indices: int64, output_values: T, output_shape: int64",
	  "keep_dims: bool = false; T: realnumbertype", 0, NULL, .tier = 2 },
	{ "SparseReduceSum",
	  "input_indices: int64, input_values: T, input_shape: int64, reduction_axes: int32 -> output: "
	    "T",
	  "keep_dims: bool = false; T: numbertype", 0, NULL, .tier = 2 },
	{ "SparseReduceSumSparse",
	  "input_indices: int64, input_values: T, input_shape: int64, reduction_axes: int32 -> "
	    "output_indices: int64, output_values: T, output_shape: int64",
	  "keep_dims: bool = false; T: numbertype", 0, NULL, .tier = 2 },
	{ "SparseReorder",
	  "input_indices: int64, input_values: T, input_shape: int64 -> output_indices: int64, "
	    "output_values: T",
	  "T: type", 0, mg_shape_fn_sparse_reorder, .tier = 1 },
	{ "SparseReshape",
	  "input_indices: int64, input_shape: int64, new_shape: int64 -> output_indices: int64, "
	    "output_shape: int64",
	  "", 0, mg_shape_fn_sparse_reshape, .tier = 1 },
	{ "SparseSlice",
	  "indices: int64, values: T, shape: int64, start: int64, size: int64 -> output_indices: int64, "
	    "output_values: T, output_shape: int64",
	  "T: type", 0, mg_shape_fn_sparse_some, .tier = 2 },
	{ "SparseSliceGrad",
	  "backprop_val_grad: T, input_indices: int64, input_start: int64, output_indices: int64 -> "
	    "val_grad: T",
	  "T: numbertype", 0, mg_shape_fn_sparse_slice_grad, .tier = 2 },
	{ "SparseSoftmax", "sp_indices: int64, sp_values: T, sp_shape: int64 -> output: T",
	  "T: {float, double}", 0, mg_shape_fn_like_1, .tier = 2 },
	{ "SparseSparseMaximum",
	  "a_indices: int64, a_values: T, a_shape: int64, b_indices: int64, b_values: T, b_shape: int64 "
	    "-> output_indices: int64, output_values: T",
	  "T: realnumbertype", 0, NULL, .tier = 2 },
	{ "SparseSparseMinimum",
	  "a_indices: int64, a_values: T, a_shape: int64, b_indices: int64, b_values: T, b_shape: int64 "
	    "-> output_indices: int64, output_values: T",
	  "T: numbertype", 0, NULL, .tier = 2 },
	{ "SparseSplit",
	  "split_dim: int64, indices: int64, values: T, shape: int64 -> output_indices: num_split * "
	    "int64, output_values: num_split * T, output_shape: num_split * int64",
	  "num_split: int >= 1; T: type", 0, mg_shape_fn_sparse_split, .tier = 2 },
	{ "SparseTensorDenseAdd",
	  "a_indices: Tindices, a_values: T, a_shape: Tindices, b: T -> output: T",
	  "T: numbertype; Tindices: {int32, int64}", 0, mg_shape_fn_like_3, .tier = 1 },
	{ "SparseTensorDenseMatMul",
	  "a_indices: Tindices, a_values: T, a_shape: int64, b: T -> product: T",
	  "T: type; Tindices: {int32, int64} = int64; adjoint_a: bool = false; adjoint_b: bool = false",
	  0, mg_shape_fn_sparse_matmul_dense, .tier = 1 },
	{ "SparseTensorToCSRSparseMatrix",
	  "indices: int64, values: T, dense_shape: int64 -> sparse_matrix: variant",
	  "T: {float, double, complex64, complex128}", 0, NULL, .tier = 3 },
	{ "SparseToDense",
	  "sparse_indices: Tindices, output_shape: Tindices, sparse_values: T, default_value: T -> "
	    "dense: T",
	  "validate_indices: bool = true; T: type; Tindices: {int32, int64}",
	  0, mg_shape_fn_sparse_to_dense, .tier = 0 },
	{ "SparseToSparseSetOperation",
	  "set1_indices: int64, set1_values: T, set1_shape: int64, set2_indices: int64, set2_values: T, "
	    "set2_shape: int64 -> result_indices: int64, result_values: T, result_shape: int64",
	  "set_operation: string; validate_indices: bool = true; T: {int8, int16, int32, int64, uint8, "
	    "uint16, string}", 0, mg_shape_fn_sparse_any, .tier = 2 },
	{ "TakeManySparseFromTensorsMap",
	  "sparse_handles: int64 -> sparse_indices: int64, sparse_values: dtype, sparse_shape: int64",
	  "dtype: type; container: string = ''; shared_name: string = ''",
	  MG_OP_STATEFUL, mg_shape_fn_sparse_any, .tier = 2 },
	{ .name = NULL }
};
