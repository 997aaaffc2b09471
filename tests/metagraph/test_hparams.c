/* SPDX-License-Identifier: Apache-2.0 */
/* test_hparams.c - the forms that hyper-parameters come in, and what is made of them. */
#include "testing.h"
#include "metagraph/metagraph.h"

static const struct { const char *collection, *want; } cases[] = {
	{ "bytes_list { value: '{\"lr\": 0.1, \"layers\": [1, 2]}' }", "{\"layers\":[1,2],\"lr\":0.1}" },
	{ "bytes_list { value: 'lr=0.01\\nname = adam\\nsteps=100\\nfast=true' }", "{\"fast\":true,\"lr\":0.01,\"name\":\"adam\",\"steps\":100}" },
	{ "bytes_list { value: 'lr=0.01' value: 'batch=32' }", "{\"batch\":32,\"lr\":0.01}" },
	{ "bytes_list { value: 'just words' }", "{\"hparams[0]\":\"just words\"}" },
	{ "bytes_list { value: 'a=1\\nwords' }", "{\"hparams[0]\":\"a=1\\nwords\"}" },
	{ "int64_list { value: 7 value: -1 }", "{\"hparams[0]\":7,\"hparams[1]\":-1}" },
	{ "float_list { value: 0.1 }", "{\"hparams[0]\":0.1}" },
	{ "node_list { value: 'lr:0' }", "{\"hparams[0]\":\"lr:0\"}" },
	{ "bytes_list { value: 'lr=nan' }", "{\"lr\":\"NaN\"}" },
	/* HParamDef: lr float 0.1, n int 3, b bool true, s bytes "x", l ints 1 2 */
	{ "bytes_list { value: '\\n\\x0b\\n\\x02lr\\x12\\x05\\x15\\xcd\\xcc\\xcc\\x3d\\n\\x07\\n\\x01n\\x12\\x02\\x08\\x03\\n\\x07\\n\\x01b\\x12\\x02\\x38\\x01"
		"\\n\\x08\\n\\x01s\\x12\\x03\\x1a\\x01x\\n\\x0b\\n\\x01l\\x12\\x06\\x22\\x04\\x0a\\x02\\x01\\x02' }",
		"{\"b\":true,\"l\":[1,2],\"lr\":0.1,\"n\":3,\"s\":\"x\"}" },
};

START_TEST(forms)
{
	mgreg_error err = { 0 };
	mg_arena a = { 0 };
	mg_str text = MG_STR_INIT, out = MG_STR_INIT;
	mg_msg *m;
	json_t *o;

	mg_str_printf(&text, "collection_def { key: 'hparams' value { %s } }", cases[_i].collection);
	ck_assert_ok(mg_msg_parse(&pb__meta_graph_def__descriptor, text.ptr, text.len, &a, &m, &err), &err);
	ck_assert_ok(mg_metagraph_hparams((Pb__MetaGraphDef *)m, &o, &err), &err);
	ck_assert_ok(mg_json_format(o, &out, &err), &err);
	ck_assert_str_eq(out.ptr, cases[_i].want);
	json_decref(o);
	mg_str_clear(&text);
	mg_str_clear(&out);
	mg_arena_clear(&a);
}
END_TEST

Suite *
test_hparams(void)
{
	TCase *t;
	Suite *s = mg_suite("hparams", &t);

	tcase_add_loop_test(t, forms, 0, MG_COUNT(cases));
	return s;
}
