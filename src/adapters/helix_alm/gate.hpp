// helix_alm/gate — the limit of requests that a server sets for each project and address: once a project has none left,
// nothing goes out for it until the server's minute is over, so that nobody hammers it.
#pragma once

#include "syncservice/adapter/adapter.hpp"
#include "syncservice/client/client.hpp"

#include <chrono>
#include <mutex>
#include <string>

namespace syncservice::adapter::helix_alm {

/// Thread-safe.
class Gate {
 public:
  /// Throttled, with the time that is left, while the project may not be called.
  [[nodiscard]] Result<void> pass(const std::string& doing) const;
  /// Sees the headers of every answer for the project. `now`: by the clock that the answer is dated by.
  void saw(const client::Response& response, Timestamp now);

 private:
  mutable std::mutex mutex_;
  std::chrono::steady_clock::time_point closed_until_{};  // guarded by mutex_
};

/// How long a 429 asks us to wait: RetryAfter, as the documents spell it, Retry-After, else until the limit is reset; a
/// minute, the server's window, when it does not say.
[[nodiscard]] std::chrono::milliseconds wait_after_429(const client::Response& response, Timestamp now);

}  // namespace syncservice::adapter::helix_alm
