# SPDX-License-Identifier: Apache-2.0
# One script per command, and whole stories (t-walk-*).
EXTRA_DIST += %D%/lib.sh
cli_tests =
TESTS += $(cli_tests)
EXTRA_DIST += $(cli_tests)
