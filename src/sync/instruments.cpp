#include "instruments.hpp"

#include <algorithm>
#include <string_view>

namespace syncservice::sync {
namespace {

constexpr std::string_view lost_race = "lost race";
constexpr std::string_view outcomes[] = {"synchronized", "nothing to do", "gone", "filtered",
                                         "failed",       "dead letter",   "held", lost_race};

}  // namespace

Instruments::Instruments(const telemetry::Log& log, telemetry::Metrics& metrics)
    : log_(log),
      seconds_(metrics.histogram("syncservice_pass_seconds", "Time that passes over a record pair took.",
                                 {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60})),
      running_(metrics.gauge("syncservice_passes_running", "Passes running now.")) {
  for (const std::string_view outcome : outcomes) {
    std::string label(outcome);
    std::replace(label.begin(), label.end(), ' ', '_');
    passes_.emplace(outcome, metrics.counter("syncservice_passes_total", "Passes over a record pair that ended.",
                                             {{"outcome", label}}));
  }
}

void Instruments::ended(const spool::Push& push, const Report& report, std::chrono::steady_clock::duration took) const {
  const std::string_view outcome = report.history ? std::string_view{report.history->outcome} : lost_race;
  if (const auto counter = passes_.find(outcome); counter != passes_.end()) {
    telemetry::Counter handle = counter->second;
    handle.add();
  }
  const double seconds = std::chrono::duration<double>(took).count();
  telemetry::Histogram histogram = seconds_;
  histogram.observe(seconds);

  const bool dead = report.verdict && report.verdict->kind == spool::Verdict::Kind::dead_letter;
  const telemetry::Level level = dead ? telemetry::Level::warn : telemetry::Level::debug;
  if (!log_.enabled(level)) return;
  log_.write(level, dead ? "dead letter" : "pass",
             {{"push", to_string(push.id)},
              {"app_link", push.key.app_link.str()},
              {"side", to_string(push.key.side)},
              {"record", push.key.id.str()},
              {"outcome", outcome},
              {"reason", report.verdict ? std::string_view{report.verdict->reason} : std::string_view{}},
              {"ms", seconds * 1000}});
}

}  // namespace syncservice::sync
