/* SPDX-License-Identifier: Apache-2.0 */
/*
 * op_internal.h - the row of an op, and helpers for shape functions.
 *
 * A row is TensorFlow's own notation, parsed when the op is first asked for (spec.c):
 *
 *   signature   "a: T, rest: N * T, more: Tlist, v: Ref(T) -> out: float".  A type is that of the argument, an
 *               attribute of kind type, one of kind list(type) (as many tensors as the list has), or N times a type.
 *   attributes  "T: {float, double} = float; N: int >= 1; mode: {'SAME', 'VALID'}; s: list(int) >= 4 = [1, 1]".
 *               numbertype, realnumbertype, quantizedtype name sets of types.  Defaults: shapes "?" (unknown rank),
 *               "[]", "[2, ?]"; strings in single quotes; tensors as a type and a list of integers.
 */
#ifndef MG_OP_INTERNAL_H
#define MG_OP_INTERNAL_H

#include "base/base.h"
#include "op/op.h"

typedef struct mg_op {
	const char  *name, *signature, *attrs;
	unsigned     flags;             /* enum mg_op_flags */
	mg_shape_fn *shape;             /* NULL: outputs of unknown shape */
	int          tier;              /* 0 the MetaGraph guide .. 3 rare */
	int          deprecated_at;     /* GraphDef version, 0: not deprecated */
	const char  *deprecation;
} mg_op;

/* The families (op_table.c lists them). */
#define MG_OP_FAMILIES(X) \
	X(array) X(candidate) X(control) X(data_flow) X(dataset) X(dataset_more) X(estimator) X(functional) X(image) X(io) \
	X(linalg) X(list) X(logging) X(lookup) X(math) X(misc) X(nn) X(parsing) X(ragged) X(random) X(resource) X(rnn) \
	X(sparse) X(special) X(state) X(string) X(training)
#define X(family) extern const mg_op mg_ops_##family[];
MG_OP_FAMILIES(X)
#undef X

/* Shape functions (shape_*.c), named by the rule. */
#define MG_SHAPE_FNS(X) \
	X(accidental_hits) X(apply) X(arg_op) X(assign) X(assign_variable) X(batch_matmul) X(batch_matmul_v2) \
	X(batch_norm_global) X(batch_to_space) X(batch_to_space_nd) X(bias_add) X(bias_add_grad) X(bincount) \
	X(bitcast) X(broadcast) X(broadcast3) X(broadcast_args) X(broadcast_gradient_args) X(broadcast_to) \
	X(candidate_sampler) X(colours) X(concat) X(concat_offset) X(concat_v2) X(const) X(conv2d) X(conv3d) \
	X(count_up_to) X(crop_and_resize) X(cross) X(ctc_beam) X(ctc_greedy) X(ctc_loss) X(decode_csv) \
	X(decode_gif) X(decode_image) X(decode_raw) X(depth_to_space) X(depthwise_conv2d) X(dequeue) \
	X(dequeue_many) X(dequeue_up_to) X(determinant) X(diag) X(diag_part) X(dilation2d) X(distorted_box) \
	X(dynamic_partition) X(dynamic_stitch) X(edit_distance) X(einsum) X(encode_image) X(ensure) X(enter) \
	X(equal) X(expand_dims) X(explicit) X(fake_quant_grad) X(fill) X(fractional_pool) X(fused_batch_norm) \
	X(fused_batch_norm_grad) X(gather) X(gather_nd) X(gather_v2) X(glimpse) X(histogram) X(image_patches) \
	X(in_top_k) X(irfft) X(irfft2d) X(irfft3d) X(like_1) X(like_1_rank5) X(like_2) X(like_3) X(linspace) X(list_element) \
	X(lstm_block) X(lstm_cell) X(lu) X(matmul) X(matrix_diag) X(matrix_diag_part) X(matrix_set_diag) \
	X(matrix_solve) X(merge) X(merge_checkpoints) X(merge_flow) X(multinomial) X(nms_counted) X(no_outputs) \
	X(nth_element) X(one_hot) X(output_shapes) X(pack) X(pad) X(pad_grad) X(parallel_concat) X(parse_example) \
	X(parse_single_example) X(placeholder) X(pool2d) X(pool2d_v2) X(pool3d) X(qr) X(quantize) X(queue) \
	X(random_gamma) X(range) X(read_variable) X(reduction) X(ref_select) X(reshape) X(resize) \
	X(resource_gather) X(resource_gather_nd) X(resource_scatter_update) X(restore) X(restore_v2) X(reverse) \
	X(reverse_sequence) X(reverse_v2) X(rfft) X(rfft2d) X(rfft3d) X(save) X(scalar) X(scalars) X(scatter_nd) \
	X(scatter_nd_update) X(scatter_update) X(segment) X(select) X(self_adjoint_eig) X(serialize_many_sparse) \
	X(serialize_sparse) X(shape) X(shape_from_0) X(shape_from_1) X(shape_from_2) X(sizes4_0) X(sizes4_1) \
	X(sizes5_0) X(sizes5_1) X(slice) X(softmax_xent) X(space_to_batch) X(space_to_batch_nd) X(space_to_depth) \
	X(sparse_add) X(sparse_add_grad) X(sparse_any) X(sparse_fill_empty_rows) X(sparse_fill_empty_rows_grad) \
	X(sparse_matmul_dense) X(sparse_reorder) X(sparse_reshape) X(sparse_segment) X(sparse_segment_num) \
	X(sparse_slice_grad) X(sparse_some) X(sparse_split) X(sparse_to_dense) X(sparse_xent) X(split) X(split_v) \
	X(square_matrix) X(squeeze) X(stack_push) X(strided_slice) X(strided_slice_assign) X(string_join) \
	X(string_split) X(svd) X(switch) X(table_export) X(tensor_array) X(tensor_array_concat) \
	X(tensor_array_gather) X(tensor_array_grad) X(tensor_array_read) X(tile) X(top_k) X(top_k_v2) X(transpose) \
	X(two) X(unchanged) X(unchanged_all) X(unchanged_min1) X(unchanged_min2) X(unchanged_min3) \
	X(unchanged_rank0) X(unchanged_rank4) X(unchanged_rank5) X(unchanged_vector) X(unicode_decode) X(unique) \
	X(unique_v2) X(unpack) X(unravel_index) X(unsorted_segment) X(var_handle) X(variable_shape) X(variable_v1) \
	X(vector) X(where)
#define X(rule) int mg_shape_fn_##rule(mg_shape_ctx *c, mgreg_error *err);
MG_SHAPE_FNS(X)
#undef X

/* Room for parsed definitions; a static block, so lookups never fail for want of memory (spec.c). */
typedef struct mg_spec_pool {
	char  *block;
	size_t size, used;
} mg_spec_pool;
/* The row as a structure in POOL; asserts that the row is well formed and that POOL is large enough. */
const mg_op_def *mg_spec_parse(mg_spec_pool *pool, const mg_op *row);

/* "type", "list(int)"; in BUF or static. */
const char *mg_op_attr_kind_name(const mg_op_attr *a, char buf[32]);
bool mg_op_attr_kind_find(mg_slice name, enum mg_attr_kind *out);
#endif
