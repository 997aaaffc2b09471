/* SPDX-License-Identifier: Apache-2.0 */
/*
 * runtime_internal.h - what the files of the runtime share: plans, runs, the session, memory, threads.
 *
 * A plan is compiled once for (feeds, fetches, targets).  Its values live in numbered slots: one for every output of
 * every node that runs, then one for every feed.  A run is one execution of a plan; a finished run is kept and used
 * again, so that repeating a plan allocates next to nothing.
 *
 * Invariants:
 *  (1) A slot's buffer is written only by the node that owns the slot, or by an in-place consumer that is its last
 *      user while nobody else holds the buffer.
 *  (2) The memory plan only suggests: a home buffer is used when nobody but the home holds it.  A wrong suggestion
 *      costs an allocation, never a value.
 *  (3) The order of the nodes of a plan is that of a first-in-first-out ready queue over the graph before any
 *      optimization; optimizations remove nodes but never swap two of them.
 */
#ifndef MG_RUNTIME_INTERNAL_H
#define MG_RUNTIME_INTERNAL_H

#include "base/base.h"
#include "base/clock.h"
#include "base/map.h"
#include "base/path.h"
#include "runtime/kernel.h"

typedef struct mg_plan mg_plan;
typedef struct mg_run mg_run;
typedef struct mg_dynamic mg_dynamic;

/* ---- memory (alloc.c): size-classed buffers, counted, cached ---- */
typedef struct mg_cache mg_cache;
int mg_cache_new(mg_cache **out, size_t limit, mgreg_error *err);
void mg_cache_free(mg_cache *c);                /* lives on until the last of its buffers is gone */
int mg_cache_get(mg_cache *c, size_t size, mg_buffer **out, mgreg_error *err);  /* buffer->size may be larger */
size_t mg_cache_live(mg_cache *c);              /* bytes in use */

/* ---- threads (pool.c) ---- */
typedef struct mg_pool mg_pool;
int mg_pool_new(mg_pool **out, int threads, mgreg_error *err);
void mg_pool_free(mg_pool *p);
int mg_pool_threads(const mg_pool *p);
void mg_pool_for(mg_pool *p, int64_t n, int64_t grain, mg_range_fn *body, void *arg);

/* ---- OpenBLAS (blas.c): opened on first use, kept on one thread ---- */
int mg_blas_open(mgreg_error *err);

/* ---- kernels (kernel_table.c) ---- */
/* Stands for the function of an op that the program registered (k_custom.c). */
extern const mg_kernel mg_kernel_custom;
/* Rows of OP, highest priority first; NULL if there are none (*COUNT 0) or memory is short (*COUNT -1). */
const mg_kernel *const *mg_kernel_rows(const char *op, int *count);
bool mg_kernel_matches(const mg_kernel *row, const mg_attrs *attrs, const mg_op_def *op);

/* ---- plans (plan.c) ---- */
enum mg_in_flags {
	MG_IN_REF = 1 << 0,             /* the kernel wants the reference itself */
	MG_IN_DEREF = 1 << 1,           /* the source is a reference, the kernel wants its value */
};

typedef struct mg_plan_in {
	int32_t slot;
	int32_t deref;                  /* DEREF: index into run->derefs */
	uint32_t flags;
} mg_plan_in;

typedef struct mg_plan_edge {           /* only in plans with control flow */
	int32_t step;                   /* consumer */
	int32_t input;                  /* -1: control edge */
	int32_t output;                 /* of the producer; -1: control edge */
} mg_plan_edge;

enum mg_step_kind {
	MG_STEP_PLAIN, MG_STEP_FEED, MG_STEP_MERGE, MG_STEP_TRIGGER,
	MG_STEP_GONE,                   /* its value is a constant of the plan */
	MG_STEP_ENTER, MG_STEP_INVARIANT, MG_STEP_EXIT, MG_STEP_NEXT,   /* carry a value into another frame or iteration */
};

