/* SPDX-License-Identifier: Apache-2.0 */
/* codec_jpeg.c - JPEG through libjpeg.  Its errors come by longjmp: what lives across it is in one struct. */
#include "base/base.h"
#include <stdio.h>
#include <setjmp.h>
#include <stdlib.h>
#include <jpeglib.h>
#include "base/dl.h"
#include "runtime/codec.h"

#define CALLS(X) X(jpeg_std_error) X(jpeg_CreateDecompress) X(jpeg_CreateCompress) X(jpeg_mem_src) X(jpeg_mem_dest) X(jpeg_read_header) \
	X(jpeg_start_decompress) X(jpeg_read_scanlines) X(jpeg_finish_decompress) X(jpeg_destroy_decompress) X(jpeg_set_defaults) \
	X(jpeg_set_quality) X(jpeg_simple_progression) X(jpeg_start_compress) X(jpeg_write_scanlines) X(jpeg_finish_compress) X(jpeg_destroy_compress)
static struct {
#define X(f) __typeof__(f) *f;
	CALLS(X)
#undef X
} j;
static const char *const names[] = {
#define X(f) #f,
	CALLS(X)
#undef X
};
static mg_dl lib = { .soname = MG_SONAME_JPEG, .package = "libjpeg62-turbo", .names = names, .count = MG_COUNT(names), .calls = &j };

#define MAX_BYTES ((size_t)1 << 30)

typedef struct work {
	struct jpeg_error_mgr error;    /* first: libjpeg hands it back */
	jmp_buf        jump;
	char           message[JMSG_LENGTH_MAX];
	struct jpeg_decompress_struct in;
	struct jpeg_compress_struct out;
	uint8_t       *data, *line;
	unsigned char *bytes;           /* libjpeg's malloc */
	unsigned long  size;
} work;

static void
on_error(j_common_ptr c)
{
	work *w = (work *)(void *)c->err;

	(*c->err->format_message)(c, w->message);
	longjmp(w->jump, 1);
}

static void
on_message(j_common_ptr c)
{
	(void)c;
}

static int
work_new(work **out, mgreg_error *err)
{
	work *w;
	int rc;

	if ((rc = mg_dl_load(&lib, err)) != 0)
		return rc;
	if (!(w = mg_calloc(1, sizeof(*w))))
		return mg_fail_nomem(err, sizeof(*w));
	j.jpeg_std_error(&w->error);
	w->error.error_exit = on_error;
	w->error.output_message = on_message;
	*out = w;
	return 0;
}

static int
bad(const work *w, mgreg_error *err)
{
	return mg_fail(err, MGREG_INVALID_ARGUMENT, "invalid JPEG data: %s", w->message);
}

static void
open_source(work *w, mg_slice in)
{
	w->in.err = &w->error;
	j.jpeg_CreateDecompress(&w->in, JPEG_LIB_VERSION, sizeof(w->in));
	j.jpeg_mem_src(&w->in, (const unsigned char *)in.ptr, in.len);
	j.jpeg_read_header(&w->in, TRUE);
}

static int
read_all(work *w, int channels, mg_image *out, mgreg_error *err)
{
	struct jpeg_decompress_struct *d = &w->in;
	size_t row, width, height;

	j.jpeg_start_decompress(d);
	width = d->output_width;
	height = d->output_height;
	row = width * (size_t)channels;
	if (!row || !height || row > MAX_BYTES / height)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "JPEG size too large: %zu by %zu", width, height);
	w->data = mg_alloc(row * height);
	w->line = mg_alloc(width * 4 + 4);
	if (!w->data || !w->line)
		return mg_fail_nomem(err, row * height);
	while (d->output_scanline < height) {
		uint8_t *to = w->data + d->output_scanline * row;
		bool ink = d->out_color_space == JCS_CMYK;
		JSAMPROW lines[1] = { ink ? w->line : to };

		if (j.jpeg_read_scanlines(d, lines, 1) != 1)
			break;
		for (size_t i = 0; ink && i < width; i++) {
			const uint8_t *c = w->line + 4 * i;
			unsigned rgb[3];

			for (int k = 0; k < 3; k++)     /* Adobe's are inverted */
				rgb[k] = d->saw_Adobe_marker ? c[3] * c[k] / 255u : (255u - c[3]) * (255u - c[k]) / 255u;
			for (int k = 0; k < channels; k++)
				to[(size_t)channels * i + (size_t)k] = (uint8_t)(channels == 1 ? (299 * rgb[0] + 587 * rgb[1] + 114 * rgb[2]) / 1000 : rgb[k]);
		}
	}
	if (d->output_scanline == height)
		j.jpeg_finish_decompress(d);
	*out = (mg_image){ .w = (int64_t)width, .h = (int64_t)height, .frames = 1, .channels = channels, .depth = 8, .data = w->data };
	w->data = NULL;
	return 0;
}

