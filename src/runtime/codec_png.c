/* SPDX-License-Identifier: Apache-2.0 */
/* codec_png.c - PNG through libpng.  Its errors come by longjmp: what lives across it is in one struct. */
#include "base/base.h"
#include <png.h>
#include <setjmp.h>
#include "base/dl.h"
#include "runtime/codec.h"

#define CALLS(X) X(png_create_read_struct) X(png_create_write_struct) X(png_create_info_struct) X(png_set_longjmp_fn) X(png_set_read_fn) \
	X(png_get_io_ptr) X(png_error) X(png_read_info) X(png_get_IHDR) X(png_get_valid) X(png_get_channels) X(png_set_palette_to_rgb) \
	X(png_set_expand_gray_1_2_4_to_8) X(png_set_tRNS_to_alpha) X(png_set_strip_16) X(png_set_expand_16) X(png_set_swap) X(png_set_packing) \
	X(png_set_strip_alpha) X(png_set_add_alpha) X(png_set_gray_to_rgb) X(png_set_rgb_to_gray) X(png_set_interlace_handling) \
	X(png_read_update_info) X(png_get_rowbytes) X(png_read_image) X(png_read_end) X(png_destroy_read_struct) X(png_set_write_fn) \
	X(png_set_IHDR) X(png_set_compression_level) X(png_write_info) X(png_write_row) X(png_write_end) X(png_destroy_write_struct)
static struct {
#define X(f) __typeof__(f) *f;
	CALLS(X)
#undef X
} p;
static const char *const names[] = {
#define X(f) #f,
	CALLS(X)
#undef X
};
static mg_dl lib = { .soname = MG_SONAME_PNG, .package = "libpng16-16", .names = names, .count = MG_COUNT(names), .calls = &p };

#define MAX_BYTES ((size_t)1 << 30)

typedef struct work {
	mg_slice     in;
	size_t       at;
	mg_str      *out;
	png_structp  png;
	png_infop    info;
	png_bytep   *rows;
	png_bytep    data;
	char         message[120];
} work;

static void
on_error(png_structp png, png_const_charp text)
{
	work *w = p.png_get_io_ptr(png);

	if (w)
		snprintf(w->message, sizeof(w->message), "%s", text);
	longjmp(*p.png_set_longjmp_fn(png, longjmp, sizeof(jmp_buf)), 1);
}

static void
on_warning(png_structp png, png_const_charp text)
{
	(void)png, (void)text;
}

static void
on_read(png_structp png, png_bytep to, size_t n)
{
	work *w = p.png_get_io_ptr(png);

	if (n > w->in.len - w->at)
		p.png_error(png, "the data end too early");
	memcpy(to, w->in.ptr + w->at, n);
	w->at += n;
}

static void
on_write(png_structp png, png_bytep from, size_t n)
{
	work *w = p.png_get_io_ptr(png);

	mg_str_append(w->out, from, n);
}

static void
on_flush(png_structp png)
{
	(void)png;
}

/* What libpng shall turn the picture into. */
static void
transform(work *w, int colour, int bits, int *channels, int depth)
{
	bool transparent = p.png_get_valid(w->png, w->info, PNG_INFO_tRNS), alpha = (colour & PNG_COLOR_MASK_ALPHA) || transparent;
	bool grey = !(colour & PNG_COLOR_MASK_COLOR), want_alpha, want_grey;

	if (*channels == 0)
		*channels = colour == PNG_COLOR_TYPE_PALETTE ? (transparent ? 4 : 3) : p.png_get_channels(w->png, w->info);
	want_alpha = *channels == 2 || *channels == 4;
	want_grey = *channels < 3;
	p.png_set_packing(w->png);
	if (colour == PNG_COLOR_TYPE_PALETTE)
		p.png_set_palette_to_rgb(w->png);
	if (grey && bits < 8)
		p.png_set_expand_gray_1_2_4_to_8(w->png);
	if (transparent)
		p.png_set_tRNS_to_alpha(w->png);
	if (bits > 8 && depth == 8)
		p.png_set_strip_16(w->png);
	if (bits <= 8 && depth == 16)
		p.png_set_expand_16(w->png);
	if (alpha && !want_alpha)
		p.png_set_strip_alpha(w->png);
	if (want_grey && !grey)
		p.png_set_rgb_to_gray(w->png, 1, 0.299, 0.114);
	if (!want_grey && grey)
		p.png_set_gray_to_rgb(w->png);
	if (want_alpha && !alpha)
		p.png_set_add_alpha(w->png, depth == 8 ? 0xff : 0xffff, PNG_FILLER_AFTER);
	if (depth == 16)
		p.png_set_swap(w->png);
	p.png_set_interlace_handling(w->png);
	p.png_read_update_info(w->png, w->info);
}

