/* SPDX-License-Identifier: Apache-2.0 */
/*
 * resume.c - what a version must remember beside its variables so that continuing equals never having stopped.
 *
 *   {"seed":7,"epoch":2,"position":64,"data":[{"path":"a.npz","sha256":"..."}],"random":{"node":"<48 hex digits>"},"set":{"lr":0.1}}
 *
 * Numbers of 64 bits that JSON readers may round (random states) are hexadecimal text.
 */
#include "base/base.h"
#include <stdio.h>
#include "registry/training.h"

static void
hex(const uint8_t *bytes, size_t n, char *out)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < n; i++) {
		out[2 * i] = digits[bytes[i] >> 4];
		out[2 * i + 1] = digits[bytes[i] & 15];
	}
	out[2 * n] = '\0';
}

int
mg_resume_read(mg_resume *r, mg_store *store, int64_t version_id, mgreg_error *err)
{
	mg_str text = MG_STR_INIT;
	const json_t *seed;
	int rc;

	*r = (mg_resume){ 0 };
	MG_TRY(mg_version_text(store, version_id, "resume", &text, err));
	if (text.len == 0)
		goto out;
	MG_TRY(mg_wrap(err, mg_json_parse(text.ptr, text.len, &r->doc, err), "resume state"));
	r->present = json_is_object(r->doc);
	seed = json_object_get(r->doc, "seed");
	if (json_is_integer(seed)) {
		r->has_seed = true;
		r->seed = (uint64_t)json_integer_value(seed);
	}
	r->epoch = json_integer_value(json_object_get(r->doc, "epoch"));
	r->position = json_integer_value(json_object_get(r->doc, "position"));
out:
	mg_str_clear(&text);
	return rc;
}

void
mg_resume_clear(mg_resume *r)
{
	json_decref(r->doc);
	*r = (mg_resume){ 0 };
}

bool
mg_resume_same_data(const mg_resume *r, mg_data *data)
{
	const json_t *list = json_object_get(r->doc, "data");
	const mg_data_file *files;
	char text[65];
	size_t n;

	if (mg_data_files(data, &files, &n, NULL) != 0 || json_array_size(list) != n)
		return false;
	for (size_t i = 0; i < n; i++) {
		const char *was = json_string_value(json_object_get(json_array_get(list, i), "sha256"));

		hex(files[i].sha256, 32, text);
		if (!was || strcmp(was, text) != 0)
			return false;
	}
	return true;
}

int
mg_resume_random(const mg_resume *r, mg_session *session, mgreg_error *err)
{
	json_t *nodes = json_object_get(r->doc, "random"), *value;
	const char *name;
	int rc;

	json_object_foreach(nodes, name, value) {
		const char *text = json_string_value(value);
		unsigned long long a, b, c;
		uint64_t state[4] = { 0 };

		if (!text || sscanf(text, "%16llx%16llx%16llx", &a, &b, &c) != 3)
			return mg_fail(err, MGREG_DATA_LOSS, "resume state: the random state of '%s' cannot be read", name);
		state[0] = a;
		state[1] = b;
		state[2] = c;
		if ((rc = mg_session_random_set(session, name, state, err)) != 0)
			return rc;
	}
	return 0;
}

int
mg_resume_settings(const mg_resume *r, mg_arena *arena, const char ***pairs, int *count, mgreg_error *err)
{
	json_t *set = json_object_get(r->doc, "set"), *value;
	mg_str text = MG_STR_INIT;
	const char *name;
	int rc = 0;

	*count = 0;
	if (!(*pairs = mg_arena_zalloc(arena, json_object_size(set) + 1, sizeof **pairs)))
		return mg_fail_nomem(err, 0);
	json_object_foreach(set, name, value) {
		mg_str_reset(&text);
		if (json_is_string(value))
			mg_str_add(&text, json_string_value(value));
		else
			MG_TRY(mg_json_format(value, &text, err));
		if (!((*pairs)[(*count)++] = mg_arena_printf(arena, "%s=%s", name, text.ptr))) {
			rc = mg_fail_nomem(err, 0);
			goto out;
		}
	}
out:
	mg_str_clear(&text);
	return rc;
}

