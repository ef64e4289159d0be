#include "syncservice/telemetry/metrics.hpp"

#include <map>
#include <sstream>

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

namespace syncservice::telemetry {
namespace {

std::map<std::string, std::string> as_map(const std::vector<Label>& labels) {
  std::map<std::string, std::string> out;
  for (const Label& label : labels) out.emplace(label.name, label.value);
  return out;
}

}  // namespace

void Counter::add(double amount) noexcept {
  counter_->Increment(amount);
}
void Gauge::set(double value) noexcept {
  gauge_->Set(value);
}
void Gauge::add(double amount) noexcept {
  gauge_->Increment(amount);
}
void Histogram::observe(double value) noexcept {
  histogram_->Observe(value);
}

struct Metrics::Impl {
  prometheus::Registry registry;
};

Metrics::Metrics() : impl_(std::make_unique<Impl>()) {}
Metrics::~Metrics() = default;

Counter Metrics::counter(const std::string& name, const std::string& help, const std::vector<Label>& labels) {
  return Counter{prometheus::BuildCounter().Name(name).Help(help).Register(impl_->registry).Add(as_map(labels))};
}

Gauge Metrics::gauge(const std::string& name, const std::string& help, const std::vector<Label>& labels) {
  return Gauge{prometheus::BuildGauge().Name(name).Help(help).Register(impl_->registry).Add(as_map(labels))};
}

Histogram Metrics::histogram(const std::string& name, const std::string& help, const std::vector<double>& bounds,
                             const std::vector<Label>& labels) {
  return Histogram{
      prometheus::BuildHistogram().Name(name).Help(help).Register(impl_->registry).Add(as_map(labels), bounds)};
}

std::string Metrics::text() const {
  std::ostringstream out;
  prometheus::TextSerializer{}.Serialize(out, impl_->registry.Collect());
  return std::move(out).str();
}

}  // namespace syncservice::telemetry
