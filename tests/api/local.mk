# SPDX-License-Identifier: Apache-2.0
API_SCRIPTS = %D%/header.sh
TESTS += $(API_SCRIPTS)
EXTRA_DIST += $(API_SCRIPTS) %D%/header_c.c %D%/header_cxx.cc
