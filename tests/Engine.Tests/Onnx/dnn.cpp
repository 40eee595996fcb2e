// dnn MODEL.onnx IMAGES LOGITS N C H W: what OpenCV's dnn answers, float32 row-major in and out.
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <vector>

#include <opencv2/core.hpp>
#include <opencv2/dnn.hpp>

int main(int argc, char** argv) {
  if (argc != 8) return 2;
  try {
    const int sizes[4] = {std::atoi(argv[4]), std::atoi(argv[5]), std::atoi(argv[6]), std::atoi(argv[7])};
    cv::Mat images(4, sizes, CV_32F);
    std::ifstream(argv[2], std::ios::binary).read(reinterpret_cast<char*>(images.data), static_cast<std::streamsize>(images.total() * sizeof(float)));
    cv::dnn::Net net = cv::dnn::readNetFromONNX(argv[1]);
    net.setInput(images);
    const cv::Mat logits = net.forward();
    std::ofstream(argv[3], std::ios::binary).write(reinterpret_cast<const char*>(logits.data), static_cast<std::streamsize>(logits.total() * sizeof(float)));
    return 0;
  } catch (const std::exception& e) {
    std::fputs(e.what(), stderr);
    return 1;
  }
}
