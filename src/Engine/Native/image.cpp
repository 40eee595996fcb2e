#include "image.h"

#include <cstring>
#include <exception>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <vector>

#include <opencv2/core.hpp>
#include <opencv2/core/utils/logger.hpp>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

struct wlimg {
  cv::Mat rgb;
};

namespace {

// One image at a time on the caller's thread. OpenCV's own pool (TBB) has crashed when a caller's thread ended, and would only compete
// with libtorch's threads.
[[maybe_unused]] const bool alone = [] {
  cv::setNumThreads(0);
  return true;
}();

thread_local std::string last_error;

// The one door for errors: whatever is thrown becomes a code and a sentence.
template <typename Body>
int guarded(Body body) {
  try {
    body();
    return 0;
  } catch (const std::bad_alloc&) {
    last_error = "out of memory";
  } catch (const cv::Exception& e) {
    last_error = e.code == cv::Error::StsNoMem ? std::string("out of memory") : e.err;
  } catch (const std::exception& e) {
    last_error = e.what();
  } catch (...) {
    last_error = "unknown error";
  }
  return 1;
}

// Any depth to 8 bits: the largest value and 255 are both white.
cv::Mat to_bytes(const cv::Mat& stored, int white) {
  if (stored.depth() != CV_8U && stored.depth() != CV_16U) throw std::runtime_error("samples are neither 8 nor 16 bits deep");
  const int largest = stored.depth() == CV_8U ? 255 : 65535;
  if (white <= 0 || white > largest) white = largest;
  if (white == 255 && largest == 255) return stored;
  cv::Mat bytes;
  stored.convertTo(bytes, CV_8U, 255.0 / white);
  return bytes;
}

// Lays B, G, R, A over white, in place of OpenCV's habit to drop the alpha and show what lies beneath.
cv::Mat over_white(const cv::Mat& bgra) {
  cv::Mat bgr(bgra.size(), CV_8UC3);
  for (int y = 0; y < bgra.rows; ++y) {
    const auto* from = bgra.ptr<cv::Vec4b>(y);
    auto* to = bgr.ptr<cv::Vec3b>(y);
    for (int x = 0; x < bgra.cols; ++x)
      for (int c = 0; c < 3; ++c) {
        const int alpha = from[x][3];
        to[x][c] = static_cast<uchar>((from[x][c] * alpha + 255 * (255 - alpha) + 127) / 255);
      }
  }
  return bgr;
}

cv::Mat to_rgb(const cv::Mat& bytes, bool ignore_alpha) {
  cv::Mat rgb;
  switch (bytes.channels()) {
    case 1:
      cv::cvtColor(bytes, rgb, cv::COLOR_GRAY2RGB);
      return rgb;
    case 3:
      cv::cvtColor(bytes, rgb, cv::COLOR_BGR2RGB);
      return rgb;
    case 4:
      if (ignore_alpha) cv::cvtColor(bytes, rgb, cv::COLOR_BGRA2RGB);
      else cv::cvtColor(over_white(bytes), rgb, cv::COLOR_BGR2RGB);
      return rgb;
    default:
      throw std::runtime_error(std::to_string(bytes.channels()) + " channels");
  }
}

cv::Mat view(const uint8_t* rgb, int width, int height) {
  if (width < 1 || height < 1) throw std::invalid_argument("an image needs at least one pixel");
  return cv::Mat(height, width, CV_8UC3, const_cast<uint8_t*>(rgb));
}

}  // namespace

