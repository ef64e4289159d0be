// sync/backoff — when a push that failed is tried again.
#pragma once

#include "random.hpp"

#include "syncservice/base/clock.hpp"
#include "syncservice/sync/sync.hpp"

#include <chrono>
#include <optional>

namespace syncservice::sync {

/// The ceiling of the wait after the `failures`-th failure (from 1): doubles from `first` up to `longest`.
[[nodiscard]] std::chrono::milliseconds backoff_ceiling(const Backoff& policy, int failures) noexcept;

/// When to try again after the `failures`-th failure in a row: a wait drawn uniformly below the ceiling (full jitter),
/// so that pushes that failed together do not return together. Never later than the end of `policy.total` after
/// `failing_since`, for a last try; empty when that has passed: give up.
[[nodiscard]] std::optional<Timestamp> retry_at(const Backoff& policy, int failures, Timestamp failing_since,
                                                Timestamp now, Random& random);

}  // namespace syncservice::sync
