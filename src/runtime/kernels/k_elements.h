/* SPDX-License-Identifier: Apache-2.0 */
/* k_elements.h - tensors kept one by one: taking a piece of a tensor out, putting pieces together (TensorArrays, lists). */
#ifndef MG_K_ELEMENTS_H
#define MG_K_ELEMENTS_H

#include "runtime/kernels/k_common.h"

/* Dimensions [1, rank) of X. */
int mg_k_tail_shape(const mg_tensor *x, mg_shape *out, mgreg_error *err);
/* Elements [AT, AT + count of SHAPE) of X under SHAPE: X's own bytes where they lie well, otherwise a copy.  OUT is zero. */
int mg_k_piece(mg_kernel_ctx *k, const mg_tensor *x, int64_t at, const mg_shape *shape, mg_tensor *out, mgreg_error *err);
/* Zeros (false, "") of a full SHAPE. */
int mg_k_zeros(mg_kernel_ctx *k, mg_dtype dtype, const mg_shape *shape, mg_tensor *out, mgreg_error *err);
/* Output I of shape [N] + SHAPE. */
int mg_k_output_stacked(mg_kernel_ctx *k, int i, int64_t n, const mg_shape *shape, mg_tensor **out, mgreg_error *err);
/* Output I of SHAPE whose first dimension (which SHAPE need not know) is N. */
int mg_k_output_first(mg_kernel_ctx *k, int i, int64_t n, const mg_shape *shape, mg_tensor **out, mgreg_error *err);
/* LENGTHS (an int64 or int32 vector) cut X along its first dimension: their sum must be it. */
int mg_k_check_lengths(const mg_tensor *x, const mg_tensor *lengths, mgreg_error *err);
/* The shape of the piece of X that is N long. */
int mg_k_cut_shape(const mg_tensor *x, int64_t n, mg_shape *out, mgreg_error *err);
/* SHAPE (changed) and MORE must agree. */
int mg_k_merge_shape(mg_shape *shape, const mg_shape *more, mgreg_error *err);
#endif
