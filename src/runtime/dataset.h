/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dataset.h - data sets: what a variant of tf.data is, and iterating over one.
 *
 * A data set is a description that does not change; several iterators may walk over it.  A kind is a row: how it is read from a node,
 * how an iterator begins, gives the next element and ends.
 */
#ifndef MG_DATASET_H
#define MG_DATASET_H

#include "runtime/function.h"
#include "runtime/kernel.h"

extern const char mg_kind_dataset[];

typedef struct mg_dataset mg_dataset;
typedef struct mg_walk mg_walk;         /* an iterator over one */

typedef struct mg_dataset_kind {
	const char *op;
	/* Fills the rest of D from the node's inputs; may be NULL. */
	int  (*make)(mg_kernel_ctx *k, mg_dataset *d, mgreg_error *err);
	int  (*begin)(mg_walk *w, mgreg_error *err);                    /* may be NULL */
	/* The next element into OUT (parts of D, zero on entry), or *END. */
	int  (*next)(mg_walk *w, mg_kernel_ctx *k, mg_tensor *out, bool *end, mgreg_error *err);
	void (*end)(mg_walk *w);                                        /* may be NULL */
	int   inputs;           /* data sets among the first inputs; -1: all of them */
	const char *function;   /* attribute, or NULL; captured arguments follow the data sets */
	const char *arguments;  /* its list of captured types */
} mg_dataset_kind;

#define MG_DATASET_NUMBERS 6

struct mg_memory {              /* what a Cache has kept */
	mg_tensor *elements;
	size_t     len;
	bool       whole;
};

struct mg_dataset {
	mg_object     object;
	const mg_dataset_kind *kind;
	mg_session   *session;
	int           parts;            /* tensors of an element */
	mg_dataset  **in;
	int           in_count;
	mg_function  *function, *functions[2];
	mg_tensor    *tensors;          /* captured arguments, then what the kind keeps */
	int           tensor_count, captured;
	int64_t       number[MG_DATASET_NUMBERS];
	char          text[24];
	mg_mutex      mutex;            /* what iterators share */
	mg_philox     philox;
	uint32_t      words[4];
	int           used;
	struct mg_memory *memory;       /* Cache */
};

struct mg_walk {
	mg_dataset   *d;                /* counted */
	mg_walk     **in;               /* over d->in, or NULL where not begun */
	void         *state;            /* the kind's */
	int64_t       count, number[4];
};

int mg_walk_begin(mg_walk **out, mg_dataset *d, mgreg_error *err);
int mg_walk_next(mg_walk *w, mg_kernel_ctx *k, mg_tensor *out, bool *end, mgreg_error *err);
void mg_walk_end(mg_walk *w);
void mg_drop_parts(mg_tensor *parts, int n);

/* The data set that variant T holds; borrowed. */
int mg_dataset_of(const mg_tensor *t, mg_dataset **out, mgreg_error *err);
/* For kernels of all kinds: prepare is none. */
int mg_dataset_new(mg_dataset **out, mg_session *s, const mg_dataset_kind *kind, int parts, mgreg_error *err);
/* A variant scalar that takes the reference to O. */
int mg_variant_of(mg_tensor *out, mg_object *o, mgreg_error *err);
/* The next 32-bit word of a generator. */
uint32_t mg_words_next(mg_philox *p, uint32_t words[4], int *used);

/* Stacks COUNT elements of D's parts (element major) into OUT. */
int mg_stack_elements(const mg_tensor *elements, int64_t count, int parts, mg_tensor *out, mgreg_error *err);

extern const mg_dataset_kind mg_dataset_sources[], mg_dataset_transforms[], mg_dataset_functions[];
#endif
