// helix_alm/gate — the limit of requests that a server sets for each project and address: once a project has none left,
// nothing goes out for it until the server's minute is over, so that nobody hammers it. And the limit of requests in a
// second that a server has for all of its projects together.
#pragma once

#include "syncservice/adapter/adapter.hpp"
#include "syncservice/client/client.hpp"

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
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

/// The pace of requests to one server, evenly spread below the 15 in a second that Helix ALM takes from everybody
/// together (https://help.perforce.com/helix-alm/helixalm/current/restapi, "Rate limits"). Thread-safe.
class Pace {
 public:
  /// `rate`: requests in a second; 0: as they come.
  explicit Pace(std::uint64_t rate = 0) { set(rate); }

  void set(std::uint64_t rate);
  /// Waits for its turn; fails when the call must end before.
  [[nodiscard]] Result<void> wait(const CallContext& context, const std::string& doing);

  /// The one that all who call this server share, whatever their project and account, with that rate from now on.
  [[nodiscard]] static std::shared_ptr<Pace> of(const std::string& server_url, std::uint64_t rate);

 private:
  std::mutex mutex_;
  std::condition_variable_any never_;
  std::chrono::steady_clock::duration apart_{};   // guarded by mutex_
  std::chrono::steady_clock::time_point next_{};  // guarded by mutex_
};

/// How long a 429 asks us to wait: RetryAfter, as the documents spell it, Retry-After, else until the limit is reset; a
/// minute, the server's window, when it does not say.
[[nodiscard]] std::chrono::milliseconds wait_after_429(const client::Response& response, Timestamp now);

}  // namespace syncservice::adapter::helix_alm