static int
decode_all(work *w, mg_slice in, int channels, int ratio, bool fancy, bool fast, mg_image *out, mgreg_error *err)
{
	open_source(w, in);
	if (channels == 0)
		channels = MG_MIN(w->in.num_components, 3);
	w->in.out_color_space = w->in.jpeg_color_space == JCS_CMYK || w->in.jpeg_color_space == JCS_YCCK ? JCS_CMYK : channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
	w->in.do_fancy_upsampling = fancy;
	w->in.scale_num = 1;
	w->in.scale_denom = (unsigned)ratio;
	w->in.dct_method = fast ? JDCT_IFAST : JDCT_ISLOW;
	return read_all(w, channels, out, err);
}

int
mg_jpeg_decode(mg_slice in, int channels, int ratio, bool fancy, bool fast, mg_image *out, mgreg_error *err)
{
	work *w;
	int rc = work_new(&w, err);

	if (rc)
		return rc;
	if (setjmp(w->jump)) {
		rc = bad(w, err);
	} else {
		rc = decode_all(w, in, channels, ratio, fancy, fast, out, err);
	}
	j.jpeg_destroy_decompress(&w->in);
	mg_free(w->data);
	mg_free(w->line);
	mg_free(w);
	return rc;
}

int
mg_jpeg_shape(mg_slice in, int64_t out[3], mgreg_error *err)
{
	work *w;
	int rc = work_new(&w, err);

	if (rc)
		return rc;
	if (setjmp(w->jump)) {
		rc = bad(w, err);
	} else {
		open_source(w, in);
		out[0] = w->in.image_height;
		out[1] = w->in.image_width;
		out[2] = w->in.num_components;
	}
	j.jpeg_destroy_decompress(&w->in);
	mg_free(w);
	return rc;
}

static void
write_all(work *w, const mg_image *in, const mg_jpeg_options *o)
{
	struct jpeg_compress_struct *c = &w->out;

	c->err = &w->error;
	j.jpeg_CreateCompress(c, JPEG_LIB_VERSION, sizeof(*c));
	j.jpeg_mem_dest(c, &w->bytes, &w->size);
	c->image_width = (JDIMENSION)in->w;
	c->image_height = (JDIMENSION)in->h;
	c->input_components = in->channels;
	c->in_color_space = in->channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
	j.jpeg_set_defaults(c);
	if (o->optimize)
		c->optimize_coding = TRUE;
	c->density_unit = (UINT8)o->density_unit;
	c->X_density = (UINT16)o->x_density;
	c->Y_density = (UINT16)o->y_density;
	j.jpeg_set_quality(c, o->quality, TRUE);
	if (o->progressive)
		j.jpeg_simple_progression(c);
	for (int i = 0; i < c->num_components && !o->downsample; i++)
		c->comp_info[i].h_samp_factor = c->comp_info[i].v_samp_factor = 1;
	j.jpeg_start_compress(c, TRUE);
	while (c->next_scanline < c->image_height) {
		JSAMPROW line[1] = { (JSAMPROW)in->data + (size_t)c->next_scanline * (size_t)in->w * (size_t)in->channels };

		j.jpeg_write_scanlines(c, line, 1);
	}
	j.jpeg_finish_compress(c);
}

int
mg_jpeg_encode(const mg_image *in, const mg_jpeg_options *options, mg_str *out, mgreg_error *err)
{
	work *w;
	int rc;

	if (in->w < 1 || in->h < 1 || in->w > 65500 || in->h > 65500 || (in->channels != 1 && in->channels != 3))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "a picture of %lld by %lld with %d channels cannot be a JPEG", (long long)in->w, (long long)in->h, in->channels);
	if ((rc = work_new(&w, err)) != 0)
		return rc;
	if (setjmp(w->jump)) {
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "JPEG: %s", w->message);
	} else {
		write_all(w, in, options);
		mg_str_append(out, w->bytes, w->size);
		rc = mg_str_check(out, err);
	}
	j.jpeg_destroy_compress(&w->out);
	free(w->bytes);          /* libjpeg took it from malloc */
	mg_free(w);
	return rc;
}
