/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fmt_npz.c - NumPy's archive of arrays as a checkpoint: a zip of members NAME.npy.
 *
 * A zip is read from front to back; all members are read at once and kept.  Writing is zip_write.c's.
 */
#include "base/base.h"
#include <stdlib.h>
#include "base/map.h"
#include "base/path.h"
#include "ckpt/ckpt_internal.h"
#include "pack/pack.h"

typedef struct member {
	const char *name;
	mg_tensor   value;
	const char *bad;                /* why there is no value; NULL: there is one */
	int         bad_code;
} member;

typedef struct reader {
	mg_ckpt  ckpt;
	char    *path;
	mg_arena arena;
	MG_VEC(member) members;         /* by name */
} reader;

static const mg_ckpt_ops reader_ops;

static int
npz_probe(const char *prefix, bool *there, mgreg_error *err)
{
	mg_file file = { .fd = -1 };
	char head[4];

	(void)err;
	*there = false;
	if (!mg_file_exists(prefix) || mg_is_dir(prefix) || mg_file_open(&file, prefix, NULL) != 0)
		return 0;
	if (file.size > sizeof(head) && mg_file_pread(&file, head, sizeof(head), 0, NULL) == 0)
		*there = memcmp(head, "PK\3\4", 4) == 0;
	mg_file_close(&file);
	return 0;
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(((const member *)a)->name, ((const member *)b)->name);
}

static void
npz_close(mg_ckpt *c)
{
	reader *r = (reader *)c;

	for (size_t i = 0; i < r->members.len; i++)
		mg_tensor_clear(&r->members.at[i].value);
	mg_vec_clear(&r->members);
	mg_arena_clear(&r->arena);
	mg_free(r->path);
	mg_free(r);
}

static int
add_member(reader *r, mg_pack *p, const char *file, mg_str *bytes, mgreg_error *err)
{
	member m = { .name = mg_arena_strndup(&r->arena, file, strlen(file) - 4) };
	mgreg_error why = { 0 };
	int rc;

	if (m.name == NULL || !mg_vec_reserve(&r->members, r->members.len + 1))
		return mg_fail_nomem(err, 0);
	mg_str_reset(bytes);
	if ((rc = mg_pack_read_all(p, 0, bytes, err)) != 0)
		return mg_wrap(err, rc, "tensor '%s'", m.name);
	m.bad_code = mg_npy_decode(bytes->ptr, bytes->len, &m.value, &why);
	if (m.bad_code == MGREG_RESOURCE_EXHAUSTED || (m.bad_code && (m.bad = mg_arena_strdup(&r->arena, why.text)) == NULL))
		return mg_fail_nomem(err, bytes->len);
	(void)mg_vec_push(&r->members, m);
	return 0;
}

static int
npz_open(mg_ckpt **out, const char *prefix, mgreg_error *err)
{
	reader *r = mg_calloc(1, sizeof(*r));
	mg_pack *p = NULL;
	mg_pack_entry e;
	mg_str bytes = MG_STR_INIT;
	int rc = 0;

	if (r == NULL)
		return mg_fail_nomem(err, sizeof(*r));
	r->ckpt.ops = &reader_ops;
	if ((r->path = mg_strdup(prefix)) == NULL) {
		rc = mg_fail_nomem(err, 0);
		goto out;
	}
	MG_TRY(mg_pack_open(&p, prefix, err));
	while ((rc = mg_pack_next(p, &e, err)) == 0) {
		if (!mg_ends_with(e.name, ".npy")) {
			rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "%s: '%s' is no array", prefix, e.name);
			goto out;
		}
		if ((rc = add_member(r, p, e.name, &bytes, err)) != 0) {
			mg_wrap(err, rc, "%s", prefix);
			goto out;
		}
	}
	if (rc != MGREG_OUT_OF_RANGE)
		goto out;
	rc = 0;
	if (r->members.len > 0)
		qsort(r->members.at, r->members.len, sizeof(*r->members.at), by_name);
	*out = &r->ckpt;
out:
	mg_pack_close(p);
	mg_str_clear(&bytes);
	if (rc)
		npz_close(&r->ckpt);
	return rc;
}

static void
show(const member *m, mg_ckpt_entry *out)
{
	*out = (mg_ckpt_entry){ m->name, (int)m->value.dtype, m->bad ? MG_SHAPE_UNKNOWN : m->value.shape, NULL, 0, NULL, m->bad };
}

static int
npz_entry(mg_ckpt *c, size_t i, mg_ckpt_entry *out, mgreg_error *err)
{
	const reader *r = (const reader *)c;

	if (i >= r->members.len)
		return mg_fail_because(err, MGREG_OUT_OF_RANGE, MGREG_REASON_NO, "no more tensors");
	show(&r->members.at[i], out);
	return 0;
}

static int
find_name(const reader *r, const char *name, const member **out, mgreg_error *err)
{
	member key = { .name = name };

	*out = r->members.len ? bsearch(&key, r->members.at, r->members.len, sizeof(key), by_name) : NULL;
	return *out ? 0 : mg_fail(err, MGREG_NOT_FOUND, "key '%s' is not in the checkpoint %s", name, r->path);
}

