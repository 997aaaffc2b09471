# SPDX-License-Identifier: Apache-2.0
# One script per command, and whole stories (t-walk-*).
EXTRA_DIST += %D%/lib.sh
CLI_SCRIPTS =
TESTS += $(CLI_SCRIPTS)
EXTRA_DIST += $(CLI_SCRIPTS)
