#include "syncservice/config/parallel.hpp"

#include <algorithm>
#include <atomic>
#include <future>
#include <thread>
#include <vector>

namespace syncservice::config {

std::size_t threads_side_by_side() noexcept {
  constexpr unsigned most = 16;
  return std::clamp(std::thread::hardware_concurrency(), 1U, most);
}

void side_by_side(std::size_t count, const std::function<void(std::size_t)>& work) {
  std::atomic<std::size_t> next{0};
  const auto run = [&] {
    for (std::size_t i = next++; i < count; i = next++) work(i);
  };
  // Their destructors wait, so that nothing outlives a throwing `run` below.
  std::vector<std::future<void>> helpers;
  for (std::size_t i = 1; i < std::min(threads_side_by_side(), count); ++i)
    helpers.push_back(std::async(std::launch::async, run));
  run();
  for (std::future<void>& helper : helpers) helper.get();
}

}  // namespace syncservice::config
