# SPDX-License-Identifier: Apache-2.0
libmgreg_core_la_SOURCES += \
	%D%/interop.h
