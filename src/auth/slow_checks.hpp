// The one thread that pays for password hashes, and the bounded line before it.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "credentials.hpp"
#include "crypto.hpp"

namespace syncservice::auth {

/// Callers with the same credentials share one check. Different credentials that wait are bounded, in all and for each
/// address, so that no address can fill the line. Thread-safe.
class SlowChecks {
 public:
  enum class Outcome : std::uint8_t { right, wrong, refused };
  /// Called once each, on the thread of this object.
  using Done = std::function<void(Outcome)>;
  /// Runs on the thread of this object, must not throw.
  using Verify = std::function<bool(const Basic&, const Digest&)>;

  explicit SlowChecks(Verify verify);
  SlowChecks(const SlowChecks&) = delete;
  SlowChecks& operator=(const SlowChecks&) = delete;
  ~SlowChecks() { stop(); }

  /// False when the line is full or stopped; `done` is then not called. `address`: as address_key gives it.
  [[nodiscard]] bool submit(Basic basic, const Digest& digest, std::string address, Done done);
  /// Waits for the check under way; all that wait are refused. Idempotent. Not from within `done`.
  void stop() noexcept;

  static constexpr std::size_t most_waiting = 64;
  static constexpr std::size_t most_for_one_address = 8;
  static constexpr std::size_t most_callers = 16'384;

 private:
  struct Check {
    Basic basic;
    Digest digest;
    std::string address;
    std::vector<Done> callers;
  };
  void run();

  const Verify verify_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::unique_ptr<Check>> waiting_;  // guarded by mutex_, as all below
  std::size_t callers_ = 0;
  bool stopping_ = false;
  std::mutex join_;
  std::thread thread_;  // last: it uses everything above
};

}  // namespace syncservice::auth
