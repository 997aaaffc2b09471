/* SPDX-License-Identifier: Apache-2.0 */
/*
 * data_csv.c - comma separated values with a header line.
 *
 * Fields may be quoted ("a ""b"" c", newlines included); blanks around unquoted fields do not count; empty lines are skipped.  A column whose
 * fields are all whole numbers is kept as int64, all numbers as double (an empty field is NaN), anything else as text.
 */
#include "base/base.h"
#include <math.h>
#include "base/num.h"
#include "registry/data_internal.h"

typedef MG_VEC(mg_slice) fields;

struct scan {
	const char *at, *end;
	int64_t     line;       /* of AT, from 1 */
	mg_arena   *arena;      /* for quoted fields with doubled quotes */
};

static int
take_quoted(struct scan *s, mg_slice *out, mgreg_error *err)
{
	mg_str text = MG_STR_INIT;
	int64_t from = s->line;
	int rc;

	for (s->at++; s->at < s->end; s->at++) {
		if (*s->at == '"') {
			if (s->at + 1 == s->end || s->at[1] != '"')
				break;
			s->at++;
		}
		s->line += *s->at == '\n';
		mg_str_addc(&text, *s->at);
	}
	if (s->at == s->end) {
		mg_str_clear(&text);
		return mg_fail(err, MGREG_DATA_LOSS, "line %lld: a quoted field has no end", (long long)from);
	}
	s->at++;
	if ((rc = mg_str_check(&text, err)) == 0) {
		out->len = text.len;
		if ((out->ptr = mg_arena_strndup(s->arena, text.ptr, text.len)) == NULL)
			rc = mg_fail_nomem(err, text.len);
	}
	mg_str_clear(&text);
	return rc;
}

static void
skip_blanks(struct scan *s)
{
	while (s->at < s->end && (*s->at == ' ' || *s->at == '\t'))
		s->at++;
}

static bool
at_line_end(const struct scan *s)
{
	return s->at == s->end || *s->at == '\n' || (*s->at == '\r' && (s->at + 1 == s->end || s->at[1] == '\n'));
}

static void
take_line_end(struct scan *s)
{
	if (s->at < s->end && *s->at == '\r')
		s->at++;
	if (s->at < s->end && *s->at == '\n') {
		s->at++;
		s->line++;
	}
}

/* One line's fields; none at the end of the file. */
static int
take_line(struct scan *s, fields *out, mgreg_error *err)
{
	int rc;

	out->len = 0;
	for (;;) {              /* empty lines */
		skip_blanks(s);
		if (s->at == s->end)
			return 0;
		if (!at_line_end(s))
			break;
		take_line_end(s);
	}
	for (;;) {
		mg_slice f;

		skip_blanks(s);
		if (s->at < s->end && *s->at == '"') {
			if ((rc = take_quoted(s, &f, err)) != 0)
				return rc;
			skip_blanks(s);
			if (!at_line_end(s) && *s->at != ',')
				return mg_fail(err, MGREG_DATA_LOSS, "line %lld: text behind a quoted field", (long long)s->line);
		} else {
			f.ptr = s->at;
			while (!at_line_end(s) && *s->at != ',')
				s->at++;
			f = mg_slice_trim((mg_slice){ f.ptr, (size_t)(s->at - f.ptr) });
		}
		if (!mg_vec_push(out, f))
			return mg_fail_nomem(err, 0);
		if (at_line_end(s))
			break;
		s->at++;        /* the comma */
	}
	take_line_end(s);
	return 0;
}

/* ---- columns ---- */

/* "x[3]" or "x:3" -> "x" and 3; false for a name of its own. */
static bool
split_part(mg_slice name, mg_slice *base, int64_t *index)
{
	const char *at;
	size_t end = name.len;

	if (name.len > 0 && name.ptr[name.len - 1] == ']')
		end--;
	for (at = name.ptr + end; at > name.ptr && at[-1] >= '0' && at[-1] <= '9'; at--)
		;
	if (at == name.ptr + end || at < name.ptr + 2 || at[-1] != (end < name.len ? '[' : ':')
		|| !mg_parse_i64(at, (size_t)(name.ptr + end - at), index))
		return false;
	*base = (mg_slice){ name.ptr, (size_t)(at - 1 - name.ptr) };
	return true;
}

enum kind { WHOLE, NUMBER, TEXT };

