// sync/in_flight — which calls of adapters are under way, where and since when: so that passes that wait for a hanging
// or slow application can be told from those that get on, and none is called more often at once than it may be.
#pragma once

#include "syncservice/base/ids.hpp"

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <list>
#include <map>
#include <mutex>
#include <stop_token>
#include <thread>
#include <vector>

namespace syncservice::sync {

/// A thread that waits for an application.
struct Stall {
  std::thread::id thread;
  ApplicationName application;
};

/// Thread-safe.
class InFlight {
 public:
  using Steady = std::chrono::steady_clock;

 private:
  struct Entry {
    Stall what;
    Steady::time_point since;
  };

 public:
  /// One call and the wait for its turn, from construction to destruction, on one thread.
  class Call {
   public:
    Call(InFlight& all, const ApplicationName& name) : all_(all) {
      const std::scoped_lock lock(all_.mutex_);
      place_ = all_.calls_.insert(all_.calls_.end(), Entry{{std::this_thread::get_id(), name}, Steady::now()});
    }
    Call(const Call&) = delete;
    Call& operator=(const Call&) = delete;
    ~Call() {
      const std::scoped_lock lock(all_.mutex_);
      if (begun_) --all_.at_once_[place_->what.application];
      all_.calls_.erase(place_);
      if (begun_) all_.ended_.notify_all();
    }
    /// Waits until fewer than `most` calls of the application have begun; 0: any number may. False when `deadline` has
    /// passed before; when stop is requested, it returns true early (the call itself then fails).
    [[nodiscard]] bool begin(std::size_t most, const std::stop_token& stop, Steady::time_point deadline) {
      std::unique_lock lock(all_.mutex_);
      std::size_t& at_once = all_.at_once_[place_->what.application];
      const auto free = [&] { return most == 0 || at_once < most; };
      if (!all_.ended_.wait_until(lock, stop, deadline, free) && !stop.stop_requested()) return false;
      ++at_once;
      begun_ = true;
      return true;
    }

   private:
    InFlight& all_;
    std::list<Entry>::iterator place_;
    bool begun_ = false;
  };

  /// The calls that have been under way or waiting for their turn for longer than `time`.
  [[nodiscard]] std::vector<Stall> older(std::chrono::milliseconds time) const {
    const std::scoped_lock lock(mutex_);
    const Steady::time_point limit = Steady::now() - time;
    std::vector<Stall> stalls;
    for (const Entry& call : calls_) {
      if (call.since > limit) break;
      stalls.push_back(call.what);
    }
    return stalls;
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable_any ended_;
  std::list<Entry> calls_;  // oldest first
  std::map<ApplicationName, std::size_t> at_once_;
};

}  // namespace syncservice::sync
