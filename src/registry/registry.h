/* SPDX-License-Identifier: Apache-2.0 */
/*
 * registry.h - internal to the layer that joins the store with everything below; the public names are in mgreg.h.
 *
 *   registry.c  opening, settings, info, fsck      list.c   latest, references, lists of versions
 *   put.c       a path -> a version                get.c    a version -> files
 *   publish.c   the store as a save target         store_ckpt.c  the store as a checkpoint format and its resolver
 *   load.c      a version -> graph and session     facts.c  a MetaGraph -> plain facts for the index tables
 *   hparams.c   what counts for a version          train.c, eval.c, extend.c, override.c, resume.c, data.c
 */
#ifndef MG_REGISTRY_H
#define MG_REGISTRY_H

#include "store/store.h"

#endif
