/* SPDX-License-Identifier: Apache-2.0 */
/* saver_internal.h - what a saver is. */
#ifndef MG_SAVER_INTERNAL_H
#define MG_SAVER_INTERNAL_H

#include "saver/saver.h"

struct mgreg_saver {
	mg_graph              *graph;
	const mg_saver_record *record;          /* NULL: nothing to save (allow_empty) */
	mg_output              filename, save;  /* the tensors of the record */
	mg_node               *restore;
	bool                   pad_step_number, save_relative_paths;
	char                  *last_path;       /* what the last save op returned: the prefix, or V1's pattern */
	mg_save_target         files;           /* that of the public interface, once it saved; with its memory of old checkpoints */
};

/* Looks the record's nodes up.  NOT_FOUND names what is missing. */
int mg_saver_bind(mg_saver *s, const mg_saver_record *r, mgreg_error *err);
#endif
