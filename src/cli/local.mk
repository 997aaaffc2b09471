# SPDX-License-Identifier: Apache-2.0
bin_PROGRAMS += mgreg
mgreg_SOURCES = \
	%D%/cli.h %D%/live.h %D%/views.h %D%/commands.def \
	%D%/main.c \
	%D%/commands.c \
	%D%/live.c \
	%D%/options.c \
	%D%/output.c \
	%D%/progress.c \
	%D%/report.c \
	%D%/versions.c \
	%D%/views.c \
	%D%/cmd_alias.c \
	%D%/cmd_completion.c \
	%D%/cmd_cp.c \
	%D%/cmd_lease.c \
	%D%/cmd_lineage.c \
	%D%/cmd_log.c \
	%D%/cmd_migrate.c \
	%D%/cmd_mv.c \
	%D%/cmd_note.c \
	%D%/cmd_pin.c \
	%D%/cmd_policy.c \
	%D%/cmd_promote.c \
	%D%/cmd_prune.c \
	%D%/cmd_rebuild.c \
	%D%/cmd_rm.c \
	%D%/cmd_runs.c \
	%D%/cmd_schema.c \
	%D%/cmd_tag.c \
	%D%/cmd_undelete.c \
	%D%/cmd_watch.c \
	%D%/cmd_cat.c \
	%D%/cmd_checkout.c \
	%D%/cmd_collections.c \
	%D%/cmd_config.c \
	%D%/cmd_convert.c \
	%D%/cmd_diff.c \
	%D%/cmd_export.c \
	%D%/cmd_eval.c \
	%D%/cmd_events.c \
	%D%/cmd_extend.c \
	%D%/cmd_freeze.c \
	%D%/cmd_fsck.c \
	%D%/cmd_gc.c \
	%D%/cmd_du.c \
	%D%/cmd_backup.c \
	%D%/cmd_help.c \
	%D%/cmd_hparams.c \
	%D%/cmd_info.c \
	%D%/cmd_import.c \
	%D%/cmd_init.c \
	%D%/cmd_inspect.c \
	%D%/cmd_latest.c \
	%D%/cmd_ls.c \
	%D%/cmd_metric.c \
	%D%/cmd_ops.c \
	%D%/cmd_pack.c \
	%D%/cmd_run.c \
	%D%/cmd_show.c \
	%D%/cmd_sql.c \
	%D%/cmd_tensors.c \
	%D%/cmd_train.c \
	%D%/cmd_unpack.c \
	%D%/cmd_verify.c \
	%D%/cmd_version.c
mgreg_LDADD = libmgreg.la libmgreg_text.la -ljansson -lm -ldl
mgreg_CPPFLAGS = $(AM_CPPFLAGS)
dist_man_MANS += %D%/mgreg.1
