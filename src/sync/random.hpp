// sync/random — the one source of chance in this module: jitter, markers, incident ids.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <random>
#include <string>

namespace syncservice::sync {

/// Thread-safe. Not for secrets.
class Random {
 public:
  /// `seed` 0: from the system.
  explicit Random(std::uint64_t seed);

  /// Uniform over [low, high].
  [[nodiscard]] std::chrono::milliseconds between(std::chrono::milliseconds low, std::chrono::milliseconds high);
  /// 128 bits behind a prefix that says in the other system whose it is.
  [[nodiscard]] std::string marker();
  /// 64 bits in hex; stands in a message and in the log beside what must not be in the message.
  [[nodiscard]] std::string incident();

 private:
  std::mutex mutex_;
  std::mt19937_64 engine_;
};

}  // namespace syncservice::sync
