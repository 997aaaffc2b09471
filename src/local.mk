# SPDX-License-Identifier: Apache-2.0
# libmgreg_text (shared with the command) -> libmgreg_core (everything, hidden) -> libmgreg (exports mgreg_*) + mgreg
include_HEADERS += %D%/mgreg.h
mgreg_chaptersdir = $(includedir)/mgreg
mgreg_chapters_HEADERS = %D%/mgreg/core.h %D%/mgreg/tensor.h %D%/mgreg/store.h %D%/mgreg/registry.h \
	%D%/mgreg/graph.h %D%/mgreg/metagraph.h %D%/mgreg/session.h %D%/mgreg/checkpoint.h %D%/mgreg/saver.h %D%/mgreg/training.h \
	%D%/mgreg/content.h %D%/mgreg/custom.h %D%/mgreg/history.h %D%/mgreg/formats.h %D%/mgreg/train.h %D%/mgreg/events.h
EXTRA_DIST += %D%/mgreg.pc.in
dist_man_MANS += %D%/mgreg.3
nodist_pkgconfig_DATA += %D%/mgreg.pc

noinst_LTLIBRARIES += libmgreg_text.la libmgreg_core.la
libmgreg_text_la_SOURCES =
libmgreg_text_la_LIBADD =
libmgreg_core_la_SOURCES = %D%/mgreg.h %D%/version.c
libmgreg_core_la_LIBADD = libmgreg_pb.la libmgreg_text.la $(LINKED_LIBS) $(ISAL_LIBS) -lpthread -lm -ldl
libmgreg_core_la_CPPFLAGS = $(AM_CPPFLAGS) $(CRYPTO_CFLAGS) $(ARCHIVE_CFLAGS) $(SNAPPY_CFLAGS) $(ZLIB_CFLAGS) \
	$(OPENBLAS_CFLAGS) $(JPEG_CFLAGS) $(PNG_CFLAGS)

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
include %D%/saver/local.mk
include %D%/interop/local.mk
include %D%/registry/local.mk
include %D%/cli/local.mk

# On release: no interface change: revision + 1; added: current + 1, age + 1, revision 0; changed or removed:
# current + 1, age 0, revision 0.
MG_LT_CURRENT = 0
MG_LT_REVISION = 0
MG_LT_AGE = 0
lib_LTLIBRARIES += libmgreg.la
libmgreg_la_SOURCES =
libmgreg_la_LIBADD = libmgreg_core.la
libmgreg_la_LDFLAGS = $(AM_LDFLAGS) -export-symbols-regex '^mgreg_' \
	-version-info $(MG_LT_CURRENT):$(MG_LT_REVISION):$(MG_LT_AGE)
