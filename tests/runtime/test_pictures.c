/* SPDX-License-Identifier: Apache-2.0 */
/* test_pictures.c - pictures and sound in files and in summaries. */
#include "rt.h"

static mg_output
bytes(rt *t, const void *data, size_t n)
{
	mg_tensor v = { 0 };
	mg_output o;

	ck_assert_ok(mg_tensor_init_string(&v, data, n, &t->err), &t->err);
	o = mg_const(&t->b, NULL, &v);
	mg_tensor_clear(&v);
	return o;
}

/* A picture of H by W by C whose element I is I * STEP. */
static mg_output
picture(rt *t, mg_dtype dtype, int64_t h, int64_t w, int64_t c, int step, mg_tensor *v)
{
	ck_assert_ok(mg_tensor_init_dims(v, dtype, (int64_t[]){ h, w, c }, 3, &t->err), &t->err);
	for (int64_t i = 0; i < v->count; i++)
		if (dtype == MGREG_UINT8)
			MG_DATA(v, uint8_t)[i] = (uint8_t)(i * step);
		else
			MG_DATA(v, uint16_t)[i] = (uint16_t)(i * step * 257);
	return mg_const(&t->b, NULL, v);
}

START_TEST(png)
{
	mg_tensor in = { 0 }, out = { 0 };
	mg_output file;
	rt t;

	rt_begin(&t);
	for (int c = 1; c <= 4; c++)
		for (int deep = 0; deep < 2; deep++) {
			mg_dtype dtype = deep ? MGREG_UINT16 : MGREG_UINT8;

			file = mg_build(&t.b, "EncodePng", NULL, "o", picture(&t, dtype, 3, 5, c, 4, &in));
			rt_fetch(&t, mg_build(&t.b, "DecodePng", NULL, "o;t:dtype", file, dtype), &out);
			ck_assert(mg_tensor_equal(&in, &out));
			mg_tensor_clear(&out);
			if (c == 1 && !deep) {
				rt_fetch(&t, mg_build(&t.b, "DecodePng", NULL, "o;t:dtype i:channels", file, MGREG_UINT16, (int64_t)3), &out);
				ck_assert_int_eq(mg_dim(&out, 2), 3);
				ck_assert_uint_eq(MG_DATA(&out, uint16_t)[3], 4 * 257);
				mg_tensor_clear(&out);
				rt_fetch(&t, mg_build(&t.b, "DecodeJpeg", NULL, "o", file), &out);      /* by its first bytes */
				ck_assert(mg_tensor_equal(&in, &out));
				mg_tensor_clear(&out);
			}
			mg_tensor_clear(&in);
		}
	rt_fetch_fails(&t, mg_build(&t.b, "DecodePng", NULL, "o", rt_string(&t, NULL, "\x89PNG\r\n\x1a\njunk")), MGREG_INVALID_ARGUMENT);
	rt_fetch_fails(&t, mg_build(&t.b, "DecodePng", NULL, "o", rt_string(&t, NULL, "what is this")), MGREG_INVALID_ARGUMENT);
	rt_end(&t);
}
END_TEST

START_TEST(jpeg)
{
	mg_tensor in = { 0 }, out = { 0 };
	mg_output file;
	rt t;

	rt_begin(&t);
	file = mg_build(&t.b, "EncodeJpeg", NULL, "o;i:quality", picture(&t, MGREG_UINT8, 16, 24, 3, 0, &in), (int64_t)100);
	rt_fetch(&t, mg_build(&t.b, "DecodeJpeg", NULL, "o", file), &out);
	ck_assert_int_eq(mg_dim(&out, 0), 16);
	ck_assert_int_eq(mg_dim(&out, 1), 24);
	for (int64_t i = 0; i < out.count; i++)
		ck_assert_int_le(MG_DATA(&out, uint8_t)[i], 2);
	mg_tensor_clear(&out);
	rt_fetch(&t, mg_build(&t.b, "DecodeJpeg", NULL, "o;i:ratio i:channels", file, (int64_t)2, (int64_t)1), &out);
	ck_assert_int_eq(mg_dim(&out, 0), 8);
	ck_assert_int_eq(mg_dim(&out, 2), 1);
	mg_tensor_clear(&out);
	rt_fetch(&t, mg_build(&t.b, "ExtractJpegShape", NULL, "o", file), &out);
	ck_assert_int_eq(MG_DATA(&out, int32_t)[1], 24);
	mg_tensor_clear(&out);
	rt_fetch(&t, mg_build(&t.b, "DecodeAndCropJpeg", NULL, "oo", file, rt_ints(&t, "window", 4, 2, 3, 4, 5)), &out);
	ck_assert_int_eq(mg_dim(&out, 0), 4);
	ck_assert_int_eq(mg_dim(&out, 1), 5);
	mg_tensor_clear(&out);
	mg_tensor_clear(&in);
	rt_fetch_fails(&t, mg_build(&t.b, "DecodeJpeg", NULL, "o", rt_string(&t, NULL, "\xff\xd8\xff\xe0junk")), MGREG_INVALID_ARGUMENT);
	rt_end(&t);
}
END_TEST

/* Two frames of 2 by 1: red and blue; then the left pixel green, the right one as before. */
static const uint8_t gif[] = {
	'G', 'I', 'F', '8', '9', 'a', 2, 0, 1, 0, 0x81, 0, 0, 255, 0, 0, 0, 0, 255, 0, 255, 0, 0, 0, 0,
	',', 0, 0, 0, 0, 2, 0, 1, 0, 0, 2, 2, 0x44, 0x0a, 0,
	',', 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x54, 0x01, 0, ';'
};
static const uint8_t bmp[] = {
	'B', 'M', 70, 0, 0, 0, 0, 0, 0, 0, 54, 0, 0, 0, 40, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 1, 0, 24, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 0, 4, 5, 6, 0
};

