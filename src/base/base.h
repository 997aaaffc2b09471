/* SPDX-License-Identifier: Apache-2.0 */
/* base.h - first include of every source file. */
#ifndef MG_BASE_H
#define MG_BASE_H

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#include <assert.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "mgreg/core.h"
#include "mgreg/tensor.h"

#define MG_COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define MG_PRINTF(fmt, first) __attribute__((format(printf, fmt, first)))
#define MG_UNUSED __attribute__((unused))
#define MG_MIN(a, b) ((a) < (b) ? (a) : (b))
#define MG_MAX(a, b) ((a) > (b) ? (a) : (b))

/* Keeps the code in the local `rc` and leaves by the label `out`. */
#define MG_TRY(call) do { if ((rc = (call)) != 0) goto out; } while (0)

#include "base/banned.h"
#include "base/error.h"
#include "base/mem.h"
#endif
