// support/fake_clock — a clock that stands still until the test moves it.
#pragma once

#include "syncservice/base/clock.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>

namespace syncservice::support {

/// Begins at 2026-11-24T00:00:00Z. Thread-safe.
class FakeClock final : public Clock {
 public:
  FakeClock() = default;
  explicit FakeClock(Timestamp now) : millis_(to_millis(now)) {}
  [[nodiscard]] Timestamp now() const noexcept override { return from_millis(millis_.load()); }
  void set(Timestamp now) noexcept { millis_ = to_millis(now); }
  void advance(std::chrono::milliseconds by) noexcept { millis_ += by.count(); }

 private:
  std::atomic<std::int64_t> millis_{1'795'478'400'000};
};

}  // namespace syncservice::support
