// What an answer's headers say of waiting: Retry-After and the families of rate limit headers.
#pragma once

#include <chrono>
#include <optional>

#include "syncservice/adapter/adapter.hpp"
#include "syncservice/client/client.hpp"

namespace syncservice::rest {

/// When the answer was made: its Date header, else `now`. Instants in the answer are compared with it, so that neither
/// clock needs to be right.
[[nodiscard]] Timestamp made_at(const client::Response& response, Timestamp now);

/// Retry-After in seconds or as an HTTP date, at most a day; empty when there is none, or none that is later.
[[nodiscard]] std::optional<std::chrono::milliseconds> retry_after(const client::Response& response, Timestamp now);

/// X-RateLimit-Remaining and -Reset (seconds, UNIX time or ISO 8601), X-RateLimit-Interval-Seconds, or RateLimit-*;
/// empty when the answer has none of them.
[[nodiscard]] std::optional<adapter::RateLimit> rate_limit(const client::Response& response, Timestamp now);

}  // namespace syncservice::rest
