/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_cat.c - one tensor of a version. */
#include "cli/views.h"

static const char *tags;
static const cli_option options[] = {
	{ 0, "tags", CLI_TEXT, &tags, "A,B", "which MetaGraph of a SavedModel" },
	CLI_COMMON_OPTIONS
};

static const struct { enum cli_format format; const char *ending; mgreg_tensor_form form; } forms[] = {
	{ CLI_HUMAN, ".txt", MGREG_FORM_TEXT }, { CLI_JSON, ".json", MGREG_FORM_JSON }, { CLI_CSV, ".csv", MGREG_FORM_CSV },
	{ CLI_NPY, ".npy", MGREG_FORM_NPY }, { CLI_RAW, ".raw", MGREG_FORM_RAW },
};

/* -o, else the ending of -O's file, else text. */
static int
choose_form(const cli *c, mgreg_tensor_form *out, mgreg_error *err)
{
	for (size_t i = 0; i < MG_COUNT(forms); i++)
		if (c->format_given ? c->format == forms[i].format : c->out && mg_ends_with(c->out, forms[i].ending)) {
			*out = forms[i].form;
			return 0;
		}
	if (c->format_given)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "a tensor is written as npy, csv, raw or json");
	*out = MGREG_FORM_TEXT;
	return 0;
}

static int
deliver(cli *c, const mgreg_tensor *t, mgreg_tensor_form form, mgreg_error *err)
{
	char *text;
	size_t size;
	int rc = mgreg_tensor_format(t, form, 0, &text, &size, err);

	if (rc)
		return rc;
	if (form == MGREG_FORM_TEXT || form == MGREG_FORM_JSON) /* lines end; the byte behind is the block's NUL */
		text[size++] = '\n';
	rc = cli_deliver(c, text, size, err);
	mgreg_free(text);
	return rc;
}

static int
run(cli *c, mgreg_error *err)
{
	mgreg_content *content = NULL;
	mgreg_tensor *t = NULL;
	mgreg_tensor_form form = MGREG_FORM_TEXT;
	int rc = cli_expect_args(c, 2, 2, err);

	if (rc == 0)
		rc = choose_form(c, &form, err);
	if (rc == 0)
		rc = cli_open_ref(c, c->args[0], tags, &content, err);
	if (rc == 0)
		rc = mgreg_content_read(content, c->args[1], NULL, &t, err);
	if (rc == 0)
		rc = deliver(c, t, form, err);
	mgreg_tensor_free(t);
	mgreg_content_close(content);
	return rc;
}

CLI_COMMAND(cat, "REF TENSOR", "one tensor, as text, npy, csv, json or bare bytes", CLI_STORE_READ, options, run)
