/* SPDX-License-Identifier: Apache-2.0 */
/* num.h - numbers to and from text, independent of the locale. */
#ifndef MG_NUM_H
#define MG_NUM_H

/* Whole text must be the number (surrounding blanks not allowed); false otherwise or out of range. */
bool mg_parse_i64(const char *text, size_t len, int64_t *out);         /* decimal, optional sign */
bool mg_parse_u64(const char *text, size_t len, uint64_t *out);
bool mg_parse_double(const char *text, size_t len, double *out);       /* also inf, nan, infinity, signs */
/* With K M G (1024) or, where STEPS, k M (1000); e.g. "16K". */
bool mg_parse_size(const char *text, uint64_t *out);
bool mg_parse_steps(const char *text, int64_t *out);
/* Duration "90", "30s", "10m", "1h", "2d" -> seconds. */
bool mg_parse_duration(const char *text, double *seconds);
/* A point in time, UTC: "2026-11-24", "2026-11-24 10:30", "2026-11-24T10:30:00Z", "now", or a duration, which is so long before NOW
 * ("2d").  Milliseconds since 1970. */
bool mg_parse_time(const char *text, int64_t now_ms, int64_t *out_ms);
/* Shortest text that reads back as the same value; nan, inf, -inf.  BUF has MG_NUM_MAX bytes; returns length. */
#define MG_NUM_MAX 40
size_t mg_format_double(char *buf, double v);
size_t mg_format_float(char *buf, float v);
#endif
