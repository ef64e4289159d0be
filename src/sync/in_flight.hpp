// sync/in_flight — which calls of adapters are under way and since when, so that passes that wait for a hanging
// application can be told from those that get on.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <list>
#include <mutex>

namespace syncservice::sync {

/// Thread-safe.
class InFlight {
 public:
  using Steady = std::chrono::steady_clock;

  /// One call, from construction to destruction.
  class Call {
   public:
    explicit Call(InFlight& all) : all_(all) {
      const std::scoped_lock lock(all_.mutex_);
      place_ = all_.began_.insert(all_.began_.end(), Steady::now());
    }
    Call(const Call&) = delete;
    Call& operator=(const Call&) = delete;
    ~Call() {
      const std::scoped_lock lock(all_.mutex_);
      all_.began_.erase(place_);
    }

   private:
    InFlight& all_;
    std::list<Steady::time_point>::iterator place_;
  };

  /// How many have been under way for longer than `time`.
  [[nodiscard]] std::size_t older(std::chrono::milliseconds time) const {
    const std::scoped_lock lock(mutex_);
    const Steady::time_point limit = Steady::now() - time;
    const auto young = std::find_if(began_.begin(), began_.end(), [&](const auto& began) { return began > limit; });
    return static_cast<std::size_t>(std::distance(began_.begin(), young));
  }

 private:
  mutable std::mutex mutex_;
  std::list<Steady::time_point> began_;  // oldest first
};

}  // namespace syncservice::sync
