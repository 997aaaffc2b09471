/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_train.c - trains a stored version; every save is a new one. */
#include "cli/live.h"

static const char *data, *train_op, *metrics, *run_name, *stop_on, *keep, *tee;
static cli_list feed_map, set;
static int64_t batch, steps, until_step, epochs, save_every, seed = -1;
static double save_secs;
static bool fresh_random, save_on_exit = true;
static cli_runtime runtime;
static const char *tags;
static const cli_option options[] = {
	{ 0, "data", CLI_TEXT, &data, "FILE|DIR", ".npy, .npz, .csv or a folder of .npy: its columns feed placeholders" },
	{ 0, "feed-map", CLI_LIST, &feed_map, "INPUT=COLUMN", "which column feeds a placeholder of another name" },
	{ 0, "batch", CLI_INT, &batch, "N", "rows per step (default: what the graph asks for, else all)" },
	{ 0, "train-op", CLI_TEXT, &train_op, "NODE", "default: the first of collection train_op" },
	{ 0, "steps", CLI_STEPS, &steps, "N", "run N more steps" },
	{ 0, "until-step", CLI_STEPS, &until_step, "N", "run until global step N" },
	{ 0, "epochs", CLI_INT, &epochs, "N", "run N times through the data" },
	{ 0, "save-every", CLI_STEPS, &save_every, "N", "save every N steps (and once at the end)" },
	{ 0, "save-secs", CLI_DURATION, &save_secs, "S", "save every S seconds" },
	{ 0, "metrics", CLI_TEXT, &metrics, "A,B", "scalars to record at every step (without: the loss is shown)" },
	{ 0, "set", CLI_LIST, &set, "NAME=VALUE", "feed this value at every step; recorded as a hyper-parameter" },
	{ 0, "run", CLI_TEXT, &run_name, "NAME", "fork into a new run instead of continuing" },
	{ 0, "seed", CLI_INT, &seed, "N", "of shuffling, and of random ops without a seed of their own" },
	{ 0, "fresh-random", CLI_FLAG, &fresh_random, NULL, "do not go on with the version's data order and random state" },
	{ 0, "stop-on", CLI_TEXT, &stop_on, "nan,inf,diverge", "stop (exit 10) when a metric does this" },
	{ 0, "keep", CLI_TEXT, &keep, "POLICY", "last=5,hours=2,steps=10k,best=eval/acc:3, or tf" },
	{ 0, "tee", CLI_TEXT, &tee, "DIR", "save as TensorFlow's files too" },
	{ 0, "save-on-exit", CLI_FLAG, &save_on_exit, NULL, "save when a signal ends the training (default)" },
	{ 0, "tags", CLI_TEXT, &tags, "A,B", "which MetaGraph of a SavedModel" },
	CLI_RUNTIME_OPTIONS(runtime),
	CLI_COMMON_OPTIONS
};

static int
parse_stop_on(unsigned *out, mgreg_error *err)
{
	static const struct { const char *name; unsigned bit; } names[] = {
		{ "nan", MGREG_STOP_NAN }, { "inf", MGREG_STOP_INF }, { "diverge", MGREG_STOP_DIVERGE },
	};
	mg_slice rest = { stop_on, stop_on ? strlen(stop_on) : 0 }, word;

	*out = 0;
	while (rest.len && mg_slice_split(&rest, ',', &word)) {
		size_t i = 0;

		while (i < MG_COUNT(names) && !mg_slice_eq(word, names[i].name))
			i++;
		if (i == MG_COUNT(names))
			return mg_fail(err, MGREG_INVALID_ARGUMENT, "--stop-on: nan, inf or diverge, not '%.*s'", (int)word.len, word.ptr);
		*out |= names[i].bit;
	}
	return 0;
}

static void
format_numbers(const mgreg_train_progress *p, char *text, size_t size)
{
	size_t len = 0;

	text[0] = '\0';
	for (int i = 0; i < p->metric_count && len < size; i++)
		len += (size_t)snprintf(text + len, size - len, "  %s %.5g", p->metric_names[i], p->metrics[i]);
}

static int
show_progress(void *ctx, const mgreg_train_progress *p)
{
	char text[128];
	cli *c = ctx;

	if (p->saved) {
		cli_progress_end(c);
		format_numbers(p, text, sizeof text);
		if (c->format == CLI_HUMAN)
			cli_note(c, "saved %s%s", p->saved->ref, text);
		return 0;
	}
	format_numbers(p, text, sizeof text);
	if (p->target)
		cli_progress(c, "step %lld  %lld/%lld%s  %.0f/s", (long long)p->step, (long long)p->steps, (long long)p->target, text,
			p->seconds > 0 ? (double)p->steps / p->seconds : 0);
	else
		cli_progress(c, "step %lld%s", (long long)p->step, text);
	return 0;
}

