/* SPDX-License-Identifier: Apache-2.0 */
/*
 * restore.c - the restore op, run with a prefix.
 *
 * An object-based checkpoint names its tensors by their place among objects; where a key is missing in one, its object
 * graph tells the name that the variable had, and the variables are set one by one.
 */
#include "base/base.h"
#include "saver/saver_internal.h"

static int
explain(const mg_saver *s, int rc, const char *prefix, mgreg_error *err)
{
	(void)s;
	if (rc == MGREG_NOT_FOUND)
		return mg_wrap(err, rc, "restoring from '%s' failed, probably because a variable name or another key of the graph "
			"is missing in the checkpoint", prefix);
	if (rc == MGREG_INVALID_ARGUMENT)
		return mg_wrap(err, rc, "restoring from '%s' failed, probably because graph and checkpoint do not match", prefix);
	return rc;
}

int
mg_saver_restore(mg_saver *s, mg_session *session, const mg_resolver *resolver, const char *prefix, mgreg_error *err)
{
	mg_resolver before = *mg_session_resolver(session);
	mg_tensor name = { 0 };
	mg_feed feed = { s->filename, &name };
	int rc = 0;

	if (!s->record)
		return 0;
	if (!prefix)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "no checkpoint to restore from");
	MG_TRY(mg_tensor_init_string(&name, prefix, strlen(prefix), err));
	if (resolver)
		mg_session_set_resolver(session, resolver);
	rc = mg_session_run(session, &feed, 1, NULL, 0, &s->restore, 1, NULL, err);
	if (resolver)
		mg_session_set_resolver(session, &before);
	if (rc)
		rc = explain(s, rc, prefix, err);
out:
	mg_tensor_clear(&name);
	return rc;
}
