/* SPDX-License-Identifier: Apache-2.0 */
/* log.h - one callback for warnings and traces; silent by default. */
#ifndef MG_LOG_H
#define MG_LOG_H
enum mg_log_level { MG_LOG_WARNING, MG_LOG_INFO, MG_LOG_DEBUG };
typedef void mg_log_fn(void *ctx, enum mg_log_level level, const char *text);
void mg_log_set(mg_log_fn *fn, void *ctx);
void mg_log(enum mg_log_level level, const char *fmt, ...) MG_PRINTF(2, 3);
#endif
