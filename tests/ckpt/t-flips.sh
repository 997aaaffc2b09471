#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# t-flips.sh - test-ckpt with every byte of small data files flipped and a thousand places in large ones.
MGREG_FLIPS=1000
export MGREG_FLIPS
exec "${MGREG_BUILD:-.}/test-ckpt"
