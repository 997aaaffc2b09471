/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mgreg.h - the public interface of mgreg, and its reference manual.
 *
 * mgreg keeps TensorFlow 1.x MetaGraphs and checkpoints as versioned rows of one SQLite file and
 * runs what it stores on the CPU.
 *
 * Conventions, valid for every function below unless its comment says otherwise:
 *
 *  - A function that can fail returns 0 (MGREG_OK) or an mgreg_code, and fills *ERR (which may be
 *    NULL).  Outputs are written only on success.
 *  - A pointer returned through an `out` argument belongs to the caller, who frees it with the
 *    noun's `_free`, `_close` or `_unref`.  A pointer returned as the function's value is borrowed
 *    and lives as long as the object it came from.
 *  - `_free(NULL)` and `_close(NULL)` do nothing.
 *  - Options structs begin with their size; start from the initialiser (MGREG_..._INIT).
 *  - Objects may be used from any thread, but from one thread at a time, unless the object's
 *    chapter says otherwise.  Different objects never interfere.
 *  - The library never prints, exits or changes signal handlers.
 */
#ifndef MGREG_H
#define MGREG_H

/* The chapters; each can be included alone, and a source of the library includes only those of its layer. */
#include "mgreg/core.h"
#include "mgreg/tensor.h"
#include "mgreg/store.h"
#include "mgreg/registry.h"
#include "mgreg/history.h"
#include "mgreg/graph.h"
#include "mgreg/custom.h"
#include "mgreg/train.h"
#include "mgreg/metagraph.h"
#include "mgreg/session.h"
#include "mgreg/checkpoint.h"
#include "mgreg/saver.h"
#include "mgreg/training.h"
#include "mgreg/content.h"
#include "mgreg/formats.h"
#include "mgreg/events.h"

#endif
