// support/eventually — waiting for a condition that another process or thread will make true.
#pragma once

#include <poll.h>

#include <chrono>

namespace syncservice::support {

/// True as soon as `condition` holds; false when it still does not after `timeout`. Looks again every 5 ms.
template <class Condition>
[[nodiscard]] bool eventually(Condition condition, std::chrono::milliseconds timeout = std::chrono::seconds{15}) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= deadline) return false;
    ::poll(nullptr, 0, 5);
  }
  return true;
}

}  // namespace syncservice::support
