// The spool's metrics.
#pragma once

#include "syncservice/spool/spool.hpp"
#include "syncservice/telemetry/metrics.hpp"

namespace syncservice::spool {

struct Instruments {
  explicit Instruments(telemetry::Metrics& metrics);
  void refused(Errc reason) noexcept;

  telemetry::Counter accepted, joined;
  telemetry::Counter refused_queue_full, refused_disk_full, refused_unavailable;
  telemetry::Gauge waiting, running;
  telemetry::Histogram batch_jobs, commit_seconds;
};

}  // namespace syncservice::spool
