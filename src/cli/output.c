/* SPDX-License-Identifier: Apache-2.0 */
/*
 * output.c - rows of cells in every format.  Rows for people are kept until the end, because their columns are
 * aligned; all other formats are written as they come.
 */
#include "cli/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <unistd.h>

typedef struct cell { char *text; bool null, right; } cell;

static struct {
	const cli_column *columns;
	int     count, at;              /* at: next cell of the row */
	bool    record;
	size_t  rows;
	mg_str  line;                   /* the row under way (not for people) */
	MG_VEC(cell) cells;             /* for people */
	bool    failed;
} w = { .line = MG_STR_INIT };

static struct { bool on; mg_str text; } held = { false, MG_STR_INIT };

static void
emit(const void *data, size_t size)
{
	if (held.on)
		mg_str_append(&held.text, data, size);
	else if (fwrite(data, 1, size, stdout) != size)
		w.failed = true;
}

void
cli_write(cli *c, const void *data, size_t size)
{
	(void)c;
	emit(data, size);
}

void
cli_hold(void)
{
	held.on = true;
}

void
cli_release(bool drop)
{
	held.on = false;
	if (held.text.failed)
		w.failed = true;
	if (!drop && held.text.len)
		emit(held.text.ptr, held.text.len);
	mg_str_clear(&held.text);
}

void
cli_print(cli *c, const char *fmt, ...)
{
	mg_str text = MG_STR_INIT;
	va_list args;

	(void)c;
	va_start(args, fmt);
	mg_str_vprintf(&text, fmt, args);
	va_end(args);
	if (text.failed)
		w.failed = true;
	emit(text.ptr, text.len);
	mg_str_clear(&text);
}

void
cli_note(cli *c, const char *fmt, ...)
{
	va_list args;

	if (c->quiet)
		return;
	cli_progress_end(c);
	fprintf(stderr, "mgreg %s: ", c->command->name);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
}

static void
put_separated(const char *text, char separator)
{
	if (separator == ',') {
		bool quote = strpbrk(text, ",\"\r\n") != NULL;
		if (quote)
			mg_str_addc(&w.line, '"');
		for (; *text; text++) {
			if (*text == '"')
				mg_str_addc(&w.line, '"');
			mg_str_addc(&w.line, *text);
		}
		if (quote)
			mg_str_addc(&w.line, '"');
		return;
	}
	/* tab-separated: C escapes */
	for (; *text; text++) {
		unsigned char ch = (unsigned char)*text;
		if (ch == '\\')
			mg_str_add(&w.line, "\\\\");
		else if (ch == '\t')
			mg_str_add(&w.line, "\\t");
		else if (ch == '\n')
			mg_str_add(&w.line, "\\n");
		else if (ch == '\r')
			mg_str_add(&w.line, "\\r");
		else if (ch < 0x20 || ch == 0x7f)
			mg_str_printf(&w.line, "\\%03o", ch);
		else
			mg_str_addc(&w.line, (char)ch);
	}
}

static bool
is_json(const cli *c)
{
	return c->format == CLI_JSON || c->format == CLI_JSONL;
}

static char
separator_of(const cli *c)
{
	return c->format == CLI_CSV ? ',' : '\t';
}

void
cli_rows_begin(cli *c, const cli_column *columns, int count, bool record)
{
	w.columns = columns;
	w.count = count;
	w.at = 0;
	w.record = record;
	w.rows = 0;
	mg_str_reset(&w.line);
	if (c->format == CLI_JSON) {
		mg_str_printf(&w.line, "{\"mgreg\":1,\"command\":\"%s\",\"items\":[", c->command->name);
		emit(w.line.ptr, w.line.len);
		mg_str_reset(&w.line);
	} else if ((c->format == CLI_CSV || c->format == CLI_TSV) && !c->quiet) {
		for (int i = 0; i < count; i++) {
			if (i)
				mg_str_addc(&w.line, separator_of(c));
			put_separated(columns[i].name, separator_of(c));
		}
		mg_str_addc(&w.line, '\n');
		emit(w.line.ptr, w.line.len);
		mg_str_reset(&w.line);
	}
}

