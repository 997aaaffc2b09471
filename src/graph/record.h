/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record.h - plain structs that travel between layers: variables, save slices, queue runners, contexts, savers.
 * Names are names in the live graph ("w:0", "w/Assign").  Everything lies in the graph's arena and never changes
 * once it is in a collection.
 */
#ifndef MG_RECORD_H
#define MG_RECORD_H

#include "op/op.h"

enum mg_record_kind { MG_RECORD_VARIABLE, MG_RECORD_QUEUE_RUNNER, MG_RECORD_COND, MG_RECORD_WHILE, MG_RECORD_SAVER };

typedef struct mg_save_slice {
	const char *full_name;
	int         rank;
	int64_t    *full_shape, *var_offset, *var_shape;
} mg_save_slice;

typedef struct mg_variable_record {
	const char    *variable_name;           /* tensor "w:0" */
	const char    *initial_value_name;      /* tensor, or NULL */
	const char    *initializer_name;        /* op "w/Assign" */
	const char    *snapshot_name;           /* tensor "w/read:0" */
	mg_save_slice *slice;                   /* NULL: whole */
	bool           is_resource, trainable;
	int            synchronization, aggregation;
} mg_variable_record;

typedef struct mg_queue_runner_record {
	const char  *queue_name, *close_op_name, *cancel_op_name;
	const char **enqueue_op_names;
	int          enqueue_count;
	int         *closed_codes;              /* default { OUT_OF_RANGE } */
	int          closed_count;
} mg_queue_runner_record;

typedef struct mg_saver_record {
	const char *filename_tensor_name, *save_tensor_name, *restore_op_name;
	int         max_to_keep;
	bool        sharded;
	float       keep_hours;
	int         version;                    /* 0 legacy, 1 V1, 2 V2 */
} mg_saver_record;

typedef struct mg_named { const char *key, *value; } mg_named;

typedef struct mg_context_record {              /* cond and while */
	enum mg_record_kind kind;
	const char  *context_name;
	/* cond */
	const char  *pred_name, *pivot_name;
	int          branch;
	/* while */
	int          parallel_iterations;
	const char  *maximum_iterations_name;
	bool         back_prop, swap_memory;
	bool         gradient;                  /* a gradient made it: it has none itself */
	const char  *pivot_for_pred_name, *pivot_for_body_name;
	const char **loop_exit_names, **loop_enter_names;
	int          exit_count, enter_count;
	/* both */
	const char **values;
	int          value_count;
	mg_named    *external_values;
	int          external_count;
	struct mg_context_record **nested;
	int          nested_count;
	struct mg_context_record *outer;        /* the context around it, or NULL */
	struct mg_growth *flow;                   /* graph layer's own: what makes it grow while nodes are added */
	const mg_msg *origin, *shell;           /* messages it came from (unknown fields), itself and around it; or NULL */
} mg_context_record;
#endif
