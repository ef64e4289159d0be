// What every listener, worker and session of one server uses. Outlives them all.
#pragma once

#include "syncservice/http/router.hpp"
#include "syncservice/http/server.hpp"
#include "syncservice/telemetry/log.hpp"
#include "syncservice/telemetry/metrics.hpp"

#include <array>
#include <atomic>
#include <cstddef>

namespace syncservice::http {

/// The server's own metrics.
struct Instruments {
  explicit Instruments(telemetry::Metrics& metrics);
  std::array<telemetry::Counter, 4> answers;  ///< 2xx to 5xx
  telemetry::Counter refused;                 ///< connections beyond the limit
  telemetry::Gauge connections;
  telemetry::Histogram seconds;  ///< from the end of the headers to the answer
};

struct Shared {
  ServerSettings settings;
  const Router& router;
  ErrorPage error_page;
  telemetry::Log& log;
  Instruments instruments;
  std::atomic<std::size_t> connections{0};  ///< those that count against max_connections
  std::atomic<std::size_t> refusals{0};     ///< those beyond, on their way out with a 503
  std::atomic<bool> draining{false};        ///< stop() has begun: every answer is its connection's last
};

}  // namespace syncservice::http
