/* SPDX-License-Identifier: Apache-2.0 */
/* path.h - joining and cleaning paths; a list of roots and whether a path lies below one. */
#ifndef MG_PATH_H
#define MG_PATH_H
#include "base/str.h"

char *mg_path_join(const char *dir, const char *name);          /* absolute NAME stays; heap, NULL if short */
char *mg_path_dirname(const char *path);                        /* "" for a bare name; heap */
const char *mg_path_basename(const char *path);                 /* points into PATH */
char *mg_path_clean(const char *path);                          /* lexical: //, ., ..; heap */
int mg_path_absolute(const char *path, char **out, mgreg_error *err);   /* against the current folder, cleaned */
char *mg_path_relative(const char *path, const char *from);     /* os.path.relpath of two cleaned paths; heap */
/* A relative path without "..", control characters, empty or leading "-" parts, at most 16 deep. */
bool mg_path_is_safe(const char *path);

typedef struct mg_roots {
	char **dirs;            /* absolute, links resolved */
	size_t count;
} mg_roots;
int mg_roots_add(mg_roots *roots, const char *dir, mgreg_error *err);
void mg_roots_clear(mg_roots *roots);
/* PERMISSION_DENIED unless PATH (links of its folder resolved) lies below one of ROOTS. */
int mg_roots_check(const mg_roots *roots, const char *path, mgreg_error *err);
#endif
