// sync/pace — how fast we call each application: never faster than its `maxRate`, nor than what the remote's own
// rate-limit headers leave.
#pragma once

#include "syncservice/adapter/adapter.hpp"
#include "syncservice/base/ids.hpp"
#include "syncservice/registry/app_link.hpp"

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <stop_token>

namespace syncservice::sync {

/// Thread-safe.
class Pace {
 public:
  using Steady = std::chrono::steady_clock;

  /// Waits until another call may begin. Without limits it returns at once; it returns early, true, when stop is
  /// requested (the call itself then fails), and false when the turn would come after `deadline`.
  [[nodiscard]] bool await_turn(const ApplicationName& name, const registry::CallLimits& limits,
                                const std::stop_token& stop, Steady::time_point deadline);
  /// What the remote said after an answer. With few calls left they are spread over the rest of its window.
  void saw(const ApplicationName& name, const adapter::RateLimit& limit);
  /// How long until a call begun now would be let through.
  [[nodiscard]] std::chrono::milliseconds delay(const ApplicationName& name) const;

 private:
  struct Entry {
    Steady::time_point next{};   // when the next call may begin
    Steady::duration spacing{};  // told by the remote, until `told_until`
    Steady::time_point told_until{};
  };
  mutable std::mutex mutex_;
  std::condition_variable_any never_;
  std::map<ApplicationName, Entry> entries_;
};

}  // namespace syncservice::sync
