# SPDX-License-Identifier: Apache-2.0
# One program per layer (its local.mk), scripts, lint; the harness they share.
EXTRA_DIST += %D%/lsan.supp
noinst_HEADERS += %D%/testing.h
if HAVE_CHECK
check_LTLIBRARIES = libtesting.la
libtesting_la_SOURCES = %D%/check_main.c %D%/testing.c
libtesting_la_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS) -I$(top_srcdir)/tests
libtesting_la_LIBADD = libmgreg_core.la $(CHECK_LIBS)
TEST_LDADD = libtesting.la libmgreg_core.la $(CHECK_LIBS)
TEST_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS) -I$(top_srcdir)/tests

include %D%/base/local.mk
include %D%/proto/local.mk
include %D%/pack/local.mk
include %D%/store/local.mk
include %D%/tensor/local.mk
include %D%/ckpt/local.mk
include %D%/op/local.mk
include %D%/graph/local.mk
include %D%/metagraph/local.mk
include %D%/grad/local.mk
include %D%/train/local.mk
include %D%/runtime/local.mk
include %D%/kernels/local.mk
include %D%/interop/local.mk
include %D%/saver/local.mk
include %D%/registry/local.mk
include %D%/api/local.mk
endif
include %D%/cli/local.mk
include %D%/lint/local.mk
include %D%/fuzz/local.mk
include %D%/bench/local.mk
