# SPDX-License-Identifier: Apache-2.0
EXTRA_DIST += %D%/quickstart
include %D%/examples/local.mk
