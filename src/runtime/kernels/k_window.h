/* SPDX-License-Identifier: Apache-2.0 */
/*
 * k_window.h - windows that slide over images: convolutions and pools in two or three dimensions.
 *
 * Everything is computed with channels last; NCHW inputs are turned on the way in and results on the way out.  Two dimensions
 * are three whose first has length 1.  half and bfloat16 are widened to float on the way, so there is one rounding.
 */
#ifndef MG_K_WINDOW_H
#define MG_K_WINDOW_H

#include "runtime/kernels/k_common.h"

typedef struct k_window {
	int     spatial;                /* 2 or 3 */
	bool    first;                  /* data_format NCHW, NCDHW */
	int64_t n, ic, oc;              /* batch, channels in, channels out (pools: the same) */
	int64_t in[3], k[3], stride[3], dilation[3], pad[3], out[3];
} k_window;

/* Strides, dilations (may be absent) and data_format; batch and channel entries must be 1. */
int mg_k_window_begin(k_window *w, const mg_attrs *attrs, int spatial, mgreg_error *err);
/* Batch, sizes and channels from the shape of X (rank checked). */
int mg_k_window_input(k_window *w, const mg_shape *x, const char *what, mgreg_error *err);
/* The list NAME (of spatial + 2 entries in data_format order) into SPATIAL; batch and channel into OTHER[2]. */
int mg_k_window_list(const k_window *w, const mg_attrs *attrs, const char *name, int64_t out[3], int64_t other[2], mgreg_error *err);
/* Output sizes and paddings from in, k, stride, dilation and the padding attributes. */
int mg_k_window_solve(k_window *w, const mg_attrs *attrs, mgreg_error *err);
/* dims[] of a tensor with these sizes in data_format order; returns the rank. */
int mg_k_window_dims(const k_window *w, const int64_t spatial[3], int64_t channels, int64_t *dims);
static inline int64_t mg_k_volume(const int64_t v[3]) { return v[0] * v[1] * v[2]; }

/* X with channels last and in a type to compute in: X itself or made in OWN, which the caller clears. */
int mg_k_image_in(mg_kernel_ctx *k, const k_window *w, const mg_tensor *x, mg_tensor *own, const mg_tensor **out, mgreg_error *err);
/* Room for output I to be computed in: the output itself, or OWN. */
int mg_k_image_out(mg_kernel_ctx *k, int i, const k_window *w, const int64_t spatial[3], int64_t channels, mg_tensor *own,
	mg_tensor **out, mgreg_error *err);
/* OWN, if it was used, turned and rounded into output I. */
int mg_k_image_end(mg_kernel_ctx *k, int i, const k_window *w, const int64_t spatial[3], int64_t channels, const mg_tensor *own,
	mgreg_error *err);
/* half and bfloat16 to float and back (same count). */
void mg_k_widen(const mg_tensor *x, float *to);
void mg_k_narrow(const float *from, mg_tensor *y);
#endif