/* ---- writing ---- */

static int
add_random(void *ctx, const char *node, const uint64_t state[4])
{
	char text[49];

	snprintf(text, sizeof text, "%016llx%016llx%016llx", (unsigned long long)state[0], (unsigned long long)state[1],
		(unsigned long long)state[2]);
	return json_object_set_new(ctx, node, json_string(text)) == 0 ? 0 : MGREG_RESOURCE_EXHAUSTED;
}

static int
add_files(json_t *list, const mg_feeder *f, mgreg_error *err)
{
	const mg_data_file *files;
	char text[65];
	size_t n;
	int rc = mg_data_files(f->data, &files, &n, err);

	if (rc)
		return rc;
	for (size_t i = 0; i < n; i++) {
		hex(files[i].sha256, 32, text);
		if (json_array_append_new(list, json_pack("{s:s, s:s, s:I}", "path", files[i].path, "sha256", text, "size",
				(json_int_t)files[i].size)) != 0)
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "the name of data file %zu is not UTF-8", i);
	}
	return 0;
}

int
mg_resume_write(mg_session *session, const mg_feeder *f, uint64_t seed, const mg_overrides *o, mg_str *out, mgreg_error *err)
{
	json_t *doc = json_object(), *random = json_object(), *data = json_array(), *set = json_object();
	int rc = 0;

	if (!doc || !random || !data || !set) {
		rc = mg_fail_nomem(err, 0);
		goto out;
	}
	json_object_set_new(doc, "seed", json_integer((json_int_t)seed));
	if (f->data) {
		json_object_set_new(doc, "epoch", json_integer(f->order.epoch));
		json_object_set_new(doc, "position", json_integer(f->order.position));
		MG_TRY(add_files(data, f, err));
		json_object_set(doc, "data", data);
	}
	if (mg_session_random_each(session, add_random, random) != 0) {
		rc = mg_fail_nomem(err, 0);
		goto out;
	}
	if (json_object_size(random))
		json_object_set(doc, "random", random);
	MG_TRY(mg_overrides_to_json(o, set, err));
	if (json_object_size(set))
		json_object_set(doc, "set", set);
	MG_TRY(mg_json_format(doc, out, err));
	MG_TRY(mg_str_check(out, err));
out:
	json_decref(set);
	json_decref(data);
	json_decref(random);
	json_decref(doc);
	return rc;
}

/* ---- seeds ---- */

/* FNV-1a over the name, stirred: keys of different ops have nothing to do with each other. */
static uint64_t
mix(uint64_t seed, const char *name)
{
	uint64_t h = 0xcbf29ce484222325u ^ (seed * 0x9e3779b97f4a7c15u);

	for (; *name; name++)
		h = (h ^ (uint8_t)*name) * 0x100000001b3u;
	h ^= h >> 30;
	h *= 0xbf58476d1ce4e5b9u;
	h ^= h >> 27;
	h *= 0x94d049bb133111ebu;
	return h ^ (h >> 31);
}

int
mg_seed_random(mg_live *live, uint64_t seed, mgreg_error *err)
{
	int rc = 0;

	for (int i = 0; i < mg_graph_node_count(live->graph) && rc == 0; i++) {
		const mg_node *n = mg_graph_node(live->graph, i);
		int64_t a, b;
		uint64_t state[4] = { 0 };

		if (!n->op || !(n->op->flags & MG_OP_STATEFUL) || !mg_attr_get_int(&n->attrs, "seed", &a)
		    || !mg_attr_get_int(&n->attrs, "seed2", &b) || a || b)
			continue;
		state[0] = mix(seed, n->name);
		state[2] = mix(state[0], n->name);      /* TensorFlow puts the second seed into the counter's upper half */
		rc = mg_session_random_set(live->session, n->name, state, err);
	}
	return rc;
}
