#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# long-kill.sh - t-walk-kill.sh with two hundred kills.
MGREG_KILLS=200
export MGREG_KILLS
. "${MGREG_SRC:-.}/tests/cli/t-walk-kill.sh"
