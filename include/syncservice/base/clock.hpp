// base/clock — where "now" comes from. Everything that stores or compares instants takes a Clock&, so that tests
// decide the time.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace syncservice {

/// UTC instant, milliseconds since the epoch.
using Timestamp = std::chrono::sys_time<std::chrono::milliseconds>;

/// Source of the current instant. Implementations are thread-safe.
class Clock {
 public:
  Clock() = default;
  Clock(const Clock&) = delete;
  Clock& operator=(const Clock&) = delete;
  virtual ~Clock() = default;
  [[nodiscard]] virtual Timestamp now() const noexcept = 0;
};

/// The system's clock.
class SystemClock final : public Clock {
 public:
  [[nodiscard]] Timestamp now() const noexcept override;
};

/// RFC 3339 in UTC with milliseconds, for example "2026-11-24T02:53:11.042Z".
[[nodiscard]] std::string to_rfc3339(Timestamp instant);

/// Milliseconds since the epoch, as the store keeps instants.
[[nodiscard]] constexpr std::int64_t to_millis(Timestamp instant) noexcept {
  return instant.time_since_epoch().count();
}
[[nodiscard]] constexpr Timestamp from_millis(std::int64_t millis) noexcept {
  return Timestamp{std::chrono::milliseconds{millis}};
}

/// Reads "90d", "12h", "30m", "45s", "250ms" or a bare number of seconds. Empty when it is none of these, is negative,
/// or exceeds 100 years.
[[nodiscard]] std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) noexcept;

/// The shortest exact form that parse_duration reads, for example "90d" or "1500ms".
[[nodiscard]] std::string to_text(std::chrono::milliseconds duration);

}  // namespace syncservice
