/* SPDX-License-Identifier: Apache-2.0 */
/* formats.c - THE TABLE of checkpoint formats, and the calls that find one. */
#include "base/base.h"
#include "ckpt/ckpt_internal.h"

/* In probe order: V2 goes before V1 where both lie at a prefix, and V1 takes any file that is left. */
static const mg_ckpt_format *const formats[] = { &mg_ckpt_v2, &mg_ckpt_safetensors, &mg_ckpt_npz, &mg_ckpt_npz_deflate, &mg_ckpt_v1 };

int
mg_ckpt_open(mg_ckpt **out, const char *prefix, mgreg_error *err)
{
	bool there = false;
	int rc;

	for (size_t i = 0; i < MG_COUNT(formats); i++) {
		if ((rc = formats[i]->probe(prefix, &there, err)) != 0)
			return rc;
		if (there)
			return formats[i]->open(out, prefix, err);
	}
	return mg_fail(err, MGREG_NOT_FOUND, "no checkpoint at %s", prefix);
}

const char *
mg_ckpt_probe(const char *prefix)
{
	bool there = false;

	for (size_t i = 0; i < MG_COUNT(formats); i++)
		if (formats[i]->probe(prefix, &there, NULL) == 0 && there)
			return formats[i]->name;
	return NULL;
}

bool
mg_ckpt_can_create(const char *format)
{
	for (size_t i = 0; i < MG_COUNT(formats); i++)
		if (strcmp(formats[i]->name, format) == 0)
			return formats[i]->create != NULL;
	return false;
}

int
mg_ckpt_create(mg_ckpt **out, const char *format, const char *prefix, mgreg_error *err)
{
	for (size_t i = 0; i < MG_COUNT(formats); i++)
		if (strcmp(formats[i]->name, format) == 0 && formats[i]->create)
			return formats[i]->create(out, prefix, err);
	return mg_fail(err, MGREG_INVALID_ARGUMENT, "checkpoint format '%s' cannot be written", format);
}

static int
lacks(const mg_ckpt *c, const char *what, mgreg_error *err)
{
	return mg_fail(err, MGREG_FAILED_PRECONDITION, "a checkpoint (%s) opened for the other direction cannot %s", c->ops->format, what);
}

int
mg_ckpt_entry_at(mg_ckpt *c, size_t i, mg_ckpt_entry *out, mgreg_error *err)
{
	return c->ops->entry ? c->ops->entry(c, i, out, err) : lacks(c, "be listed", err);
}

int
mg_ckpt_find(mg_ckpt *c, const char *name, mg_ckpt_entry *out, mgreg_error *err)
{
	return c->ops->find ? c->ops->find(c, name, out, err) : lacks(c, "be searched", err);
}

int
mg_ckpt_read(mg_ckpt *c, const char *name, const mg_tslice *want, mg_tensor *out, mgreg_error *err)
{
	return c->ops->read ? c->ops->read(c, name, want, out, err) : lacks(c, "be read", err);
}

int
mg_ckpt_fill(mg_ckpt *c, const char *name, mg_tensor *t, mgreg_error *err)
{
	mg_tensor got = { 0 };
	mg_ckpt_entry e;
	int rc;

	if ((rc = mg_ckpt_find(c, name, &e, err)) != 0)
		return rc;
	if (e.dtype != (int)t->dtype || !mg_shape_equal(&e.shape, &t->shape))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "tensor '%s' is not of the type and shape it is wanted in", name);
	if (c->ops->fill)
		return c->ops->fill(c, name, t, err);
	if ((rc = mg_ckpt_read(c, name, NULL, &got, err)) != 0)
		return rc;
	if (mg_dtype_is_memcpy((int)t->dtype) && t->size)
		memcpy(t->data, got.data, t->size);
	else if (t->size)
		rc = mg_fail(err, MGREG_UNIMPLEMENTED, "tensor '%s' of dtype %s cannot be read in place", name, mg_dtype_name((int)t->dtype));
	mg_tensor_clear(&got);
	return rc;
}

void
mg_ckpt_trust(mg_ckpt *c, bool trust)
{
	c->unchecked = trust;
}

bool
mg_ckpt_note(const mg_ckpt *c, size_t i, const char **key, const char **value)
{
	return c->ops->note && c->ops->note(c, i, key, value);
}

int
mg_ckpt_annotate(mg_ckpt *c, const char *key, const char *value, mgreg_error *err)
{
	return c->ops->annotate ? c->ops->annotate(c, key, value, err) : 0;
}

int
mg_ckpt_put(mg_ckpt *c, const char *name, const mg_shape *full, const mg_tslice *slice, const mg_tensor *t, mgreg_error *err)
{
	return c->ops->put ? c->ops->put(c, name, full, slice, t, err) : lacks(c, "take a tensor", err);
}

int
mg_ckpt_finish(mg_ckpt *c, mgreg_error *err)
{
	return c->ops->finish ? c->ops->finish(c, err) : lacks(c, "be finished", err);
}

void
mg_ckpt_close(mg_ckpt *c)
{
	if (c)
		c->ops->close(c);
}
