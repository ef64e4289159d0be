#include "backoff.hpp"

#include <algorithm>

namespace syncservice::sync {

std::chrono::milliseconds backoff_ceiling(const Backoff& policy, int failures) noexcept {
  std::chrono::milliseconds ceiling = policy.first;
  for (int doubled = 1; doubled < failures && ceiling < policy.longest; ++doubled) ceiling *= 2;
  return std::min(ceiling, policy.longest);
}

std::optional<Timestamp> retry_at(const Backoff& policy, int failures, Timestamp failing_since, Timestamp now,
                                  Random& random) {
  const Timestamp end = failing_since + policy.total;
  if (now >= end) return std::nullopt;
  const std::chrono::milliseconds least{1};
  return std::min(now + random.between(least, std::max(least, backoff_ceiling(policy, failures))), end);
}

}  // namespace syncservice::sync
