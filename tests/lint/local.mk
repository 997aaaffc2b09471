# SPDX-License-Identifier: Apache-2.0
lint_tests = %D%/docs.sh %D%/symbols.sh %D%/late.sh %D%/tables.sh %D%/layers.sh %D%/sql.sh %D%/rules.sh
TESTS += $(lint_tests)
EXTRA_DIST += $(lint_tests)
