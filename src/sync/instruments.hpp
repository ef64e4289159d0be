// sync/instruments — what a pass leaves in the metrics and the log.
#pragma once

#include "engine.hpp"

#include "syncservice/spool/spool.hpp"
#include "syncservice/telemetry/log.hpp"
#include "syncservice/telemetry/metrics.hpp"

#include <chrono>
#include <map>
#include <string>

namespace syncservice::sync {

/// Thread-safe.
class Instruments {
 public:
  Instruments(const telemetry::Log& log, telemetry::Metrics& metrics);

  /// Counts a pass as running, for as long as it lives.
  class Running {
   public:
    explicit Running(telemetry::Gauge gauge) : gauge_(gauge) { gauge_.add(1); }
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;
    ~Running() { gauge_.add(-1); }

   private:
    telemetry::Gauge gauge_;
  };
  [[nodiscard]] Running running() const { return Running(running_); }

  /// A pass has been committed.
  void ended(const spool::Push& push, const Report& report, std::chrono::steady_clock::duration took) const;

 private:
  const telemetry::Log& log_;
  std::map<std::string, telemetry::Counter, std::less<>> passes_;  // by outcome
  telemetry::Histogram seconds_;
  telemetry::Gauge running_;
};

}  // namespace syncservice::sync