static int
read_all(work *w, int channels, int depth, mg_image *out, mgreg_error *err)
{
	png_uint_32 width, height;
	int bits, colour;
	size_t row;

	p.png_read_info(w->png, w->info);
	p.png_get_IHDR(w->png, w->info, &width, &height, &bits, &colour, NULL, NULL, NULL);
	transform(w, colour, bits, &channels, depth);
	row = p.png_get_rowbytes(w->png, w->info);
	if (row != (size_t)width * (size_t)channels * (size_t)(depth / 8))
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "PNG: %d channels cannot be made of this picture", channels);
	if (row > MAX_BYTES / height)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "PNG size too large: %u by %u", width, height);
	w->data = mg_alloc(row * height);
	w->rows = mg_calloc(height, sizeof(*w->rows));
	if (!w->data || !w->rows)
		return mg_fail_nomem(err, row * height);
	for (png_uint_32 i = 0; i < height; i++)
		w->rows[i] = w->data + i * row;
	p.png_read_image(w->png, w->rows);
	*out = (mg_image){ .w = width, .h = height, .frames = 1, .channels = channels, .depth = depth, .data = w->data };
	w->data = NULL;
	return 0;
}

int
mg_png_decode(mg_slice in, int channels, int depth, mg_image *out, mgreg_error *err)
{
	work *w;
	int rc;

	if ((rc = mg_dl_load(&lib, err)) != 0)
		return rc;
	if (!(w = mg_calloc(1, sizeof(*w))))
		return mg_fail_nomem(err, sizeof(*w));
	w->in = in;
	w->png = p.png_create_read_struct(PNG_LIBPNG_VER_STRING, NULL, on_error, on_warning);
	w->info = w->png ? p.png_create_info_struct(w->png) : NULL;
	if (!w->info) {
		rc = mg_fail_nomem(err, 0);
	} else if (setjmp(*p.png_set_longjmp_fn(w->png, longjmp, sizeof(jmp_buf)))) {
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "invalid PNG data: %s", w->message);
	} else {
		p.png_set_read_fn(w->png, w, on_read);
		rc = read_all(w, channels, depth, out, err);
	}
	if (w->png)
		p.png_destroy_read_struct(&w->png, &w->info, NULL);
	mg_free(w->rows);
	mg_free(w->data);
	mg_free(w);
	return rc;
}

static void
write_all(work *w, const mg_image *in, int level)
{
	static const int colours[] = { 0, PNG_COLOR_TYPE_GRAY, PNG_COLOR_TYPE_GRAY_ALPHA, PNG_COLOR_TYPE_RGB, PNG_COLOR_TYPE_RGBA };
	size_t row = (size_t)in->w * (size_t)in->channels * (size_t)(in->depth / 8);

	if (level >= 0)
		p.png_set_compression_level(w->png, level);
	p.png_set_IHDR(w->png, w->info, (png_uint_32)in->w, (png_uint_32)in->h, in->depth, colours[in->channels], PNG_INTERLACE_NONE,
		PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
	p.png_write_info(w->png, w->info);
	if (in->depth == 16)
		p.png_set_swap(w->png);
	for (int64_t i = 0; i < in->h; i++)
		p.png_write_row(w->png, (png_const_bytep)in->data + (size_t)i * row);
	p.png_write_end(w->png, NULL);
}

int
mg_png_encode(const mg_image *in, int level, mg_str *out, mgreg_error *err)
{
	work *w;
	int rc;

	if ((rc = mg_dl_load(&lib, err)) != 0)
		return rc;
	if (in->w < 1 || in->h < 1 || in->w > INT32_MAX || in->h > INT32_MAX || in->channels < 1 || in->channels > 4)
		return mg_fail(err, MGREG_INVALID_ARGUMENT, "a picture of %lld by %lld with %d channels cannot be a PNG", (long long)in->w, (long long)in->h, in->channels);
	if (!(w = mg_calloc(1, sizeof(*w))))
		return mg_fail_nomem(err, sizeof(*w));
	w->out = out;
	w->png = p.png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, on_error, on_warning);
	w->info = w->png ? p.png_create_info_struct(w->png) : NULL;
	if (!w->info) {
		rc = mg_fail_nomem(err, 0);
	} else if (setjmp(*p.png_set_longjmp_fn(w->png, longjmp, sizeof(jmp_buf)))) {
		rc = mg_fail(err, MGREG_INVALID_ARGUMENT, "PNG: %s", w->message);
	} else {
		p.png_set_write_fn(w->png, w, on_write, on_flush);
		write_all(w, in, level);
		rc = mg_str_check(out, err);
	}
	if (w->png)
		p.png_destroy_write_struct(&w->png, &w->info);
	mg_free(w);
	return rc;
}