/* TEXT is what people and separated formats see, JSON (may be NULL: quote TEXT) what JSON sees. */
static void
put(cli *c, const char *text, const char *json, bool right)
{
	const cli_column *column;

	assert(w.at < w.count);
	column = &w.columns[w.at];
	if (is_json(c)) {
		mg_str_addc(&w.line, w.at ? ',' : '{');
		mg_json_put_string(&w.line, column->name, strlen(column->name));
		mg_str_addc(&w.line, ':');
		if (json)
			mg_str_add(&w.line, json);
		else if (!text)
			mg_str_add(&w.line, "null");
		else
			mg_json_put_string(&w.line, text, strlen(text));
	} else if (c->format == CLI_HUMAN) {
		cell new = { text ? mg_strdup(text) : NULL, !text, right };
		if ((text && !new.text) || !mg_vec_push(&w.cells, new))
			w.failed = true;
	} else {
		if (w.at)
			mg_str_addc(&w.line, separator_of(c));
		put_separated(text ? text : "", separator_of(c));
	}
	w.at++;
}

void
cli_put_text(cli *c, const char *text)
{
	put(c, text, text && w.columns[w.at].type == CLI_COL_JSON ? text : NULL, false);
}

void
cli_put_textn(cli *c, const char *text, size_t len)
{
	char *copy = mg_strndup(text, len);

	if (!copy)
		w.failed = true;
	cli_put_text(c, copy);
	mg_free(copy);
}

void
cli_put_null(cli *c)
{
	put(c, NULL, NULL, false);
}

void
cli_put_bool(cli *c, bool v)
{
	const char *human = c->format == CLI_HUMAN ? (v ? "yes" : "no") : v ? "1" : "0";

	put(c, human, v ? "true" : "false", false);
}

/* Sizes for people: three significant digits and a unit. */
static void
human_size(char *buf, size_t size, int64_t v)
{
	static const char units[] = "KMGTPE";
	double d = (double)v;
	int unit = -1;

	while (d >= 1024 && unit < 5) {
		d /= 1024;
		unit++;
	}
	if (unit < 0)
		snprintf(buf, size, "%lld", (long long)v);
	else
		snprintf(buf, size, d < 10 ? "%.1f%c" : "%.0f%c", d, units[unit]);
}

void
cli_put_int(cli *c, int64_t v)
{
	char buf[32], exact[32];

	snprintf(exact, sizeof(exact), "%lld", (long long)v);
	if (c->format == CLI_HUMAN && w.columns[w.at].type == CLI_COL_SIZE && v >= 0)
		human_size(buf, sizeof(buf), v);
	else
		memcpy(buf, exact, sizeof(buf));
	put(c, buf, exact, true);
}

void
cli_put_real(cli *c, double v)
{
	char buf[MG_NUM_MAX];
	mg_str json = MG_STR_INIT;

	if (c->format == CLI_HUMAN && isfinite(v))
		snprintf(buf, sizeof(buf), "%.6g", v);
	else
		mg_format_double(buf, v);
	mg_json_put_double(&json, v);
	put(c, buf, json.ptr, true);
	mg_str_clear(&json);
}

void
cli_row_end(cli *c)
{
	assert(w.at == w.count);
	w.at = 0;
	w.rows++;
	if (c->format == CLI_HUMAN)
		return;
	if (is_json(c))
		mg_str_addc(&w.line, '}');
	if (c->format == CLI_JSON) {
		if (w.rows > 1)
			emit(",", 1);
		emit("\n", 1);
	} else {
		mg_str_addc(&w.line, '\n');
	}
	if (w.line.failed)
		w.failed = true;
	emit(w.line.ptr, w.line.len);
	mg_str_reset(&w.line);
}

/* Width in columns: bytes that begin a character (good enough for the names we print). */
static size_t
width(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += ((unsigned char)*text & 0xc0) != 0x80;
	return n;
}

static const char *
shown(const cell *x)
{
	return x->null ? "-" : x->text ? x->text : "";
}

static void
pad(size_t n)
{
	while (n--)
		emit(" ", 1);
}

