# SPDX-License-Identifier: Apache-2.0
LINT_SCRIPTS = %D%/layers.sh
TESTS += $(LINT_SCRIPTS)
EXTRA_DIST += $(LINT_SCRIPTS)
