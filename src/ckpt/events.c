/* SPDX-License-Identifier: Apache-2.0 */
/*
 * events.c - TensorBoard's event files: records that are Event messages.
 *
 *	events.out.tfevents.SECONDS.HOST[SUFFIX]:  Event { wall_time: SECONDS, file_version: "brain.Event:2" } | Event | Event | ...
 *
 * The reader bears a file that is being written.  The writer makes files as TensorFlow's FileWriter does: the first record is
 * flushed at once, the seconds in the name are those of its wall_time.
 */
#include "base/base.h"
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/path.h"
#include "ckpt/ckpt_internal.h"
#include "proto/proto.h"

#define FILE_VERSION "brain.Event:2"
#define FLUSH_AT ((size_t)64 << 10)     /* bytes kept back at most */
#define FRAME 16                        /* of a record */
#define NAMES_TRIED 1000

struct mg_event_reader {
	mg_record_reader *records;
	char *path;
};

int
mg_event_open(mg_event_reader **out, const char *path, uint64_t offset, mgreg_error *err)
{
	mg_event_reader *r = mg_calloc(1, sizeof(*r));
	int rc = 0;

	if (!r || !(r->path = mg_strdup(path)))
		rc = mg_fail_nomem(err, sizeof(*r));
	if (rc == 0)
		rc = mg_record_open_at(&r->records, path, offset, err);
	if (rc)
		mg_event_close(r);
	else
		*out = r;
	return rc;
}

int
mg_event_next(mg_event_reader *r, mg_arena *arena, Pb__Event **out, uint64_t *pending, mgreg_error *err)
{
	uint64_t at = mg_record_offset(r->records);
	mgreg_error why = { 0 };
	mg_slice bytes;
	mg_msg *m;
	int rc;

	if ((rc = mg_record_next(r->records, &bytes, pending, err)) != 0)
		return rc;
	if ((rc = mg_msg_decode(&pb__event__descriptor, bytes.ptr, bytes.len, arena, &m, &why)) != 0)
		return mg_fail(err, rc == MGREG_RESOURCE_EXHAUSTED ? rc : MGREG_DATA_LOSS, "%s: event at %llu: %s", r->path,
			(unsigned long long)at, why.text);
	*out = (Pb__Event *)m;
	return 0;
}

uint64_t
mg_event_offset(const mg_event_reader *r)
{
	return mg_record_offset(r->records);
}

int
mg_event_refresh(mg_event_reader *r, bool *restarted, mgreg_error *err)
{
	return mg_record_refresh(r->records, restarted, err);
}

void
mg_event_close(mg_event_reader *r)
{
	if (!r)
		return;
	mg_record_close(r->records);
	mg_free(r->path);
	mg_free(r);
}

bool
mg_event_is_file_name(const char *name)
{
	return strstr(name, "tfevents") != NULL;
}

/* ---- values ---- */

static const char *
plugin_of(const Pb__Summary__Value *v)
{
	const Pb__SummaryMetadata__PluginData *p = v->metadata ? v->metadata->plugin_data : NULL;

	return p && p->plugin_name ? p->plugin_name : "";
}

bool
mg_event_scalar(const Pb__Summary__Value *v, double *out)
{
	mg_tensor t = { 0 };
	bool is;

	if (v->value_case == PB__SUMMARY__VALUE__VALUE_SIMPLE_VALUE) {
		*out = (double)v->simple_value;
		return true;
	}
	if (v->value_case != PB__SUMMARY__VALUE__VALUE_TENSOR || !v->tensor || (*plugin_of(v) && strcmp(plugin_of(v), "scalars") != 0)
			|| (v->tensor->tensor_shape && v->tensor->tensor_shape->n_dim > 0) || mg_tensor_from_proto(&t, v->tensor, 64, NULL) != 0)
		return false;
	is = t.count == 1 && mg_tensor_as_double(&t, 0, out);
	mg_tensor_clear(&t);
	return is;
}

