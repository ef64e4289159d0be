// sync/health — how each application fares, and whether its pushes wait for it (design §6: throttled, auth).
#pragma once

#include "syncservice/base/clock.hpp"
#include "syncservice/base/error.hpp"
#include "syncservice/base/ids.hpp"
#include "syncservice/sync/sync.hpp"
#include "syncservice/telemetry/log.hpp"
#include "syncservice/telemetry/metrics.hpp"

#include <atomic>
#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace syncservice::sync {

/// Throttles and circuits of all applications. Thread-safe. A circuit opens on an auth failure, or when calls for
/// several records fail one after another (an outage), and is closed by a probe alone: a pass that was already running
/// when it opened proves nothing.
class Applications {
 public:
  /// Both outlive it. `probe_after`: from opening to the first probe; doubles with each failed one, up to 15 min.
  Applications(const Clock& clock, std::chrono::milliseconds probe_after, const telemetry::Log& log,
               telemetry::Metrics& metrics);

  void succeeded(const ApplicationName& name);
  /// A call for `record` failed. Throttled: blocked as long as told (30 s when not told); auth: the circuit opens;
  /// transient: it opens with the fifth failure in a row, if these were about three records or more.
  void failed(const ApplicationName& name, const Error& error, const RecordId& record = {});

  /// Cheap while no application is blocked.
  [[nodiscard]] bool blocked(const ApplicationName& name) const;
  /// When a throttle that blocks the application ends; empty without one.
  [[nodiscard]] std::optional<Timestamp> throttled_until(const ApplicationName& name) const;
  /// The next end of any throttle.
  [[nodiscard]] std::optional<Timestamp> next_release() const;

  /// The circuits whose probe is due, and when the next one will be.
  [[nodiscard]] std::vector<ApplicationName> due_probes() const;
  [[nodiscard]] std::optional<Timestamp> next_probe() const;
  void probe_succeeded(const ApplicationName& name);
  void probe_failed(const ApplicationName& name, const Error& error);
  /// Every open circuit is probed next, and its probes start anew from the shortest wait.
  void probe_all_now();
  /// The application is no longer configured: forget it.
  void forget(const ApplicationName& name);

  /// What is known of one; a healthy one without a past when nothing is.
  [[nodiscard]] Health report(const ApplicationName& name) const;
  [[nodiscard]] std::vector<ApplicationName> open_circuits() const;

 private:
  struct Circuit {
    Timestamp probe_due{};
    std::chrono::milliseconds wait{};
  };
  struct Entry {
    std::optional<Circuit> circuit;
    std::optional<Timestamp> throttled_until, last_success, last_failure;
    std::string last_error;
    int failures_in_a_row = 0;
    std::set<RecordId> failing;  // a few of the records that these were about
    [[nodiscard]] bool blocked(Timestamp now) const { return circuit || (throttled_until && *throttled_until > now); }
  };
  void record_failure(Entry& entry, const Error& error);
  void open_circuit(const ApplicationName& name, Entry& entry, const Error& error);
  void count_blocks();  // with mutex_ held, after every change
  [[nodiscard]] telemetry::Gauge gauge(const ApplicationName& name);

  const Clock& clock_;
  std::chrono::milliseconds probe_after_;
  const telemetry::Log& log_;
  telemetry::Metrics& metrics_;
  mutable std::mutex mutex_;
  std::map<ApplicationName, Entry> entries_;
  std::atomic<bool> any_block_ = false;  // some entry has a circuit or a throttle, perhaps a past one
};

}  // namespace syncservice::sync
