// libweblab_image.so: one decoder and one encoder over OpenCV's imgcodecs, for use in a memory-capped process.
// Every function returns 0, or 1 with a reason in wlimg_error(). Pixels are 8-bit R, G, B, row by row, no padding.
#ifndef WEBLAB_IMAGE_H
#define WEBLAB_IMAGE_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define WLIMG_API __attribute__((visibility("default")))

// Why the last call on this thread failed, as UTF-8; never null.
WLIMG_API const char* wlimg_error(void);

// OpenCV's version.
WLIMG_API const char* wlimg_version(void);

typedef struct wlimg wlimg;

// Decodes the first frame as it is stored: no orientation is applied. Deeper than 8 bits is scaled down, grey and CMYK
// become RGB, alpha is laid over white. white: the sample value that means white, 0: the largest of the sample's type.
// ignore_alpha: the fourth channel is padding.
WLIMG_API int wlimg_decode(const uint8_t* bytes, int64_t length, int32_t white, int32_t ignore_alpha, wlimg** image);

WLIMG_API int32_t wlimg_width(const wlimg* image);
WLIMG_API int32_t wlimg_height(const wlimg* image);

// Copies width * height * 3 bytes.
WLIMG_API int wlimg_pixels(const wlimg* image, uint8_t* rgb, int64_t length);

WLIMG_API void wlimg_free(wlimg* image);

// Area average when both sides shrink, bilinear otherwise.
WLIMG_API int wlimg_resize(const uint8_t* rgb, int32_t width, int32_t height, uint8_t* to, int32_t to_width, int32_t to_height);

// Encodes as JPEG of quality 1..100. *bytes belongs to the caller: wlimg_free_bytes.
WLIMG_API int wlimg_encode_jpeg(const uint8_t* rgb, int32_t width, int32_t height, int32_t quality, uint8_t** bytes, int64_t* length);
WLIMG_API void wlimg_free_bytes(uint8_t* bytes);

// The light on drops of water, as the corruption "spatter" makes it (Hendrycks and Dietterich 2019): Canny's edges (50, 150) of the
// layer, Euclidean distance to them (5 x 5 mask) up to 20, 3 x 3 mean, equalised, embossed, 3 x 3 mean. width * height bytes each.
WLIMG_API int wlimg_ripples(const uint8_t* layer, int32_t width, int32_t height, uint8_t* light);

#ifdef __cplusplus
}
#endif

#endif
