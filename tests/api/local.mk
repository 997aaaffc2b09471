# SPDX-License-Identifier: Apache-2.0
api_tests = %D%/header.sh
TESTS += $(api_tests)
EXTRA_DIST += $(api_tests) %D%/header_c.c %D%/header_cxx.cc
