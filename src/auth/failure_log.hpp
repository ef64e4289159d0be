// Counts every refusal, and logs them at a rate that an attacker can't turn into a flood.
#pragma once

#include <array>
#include <cstdint>
#include <mutex>
#include <string_view>
#include <vector>

#include "errors.hpp"
#include "syncservice/base/clock.hpp"
#include "syncservice/telemetry/log.hpp"
#include "syncservice/telemetry/metrics.hpp"

namespace syncservice::auth {

/// Thread-safe.
class FailureLog {
 public:
  FailureLog(const Clock& clock, telemetry::Log& log, telemetry::Metrics& metrics);

  /// `key`: name of the API key, empty when none is known. A request without credentials is counted, not logged.
  void record(Reason reason, std::string_view address, std::string_view key);

 private:
  static constexpr int lines_a_minute = 20;

  const Clock& clock_;
  telemetry::Log& log_;
  std::vector<telemetry::Counter> counters_;  // by Reason
  std::mutex mutex_;
  Timestamp minute_{};         // guarded by mutex_, as all below
  int lines_ = 0;              // written in this minute
  std::int64_t left_out_ = 0;  // since the last line
};

}  // namespace syncservice::auth