/* The kind that all fields of file columns FROM .. FROM + WIDTH - 1 have. */
static enum kind
kind_of(const mg_slice *cells, size_t rows, size_t stride, size_t from, size_t width)
{
	enum kind kind = WHOLE;
	int64_t i;
	double d;

	for (size_t r = 0; r < rows; r++)
		for (size_t c = from; c < from + width; c++) {
			mg_slice f = cells[r * stride + c];

			if (kind == WHOLE && !mg_parse_i64(f.ptr, f.len, &i))
				kind = NUMBER;
			if (kind == NUMBER && f.len > 0 && !mg_parse_double(f.ptr, f.len, &d))
				return TEXT;
		}
	return kind;
}

static int
make_column(mg_data *d, mg_slice name, bool vector, const mg_slice *cells, size_t rows, size_t stride, size_t from, size_t width,
	mgreg_error *err)
{
	static const mg_dtype dtypes[] = { [WHOLE] = MGREG_INT64, [NUMBER] = MGREG_DOUBLE, [TEXT] = MGREG_STRING };
	enum kind kind = kind_of(cells, rows, stride, from, width);
	int64_t dims[] = { (int64_t)rows, (int64_t)width };
	mg_tensor t = { 0 };
	char *text;
	int rc;

	if (name.len == 0)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "column %zu of the header line has no name", from + 1);
	if ((text = mg_arena_strndup(&d->arena, name.ptr, name.len)) == NULL)
		return mg_fail_nomem(err, name.len);
	if ((rc = mg_tensor_init_dims(&t, dtypes[kind], dims, vector ? 2 : 1, err)) != 0)
		return rc;
	for (size_t r = 0; r < rows; r++)
		for (size_t c = 0; c < width; c++) {
			mg_slice f = cells[r * stride + from + c];
			size_t i = r * width + c;

			if (kind == WHOLE)
				(void)mg_parse_i64(f.ptr, f.len, &MG_DATA(&t, int64_t)[i]);
			else if (kind == NUMBER && f.len == 0)
				MG_DATA(&t, double)[i] = NAN;
			else if (kind == NUMBER)
				(void)mg_parse_double(f.ptr, f.len, &MG_DATA(&t, double)[i]);
			else if ((rc = mg_tensor_set_string(&t, (int64_t)i, f.ptr, f.len, err)) != 0)
				goto out;
		}
	return mg_data_add(d, text, &t, kind != TEXT, err);
out:
	mg_tensor_clear(&t);
	return rc;
}

static int
make_columns(mg_data *d, const fields *header, const mg_slice *cells, size_t rows, mgreg_error *err)
{
	int rc;

	for (size_t c = 0, width; c < header->len; c += width) {
		mg_slice base = header->at[c], next;
		int64_t index = 0;
		bool vector = split_part(header->at[c], &base, &index);

		width = 1;
		if (vector && index != 0)
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "column '%.*s': parts of a vector stand side by side and begin with 0",
				(int)header->at[c].len, header->at[c].ptr);
		while (vector && c + width < header->len && split_part(header->at[c + width], &next, &index)
			&& next.len == base.len && memcmp(next.ptr, base.ptr, base.len) == 0 && index == (int64_t)width)
			width++;
		if ((rc = make_column(d, base, vector, cells, rows, header->len, c, width, err)) != 0)
			return rc;
	}
	return 0;
}

int
mg_data_read_csv(mg_data *d, const char *text, size_t len, mgreg_error *err)
{
	struct scan s = { text, text + len, 1, &d->arena };
	fields header = { 0 }, line = { 0 }, cells = { 0 };
	size_t rows = 0;
	int rc;

	if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		s.at += 3;
	MG_TRY(take_line(&s, &header, err));
	if (header.len == 0) {
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "there is no header line");
		goto out;
	}
	for (;; rows++) {
		int64_t number;

		MG_TRY(take_line(&s, &line, err));
		if (line.len == 0)
			break;
		number = s.line - (s.at > text && s.at[-1] == '\n');
		if (line.len != header.len) {
			rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "line %lld has %zu fields, the header has %zu", (long long)number, line.len, header.len);
			goto out;
		}
		for (size_t i = 0; i < line.len; i++)
			if (!mg_vec_push(&cells, line.at[i])) {
				rc = mg_fail_nomem(err, 0);
				goto out;
			}
	}
	MG_TRY(make_columns(d, &header, cells.at, rows, err));
out:
	mg_vec_clear(&header);
	mg_vec_clear(&line);
	mg_vec_clear(&cells);
	return rc;
}