static void
print_record(void)
{
	size_t left = 0;

	for (int i = 0; i < w.count; i++)
		left = MG_MAX(left, strlen(w.columns[i].name));
	for (size_t r = 0; r < w.rows; r++)
		for (int i = 0; i < w.count; i++) {
			const char *text = shown(&w.cells.at[r * (size_t)w.count + (size_t)i]);
			emit(w.columns[i].name, strlen(w.columns[i].name));
			pad(left - strlen(w.columns[i].name) + 2);
			emit(text, strlen(text));
			emit("\n", 1);
		}
}

static void
print_table(bool bold)
{
	size_t *widths = mg_calloc((size_t)w.count, sizeof(*widths));

	if (!widths) {
		w.failed = true;
		return;
	}
	for (int i = 0; i < w.count; i++) {
		widths[i] = strlen(w.columns[i].name);
		for (size_t r = 0; r < w.rows; r++)
			widths[i] = MG_MAX(widths[i], width(shown(&w.cells.at[r * (size_t)w.count + (size_t)i])));
	}
	if (bold)
		emit("\033[1m", 4);
	for (int i = 0; i < w.count; i++) {
		bool right = w.rows && w.cells.at[i].right;
		if (right)
			pad(widths[i] - strlen(w.columns[i].name));
		emit(w.columns[i].name, strlen(w.columns[i].name));
		if (i + 1 < w.count)
			pad(2 + (right ? 0 : widths[i] - strlen(w.columns[i].name)));
	}
	emit(bold ? "\033[0m\n" : "\n", bold ? 5 : 1);
	for (size_t r = 0; r < w.rows; r++)
		for (int i = 0; i < w.count; i++) {
			const cell *x = &w.cells.at[r * (size_t)w.count + (size_t)i];
			size_t gap = widths[i] - width(shown(x));
			if (x->right)
				pad(gap);
			emit(shown(x), strlen(shown(x)));
			if (i + 1 < w.count)
				pad(2 + (x->right ? 0 : gap));
			else
				emit("\n", 1);
		}
	mg_free(widths);
}

int
cli_rows_end(cli *c, mgreg_error *err)
{
	if (c->format == CLI_JSON)
		emit(w.rows ? "\n]}\n" : "]}\n", w.rows ? 4 : 3);
	else if (c->format == CLI_HUMAN && c->quiet)
		for (size_t r = 0; r < w.rows; r++) {   /* the answer is the first column */
			const cell *x = &w.cells.at[r * (size_t)w.count];
			emit(shown(x), strlen(shown(x)));
			emit("\n", 1);
		}
	else if (c->format == CLI_HUMAN && w.record)
		print_record();
	else if (c->format == CLI_HUMAN && w.count)
		print_table(c->color);
	for (size_t i = 0; i < w.cells.len; i++)
		mg_free(w.cells.at[i].text);
	mg_vec_clear(&w.cells);
	mg_str_clear(&w.line);
	if (w.failed && !ferror(stdout))
		return mg_fail_nomem(err, 0);
	return 0;
}

static int
write_all(int fd, const void *data, size_t size)
{
	const char *p = data;

	while (size) {
		ssize_t n = write(fd, p, size);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno;
		p += n;
		size -= (size_t)n;
	}
	return 0;
}

int
cli_write_file(const char *path, const void *data, size_t size, mgreg_error *err)
{
	mg_str temp = MG_STR_INIT;
	int fd, e = 0;

	mg_str_printf(&temp, "%s.tmp%ld", path, (long)getpid());
	if (temp.failed)
		return mg_fail_nomem(err, 0);
	fd = open(temp.ptr, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	if (fd < 0) {
		e = errno;
	} else {
		e = write_all(fd, data, size);
		if (!e && fsync(fd) != 0)
			e = errno;
		close(fd);
		if (!e && rename(temp.ptr, path) != 0)
			e = errno;
		if (e)
			unlink(temp.ptr);
	}
	mg_str_clear(&temp);
	return e ? mg_fail_os(err, e, "%s", path) : 0;
}

int
cli_deliver(cli *c, const void *data, size_t size, mgreg_error *err)
{
	if (c->out && strcmp(c->out, "-") != 0)
		return cli_write_file(c->out, data, size, err);
	emit(data, size);
	return 0;
}

int
cli_flush(mgreg_error *err)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return 0;
	return mg_fail_os(err, errno ? errno : EIO, "standard output");
}
