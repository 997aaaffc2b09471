/* SPDX-License-Identifier: Apache-2.0 */
/*
 * k_reader.c - readers: names of files out of a queue, records out of the files.
 *
 * A reader holds the file it is at.  When it ends, the next name is taken from the queue, which may wait.
 */
#include "base/base.h"
#include "proto/proto.h"
#include "runtime/kernels/k_common.h"
#include "runtime/queue.h"
#include "runtime/runtime_internal.h"
#include "runtime/source.h"

static const char kind_reader[] = "reader";

typedef struct reader {
	mg_object      object;
	mg_mutex       mutex;
	mg_source_spec spec;
	char           compression[16];
	bool           identity;        /* the name is the record */
	mg_source     *source;
	mg_str         work;            /* name of the file at hand */
	int64_t        started, finished, produced;
} reader;

static void
release(mg_object *o)
{
	reader *r = (reader *)o;

	mg_source_close(r->source);
	mg_str_clear(&r->work);
	mg_mutex_clear(&r->mutex);
	mg_free(r);
}

static int
make(void *arg, mg_object **out, mgreg_error *err)
{
	const reader *like = arg;
	reader *r = mg_calloc(1, sizeof(*r));
	int rc;

	if (!r)
		return mg_fail_nomem(err, sizeof(*r));
	*r = *like;
	if ((rc = mg_mutex_init(&r->mutex, err)) != 0) {
		mg_free(r);
		return rc;
	}
	mg_str_init(&r->work);
	atomic_init(&r->object.refs, 1);
	r->object.kind = kind_reader;
	r->object.release = release;
	r->spec.compression = r->compression;
	*out = &r->object;
	return 0;
}

static int
reader_prepare(mg_kernel_prep *p, void **state, mgreg_error *err)
{
	reader like = { .identity = mg_starts_with(p->node->op_name, "Identity") };
	const char *op = p->node->op_name;
	mg_slice s;

	like.spec.kind = mg_starts_with(op, "TFRecord") ? MG_SOURCE_TFRECORD : mg_starts_with(op, "TextLine") ? MG_SOURCE_LINES
		: mg_starts_with(op, "Fixed") ? MG_SOURCE_FIXED : MG_SOURCE_WHOLE;
	if (mg_attr_get_string(p->attrs, "compression_type", &s) || mg_attr_get_string(p->attrs, "encoding", &s))
		snprintf(like.compression, sizeof(like.compression), "%.*s", (int)MG_MIN(s.len, (size_t)15), s.ptr);
	like.spec.skip_lines = mg_k_attr_int(p->attrs, "skip_header_lines", 0);
	like.spec.header = mg_k_attr_int(p->attrs, "header_bytes", 0);
	like.spec.record = mg_k_attr_int(p->attrs, "record_bytes", 0);
	like.spec.footer = mg_k_attr_int(p->attrs, "footer_bytes", 0);
	like.spec.hop = mg_k_attr_int(p->attrs, "hop_bytes", 0);
	if (like.spec.kind == MG_SOURCE_FIXED && (like.spec.header < 0 || like.spec.record <= 0 || like.spec.footer < 0 || like.spec.hop < 0))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "record_bytes must be positive; header_bytes, footer_bytes and hop_bytes at least 0");
	return mg_handle_prepare(p, kind_reader, make, &like, state, NULL, err);
}

/* ---- reading; the mutex is held ---- */

/* Takes the next name off the queue and opens it. */
static int
next_work(mg_kernel_ctx *k, reader *r, mg_queue *q, mgreg_error *err)
{
	mg_tensor name = { 0 };
	mg_slice s;
	int rc;

	if (mg_queue_parts(q) != 1 || mg_queue_type(q, 0) != MGREG_STRING)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "the queue of a reader must hold one string each");
	if ((rc = mg_queue_take(q, k, &name, err)) != 0)
		return rc;
	if (name.count != 1) {
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "the queue of a reader must hold one string each");
		goto out;
	}
	s = mg_tensor_string(&name, 0);
	mg_str_reset(&r->work);
	mg_str_append(&r->work, s.ptr, s.len);
	MG_TRY(mg_str_check(&r->work, err));
	r->started++;
	if (!r->identity && (rc = mg_source_open(&r->source, mg_kernel_session(k), &r->spec, r->work.ptr, err)) != 0)
		r->finished = r->started;
out:
	mg_tensor_clear(&name);
	return rc;
}

