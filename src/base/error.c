/* SPDX-License-Identifier: Apache-2.0 */
/* error.c - filling mgreg_error.  Fixed buffers: an error can always be told, also when memory is short. */
#include "base/base.h"

#include <errno.h>

static const struct { const char *name; mgreg_reason reason; } codes[] = {
#define MG_CODE(id, text, why) [MGREG_##id] = { text, MGREG_REASON_##why },
#include "base/error.def"
};
static const struct { const char *name; int exit; } reasons[] = {
#define MG_REASON(id, text, status) [MGREG_REASON_##id] = { text, status },
#include "base/error.def"
};

const char *
mgreg_code_name(mgreg_code code)
{
	return (unsigned)code < MG_COUNT(codes) ? codes[code].name : "unknown";
}

const char *
mgreg_reason_name(mgreg_reason reason)
{
	return (unsigned)reason < MG_COUNT(reasons) ? reasons[reason].name : "failed";
}

int
mgreg_reason_exit(mgreg_reason reason)
{
	return (unsigned)reason < MG_COUNT(reasons) ? reasons[reason].exit : 11;
}

void
mg_error_clear(mgreg_error *err)
{
	if (!err)
		return;
	err->code = MGREG_OK;
	err->reason = MGREG_REASON_OK;
	err->cause = 0;
	err->listed = 0;
	err->node[0] = err->text[0] = err->candidates[0] = '\0';
}

/* Messages are one line: control characters become blanks. */
static void
flatten(char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < 0x20)
			*text = ' ';
}

static int
fill(mgreg_error *err, mgreg_code code, mgreg_reason reason, int cause, const char *fmt, va_list args)
{
	assert(code != MGREG_OK);
	if (!err)
		return code;
	mg_error_clear(err);
	err->code = code;
	err->reason = reason;
	err->cause = cause;
	vsnprintf(err->text, sizeof(err->text), fmt, args);
	flatten(err->text);
	return code;
}

int
mg_fail(mgreg_error *err, mgreg_code code, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	fill(err, code, codes[code].reason, 0, fmt, args);
	va_end(args);
	return code;
}

int
mg_fail_because(mgreg_error *err, mgreg_code code, mgreg_reason reason, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	fill(err, code, reason, 0, fmt, args);
	va_end(args);
	return code;
}

static const struct { int errnum; mgreg_code code; mgreg_reason reason; } os_errors[] = {
	{ ENOENT, MGREG_NOT_FOUND, MGREG_REASON_NOT_FOUND },
	{ ENOTDIR, MGREG_NOT_FOUND, MGREG_REASON_NOT_FOUND },
	{ EEXIST, MGREG_ALREADY_EXISTS, MGREG_REASON_REFUSED },
	{ EACCES, MGREG_PERMISSION_DENIED, MGREG_REASON_IO },
	{ EPERM, MGREG_PERMISSION_DENIED, MGREG_REASON_IO },
	{ EROFS, MGREG_PERMISSION_DENIED, MGREG_REASON_IO },
	{ ENOMEM, MGREG_RESOURCE_EXHAUSTED, MGREG_REASON_MEMORY },
	{ ENOSPC, MGREG_RESOURCE_EXHAUSTED, MGREG_REASON_IO },
	{ EDQUOT, MGREG_RESOURCE_EXHAUSTED, MGREG_REASON_IO },
	{ EFBIG, MGREG_RESOURCE_EXHAUSTED, MGREG_REASON_IO },
	{ EMFILE, MGREG_RESOURCE_EXHAUSTED, MGREG_REASON_IO },
	{ EISDIR, MGREG_INVALID_ARGUMENT, MGREG_REASON_USAGE },
	{ ENAMETOOLONG, MGREG_INVALID_ARGUMENT, MGREG_REASON_USAGE },
};

int
mg_fail_os(mgreg_error *err, int errnum, const char *fmt, ...)
{
	mgreg_code code = MGREG_UNKNOWN;
	mgreg_reason reason = MGREG_REASON_IO;
	char text[128];
	size_t len;
	va_list args;

	for (size_t i = 0; i < MG_COUNT(os_errors); i++)
		if (os_errors[i].errnum == errnum) {
			code = os_errors[i].code;
			reason = os_errors[i].reason;
		}
	va_start(args, fmt);
	fill(err, code, reason, errnum, fmt, args);
	va_end(args);
	if (err) {
		len = strlen(err->text);
		snprintf(err->text + len, sizeof(err->text) - len, ": %s", strerror_r(errnum, text, sizeof(text)));
	}
	return code;
}

int
mg_fail_nomem(mgreg_error *err, size_t size)
{
	if (size)
		return mg_fail(err, MGREG_RESOURCE_EXHAUSTED, "out of memory (%zu bytes)", size);
	return mg_fail(err, MGREG_RESOURCE_EXHAUSTED, "out of memory");
}

int
mg_wrap(mgreg_error *err, int rc, const char *fmt, ...)
{
	char old[sizeof(err->text)];
	size_t len;
	va_list args;

	if (!err || rc == 0)
		return rc;
	memcpy(old, err->text, sizeof(old));
	va_start(args, fmt);
	vsnprintf(err->text, sizeof(err->text), fmt, args);
	va_end(args);
	flatten(err->text);
	len = strlen(err->text);
	if (len < sizeof(err->text) - 3)
		snprintf(err->text + len, sizeof(err->text) - len, ": %.*s", (int)(sizeof(err->text) - len - 3), old);
	return rc;
}

int
mg_fail_node(mgreg_error *err, int rc, const char *node)
{
	if (err && rc != 0 && err->node[0] == '\0')
		snprintf(err->node, sizeof(err->node), "%s", node);
	return rc;
}

static void
add_line(mgreg_error *err, const char *fmt, va_list args)
{
	size_t len;
	char line[512];

	vsnprintf(line, sizeof(line), fmt, args);
	flatten(line);
	len = strlen(err->candidates);
	if (len + strlen(line) + 2 < sizeof(err->candidates))
		snprintf(err->candidates + len, sizeof(err->candidates) - len, "%s%s", len ? "\n" : "", line);
}

void
mg_error_candidate(mgreg_error *err, const char *fmt, ...)
{
	va_list args;

	if (!err)
		return;
	va_start(args, fmt);
	add_line(err, fmt, args);
	va_end(args);
}

void
mg_error_item(mgreg_error *err, const char *fmt, ...)
{
	va_list args;

	if (!err)
		return;
	err->listed = 1;
	va_start(args, fmt);
	add_line(err, fmt, args);
	va_end(args);
}