const char *
mg_event_plugin(const Pb__Summary__Value *v)
{
	double number;

	if (*plugin_of(v))
		return plugin_of(v);
	switch (v->value_case) {
	case PB__SUMMARY__VALUE__VALUE_SIMPLE_VALUE:
		return "scalars";
	case PB__SUMMARY__VALUE__VALUE_HISTO:
	case PB__SUMMARY__VALUE__VALUE_OBSOLETE_OLD_STYLE_HISTOGRAM:
		return "histograms";
	case PB__SUMMARY__VALUE__VALUE_IMAGE:
		return "images";
	case PB__SUMMARY__VALUE__VALUE_AUDIO:
		return "audio";
	default:
		return mg_event_scalar(v, &number) ? "scalars" : v->value_case == PB__SUMMARY__VALUE__VALUE_TENSOR ? "tensor" : "";
	}
}

/* ---- writing ---- */

struct mg_event_writer {
	mg_event_options o;
	char     *dir, *host, *suffix, *path;
	int64_t   seconds;              /* of the name */
	mg_writer whole;                /* under o.whole */
	int       fd;
	mg_str    bytes;                /* not yet written */
	uint64_t  at;                   /* written to this file */
};

static char *
name_of(const mg_event_writer *w)
{
	mg_str s = MG_STR_INIT;
	char *path;

	mg_str_printf(&s, "events.out.tfevents.%010lld.%s%s", (long long)w->seconds, w->host, w->suffix);
	path = s.failed ? NULL : mg_path_join(w->dir, s.ptr);
	mg_str_clear(&s);
	return path;
}

static int
write_out(mg_event_writer *w, mgreg_error *err)
{
	size_t done = 0;
	int rc = mg_str_check(&w->bytes, err);

	if (rc == 0 && w->o.whole)
		rc = mg_writer_write(&w->whole, w->bytes.ptr, w->bytes.len, err);
	while (rc == 0 && !w->o.whole && done < w->bytes.len) {
		ssize_t n = write(w->fd, w->bytes.ptr + done, w->bytes.len - done);

		if (n < 0 && errno != EINTR)
			rc = mg_fail_os(err, errno, "%s", w->path);
		if (n > 0)
			done += (size_t)n;
	}
	w->at += w->bytes.len;
	mg_str_reset(&w->bytes);
	return rc;
}

static int
begin_file(mg_event_writer *w, mgreg_error *err)
{
	Pb__Event first = PB__EVENT__INIT;
	int rc = 0;

	for (int tried = 0; ; tried++, w->seconds++) {
		mg_free(w->path);
		if (!(w->path = name_of(w)))
			return mg_fail_nomem(err, 0);
		if (w->o.whole) {
			rc = mg_writer_open(&w->whole, w->path, err);
			break;
		}
		if ((w->fd = open(w->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666)) >= 0)
			break;
		if (errno == EINTR || (errno == EEXIST && tried < NAMES_TRIED))
			continue;
		return mg_fail_os(err, errno, "%s", w->path);
	}
	w->at = 0;
	first.wall_time = (double)w->seconds;
	first.what_case = PB__EVENT__WHAT_FILE_VERSION;
	first.file_version = (char *)(uintptr_t)FILE_VERSION;
	if (rc == 0)
		rc = mg_event_write(w, &first, err);
	return rc ? rc : write_out(w, err);
}

/* Ends the file; everything is written before. */
static int
end_file(mg_event_writer *w, int rc, mgreg_error *err)
{
	if (w->o.whole && w->whole.path) {
		if (rc == 0)
			rc = mg_writer_commit(&w->whole, err);
		else
			mg_writer_abandon(&w->whole);
	}
	if (w->fd >= 0) {
		if (rc == 0 && fsync(w->fd) != 0 && errno != EINVAL)
			rc = mg_fail_os(err, errno, "%s", w->path);
		close(w->fd);
		w->fd = -1;
	}
	return rc;
}

static void
writer_free(mg_event_writer *w)
{
	mg_free(w->dir);
	mg_free(w->host);
	mg_free(w->suffix);
	mg_free(w->path);
	mg_str_clear(&w->bytes);
	mg_free(w);
}

