// telemetry/metrics — counters, gauges and histograms, printed as Prometheus text. The one module that knows
// prometheus-cpp. A metric's name and labels are fixed when it is made, so no value from a client becomes a label.
#pragma once

#include <memory>
#include <string>
#include <vector>

namespace prometheus {
class Counter;
class Gauge;
class Histogram;
}  // namespace prometheus

namespace syncservice::telemetry {

struct Label {
  std::string name;
  std::string value;
};

/// Handles are small, copyable, thread-safe to use, and valid as long as the Metrics that made them.
class Counter {
 public:
  explicit Counter(prometheus::Counter& counter) : counter_(&counter) {}
  void add(double amount = 1) noexcept;

 private:
  prometheus::Counter* counter_;
};

class Gauge {
 public:
  explicit Gauge(prometheus::Gauge& gauge) : gauge_(&gauge) {}
  void set(double value) noexcept;
  void add(double amount) noexcept;

 private:
  prometheus::Gauge* gauge_;
};

class Histogram {
 public:
  explicit Histogram(prometheus::Histogram& histogram) : histogram_(&histogram) {}
  void observe(double value) noexcept;

 private:
  prometheus::Histogram* histogram_;
};

/// Owns every metric of one daemon. Thread-safe. Asking again for the same name and labels gives the same metric.
class Metrics {
 public:
  Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;
  ~Metrics();

  [[nodiscard]] Counter counter(const std::string& name, const std::string& help,
                                const std::vector<Label>& labels = {});
  [[nodiscard]] Gauge gauge(const std::string& name, const std::string& help, const std::vector<Label>& labels = {});
  /// `bounds`: upper bounds in the metric's unit (seconds, by convention), rising.
  [[nodiscard]] Histogram histogram(const std::string& name, const std::string& help, const std::vector<double>& bounds,
                                    const std::vector<Label>& labels = {});

  /// Prometheus text exposition format 0.0.4.
  [[nodiscard]] std::string text() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace syncservice::telemetry
