/* SPDX-License-Identifier: Apache-2.0 */
/*
 * staging.c - a save in progress: chunks that wait, chunks that are stored, and the claims that keep gc away from both.
 *
 * states of a chunk:  waiting (bytes in memory) -> stored and claimed (mg_save_flush, one small transaction for up to
 * MG_BATCH_SIZE) -> listed (mg_blob_insert, in the publish transaction, where the claims go).  A save that dies leaves claimed
 * chunks, which gc takes once the save is seen to be dead.  A small save has one transaction in all: the flush happens
 * inside the publishing one.
 */
#include "base/base.h"
#include <unistd.h>
#include "store/store_internal.h"

int
mg_save_begin(mg_save **out, mg_store *store, mgreg_error *err)
{
	mg_save *save;
	int rc = mg_require_writable(store, err);

	if (rc != 0)
		return rc;
	if (!(save = mg_calloc(1, sizeof *save)))
		return mg_fail_nomem(err, sizeof *save);
	save->store = store;
	if ((rc = mg_random_hex(save->uid, err)) != 0) {
		mg_free(save);
		return rc;
	}
	*out = save;
	return 0;
}

const char *
mg_save_uid(const mg_save *save)
{
	return save->uid;
}

int
mg_save_set_uid(mg_save *save, const char *uid, mgreg_error *err)
{
	mg_version_info v;
	char ref[40];

	assert(!save->registered);
	if (strlen(uid) != 32 || strspn(uid, "0123456789abcdef") != 32)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "'%.40s' is no uid of a version", uid);
	snprintf(ref, sizeof(ref), "uid:%s", uid);
	if (mg_ref_resolve(save->store, ref, &v, NULL) == 0)
		return mg_fail(err, MGREG_ALREADY_EXISTS, "%s has the uid %s already", v.ref, uid);
	memcpy(save->uid, uid, 33);
	return 0;
}

void
mg_save_free(mg_save *save)
{
	if (!save)
		return;
	if (save->registered && !save->published)       /* failing is fine: gc drops dead saves */
		mg_stmt_run(save->store, MG_SQL_SAVE_DELETE, NULL, "s", save->uid);
	for (size_t i = 0; i < save->chunks.len; i++)
		mg_free(save->chunks.at[i].data);
	for (size_t i = 0; i < save->blobs.len; i++) {
		mg_vec_clear(&save->blobs.at[i]->parts);
		mg_free(save->blobs.at[i]);
	}
	mg_vec_clear(&save->chunks);
	mg_vec_clear(&save->blobs);
	mg_vec_clear(&save->reused);
	mg_map_clear(&save->by_digest);
	mg_free(save->pack);
	mg_free(save);
}

static int flush_waiting(mg_save *save, mgreg_error *err);

int
mg_save_add_chunk(mg_save *save, const uint8_t *sha256, const void *data, size_t size, int64_t *part_chunk, mgreg_error *err)
{
	mg_pending p = { .size = size };
	int rc;

	assert(size >= 1 && size <= MG_LEAF_SIZE);
	if (sha256)
		memcpy(p.sha256, sha256, 32);
	else if ((rc = mg_sha256(data, size, p.sha256, err)) != 0)
		return rc;
	mg_xxh3(data, size, p.xxh3);
	if (!(p.data = mg_memdup(data, size)))
		return mg_fail_nomem(err, size);
	if (!mg_vec_push(&save->chunks, p)) {
		mg_free(p.data);
		return mg_fail_nomem(err, 0);
	}
	*part_chunk = -(int64_t)save->chunks.len;
	save->waiting_bytes += size;
	return save->waiting_bytes >= MG_BATCH_SIZE ? flush_waiting(save, err) : 0;
}

/* ---- the pack: small values of one save share chunks -------------------------------------------- */

/* The pack being filled is chunk number 0 - INT64_MIN stands for it until it is closed. */
static int
close_pack(mg_save *save, mgreg_error *err)
{
	int64_t chunk;
	int rc;

	if (save->pack_size == 0)
		return 0;
	if ((rc = mg_save_add_chunk(save, NULL, save->pack, save->pack_size, &chunk, err)) != 0)
		return rc;
	save->pack_size = 0;
	save->packs++;
	for (size_t i = 0; i < save->blobs.len; i++)
		for (size_t k = 0; k < save->blobs.at[i]->parts.len; k++)
			if (save->blobs.at[i]->parts.at[k].chunk == INT64_MIN)
				save->blobs.at[i]->parts.at[k].chunk = chunk;
	return 0;
}

