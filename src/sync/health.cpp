#include "health.hpp"

#include <algorithm>

namespace syncservice::sync {
namespace {

constexpr std::chrono::milliseconds longest_probe_wait = std::chrono::minutes{15};
constexpr int outage_failures = 5;
constexpr std::size_t outage_records = 3;
constexpr std::chrono::milliseconds untold_throttle = std::chrono::seconds{30};

void keep_earlier(std::optional<Timestamp>& earliest, Timestamp candidate) {
  if (!earliest || candidate < *earliest) earliest = candidate;
}

}  // namespace

Applications::Applications(const Clock& clock, std::chrono::milliseconds probe_after, const telemetry::Log& log,
                           telemetry::Metrics& metrics)
    : clock_(clock), probe_after_(probe_after), log_(log), metrics_(metrics) {}

void Applications::succeeded(const ApplicationName& name) {
  const std::scoped_lock lock(mutex_);
  Entry& entry = entries_[name];
  entry.last_success = clock_.now();
  entry.failures_in_a_row = 0;
  entry.failing.clear();
  if (entry.throttled_until && *entry.throttled_until <= clock_.now()) {
    entry.throttled_until.reset();
    count_blocks();
  }
}

void Applications::record_failure(Entry& entry, const Error& error) {
  entry.last_failure = clock_.now();
  entry.last_error = error.message;
}

void Applications::open_circuit(const ApplicationName& name, Entry& entry, const Error& error) {
  if (entry.circuit) return;
  entry.circuit = Circuit{clock_.now() + probe_after_, probe_after_};
  gauge(name).set(1);
  log_.warn("circuit opened",
            {{"application", name.str()}, {"because", error.message}, {"probe", to_rfc3339(entry.circuit->probe_due)}});
}

void Applications::failed(const ApplicationName& name, const Error& error, const RecordId& record) {
  const std::scoped_lock lock(mutex_);
  Entry& entry = entries_[name];
  record_failure(entry, error);
  switch (error.failure) {
    case FailureClass::throttled: {
      const Timestamp until = clock_.now() + error.retry_after.value_or(untold_throttle);
      entry.throttled_until = std::max(entry.throttled_until.value_or(until), until);
      break;
    }
    case FailureClass::auth:
      open_circuit(name, entry, error);
      break;
    case FailureClass::transient:
      ++entry.failures_in_a_row;
      if (entry.failing.size() < outage_records) entry.failing.insert(record);
      if (entry.failures_in_a_row >= outage_failures && entry.failing.size() >= outage_records) {
        open_circuit(name, entry, error);
      }
      break;
    case FailureClass::permanent:
    case FailureClass::gone:
    case FailureClass::internal:
      break;
  }
  count_blocks();
}

bool Applications::blocked(const ApplicationName& name) const {
  if (!any_block_.load(std::memory_order_acquire)) return false;
  const std::scoped_lock lock(mutex_);
  const auto found = entries_.find(name);
  return found != entries_.end() && found->second.blocked(clock_.now());
}

std::optional<Timestamp> Applications::throttled_until(const ApplicationName& name) const {
  const std::scoped_lock lock(mutex_);
  const auto found = entries_.find(name);
  if (found == entries_.end() || !found->second.throttled_until) return std::nullopt;
  return *found->second.throttled_until > clock_.now() ? found->second.throttled_until : std::nullopt;
}

std::optional<Timestamp> Applications::next_release() const {
  const std::scoped_lock lock(mutex_);
  std::optional<Timestamp> next;
  for (const auto& [name, entry] : entries_) {
    if (entry.throttled_until && *entry.throttled_until > clock_.now()) keep_earlier(next, *entry.throttled_until);
  }
  return next;
}

std::vector<ApplicationName> Applications::due_probes() const {
  const std::scoped_lock lock(mutex_);
  std::vector<ApplicationName> due;
  for (const auto& [name, entry] : entries_) {
    if (entry.circuit && entry.circuit->probe_due <= clock_.now()) due.push_back(name);
  }
  return due;
}

std::optional<Timestamp> Applications::next_probe() const {
  const std::scoped_lock lock(mutex_);
  std::optional<Timestamp> next;
  for (const auto& [name, entry] : entries_) {
    if (entry.circuit) keep_earlier(next, entry.circuit->probe_due);
  }
  return next;
}

void Applications::probe_succeeded(const ApplicationName& name) {
  const std::scoped_lock lock(mutex_);
  const auto found = entries_.find(name);
  if (found == entries_.end() || !found->second.circuit) return;
  found->second.circuit.reset();
  found->second.last_success = clock_.now();
  found->second.failures_in_a_row = 0;
  found->second.failing.clear();
  gauge(name).set(0);
  log_.info("circuit closed", {{"application", name.str()}});
  count_blocks();
}

void Applications::probe_failed(const ApplicationName& name, const Error& error) {
  const std::scoped_lock lock(mutex_);
  const auto found = entries_.find(name);
  if (found == entries_.end() || !found->second.circuit) return;
  record_failure(found->second, error);
  Circuit& circuit = *found->second.circuit;
  circuit.wait = std::min(circuit.wait * 2, std::max(longest_probe_wait, probe_after_));
  circuit.probe_due = clock_.now() + std::max(circuit.wait, error.retry_after.value_or(circuit.wait));
}

void Applications::probe_all_now() {
  const std::scoped_lock lock(mutex_);
  for (auto& [name, entry] : entries_) {
    if (entry.circuit) entry.circuit = Circuit{clock_.now(), probe_after_};
  }
}

void Applications::forget(const ApplicationName& name) {
  const std::scoped_lock lock(mutex_);
  if (entries_.erase(name) == 0) return;
  gauge(name).set(0);
  count_blocks();
}

Health Applications::report(const ApplicationName& name) const {
  const std::scoped_lock lock(mutex_);
  Health health;
  health.application = name;
  const auto found = entries_.find(name);
  if (found == entries_.end()) return health;
  const Entry& entry = found->second;
  health.circuit_open = entry.circuit.has_value();
  if (entry.circuit) health.blocked_until = entry.circuit->probe_due;
  if (entry.throttled_until && *entry.throttled_until > clock_.now()) {
    health.blocked_until = std::max(health.blocked_until.value_or(*entry.throttled_until), *entry.throttled_until);
  }
  health.last_success = entry.last_success;
  health.last_failure = entry.last_failure;
  health.last_error = entry.last_error;
  return health;
}

std::vector<ApplicationName> Applications::open_circuits() const {
  const std::scoped_lock lock(mutex_);
  std::vector<ApplicationName> open;
  for (const auto& [name, entry] : entries_) {
    if (entry.circuit) open.push_back(name);
  }
  return open;
}

void Applications::count_blocks() {
  any_block_.store(std::any_of(entries_.begin(), entries_.end(),
                               [](const auto& item) { return item.second.circuit || item.second.throttled_until; }),
                   std::memory_order_release);
}

telemetry::Gauge Applications::gauge(const ApplicationName& name) {
  return metrics_.gauge("syncservice_circuit_open", "1 while pushes wait because sign-in at the application fails",
                        {{"application", name.str()}});
}

}  // namespace syncservice::sync
