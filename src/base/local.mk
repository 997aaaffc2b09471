# SPDX-License-Identifier: Apache-2.0
libmgreg_text_la_SOURCES += \
	%D%/base.h %D%/banned.h %D%/text.h \
	%D%/error.def %D%/error.h %D%/error.c \
	%D%/mem.h %D%/mem.c \
	%D%/str.h %D%/str.c \
	%D%/vec.h %D%/vec.c \
	%D%/map.h %D%/map.c \
	%D%/num.h %D%/num.c \
	%D%/json.h %D%/json.c \
	%D%/dl.h %D%/dl.c
libmgreg_core_la_SOURCES += \
	%D%/arena.h %D%/arena.c \
	%D%/set.h %D%/set.c \
	%D%/bytes.h \
	%D%/half.h %D%/half.c \
	%D%/regex.h %D%/regex.c \
	%D%/crc32c.h %D%/crc32c.c \
	%D%/sha256.h %D%/sha256.c \
	%D%/xxh3.h %D%/xxh3_body.h %D%/xxh3.c %D%/xxh3_avx2.c %D%/xxh3_avx512.c \
	%D%/fprint.h %D%/fprint.c \
	%D%/file.h %D%/file.c \
	%D%/path.h %D%/path.c \
	%D%/thread.h %D%/thread.c \
	%D%/crew.h %D%/crew.c \
	%D%/clock.h %D%/clock.c \
	%D%/log.h %D%/log.c \
	%D%/fault.h %D%/fault.c
