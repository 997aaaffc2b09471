/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json.h - JSON over jansson, plus a small writer that needs no tree.
 * Non-finite numbers are the strings "NaN", "Infinity", "-Infinity".
 */
#ifndef MG_JSON_H
#define MG_JSON_H

#include <jansson.h>
#include "base/str.h"

/* Parses a whole document; INVALID_ARGUMENT with line and column.  Free with json_decref. */
int mg_json_parse(const char *text, size_t len, json_t **out, mgreg_error *err);
/* Canonical text: keys sorted, no blanks, shortest numbers. */
int mg_json_format(const json_t *value, mg_str *out, mgreg_error *err);

/* The writer's atoms. */
void mg_json_put_string(mg_str *out, const char *text, size_t len);    /* quoted; bytes that are not UTF-8 become \ufffd */
void mg_json_put_double(mg_str *out, double v);
json_t *mg_json_real(double v);         /* a number, or one of the three strings */
#endif
