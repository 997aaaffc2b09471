#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# long-safety.sh - test-store-safety at every operation.
MGREG_SAFETY=all CK_DEFAULT_TIMEOUT=7200 exec "${MGREG_BUILD:-.}/test-store-safety"
