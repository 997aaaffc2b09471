/* SPDX-License-Identifier: Apache-2.0 */
/* trace.c - how long each node took, as Chrome trace JSON (chrome://tracing, ui.perfetto.dev). */
#include "base/base.h"
#include "base/json.h"
#include "base/vec.h"
#include "runtime/runtime_internal.h"

typedef struct event {
	const mg_node *node;
	double         begin, end;
	unsigned long  thread;
} event;

struct mg_trace {
	double origin;
	MG_VEC(event) events;
	bool   failed;
};

int
mg_session_trace_begin(mg_session *s, mgreg_error *err)
{
	mg_trace *t = mg_calloc(1, sizeof(*t));

	if (!t)
		return mg_fail_nomem(err, sizeof(*t));
	t->origin = mg_monotonic();
	mg_lock(&s->trace_mutex);
	mg_trace_free(s->trace);
	s->trace = t;
	atomic_store(&s->tracing, true);
	mg_unlock(&s->trace_mutex);
	return 0;
}

void
mg_trace_add(mg_session *s, const mg_node *node, double begin, double end)
{
	event e = { node, begin, end, (unsigned long)pthread_self() };

	mg_lock(&s->trace_mutex);
	if (s->trace && !mg_vec_push(&s->trace->events, e))
		s->trace->failed = true;
	mg_unlock(&s->trace_mutex);
}

void
mg_trace_free(mg_trace *t)
{
	if (t) {
		mg_vec_clear(&t->events);
		mg_free(t);
	}
}

static void
put_event(mg_str *json, const mg_trace *t, const event *e)
{
	mg_str_add(json, "{\"name\":");
	mg_json_put_string(json, e->node->op_name, strlen(e->node->op_name));
	mg_str_add(json, ",\"cat\":\"op\",\"ph\":\"X\",\"pid\":1,\"ts\":");
	mg_json_put_double(json, (e->begin - t->origin) * 1e6);
	mg_str_add(json, ",\"dur\":");
	mg_json_put_double(json, (e->end - e->begin) * 1e6);
	mg_str_printf(json, ",\"tid\":%lu,\"args\":{\"node\":", e->thread);
	mg_json_put_string(json, e->node->name, strlen(e->node->name));
	mg_str_add(json, "}}");
}

int
mg_session_trace_take(mg_session *s, mg_str *json, mgreg_error *err)
{
	mg_trace *t;
	int rc = 0;

	mg_lock(&s->trace_mutex);
	t = s->trace;
	s->trace = NULL;
	atomic_store(&s->tracing, false);
	mg_unlock(&s->trace_mutex);
	if (!t)
		return mg_fail(err, MGREG_FAILED_PRECONDITION, "no trace was begun");
	mg_str_add(json, "{\"displayTimeUnit\":\"ns\",\"traceEvents\":[");
	for (size_t i = 0; i < t->events.len; i++) {
		if (i)
			mg_str_addc(json, ',');
		put_event(json, t, &t->events.at[i]);
	}
	mg_str_add(json, "]}");
	rc = t->failed ? mg_fail_nomem(err, 0) : mg_str_check(json, err);
	mg_trace_free(t);
	return rc;
}
