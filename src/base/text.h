/* SPDX-License-Identifier: Apache-2.0 */
/* text.h - what the command shares with the library: no state, no layers above. */
#ifndef MG_TEXT_H
#define MG_TEXT_H
#include "base/base.h"
#include "base/str.h"
#include "base/vec.h"
#include "base/map.h"
#include "base/num.h"
#include "base/json.h"
#include "base/dl.h"
#endif