static int
print_result(cli *c, const mgreg_train_result *r, mgreg_error *err)
{
	static const cli_column columns[] = {
		{ "ref", CLI_COL_TEXT }, { "model", CLI_COL_TEXT }, { "run", CLI_COL_TEXT }, { "no", CLI_COL_INT }, { "global_step", CLI_COL_INT },
		{ "version_id", CLI_COL_INT }, { "steps", CLI_COL_INT }, { "first_step", CLI_COL_INT }, { "last_step", CLI_COL_INT },
		{ "saves", CLI_COL_INT }, { "seconds", CLI_COL_REAL }, { "cancelled", CLI_COL_BOOL },
	};

	if (c->format == CLI_HUMAN) {
		cli_print(c, "%s\n", r->last.ref);
		return 0;
	}
	cli_rows_begin(c, columns, MG_COUNT(columns), true);
	cli_put_text(c, r->last.ref);
	cli_put_text(c, r->last.model);
	cli_put_text(c, r->last.run);
	cli_put_int(c, r->last.no);
	if (r->last.has_step)
		cli_put_int(c, r->last.step);
	else
		cli_put_null(c);
	cli_put_int(c, r->last.id);
	cli_put_int(c, r->steps);
	cli_put_int(c, r->first_step);
	cli_put_int(c, r->last_step);
	cli_put_int(c, r->saves);
	cli_put_real(c, r->seconds);
	cli_put_bool(c, r->cancelled);
	cli_row_end(c);
	return cli_rows_end(c, err);
}

static int
check_numbers(mgreg_error *err)
{
	if ((steps > 0) + (until_step > 0) + (epochs > 0) != 1)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "how long: one of --steps N, --until-step N and --epochs N");
	if (batch < 0 || save_every < 0 || save_secs < 0 || steps < 0 || until_step < 0 || epochs < 0)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "numbers of rows, steps and seconds are not negative");
	return 0;
}

static int
run(cli *c, mgreg_error *err)
{
	mgreg_live_options live = MGREG_LIVE_INIT;
	mgreg_train_options o = MGREG_TRAIN_INIT;
	mgreg_train_result result;
	const char **names = NULL;
	char *trace = NULL;
	int rc;

	MG_TRY(cli_expect_args(c, 1, 1, err));
	MG_TRY(check_numbers(err));
	MG_TRY(parse_stop_on(&o.stop_on, err));
	MG_TRY(cli_runtime_apply(&runtime, &live, err));
	if (metrics && !(names = cli_split_list(metrics, &o.metric_count))) {
		rc = mg_fail_nomem(err, 0);
		goto out;
	}
	live.tags = tags;
	o.live = &live;
	o.data = data;
	o.feed_map = feed_map.items.at;
	o.feed_map_count = (int)feed_map.items.len;
	o.batch = batch;
	o.train_op = train_op;
	o.steps = steps;
	o.until_step = until_step;
	o.epochs = epochs;
	o.save_every = save_every;
	o.save_secs = save_secs;
	o.metrics = names;
	o.set = set.items.at;
	o.set_count = (int)set.items.len;
	o.run = run_name;
	o.has_seed = seed >= 0;
	o.seed = (uint64_t)seed;
	o.fresh_random = fresh_random;
	o.keep = keep;
	o.tee = tee;
	o.no_save_on_exit = !save_on_exit;
	o.dry_run = c->dry_run;
	o.show_loss = 1;
	o.progress = show_progress;
	o.ctx = c;
	o.trace = runtime.trace ? &trace : NULL;
	cli_catch_signals();
	o.cancel = cli_signal_flag();
	rc = mgreg_train(c->store, c->args[0], &o, &result, err);
	cli_progress_end(c);
	if (rc == 0 && trace)
		rc = cli_write_file(runtime.trace, trace, strlen(trace), err);
	if (rc == 0)
		rc = print_result(c, &result, err);
	if (rc == 0 && result.step_cut)
		cli_note(c, "the running step was cancelled: what it had changed was not saved");
out:
	mgreg_free(trace);
	mg_free(names);
	return rc;
}

CLI_COMMAND(train, "REF", "train a version; every save is a new version", CLI_STORE_WRITE, options, run)