int
mg_save_add_small(mg_save *save, const void *data, size_t size, mg_part *part, mgreg_error *err)
{
	int rc;

	assert(size <= MG_LEAF_SIZE);
	if (!save->pack && !(save->pack = mg_alloc(MG_LEAF_SIZE)))
		return mg_fail_nomem(err, MG_LEAF_SIZE);
	if (save->pack_size + size > MG_LEAF_SIZE && (rc = close_pack(save, err)) != 0)
		return rc;
	*part = (mg_part){ INT64_MIN, (uint32_t)save->pack_size, (uint32_t)size };
	memcpy(save->pack + save->pack_size, data, size);
	save->pack_size += size;
	return 0;
}

/* ---- storing and claiming ------------------------------------------------------------------------ */

static int
claim(mg_save *save, int64_t chunk_id, mgreg_error *err)
{
	int rc = mg_stmt_run(save->store, MG_SQL_CLAIM_INSERT, err, "si", save->uid, chunk_id);

	if (rc == 0)
		save->claimed += mg_stmt_changes(save->store);
	return rc;
}

static int
claim_object(mg_save *save, int64_t object_id, mgreg_error *err)
{
	int64_t present;
	int rc;

	MG_TRY(mg_stmt_one(save->store, MG_SQL_OBJECT_PRESENT, &present, NULL, err, "i", object_id));
	if (!present)
		return mg_fail(err, MGREG_ABORTED, "bytes that were there have been collected in the meantime");
	MG_TRY(mg_stmt_run(save->store, MG_SQL_CLAIM_OBJECT, err, "si", save->uid, object_id));
	save->claimed += mg_stmt_changes(save->store);
out:
	return rc;
}

static int
flush_all(mg_save *save, mgreg_error *err)
{
	mg_store *s = save->store;
	int64_t now = mg_now_ms();
	int rc;

	if (!save->registered)
		MG_TRY(mg_stmt_run(s, MG_SQL_SAVE_INSERT, err, "ssisi", save->uid, s->host, (int64_t)getpid(), s->actor, now));
	else
		MG_TRY(mg_stmt_run(s, MG_SQL_SAVE_BEAT, err, "si", save->uid, now));
	for (size_t i = save->first_waiting; i < save->chunks.len; i++) {
		mg_pending *p = &save->chunks.at[i];
		int64_t added;

		MG_TRY(mg_chunk_put(s, p->sha256, p->xxh3, p->data, p->size, &p->chunk_id, &added, err));
		MG_TRY(claim(save, p->chunk_id, err));
		save->added_bytes += added;
	}
	for (size_t i = save->reused_claimed; i < save->reused.len; i++)
		MG_TRY(claim_object(save, save->reused.at[i], err));
out:
	return rc;
}

/* All but the open pack, which goes on gathering. */
static int
flush_waiting(mg_save *save, mgreg_error *err)
{
	int64_t claimed = save->claimed, added = save->added_bytes;
	int rc;

	if (save->registered && save->first_waiting == save->chunks.len && save->reused_claimed == save->reused.len)
		return 0;
	MG_TRY(mg_txn_begin(save->store, err));
	rc = mg_txn_end(save->store, flush_all(save, err), err);
	if (rc != 0) {
		save->claimed = claimed;
		save->added_bytes = added;
		goto out;
	}
	save->registered = true;
	for (; save->first_waiting < save->chunks.len; save->first_waiting++) {
		mg_free(save->chunks.at[save->first_waiting].data);
		save->chunks.at[save->first_waiting].data = NULL;
	}
	save->reused_claimed = save->reused.len;
	save->waiting_bytes = 0;
out:
	return rc;
}

int
mg_save_flush(mg_save *save, mgreg_error *err)
{
	int rc = close_pack(save, err);

	return rc ? rc : flush_waiting(save, err);
}

int
mg_save_check_claims(mg_save *save, mgreg_error *err)
{
	int64_t there;
	int rc = mg_stmt_one(save->store, MG_SQL_CLAIM_COUNT, &there, NULL, err, "s", save->uid);

	if (rc == 0 && there != save->claimed)
		rc = mg_fail(err, MGREG_ABORTED, "the save was taken for dead and its bytes were collected: save again");
	return rc;
}