/* How far a step is from being ready. */
typedef struct mg_wait {
	int32_t pending;                /* inputs and control edges that did not arrive; Merge: control edges */
	int32_t dead_inputs, live;      /* Merge: how many came dead; the live one or -1 */
	uint32_t flags;
} mg_wait;

/*
 * A loop as the plan sees it; frames[0] is the plan outside of all loops.  Steps, slots and inputs of a frame have
 * numbers of their own (step->local, out_base, in_at): each iteration of a loop holds one set of them.  A step belongs
 * to the frame it runs in; what Enter, Exit and NextIteration make lies in the frame they carry it to.
 */
typedef struct mg_frame {
	const char *name;
	int32_t     parent;
	int32_t     step_count;
	int32_t     slot_base, slot_count;      /* in the plan's arrays over slots */
	int32_t     in_base, in_count;
	int32_t     enters;             /* values that enter */
	int32_t     parallel;           /* iterations under way at most */
	mg_wait    *wait;               /* per step, as an iteration begins */
} mg_frame;

typedef struct mg_random_state {        /* owned by the session */
	uint32_t  key[2];
	uint32_t  ctr[4];
} mg_random_state;

typedef struct mg_step {
	const mg_node   *node;          /* NULL: a feed */
	const mg_kernel *kernel;
	void            *state;
	int32_t          in_base, in_count;     /* in the plan's ins */
	int32_t          in_at;                 /* among the inputs of its frame */
	int32_t          out_base, out_count;   /* among the slots of out_frame */
	int32_t          frame, out_frame, local;
	int32_t          control_count;
	int32_t          edge_base, edge_count;
	int32_t          derefs;        /* how many inputs are DEREF */
	bool             refs;          /* some input is a REF that must be set */
	enum mg_step_kind kind;
	_Atomic(mg_random_state *) random;
} mg_step;

enum mg_slot_flags { MG_SLOT_CONST = 1 << 0, MG_SLOT_FEED = 1 << 1, MG_SLOT_FETCHED = 1 << 2, MG_SLOT_REF = 1 << 3 };

struct mg_plan {
	mg_arena    arena;
	mg_session *session;
	bool        dynamic;            /* has control flow: the queue is run, not its recorded order */
	mg_frame   *frames;             /* dynamic: at least the outermost */
	int         frame_count;
	mg_step    *steps;
	int         step_count;
	mg_plan_in *ins;
	int         in_count, deref_count;
	mg_plan_edge *edges;
	int         slot_count, feed_base, feed_count;
	const mg_node **slot_node;      /* who makes a slot; NULL for feeds */
	uint8_t    *slot_flags;
	uint8_t    *slot_type;          /* base data type */
	int32_t    *uses;               /* how often a slot is consumed */
	mg_tensor  *consts;             /* values of MG_SLOT_CONST */
	int32_t    *fetch_slots;
	int         fetch_count;
	mg_output  *feeds;
	/* memory plan */
	int32_t    *home;               /* per slot: its home buffer, or -1 */
	int         home_count;
	bool        measured;           /* homes were planned again with sizes of a real run */
	/* runs at rest */
	mg_mutex    mutex;
	mg_run     *idle;
	int         active;             /* runs lent out */
	/* under the session's mutex */
	int         users;              /* calls that hold the plan: it stays */
	uint64_t    used;               /* the session's clock when it was last asked for */
};

int mg_plan_compile(mg_plan **out, mg_session *s, const mg_feed *feeds, int feed_count, const mg_output *fetches,
	int fetch_count, mg_node *const *targets, int target_count, mgreg_error *err);
void mg_plan_free(mg_plan *p);
/* Homes for slots by SIZES (bytes, -1: not known) and lifetimes. */
int mg_memplan(mg_plan *p, const int64_t *sizes, mgreg_error *err);

