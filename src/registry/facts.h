/* SPDX-License-Identifier: Apache-2.0 */
/* facts.h - what the store's index tables say of a MetaGraph, as plain structs. */
#ifndef MG_FACTS_H
#define MG_FACTS_H

#include "metagraph/metagraph.h"
#include "store/store.h"

/* Everything in ARENA; M is borrowed. */
int mg_facts_of_metagraph(const Pb__MetaGraphDef *m, mg_arena *arena, mg_metagraph_facts *out, mgreg_error *err);

/* What counts as a version's hyper-parameters: the collection `hparams` of M (may be NULL) with GIVEN (a JSON object, may be
 * NULL) laid over it.  *DOC is canonical JSON, NULL if there are none. */
int mg_facts_of_hparams(const Pb__MetaGraphDef *m, const json_t *given, mg_arena *arena, const char **doc,
	mg_hparam_fact **items, size_t *count, mgreg_error *err);
#endif