static int
npz_find(mg_ckpt *c, const char *name, mg_ckpt_entry *out, mgreg_error *err)
{
	const member *m;
	int rc;

	if ((rc = find_name((const reader *)c, name, &m, err)) == 0)
		show(m, out);
	return rc;
}

static int
give(void *ctx, int i, mg_tensor *out, mgreg_error *err)
{
	(void)i;
	return mg_tensor_share(out, &((const member *)ctx)->value, err);
}

static int
npz_read(mg_ckpt *c, const char *name, const mg_tslice *want, mg_tensor *out, mgreg_error *err)
{
	int64_t start[MG_MAX_RANK], length[MG_MAX_RANK];
	const member *m;
	mg_tslice whole;
	int rc;

	if ((rc = find_name((const reader *)c, name, &m, err)) != 0)
		return rc;
	if (m->bad)
		return mg_fail(err, m->bad_code, "tensor '%s': %s", name, m->bad);
	if (want == NULL)
		return mg_tensor_copy(out, &m->value, err);     /* who reads a tensor may write to it */
	whole = (mg_tslice){ mg_rank(&m->value), start, length };
	for (int d = 0; d < whole.rank; d++) {
		start[d] = 0;
		length[d] = -1;
	}
	return mg_slice_assemble(name, (int)m->value.dtype, &whole, 1, &m->value.shape, want, give, NULL, (void *)(uintptr_t)m, out, err);
}

static const mg_ckpt_ops reader_ops = {
	.format = "npz", .entry = npz_entry, .find = npz_find, .read = npz_read, .close = npz_close,
};

/* ---- writing ---- */

typedef struct writer {
	mg_ckpt  ckpt;
	mg_zip  *zip;
	mg_map   names;
} writer;

static const mg_ckpt_ops writer_ops;

static void
writer_abandon(mg_ckpt *c)
{
	writer *w = (writer *)c;

	mg_zip_abandon(w->zip);
	w->zip = NULL;
}

static void
writer_close(mg_ckpt *c)
{
	writer *w = (writer *)c;

	writer_abandon(c);
	mg_map_clear(&w->names);
	mg_free(w);
}

static int
create(mg_ckpt **out, const char *prefix, bool deflate, mgreg_error *err)
{
	writer *w = mg_calloc(1, sizeof(*w));
	char *dir = mg_path_dirname(prefix);
	int rc = 0;

	if (!w || !dir) {
		rc = mg_fail_nomem(err, 0);
		goto out;
	}
	w->ckpt.ops = &writer_ops;
	if (*dir)
		MG_TRY(mg_dir_create(dir, true, err));
	MG_TRY(mg_zip_create(&w->zip, prefix, deflate, err));
	*out = &w->ckpt;
out:
	mg_free(dir);
	if (rc && w)
		writer_close(&w->ckpt);
	return rc;
}

static int
npz_create(mg_ckpt **out, const char *prefix, mgreg_error *err)
{
	return create(out, prefix, false, err);
}

static int
npz_create_deflate(mg_ckpt **out, const char *prefix, mgreg_error *err)
{
	return create(out, prefix, true, err);
}

static int
npz_put(mg_ckpt *c, const char *name, const mg_shape *full, const mg_tslice *slice, const mg_tensor *t, mgreg_error *err)
{
	writer *w = (writer *)c;
	mg_str file = MG_STR_INIT, bytes = MG_STR_INIT;
	int rc = 0;

	if (slice && !mg_tslice_is_full(slice, full))
		return mg_fail(err, MGREG_UNIMPLEMENTED, "tensor '%s': npz holds whole tensors only", name);
	if (mg_map_has(&w->names, name))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "tensor '%s' is added to the checkpoint a second time", name);
	if (!mg_map_set(&w->names, name, w))
		return mg_fail_nomem(err, 0);
	mg_str_printf(&file, "%s.npy", name);
	MG_TRY(mg_str_check(&file, err));
	MG_TRY(mg_npy_encode(t, &bytes, err));
	MG_TRY(mg_zip_add(w->zip, file.ptr, bytes.ptr, bytes.len, err));
out:
	mg_str_clear(&file);
	mg_str_clear(&bytes);
	return rc ? mg_wrap(err, rc, "tensor '%s'", name) : 0;
}

static int
npz_finish(mg_ckpt *c, mgreg_error *err)
{
	writer *w = (writer *)c;
	mg_zip *zip = w->zip;

	w->zip = NULL;
	return mg_zip_finish(zip, err);
}

static const mg_ckpt_ops writer_ops = {
	.format = "npz", .put = npz_put, .finish = npz_finish, .abandon = writer_abandon, .close = writer_close,
};

const mg_ckpt_format mg_ckpt_npz = {
	.name = "npz", .probe = npz_probe, .open = npz_open, .create = npz_create,
};

static int
never(const char *prefix, bool *there, mgreg_error *err)
{
	(void)prefix;
	(void)err;
	*there = false;
	return 0;
}

/* The same with its members deflated; both read alike. */
const mg_ckpt_format mg_ckpt_npz_deflate = {
	.name = "npz-deflate", .probe = never, .open = npz_open, .create = npz_create_deflate,
};