/* One record, key and value; *END if the file at hand has none left. */
static int
next_record(reader *r, mg_str *key, mg_slice *value, bool *end, mgreg_error *err)
{
	int64_t where;
	int rc;

	mg_str_reset(key);
	mg_str_append(key, r->work.ptr, r->work.len);
	*end = false;
	if (r->identity) {
		*value = (mg_slice){ r->work.ptr, r->work.len };
		r->finished = r->started;
		return 0;
	}
	if ((rc = mg_source_next(r->source, value, &where, end, err)) != 0 || *end) {
		if (*end) {
			mg_source_close(r->source);
			r->source = NULL;
			r->finished = r->started;
		}
		return rc;
	}
	if (r->spec.kind != MG_SOURCE_WHOLE)
		mg_str_printf(key, ":%lld", (long long)where);
	return mg_str_check(key, err);
}

static int
get(mg_kernel_ctx *k, reader **r, mgreg_error *err)
{
	mg_object *o;
	int rc = mg_kernel_object(k, 0, kind_reader, &o, err);

	if (rc == 0)
		*r = (reader *)o;
	return rc;
}

/* Up to WANTED records into KEYS and VALUES (pairs in a growing list); fewer if the queue ends. */
static int
read_records(mg_kernel_ctx *k, reader *r, mg_queue *q, int64_t wanted, mg_tensor *keys, mg_tensor *values, int64_t *got, mgreg_error *err)
{
	mg_str key = MG_STR_INIT;
	int rc = 0;

	*got = 0;
	while (*got < wanted) {
		mg_slice value;
		bool end;

		if (r->started == r->finished) {
			rc = next_work(k, r, q, err);
			if (rc == MGREG_OUT_OF_RANGE && *got) {
				mg_error_clear(err);
				rc = 0;
				break;
			}
			MG_TRY(rc);
		}
		MG_TRY(next_record(r, &key, &value, &end, err));
		if (end)
			continue;
		MG_TRY(mg_tensor_set_string(keys, *got, key.ptr, key.len, err));
		MG_TRY(mg_tensor_set_string(values, *got, value.ptr, value.len, err));
		r->produced++;
		++*got;
	}
out:
	mg_str_clear(&key);
	return rc;
}

#define UP_TO_MAX ((int64_t)1 << 24)

static int
read_into(mg_kernel_ctx *k, bool many, mgreg_error *err)
{
	mg_tensor keys = { 0 }, values = { 0 }, *out;
	mg_object *queue = NULL;
	int64_t wanted = 1, got;
	reader *r;
	int rc;

	if ((rc = get(k, &r, err)) != 0)
		return rc;
	MG_TRY(mg_kernel_object(k, 1, mg_kind_queue, &queue, err));
	if (many)
		MG_TRY(mg_k_scalar(mg_kernel_input(k, 2), "num_records", &wanted, err));
	if (wanted < 1 || wanted > UP_TO_MAX) {
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "num_records is %lld, expected 1 to %lld", (long long)wanted, (long long)UP_TO_MAX);
		goto out;
	}
	MG_TRY(mg_tensor_init_dims(&keys, MGREG_STRING, &wanted, many, err));
	MG_TRY(mg_tensor_init_dims(&values, MGREG_STRING, &wanted, many, err));
	mg_lock(&r->mutex);
	rc = read_records(k, r, (mg_queue *)queue, wanted, &keys, &values, &got, err);
	mg_unlock(&r->mutex);
	if (rc)
		goto out;
	if (!many || got == wanted) {
		mg_kernel_take(k, 0, &keys);
		mg_kernel_take(k, 1, &values);
		goto out;
	}
	for (int i = 0; i < 2; i++) {
		MG_TRY(mg_kernel_output_dims(k, i, &got, 1, &out, err));
		MG_TRY(mg_k_copy_run(out, 0, i ? &values : &keys, 0, got, err));
	}
out:
	mg_tensor_clear(&keys);
	mg_tensor_clear(&values);
	mg_object_unref(queue);
	mg_object_unref(&r->object);
	return rc;
}

static int read_run(mg_kernel_ctx *k, mgreg_error *err) { return read_into(k, false, err); }
static int read_up_to_run(mg_kernel_ctx *k, mgreg_error *err) { return read_into(k, true, err); }

static int
count(mg_kernel_ctx *k, bool units, mgreg_error *err)
{
	mg_tensor *out;
	reader *r;
	int rc = get(k, &r, err);

	if (rc)
		return rc;
	if ((rc = mg_kernel_output_dims(k, 0, NULL, 0, &out, err)) == 0) {
		mg_lock(&r->mutex);
		*MG_DATA(out, int64_t) = units ? r->finished : r->produced;
		mg_unlock(&r->mutex);
	}
	mg_object_unref(&r->object);
	return rc;
}

static int records_run(mg_kernel_ctx *k, mgreg_error *err) { return count(k, false, err); }
static int units_run(mg_kernel_ctx *k, mgreg_error *err) { return count(k, true, err); }

static void
reset(reader *r)
{
	mg_source_close(r->source);
	r->source = NULL;
	mg_str_reset(&r->work);
	r->started = r->finished = r->produced = 0;
}

