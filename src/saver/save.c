/* SPDX-License-Identifier: Apache-2.0 */
/*
 * save.c - one save through a target: begin, the save op through the target's resolver, the MetaGraph, commit.
 * Whatever fails after begin ends in abandon, and the session's resolver is what it was.
 */
#include "base/base.h"
#include "saver/saver_internal.h"

static int
run_save(mg_saver *s, mg_session *session, const char *prefix, mgreg_error *err)
{
	mg_tensor name = { 0 }, path = { 0 };
	mg_feed feed = { s->filename, &name };
	const mg_tstr *text;
	char *copy;
	int rc;

	MG_TRY(mg_tensor_init_string(&name, prefix, strlen(prefix), err));
	MG_TRY(mg_session_run(session, &feed, 1, &s->save, 1, NULL, 0, &path, err));
	if (path.dtype != MGREG_STRING || path.count != 1) {
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "'%s' does not give the name of a checkpoint", s->save.node->name);
		goto out;
	}
	text = MG_CDATA(&path, mg_tstr);
	if (!(copy = mg_strndup(text->len ? text->ptr : "", text->len))) {
		rc = mg_fail_nomem(err, 0);
		goto out;
	}
	mg_free(s->last_path);
	s->last_path = copy;
out:
	mg_tensor_clear(&name);
	mg_tensor_clear(&path);
	return rc;
}

void
mg_saver_set_base(mg_saver *s, const Pb__MetaGraphDef *def)
{
	s->base = def;
}

static int
give_metagraph(mg_saver *s, const mg_save_target *target, const mg_metagraph_export_options *how, mgreg_error *err)
{
	mg_metagraph_export_options o = *how;
	Pb__MetaGraphDef *m;
	mg_arena arena = { 0 };
	mg_str bytes = MG_STR_INIT;
	int rc;

	o.saver = s->record;
	if (!o.base)
		o.base = s->base;
	o.allow_unknown_ops = true;     /* who brought them in allowed them */
	MG_TRY(mg_metagraph_export(s->graph, &o, &arena, &m, err));
	MG_TRY(mg_msg_encode_large(&m->base, &bytes, err));
	MG_TRY(target->metagraph(target->ctx, bytes.ptr, bytes.len, err));
out:
	mg_str_clear(&bytes);
	mg_arena_clear(&arena);
	return rc;
}

int
mg_saver_save_as(mg_saver *s, mg_session *session, const mg_save_target *target, bool has_step, int64_t step,
	const mg_metagraph_export_options *o, mgreg_error *err)
{
	mg_resolver before = *mg_session_resolver(session);
	mg_arena arena = { 0 };
	const char *prefix = NULL;
	bool begun = false;
	int rc;

	if (s->deferred)
		return mg_fail(err, MGREG_FAILED_PRECONDITION, "the saver's nodes are not built yet: build it before it saves");
	MG_TRY(target->begin(target->ctx, has_step, step, &arena, &prefix, err));
	begun = true;
	if (s->record) {
		mg_session_set_resolver(session, target->resolver(target->ctx));
		rc = run_save(s, session, prefix, err);
		mg_session_set_resolver(session, &before);
		if (rc)
			goto out;
	}
	if (o)
		MG_TRY(give_metagraph(s, target, o, err));
	begun = false;
	MG_TRY(target->commit(target->ctx, err));
out:
	if (begun)
		target->abandon(target->ctx);
	mg_arena_clear(&arena);
	return rc;
}

int
mg_saver_save(mg_saver *s, mg_session *session, const mg_save_target *target, bool has_step, int64_t step, bool write_metagraph,
	mgreg_error *err)
{
	static const mg_metagraph_export_options usual = MG_METAGRAPH_EXPORT_INIT;

	return mg_saver_save_as(s, session, target, has_step, step, write_metagraph ? &usual : NULL, err);
}
