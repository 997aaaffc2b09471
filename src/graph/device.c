/* SPDX-License-Identifier: Apache-2.0 */
/*
 * device.c - device strings: "/job:J/replica:R/task:T/device:CPU:0" and the older "/cpu:0"; merging what open device
 * scopes say into a node's own.
 */
#include "base/base.h"
#include "base/num.h"
#include "graph/graph_internal.h"

static const mg_device none = { NULL, NULL, -1, -1, -1 };

static const char *
upper(mg_arena *arena, const char *text, size_t len)
{
	char *s = mg_arena_strndup(arena, text, len);

	for (char *p = s; p && *p; p++)
		if (*p >= 'a' && *p <= 'z')
			*p = (char)(*p - 'a' + 'A');
	return s;
}

static bool
number_or_star(mg_slice text, int64_t *out)
{
	if (mg_slice_eq(text, "*")) {
		*out = -1;
		return true;
	}
	return mg_parse_i64(text.ptr, text.len, out) && *out >= 0;
}

static bool
is_legacy(mg_slice key)
{
	static const char *const names[] = { "cpu", "gpu", "CPU", "GPU" };

	for (size_t i = 0; i < MG_COUNT(names); i++)
		if (mg_slice_eq(key, names[i]))
			return true;
	return false;
}

/* One "key:value[:index]" between slashes. */
static bool
device_part(mg_slice part, mg_arena *arena, mg_device *d, bool *nomem)
{
	mg_slice key = { NULL, 0 }, value = { NULL, 0 }, rest = part;
	const char **text = NULL;

	if (!mg_slice_split(&rest, ':', &key))
		return false;
	if (is_legacy(key)) {           /* "cpu:0", "gpu"; nothing else goes without a value */
		d->type = upper(arena, key.ptr, key.len);
		*nomem = d->type == NULL;
		return rest.len == 0 || number_or_star(rest, &d->index);
	}
	if (rest.len == 0)
		return false;
	if (mg_slice_eq(key, "replica"))
		return number_or_star(rest, &d->replica);
	if (mg_slice_eq(key, "task"))
		return number_or_star(rest, &d->task);
	if (mg_slice_eq(key, "job")) {
		text = &d->job;
		value = rest;
		*text = mg_arena_strndup(arena, value.ptr, value.len);
	} else if (mg_slice_eq(key, "device")) {
		text = &d->type;
		if (!mg_slice_split(&rest, ':', &value) || value.len == 0)
			return false;
		*text = upper(arena, value.ptr, value.len);
		if (rest.len && !number_or_star(rest, &d->index))
			return false;
	} else {
		return false;
	}
	*nomem = *text == NULL;
	return true;
}

int
mg_device_parse(const char *text, mg_arena *arena, mg_device *out, mgreg_error *err)
{
	mg_slice rest = { text, strlen(text) }, part;
	bool nomem = false;

	*out = none;
	while (mg_slice_split(&rest, '/', &part)) {
		if (part.len == 0)
			continue;
		if (!device_part(part, arena, out, &nomem))
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "malformed device '%s': '%.*s' is not one of "
				"job, replica, task, device", text, (int)part.len, part.ptr);
		if (nomem)
			return mg_fail_nomem(err, 0);
	}
	return 0;
}

const char *
mg_device_format(const mg_device *d, mg_arena *arena)
{
	char job[300] = "", replica[40] = "", task[40] = "", index[40] = "*";

	if (!d->job && !d->type && d->replica < 0 && d->task < 0)
		return "";
	if (d->job)
		snprintf(job, sizeof(job), "/job:%s", d->job);
	if (d->replica >= 0)
		snprintf(replica, sizeof(replica), "/replica:%lld", (long long)d->replica);
	if (d->task >= 0)
		snprintf(task, sizeof(task), "/task:%lld", (long long)d->task);
	if (!d->type)
		return mg_arena_printf(arena, "%s%s%s", job, replica, task);
	if (d->index >= 0)
		snprintf(index, sizeof(index), "%lld", (long long)d->index);
	return mg_arena_printf(arena, "%s%s%s/device:%s:%s", job, replica, task, d->type, index);
}

int
mg_device_canonical(const char *device, mg_arena *arena, const char **out, mgreg_error *err)
{
	mg_device d;
	const char *text;
	int rc;

	if ((rc = mg_device_parse(device, arena, &d, err)) != 0)
		return rc;
	if (!(text = mg_device_format(&d, arena)))
		return mg_fail_nomem(err, 0);
	*out = text;
	return 0;
}

/* What INNER leaves open is taken from OUTER. */
static void
device_merge(mg_device *inner, const mg_device *outer)
{
	if (!inner->job)
		inner->job = outer->job;
	if (inner->replica < 0)
		inner->replica = outer->replica;
	if (inner->task < 0)
		inner->task = outer->task;
	if (!inner->type) {
		inner->type = outer->type;
		inner->index = outer->index;
	} else if (inner->index < 0 && outer->type && strcmp(inner->type, outer->type) == 0) {
		inner->index = outer->index;
	}
}

int
mg_device_push(mg_graph *g, const char *device, mgreg_error *err)
{
	mg_device_scope s = { .stop = device == NULL, .device = none };
	int rc;

	if (device && (rc = mg_device_parse(device, &g->arena, &s.device, err)) != 0)
		return rc;
	return mg_vec_push(&g->devices, s) ? 0 : mg_fail_nomem(err, 0);
}

void
mg_device_pop(mg_graph *g)
{
	assert(g->devices.len > 0);
	g->devices.len--;
}

int
mg_graph_apply_devices(mg_graph *g, const char *device, const char **out, mgreg_error *err)
{
	mg_device d = none;
	const char *text;
	int rc;

	if ((!device || !device[0]) && g->devices.len == 0) {
		*out = "";
		return 0;
	}
	if (device && device[0] && (rc = mg_device_parse(device, &g->arena, &d, err)) != 0)
		return rc;
	for (size_t i = g->devices.len; i-- > 0 && !g->devices.at[i].stop; )
		device_merge(&d, &g->devices.at[i].device);
	if (!(text = mg_device_format(&d, &g->arena)))
		return mg_fail_nomem(err, 0);
	*out = text;
	return 0;
}
