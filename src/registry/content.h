/* SPDX-License-Identifier: Apache-2.0 */
/* content.h - what a file or a version holds, between content.c, content_views.c and content_diff.c. */
#ifndef MG_CONTENT_H
#define MG_CONTENT_H

#include "interop/interop.h"
#include "registry/facts.h"
#include "registry/registry.h"
#include "mgreg/content.h"

typedef struct mgreg_content mg_content;
struct mgreg_content {
	mg_arena          arena;        /* everything that is handed out */
	/* from a file ... */
	mg_model          model;
	/* ... or from a store */
	mg_store         *store;        /* NULL: from a file */
	mg_version_info   version;
	/* both */
	Pb__MetaGraphDef *def;          /* NULL: no MetaGraph */
	mg_slice          bytes;        /* of the MetaGraph */
	mg_str            stored;       /* owns `bytes` of a version */
	const char       *tags;
	bool              chosen;       /* by its tags: what it says counts, not what the version says */
	int64_t           metagraphs;
	mg_ckpt          *ckpt;         /* NULL: no weights */
	mg_metagraph_facts *facts;      /* made when first asked for */
	mgreg_tensor_info  *tensors;    /* by name and slice; made when first asked for */
	size_t            tensor_count;
	bool              has_stats;
};

/* Name of the content for messages. */
const char *mg_content_name(const mg_content *c);
/* FACTS and TENSORS filled in.  STATS: also the statistics of a file's tensors. */
int mg_content_need_facts(mg_content *c, mgreg_error *err);
int mg_content_need_tensors(mg_content *c, bool stats, mgreg_error *err);
/* What counts for a version, in ARENA, in the order of its document. */
int mg_version_hparams(mg_store *store, int64_t version_id, mg_arena *arena, mg_hparam_fact **items, size_t *count,
	mgreg_error *err);
/* Hyper-parameters by name, in C's arena. */
int mg_content_hparams(mg_content *c, mg_hparam_fact **items, size_t *count, mgreg_error *err);
/* The digest as text in C's arena, or NULL if memory is short. */
const char *mg_content_hex(mg_content *c, const uint8_t digest[32]);
#endif
