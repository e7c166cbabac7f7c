// libpng (package libpng-dev). It reports errors by longjmp, which Swift must not see: reading is one function here.
// Its simplified interface would correct gamma, which other readers of training images do not.
#pragma once
#include <png.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
  const uint8_t *bytes;
  size_t length;
  size_t position;
  char message[128];
} LethePNGSource;

static inline void lethe_png_fail(png_structp png, png_const_charp message) {
  LethePNGSource *source = (LethePNGSource *)png_get_error_ptr(png);
  strncpy(source->message, message, sizeof source->message - 1);
  longjmp(png_jmpbuf(png), 1);
}

static inline void lethe_png_ignore(png_structp png, png_const_charp message) {
  (void)png;
  (void)message;
}

static inline void lethe_png_take(png_structp png, png_bytep target, size_t count) {
  LethePNGSource *source = (LethePNGSource *)png_get_io_ptr(png);
  if (source->length - source->position < count) png_error(png, "the file ends too early");
  memcpy(target, source->bytes + source->position, count);
  source->position += count;
}

/// Reads a PNG as 8-bit grey (1 channel) or RGB (3), alpha dropped, 16 bits cut to their upper 8.
/// Returns the pixels, row by row, which the caller frees; NULL with the reason in `message`.
static inline uint8_t *lethe_png_read(
    const uint8_t *bytes, size_t length, int64_t largest, int32_t *height, int32_t *width, int32_t *channels,
    char *message, size_t capacity) {
  LethePNGSource source = {bytes, length, 0, {0}};
  uint8_t *volatile pixels = NULL;
  png_bytep *volatile rows = NULL;
  png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &source, lethe_png_fail, lethe_png_ignore);
  png_infop info = png ? png_create_info_struct(png) : NULL;
  if (info && !setjmp(png_jmpbuf(png))) {
    png_set_read_fn(png, &source, lethe_png_take);
    png_read_info(png, info);
    png_uint_32 columns = png_get_image_width(png, info), lines = png_get_image_height(png, info);
    if ((int64_t)columns * (int64_t)lines > largest) png_error(png, "the image is too large");
    png_set_palette_to_rgb(png);
    png_set_expand_gray_1_2_4_to_8(png);
    png_set_strip_16(png);
    png_set_strip_alpha(png);
    png_set_interlace_handling(png);
    png_read_update_info(png, info);
    int count = png_get_channels(png, info);
    size_t stride = png_get_rowbytes(png, info);
    if (stride != (size_t)columns * count) png_error(png, "an unusual kind of pixel");
    pixels = (uint8_t *)malloc(stride * lines + 1);
    rows = (png_bytep *)malloc(sizeof(png_bytep) * lines + 1);
    if (!pixels || !rows) png_error(png, "no memory");
    for (png_uint_32 line = 0; line < lines; line++) rows[line] = pixels + line * stride;
    png_read_image(png, rows);
    png_read_end(png, NULL);
    *height = (int32_t)lines;
    *width = (int32_t)columns;
    *channels = count;
  } else {
    free(pixels);
    pixels = NULL;
    strncpy(message, source.message[0] ? source.message : "libpng cannot read it", capacity - 1);
    message[capacity - 1] = 0;
  }
  free(rows);
  png_destroy_read_struct(&png, &info, NULL);
  return pixels;
}
