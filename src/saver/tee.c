/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tee.c - two save targets at once: every checkpoint that is written goes to both.
 *
 * The save op is fed the first target's prefix; a name below it becomes the same name below the second's.  The second
 * commits first, so that the first, which is the store where there is one, never names a save that the other lacks.
 */
#include "base/base.h"
#include "saver/saver.h"

typedef struct tee {
	mg_save_target first, second;
	mg_resolver    resolver;
	char          *from, *to;       /* the two prefixes */
} tee;

/* A checkpoint being written to both. */
typedef struct both {
	mg_ckpt  base;
	mg_ckpt *first, *second;
} both;

static int
both_put(mg_ckpt *c, const char *name, const mg_shape *full, const mg_tslice *slice, const mg_tensor *t, mgreg_error *err)
{
	both *b = (both *)c;
	int rc = mg_ckpt_put(b->first, name, full, slice, t, err);

	return rc ? rc : mg_ckpt_put(b->second, name, full, slice, t, err);
}

static int
both_finish(mg_ckpt *c, mgreg_error *err)
{
	both *b = (both *)c;
	int rc = mg_ckpt_finish(b->second, err);

	return rc ? rc : mg_ckpt_finish(b->first, err);
}

static void
both_abandon(mg_ckpt *c)
{
	both *b = (both *)c;

	if (b->first->ops->abandon)
		b->first->ops->abandon(b->first);
	if (b->second->ops->abandon)
		b->second->ops->abandon(b->second);
}

static void
both_close(mg_ckpt *c)
{
	both *b = (both *)c;

	mg_ckpt_close(b->first);
	mg_ckpt_close(b->second);
	mg_free(b);
}

static const mg_ckpt_ops both_ops = {
	.format = "tee", .put = both_put, .finish = both_finish, .abandon = both_abandon, .close = both_close,
};

/* PREFIX as the second target knows it; heap. */
static char *
translate(const tee *t, const char *prefix)
{
	size_t n = strlen(t->from);
	mg_str s = MG_STR_INIT;

	if (strncmp(prefix, t->from, n) != 0)
		return mg_strdup(prefix);
	mg_str_printf(&s, "%s%s", t->to, prefix + n);
	return mg_str_take(&s, NULL);
}

static int
tee_open(void *ctx, const char *prefix, mg_ckpt_mode mode, const char *format, mg_ckpt **out, mgreg_error *err)
{
	tee *t = ctx;
	const mg_resolver *r1 = t->first.resolver(t->first.ctx), *r2 = t->second.resolver(t->second.ctx);
	char *other = NULL;
	both *b = NULL;
	int rc;

	if (mode == MG_CKPT_READ)
		return r1->open(r1->ctx, prefix, mode, format, out, err);
	other = translate(t, prefix);
	b = mg_calloc(1, sizeof *b);
	if (!other || !b) {
		rc = mg_fail_nomem(err, 0);
		goto out;
	}
	b->base.ops = &both_ops;
	MG_TRY(r1->open(r1->ctx, prefix, mode, format, &b->first, err));
	MG_TRY(r2->open(r2->ctx, other, mode, format, &b->second, err));
	*out = &b->base;
	b = NULL;
out:
	if (b) {
		mg_ckpt_close(b->first);
		mg_free(b);
	}
	mg_free(other);
	return rc;
}

static int
tee_merge(void *ctx, const char *const *prefixes, int count, const char *dest, bool delete_old, mgreg_error *err)
{
	tee *t = ctx;
	const mg_resolver *r1 = t->first.resolver(t->first.ctx), *r2 = t->second.resolver(t->second.ctx);
	char **others = mg_calloc((size_t)count + 1, sizeof *others), *to = translate(t, dest);
	int rc = 0;

	if (!others || !to) {
		rc = mg_fail_nomem(err, 0);
		goto out;
	}
	for (int i = 0; i < count; i++)
		if (!(others[i] = translate(t, prefixes[i]))) {
			rc = mg_fail_nomem(err, 0);
			goto out;
		}
	MG_TRY(r2->merge(r2->ctx, (const char *const *)others, count, to, delete_old, err));
	MG_TRY(r1->merge(r1->ctx, prefixes, count, dest, delete_old, err));
out:
	for (int i = 0; others && i < count; i++)
		mg_free(others[i]);
	mg_free(others);
	mg_free(to);
	return rc;
}

static int
tee_begin(void *ctx, bool has_step, int64_t step, mg_arena *arena, const char **prefix, mgreg_error *err)
{
	tee *t = ctx;
	const char *first, *second;
	int rc;

	if ((rc = t->first.begin(t->first.ctx, has_step, step, arena, &first, err)) != 0)
		return rc;
	if ((rc = t->second.begin(t->second.ctx, has_step, step, arena, &second, err)) != 0) {
		t->first.abandon(t->first.ctx);
		return rc;
	}
	mg_free(t->from);
	mg_free(t->to);
	t->from = mg_strdup(first);
	t->to = mg_strdup(second);
	if (!t->from || !t->to) {
		t->first.abandon(t->first.ctx);
		t->second.abandon(t->second.ctx);
		return mg_fail_nomem(err, 0);
	}
	*prefix = first;
	return 0;
}

static const mg_resolver *
tee_resolver(void *ctx)
{
	return &((tee *)ctx)->resolver;
}

static int
tee_metagraph(void *ctx, const void *bytes, size_t size, mgreg_error *err)
{
	tee *t = ctx;
	int rc = t->first.metagraph(t->first.ctx, bytes, size, err);

	return rc ? rc : t->second.metagraph(t->second.ctx, bytes, size, err);
}

static int
tee_commit(void *ctx, mgreg_error *err)
{
	tee *t = ctx;
	int rc = t->second.commit(t->second.ctx, err);

	if (rc) {
		t->first.abandon(t->first.ctx);
		return rc;
	}
	return t->first.commit(t->first.ctx, err);
}

static void
tee_abandon(void *ctx)
{
	tee *t = ctx;

	t->second.abandon(t->second.ctx);
	t->first.abandon(t->first.ctx);
}

/* Each target has its own rule for what goes. */
static int
tee_forget(void *ctx, const char *prefix, mgreg_error *err)
{
	tee *t = ctx;

	return t->first.forget ? t->first.forget(t->first.ctx, prefix, err) : 0;
}

int
mg_target_tee(mg_save_target *out, const mg_save_target *first, const mg_save_target *second, mgreg_error *err)
{
	tee *t = mg_calloc(1, sizeof *t);

	if (!t)
		return mg_fail_nomem(err, 0);
	t->first = *first;
	t->second = *second;
	t->resolver = (mg_resolver){ .ctx = t, .open = tee_open, .merge = tee_merge };
	*out = (mg_save_target){
		.ctx = t, .begin = tee_begin, .resolver = tee_resolver, .metagraph = tee_metagraph, .commit = tee_commit,
		.abandon = tee_abandon, .forget = tee_forget,
	};
	return 0;
}

void
mg_target_tee_free(mg_save_target *target)
{
	tee *t = target->ctx;

	if (!t)
		return;
	mg_free(t->from);
	mg_free(t->to);
	mg_free(t);
	*target = (mg_save_target){ 0 };
}
