#include "failure_log.hpp"

#include "syncservice/base/text.hpp"

namespace syncservice::auth {

FailureLog::FailureLog(const Clock& clock, telemetry::Log& log, telemetry::Metrics& metrics)
    : clock_(clock), log_(log) {
  for (std::size_t i = 0; i < reason_count; ++i) {
    counters_.push_back(metrics.counter("syncservice_auth_failures_total", "Requests whose credentials were refused.",
                                        {{"reason", std::string{to_string(static_cast<Reason>(i))}}}));
  }
}

void FailureLog::record(Reason reason, std::string_view address, std::string_view key) {
  counters_[static_cast<std::size_t>(reason)].add();
  if (reason == Reason::missing) return;
  const Timestamp now = clock_.now();
  std::int64_t left_out = 0;
  {
    const std::lock_guard lock{mutex_};
    if (now - minute_ >= std::chrono::minutes{1} || now < minute_) {
      minute_ = now;
      lines_ = 0;
    }
    if (lines_ == lines_a_minute) {
      ++left_out_;
      return;
    }
    ++lines_;
    left_out = std::exchange(left_out_, 0);
  }
  log_.warn("credentials refused", {{"reason", to_string(reason)},
                                    {"address", text::printable(address, 60)},
                                    {"key", key},
                                    {"not_logged_before", left_out}});
}

}  // namespace syncservice::auth