START_TEST(gif_and_bmp)
{
	static const uint8_t want[] = { 255, 0, 0, 0, 0, 255, 0, 255, 0, 0, 0, 255 };
	mg_tensor out = { 0 };
	rt t;

	rt_begin(&t);
	rt_fetch(&t, mg_build(&t.b, "DecodeGif", NULL, "o", bytes(&t, gif, sizeof(gif))), &out);
	ck_assert_int_eq(mg_dim(&out, 0), 2);
	ck_assert_int_eq(out.count, 12);
	ck_assert_mem_eq(out.data, want, 12);
	mg_tensor_clear(&out);
	for (size_t n = 0; n < sizeof(gif); n++) {
		mg_output o = mg_build(&t.b, "DecodeGif", NULL, "o", bytes(&t, gif, n));

		if (mg_session_run(t.s, NULL, 0, &o, 1, NULL, 0, &out, &t.err) == 0)
			mg_tensor_clear(&out);
	}
	rt_fetch(&t, mg_build(&t.b, "DecodeBmp", NULL, "o", bytes(&t, bmp, sizeof(bmp))), &out);
	ck_assert_mem_eq(out.data, ((uint8_t[]){ 6, 5, 4, 3, 2, 1 }), 6);       /* from the bottom, BGR */
	mg_tensor_clear(&out);
	rt_fetch_fails(&t, mg_build(&t.b, "DecodeBmp", NULL, "o", bytes(&t, bmp, sizeof(bmp) - 1)), MGREG_INVALID_ARGUMENT);
	rt_end(&t);
}
END_TEST

static void
summary_of(rt *t, mg_output o, mg_arena *arena, Pb__Summary **out)
{
	mg_tensor v = { 0 };
	mg_msg *m;

	rt_fetch(t, o, &v);
	ck_assert_ok(mg_msg_decode(&pb__summary__descriptor, mg_tensor_string(&v, 0).ptr, mg_tensor_string(&v, 0).len, arena, &m, &t->err), &t->err);
	*out = (Pb__Summary *)m;
	mg_tensor_clear(&v);
}

START_TEST(summaries)
{
	mg_tensor out = { 0 };
	mg_arena arena = { 0 };
	mg_output x, back;
	Pb__Summary *s;
	rt t;

	rt_begin(&t);
	x = mg_build(&t.b, "Reshape", NULL, "oo", rt_floats(&t, "v", 4, 0.0, 0.5, 1.0, -2.0), rt_ints(&t, "shape", 4, 2, 1, 2, 1));
	summary_of(&t, mg_build(&t.b, "ImageSummary", NULL, "oo", rt_string(&t, "tag", "pic"), x), &arena, &s);
	ck_assert_uint_eq(s->n_value, 2);
	ck_assert_str_eq(s->value[1]->tag, "pic/image/1");
	ck_assert_int_eq(s->value[0]->image->width, 2);
	ck_assert_int_eq(s->value[0]->image->colorspace, 1);
	back = mg_build(&t.b, "DecodePng", NULL, "o", bytes(&t, s->value[0]->image->encoded_image_string.data, s->value[0]->image->encoded_image_string.len));
	rt_fetch(&t, back, &out);
	ck_assert_mem_eq(out.data, ((uint8_t[]){ 0, 255 }), 2);
	mg_tensor_clear(&out);
	back = mg_build(&t.b, "DecodePng", NULL, "o", bytes(&t, s->value[1]->image->encoded_image_string.data, s->value[1]->image->encoded_image_string.len));
	rt_fetch(&t, back, &out);
	ck_assert_mem_eq(out.data, ((uint8_t[]){ 191, 1 }), 2);
	mg_tensor_clear(&out);
	summary_of(&t, mg_build(&t.b, "ImageSummary", NULL, "oo;i:max_images", rt_string(&t, NULL, "pic"), x, (int64_t)1), &arena, &s);
	ck_assert_str_eq(s->value[0]->tag, "pic/image");

	x = mg_build(&t.b, "Reshape", NULL, "oo", rt_floats(&t, "a", 4, 0.0, 0.5, 1.0, -1.0), rt_ints(&t, "s2", 2, 1, 4));
	summary_of(&t, mg_build(&t.b, "AudioSummaryV2", NULL, "ooo", rt_string(&t, NULL, "snd"), x, rt_float(&t, "rate", 8000)), &arena, &s);
	ck_assert_str_eq(s->value[0]->tag, "snd/audio/0");
	ck_assert_int_eq(s->value[0]->audio->length_frames, 4);
	back = mg_build(&t.b, "DecodeWav", NULL, "o", bytes(&t, s->value[0]->audio->encoded_audio_string.data, s->value[0]->audio->encoded_audio_string.len));
	rt_fetch(&t, back, &out);
	ck_assert_float_eq(MG_DATA(&out, float)[1], 0.5f);
	ck_assert_float_eq(MG_DATA(&out, float)[3], -1.0f);
	mg_tensor_clear(&out);
	rt_fetch_fails(&t, mg_build(&t.b, "DecodeWav", NULL, "o", rt_string(&t, NULL, "RIFF0000WAVEjunk")), MGREG_INVALID_ARGUMENT);
	mg_arena_clear(&arena);
	rt_end(&t);
}
END_TEST

Suite *
test_pictures(void)
{
	TCase *t;
	Suite *s = mg_suite("pictures", &t);

	tcase_add_test(t, png);
	tcase_add_test(t, jpeg);
	tcase_add_test(t, gif_and_bmp);
	tcase_add_test(t, summaries);
	return s;
}