extern "C" {

const char* wlimg_error(void) { return last_error.c_str(); }

const char* wlimg_version(void) { return CV_VERSION; }

int wlimg_decode(const uint8_t* bytes, int64_t length, int32_t white, int32_t ignore_alpha, wlimg** image) {
  return guarded([&] {
    cv::utils::logging::setLogLevel(cv::utils::logging::LOG_LEVEL_SILENT);
    cv::setNumThreads(1);
    const cv::Mat file(1, static_cast<int>(length), CV_8U, const_cast<uint8_t*>(bytes));
    const cv::Mat stored = cv::imdecode(file, cv::IMREAD_UNCHANGED | cv::IMREAD_IGNORE_ORIENTATION);
    if (stored.empty()) throw std::runtime_error("the data is broken");
    auto made = std::make_unique<wlimg>();
    made->rgb = to_rgb(to_bytes(stored, white), ignore_alpha != 0);
    *image = made.release();
  });
}

int32_t wlimg_width(const wlimg* image) { return image->rgb.cols; }

int32_t wlimg_height(const wlimg* image) { return image->rgb.rows; }

int wlimg_pixels(const wlimg* image, uint8_t* rgb, int64_t length) {
  return guarded([&] {
    const auto row = static_cast<size_t>(image->rgb.cols) * 3;
    if (static_cast<size_t>(length) != row * image->rgb.rows) throw std::invalid_argument("length is not width * height * 3");
    for (int y = 0; y < image->rgb.rows; ++y) std::memcpy(rgb + y * row, image->rgb.ptr(y), row);
  });
}

void wlimg_free(wlimg* image) { delete image; }

int wlimg_resize(const uint8_t* rgb, int32_t width, int32_t height, uint8_t* to, int32_t to_width, int32_t to_height) {
  return guarded([&] {
    const cv::Mat from = view(rgb, width, height);
    cv::Mat result = view(to, to_width, to_height);
    const bool shrinks = to_width <= width && to_height <= height;
    cv::resize(from, result, result.size(), 0, 0, shrinks ? cv::INTER_AREA : cv::INTER_LINEAR);
  });
}

int wlimg_encode_jpeg(const uint8_t* rgb, int32_t width, int32_t height, int32_t quality, uint8_t** bytes, int64_t* length) {
  return guarded([&] {
    cv::Mat bgr;
    cv::cvtColor(view(rgb, width, height), bgr, cv::COLOR_RGB2BGR);
    std::vector<uchar> file;
    if (!cv::imencode(".jpg", bgr, file, {cv::IMWRITE_JPEG_QUALITY, quality})) throw std::runtime_error("cannot encode JPEG");
    *bytes = new uint8_t[file.size()];
    std::memcpy(*bytes, file.data(), file.size());
    *length = static_cast<int64_t>(file.size());
  });
}

void wlimg_free_bytes(uint8_t* bytes) { delete[] bytes; }

int wlimg_ripples(const uint8_t* layer, int32_t width, int32_t height, uint8_t* light) {
  return guarded([&] {
    if (width < 1 || height < 1) throw std::invalid_argument("a layer needs at least one pixel");
    const cv::Mat drops(height, width, CV_8UC1, const_cast<uint8_t*>(layer));
    cv::Mat edges, distance, bytes;
    cv::Canny(drops, edges, 50, 150);
    cv::distanceTransform(255 - edges, distance, cv::DIST_L2, 5);
    cv::threshold(distance, distance, 20, 20, cv::THRESH_TRUNC);
    cv::blur(distance, distance, cv::Size(3, 3));
    // Cut off, where convertTo would round.
    bytes.create(distance.size(), CV_8UC1);
    for (int y = 0; y < height; ++y)
      for (int x = 0; x < width; ++x) bytes.at<uint8_t>(y, x) = static_cast<uint8_t>(distance.at<float>(y, x));
    cv::equalizeHist(bytes, bytes);
    const cv::Mat emboss = (cv::Mat_<float>(3, 3) << -2, -1, 0, -1, 1, 1, 0, 1, 2);
    cv::Mat lit;
    cv::filter2D(bytes, lit, CV_8U, emboss);
    cv::blur(lit, lit, cv::Size(3, 3));
    for (int y = 0; y < height; ++y) std::memcpy(light + static_cast<size_t>(y) * width, lit.ptr(y), width);
  });
}

}  // extern "C"
