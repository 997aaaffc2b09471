# SPDX-License-Identifier: Apache-2.0
# One script per command, and whole stories (t-walk-*).
EXTRA_DIST += %D%/two.pbtxt %D%/lib.sh %D%/graphs.sh %D%/model.pbtxt %D%/events.py
EXTRA_DIST += %D%/iris.sh %D%/line.sh %D%/line.pbtxt %D%/long-kill.sh
cli_tests = \
	%D%/t-ops.sh \
	%D%/t-pack.sh \
	%D%/t-unpack.sh \
	%D%/t-verify.sh \
	%D%/t-alias.sh \
	%D%/t-promote.sh \
	%D%/t-tag.sh \
	%D%/t-pin.sh \
	%D%/t-unpin.sh \
	%D%/t-note.sh \
	%D%/t-lineage.sh \
	%D%/t-policy.sh \
	%D%/t-prune.sh \
	%D%/t-undelete.sh \
	%D%/t-rm.sh \
	%D%/t-mv.sh \
	%D%/t-cp.sh \
	%D%/t-runs.sh \
	%D%/t-lease.sh \
	%D%/t-log.sh \
	%D%/t-watch.sh \
	%D%/t-schema.sh \
	%D%/t-migrate.sh \
	%D%/t-rebuild.sh \
	%D%/t-completion.sh \
	%D%/t-cat.sh \
	%D%/t-collections.sh \
	%D%/t-diff.sh \
	%D%/t-hparams.sh \
	%D%/t-inspect.sh \
	%D%/t-show.sh \
	%D%/t-tensors.sh \
	%D%/t-sql.sh \
	%D%/t-checkout.sh \
	%D%/t-convert.sh \
	%D%/t-freeze.sh \
	%D%/t-export.sh \
	%D%/t-help.sh \
	%D%/t-import.sh \
	%D%/t-init.sh \
	%D%/t-info.sh \
	%D%/t-config.sh \
	%D%/t-fsck.sh %D%/t-gc.sh %D%/t-du.sh %D%/t-backup.sh \
	%D%/t-queues.sh \
	%D%/t-run.sh \
	%D%/t-train.sh \
	%D%/t-train-more.sh \
	%D%/t-eval.sh \
	%D%/t-events.sh \
	%D%/t-metric.sh \
	%D%/t-extend.sh \
	%D%/t-walk-resume.sh \
	%D%/t-walk-kill.sh \
	%D%/t-latest.sh \
	%D%/t-questions.sh \
	%D%/t-exit-status.sh \
	%D%/t-first-session.sh \
	%D%/t-ls.sh \
	%D%/t-walk-main.sh \
	%D%/t-walk-numbers.sh \
	%D%/t-walk-serving.sh \
	%D%/t-walk-savedmodel.sh \
	%D%/t-walk-tags.sh \
	%D%/t-walk-corpus.sh
LONG_TESTS += %D%/long-kill.sh
TESTS += $(cli_tests)
EXTRA_DIST += $(cli_tests)