static int
reset_run(mg_kernel_ctx *k, mgreg_error *err)
{
	reader *r;
	int rc = get(k, &r, err);

	if (rc)
		return rc;
	mg_lock(&r->mutex);
	reset(r);
	mg_unlock(&r->mutex);
	mg_object_unref(&r->object);
	return 0;
}

/* ---- state: a ReaderBaseState message; readers that stand inside a file have none, as in TensorFlow ---- */

static int
has_state(const reader *r, mgreg_error *err)
{
	if (r->identity || r->spec.kind == MG_SOURCE_WHOLE)
		return 0;
	return mg_fail(err, MGREG_UNIMPLEMENTED, "this kind of reader cannot save its state");
}

static int
serialize_run(mg_kernel_ctx *k, mgreg_error *err)
{
	mg_str text = MG_STR_INIT;
	mg_tensor t = { 0 };
	reader *r;
	int rc = get(k, &r, err);

	if (rc)
		return rc;
	MG_TRY(has_state(r, err));
	mg_lock(&r->mutex);
	if (r->started)
		mg_wire_put_varint(&text, 1, (uint64_t)r->started);
	if (r->finished)
		mg_wire_put_varint(&text, 2, (uint64_t)r->finished);
	if (r->produced)
		mg_wire_put_varint(&text, 3, (uint64_t)r->produced);
	if (r->work.len)
		mg_wire_put_bytes(&text, 4, r->work.ptr, r->work.len);
	mg_unlock(&r->mutex);
	MG_TRY(mg_str_check(&text, err));
	MG_TRY(mg_tensor_init_string(&t, text.ptr, text.len, err));
	mg_kernel_take(k, 0, &t);
out:
	mg_str_clear(&text);
	mg_object_unref(&r->object);
	return rc;
}

static int
restore_run(mg_kernel_ctx *k, mgreg_error *err)
{
	const mg_tensor *t = mg_kernel_input(k, 1);
	int64_t number[4] = { 0 };
	mg_slice s, work = { "", 0 };
	mg_wire_field f;
	mg_wire w;
	reader *r;
	int more = 0, rc = get(k, &r, err);

	if (rc)
		return rc;
	MG_TRY(has_state(r, err));
	if (t->count != 1 || mg_rank(t)) {
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "a reader's state must be a scalar");
		goto out;
	}
	s = mg_tensor_string(t, 0);
	w = (mg_wire){ (const uint8_t *)s.ptr, (const uint8_t *)s.ptr + s.len };
	while ((more = mg_wire_next(&w, &f)) == 1) {
		if (f.number <= 3 && f.type == MG_WIRE_VARINT)
			number[f.number] = (int64_t)f.value;
		else if (f.number == 4 && f.type == MG_WIRE_LEN)
			work = (mg_slice){ (const char *)f.data, (size_t)f.value };
	}
	if (more < 0 || number[1] < 0 || number[2] < 0 || number[3] < 0 || number[2] > number[1]) {
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "could not parse state for this reader");
		goto out;
	}
	mg_lock(&r->mutex);
	reset(r);
	mg_str_append(&r->work, work.ptr, work.len);
	r->started = number[1];
	r->finished = number[2];
	r->produced = number[3];
	if (r->started > r->finished && !r->identity && (rc = mg_source_open(&r->source, mg_kernel_session(k), &r->spec, r->work.ptr, err)) != 0)
		reset(r);
	mg_unlock(&r->mutex);
out:
	mg_object_unref(&r->object);
	return rc;
}

#define MAKER(op) { op, NULL, 0, reader_prepare, mg_handle_run, mg_handle_release, MG_KERNEL_NO_FOLD }, \
	{ op "V2", NULL, 0, reader_prepare, mg_handle_run, mg_handle_release, MG_KERNEL_NO_FOLD }
#define USER(op, run_) { op, .run = run_, .flags = MG_KERNEL_NO_FOLD | MG_KERNEL_BLOCKS }, \
	{ op "V2", .run = run_, .flags = MG_KERNEL_NO_FOLD | MG_KERNEL_BLOCKS }
const mg_kernel mg_kernels_reader[] = {
	MAKER("TFRecordReader"), MAKER("TextLineReader"), MAKER("FixedLengthRecordReader"), MAKER("WholeFileReader"), MAKER("IdentityReader"),
	USER("ReaderRead", read_run), USER("ReaderReadUpTo", read_up_to_run), USER("ReaderNumRecordsProduced", records_run),
	USER("ReaderNumWorkUnitsCompleted", units_run), USER("ReaderReset", reset_run), USER("ReaderSerializeState", serialize_run),
	USER("ReaderRestoreState", restore_run),
	{ .op = NULL }
};