/* ---- runs (executor.c) ---- */
typedef struct mg_slot {
	mg_tensor    value;
	mg_variable *ref;
	bool         dead;
} mg_slot;

struct mg_kernel_ctx {
	mg_run                 *run;
	mg_session             *session;
	const mg_step          *step;
	const mg_tensor *const *in;
	int                     live_input;     /* Merge: the input that arrived */
};

struct mg_run {
	mg_plan          *plan;
	mg_kernel_ctx     ctx;
	mg_slot          *slots;
	int32_t          *uses;
	const mg_tensor **in;
	mg_tensor        *derefs;
	mg_buffer       **homes;
	int               home_count;
	int64_t          *sizes;        /* what the slots held, while the plan is not measured */
	const uint8_t    *slot_flags;   /* of the frame that runs */
	mg_dynamic          *flow;         /* dynamic plans: frames, iterations, the ready queue */
	/* scratch memory of the running kernel */
	mg_buffer        *scratch;
	size_t            scratch_used;
	mg_buffer       **scratch_more;
	size_t            scratch_more_count, scratch_more_cap;
	/* variables that live as long as the run (TemporaryVariable) */
	mg_map            temporaries;
	uint64_t          epoch;
	double            deadline;     /* monotonic, 0: none */
	bool              folding;      /* while a plan is compiled: no trace */
	mg_run           *parent;       /* the run whose kernel calls this one as a function */
	int               depth;
	mg_run           *next;
};

int mg_run_new(mg_run **out, mg_plan *p, mgreg_error *err);
void mg_run_free(mg_run *r);
/* Feeds in the order of the plan; RESULTS as of mg_session_run. */
int mg_run_execute(mg_run *r, const mg_feed *feeds, mg_tensor *results, mgreg_error *err);
/* One step whose inputs are there (also used to fold constants); does not release inputs. */
int mg_run_step(mg_run *r, const mg_step *step, mgreg_error *err);
void mg_slot_clear(mg_slot *s);
/* CANCELLED or DEADLINE_EXCEEDED if the run must end. */
int mg_run_interrupted(const mg_run *r, const mg_step *step, mgreg_error *err);
/* The inputs of a step that has run (or is dead) lose one user each; outputs nobody wants go at once. */
void mg_run_release(mg_run *r, const mg_step *step);

/* ---- control flow (frame.c, flow.c) ---- */
/* Which frame each step runs in; INVALID_ARGUMENT if inputs come from different frames or a cycle is no loop.  ORDER gets the
 * steps in an order in which producers come first. */
int mg_frames_find(mg_plan *p, int32_t *order, mgreg_error *err);
int mg_frames_count(mg_plan *p, mgreg_error *err);      /* what each iteration starts with, once the kernels are bound */
int mg_dynamic_new(mg_dynamic **out, mg_run *r, mgreg_error *err);
void mg_dynamic_free(mg_dynamic *f);
int mg_dynamic_run(mg_dynamic *f, mgreg_error *err);
void mg_dynamic_reset(mg_dynamic *f);                 /* after a run, whole or broken off */
/* Takes input I's value out of its slot if it dies here and nobody else holds it; otherwise makes a copy. */
bool mg_kernel_dies(mg_kernel_ctx *k, int i);   /* would mg_kernel_steal() take it? */
int mg_kernel_steal(mg_kernel_ctx *k, int i, mg_tensor *out, mgreg_error *err);

/* ---- variables and resources (resource.c, variable.c) ---- */
int mg_variable_make(mg_variable **out, const char *name, mg_dtype dtype, mgreg_error *err);
/* Both return a counted reference to the session's variable KEY, made if need be; INVALID_ARGUMENT for another type. */
int mg_session_ref_variable(mg_session *s, const char *container, const char *name, mg_dtype dtype, mg_variable **out, mgreg_error *err);
int mg_session_resource_variable(mg_session *s, const char *container, const char *name, mg_dtype dtype, mg_variable **out, mgreg_error *err);
/* The variable that NODE (Variable, VariableV2, VarHandleOp) stands for, made if need be; counted. */
int mg_node_variable(mg_session *s, const mg_node *node, mg_variable **out, mgreg_error *err);
int mg_fail_uninitialized(mgreg_error *err, const char *name);
extern const char mg_kind_variable[];           /* object.kind of resource variables */
extern const char mg_kind_ref_variable[];