int
mg_event_create(mg_event_writer **out, const char *dir, const mg_event_options *options, mgreg_error *err)
{
	mg_event_writer *w = mg_calloc(1, sizeof(*w));
	char host[256] = "localhost";
	double at;
	int rc = 0;

	if (!w)
		return mg_fail_nomem(err, sizeof(*w));
	w->o = options ? *options : (mg_event_options){ 0 };
	w->fd = -1;
	w->whole.fd = -1;
	mg_str_init(&w->bytes);
	at = w->o.wall_time > 0 ? w->o.wall_time : (double)mg_now_ms() / 1000;
	w->seconds = at < 1e15 ? (int64_t)floor(at) : 0;
	if (!w->o.host && gethostname(host, sizeof(host) - 1) == 0 && !*host)
		snprintf(host, sizeof(host), "localhost");
	w->dir = mg_strdup(dir);
	w->host = mg_strdup(w->o.host ? w->o.host : host);
	w->suffix = mg_strdup(w->o.suffix ? w->o.suffix : "");
	if (!w->dir || !w->host || !w->suffix)
		rc = mg_fail_nomem(err, 0);
	else if (strchr(w->host, '/') || strchr(w->suffix, '/'))
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "the name of an event file has no '/'");
	if (rc == 0 && *dir)
		rc = mg_dir_create(dir, true, err);
	if (rc == 0)
		rc = begin_file(w, err);
	if (rc)
		mg_event_abandon(w);
	else
		*out = w;
	return rc;
}

int
mg_event_write_bytes(mg_event_writer *w, const void *data, size_t size, mgreg_error *err)
{
	int rc;

	if (w->o.rotate && w->at > 0 && w->at + w->bytes.len + size + FRAME > w->o.rotate) {
		if ((rc = write_out(w, err)) != 0 || (rc = end_file(w, 0, err)) != 0)
			return rc;
		w->seconds++;
		if ((rc = begin_file(w, err)) != 0)
			return rc;
	}
	mg_record_frame(data, size, &w->bytes);
	return w->bytes.len >= FLUSH_AT ? write_out(w, err) : mg_str_check(&w->bytes, err);
}

int
mg_event_write(mg_event_writer *w, const Pb__Event *e, mgreg_error *err)
{
	mg_str bytes = MG_STR_INIT;
	int rc = mg_msg_encode(&e->base, &bytes, err);

	if (rc == 0)
		rc = mg_event_write_bytes(w, bytes.ptr, bytes.len, err);
	mg_str_clear(&bytes);
	return rc;
}

int
mg_event_write_scalar(mg_event_writer *w, const char *tag, int64_t step, double wall_time, float value, mgreg_error *err)
{
	Pb__Summary__Value v = PB__SUMMARY__VALUE__INIT, *values[1] = { &v };
	Pb__Summary summary = PB__SUMMARY__INIT;
	Pb__Event e = PB__EVENT__INIT;

	v.tag = (char *)(uintptr_t)tag;
	v.value_case = PB__SUMMARY__VALUE__VALUE_SIMPLE_VALUE;
	v.simple_value = value;
	summary.n_value = 1;
	summary.value = values;
	e.wall_time = wall_time;
	e.step = step;
	e.what_case = PB__EVENT__WHAT_SUMMARY;
	e.summary = &summary;
	return mg_event_write(w, &e, err);
}

int
mg_event_flush(mg_event_writer *w, mgreg_error *err)
{
	return write_out(w, err);
}

const char *
mg_event_path(const mg_event_writer *w)
{
	return w->path;
}

int
mg_event_finish(mg_event_writer *w, mgreg_error *err)
{
	int rc = end_file(w, write_out(w, err), err);

	writer_free(w);
	return rc;
}

void
mg_event_abandon(mg_event_writer *w)
{
	if (!w)
		return;
	(void)end_file(w, MGREG_CANCELLED, NULL);
	writer_free(w);
}
