/* SPDX-License-Identifier: Apache-2.0 */
/* helper.h - what the tests of checkpoints share. */
#ifndef MG_CKPT_HELPER_H
#define MG_CKPT_HELPER_H

#include "testing.h"
#include "ckpt/ckpt_internal.h"

/* A prefix of its own in the temporary folder: DIR/N/NAME, the folder made. */
const char *fresh_prefix(const char *name);
/* "00 01 ff" -> bytes. */
void unhex_text(const char *text, mg_str *out);
/* Whole file; fails the test if it is not there. */
void slurp(const char *path, mg_str *out);
void spit(const char *path, const void *data, size_t size);
void floats(mg_tensor *t, const int64_t *dims, int rank, float first);   /* first, first + 1, ... */
/* Every file of a checkpoint (V2: index and data) copied to a fresh prefix, which is returned. */
const char *copy_checkpoint(const char *prefix);
/* Two checkpoints hold the same tensors. */
void same_tensors(const char *a, const char *b);
/* Reads everything of CKPT; returns how many tensors. */
int read_all(mg_ckpt *c);
/* All tensors of FROM into a new V2 checkpoint at TO: pieces in the order of their places. */
void rewrite_v2(const char *from, const char *to);
/* Calls EACH with the prefix of every V2 index (or V1 file) of the corpus; returns how many. */
int each_corpus(bool v1, void (*each)(const char *prefix));
#endif