/* ---- what lives as long as a run (step.c): TensorArrays, stacks ---- */
/* Output I becomes a handle of O, whose reference it takes: the object itself (resource), or its name as two strings that
 * are kept by the run (string; a reference to such for the oldest ops). */
int mg_kernel_handle_put(mg_kernel_ctx *k, int i, mg_object *o, mgreg_error *err);
/* The object of KIND behind handle input I; borrowed. */
int mg_kernel_handle_get(mg_kernel_ctx *k, int i, const char *kind, mg_object **out, mgreg_error *err);

extern const mg_kernel mg_kernel_library_call;  /* serves nodes whose op is a function of the library (kernels/k_function.c) */

/* ---- element by element into a variable (accumulate.c) ---- */
enum mg_accumulate_op { MG_ACC_SET, MG_ACC_ADD, MG_ACC_SUB, MG_ACC_MUL, MG_ACC_DIV, MG_ACC_MIN, MG_ACC_MAX };
bool mg_accumulate_knows(enum mg_accumulate_op op, mg_dtype dtype);
/* TO[i] = TO[i] op FROM[i] (FROM[0] if SCALAR) for N elements. */
void mg_accumulate(enum mg_accumulate_op op, mg_dtype dtype, void *to, const void *from, int64_t n, bool scalar);

/* ScatterX and ScatterNdX into V, whose mutex is held; every index is checked first (kernels/k_state.c). */
int mg_scatter(mg_variable *v, enum mg_accumulate_op op, const mg_tensor *indices, const mg_tensor *updates, mgreg_error *err);
int mg_scatter_nd(mg_variable *v, enum mg_accumulate_op op, const mg_tensor *indices, const mg_tensor *updates, mgreg_error *err);
int mg_count_up_to(mg_kernel_ctx *k, mg_variable *v, mgreg_error *err);

/* ---- trace (trace.c) ---- */
typedef struct mg_trace mg_trace;
void mg_trace_add(mg_session *s, const mg_node *node, double begin, double end);
void mg_trace_free(mg_trace *t);

/* ---- the session ---- */
struct mgreg_session {
	mg_graph   *graph;
	mg_session *top;                /* itself; of a function's session, the one whose pool, memory, resources and roots it uses */
	mg_mutex    function_mutex;
	mg_map      functions;          /* of the top session: instances (function.c) */
	bool        no_optimize;
	mg_pool    *pool;
	mg_cache   *cache;
	mg_roots    roots;
	mg_resolver resolver;
	mg_mutex    mutex;              /* maps below */
	mg_map      resources;          /* "kind\1container\1name" -> mg_object */
	mg_map      randoms;            /* node name -> mg_random_state */
	mg_map      plans;              /* signature -> mg_plan; the least recently used go when there are too many */
	uint64_t    clock;              /* counts look-ups of plans */
	mg_mutex    compile;            /* one plan is compiled at a time */
	atomic_uint_fast64_t epoch;     /* raised by cancel */
	_Atomic double deadline;        /* seconds for new runs */
	_Atomic bool tracing;
	mg_mutex    trace_mutex;
	mg_trace   *trace;
};
int mg_session_new_below(mg_session **out, mg_session *top, mg_graph *graph, mgreg_error *err);
void mg_functions_free(mg_session *top);
int mg_session_check_path(mg_session *s, const char *path, mgreg_error *err);
int mg_session_random(mg_session *s, const char *node, int64_t seed, int64_t seed2, mg_random_state **out, mgreg_error *err);
#endif
