// alm/zone — the server's wall clock, which its date-times are told by. Pure but for reading the zone's file.
#pragma once

#include "syncservice/base/clock.hpp"
#include "syncservice/base/result.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace syncservice::adapter::alm {

/// A time zone. Immutable, thread-safe.
class Zone {
 public:
  /// UTC.
  Zone() = default;
  /// "UTC", "+01:00", or a name of the system's time zone database such as "Europe/Berlin"; misconfigured otherwise.
  [[nodiscard]] static Result<Zone> find(const std::string& name);

  /// How far its wall clock is ahead of UTC then.
  [[nodiscard]] std::chrono::seconds offset(Timestamp at) const noexcept;
  /// "2026-11-24 10:00:00"; what is finer than a second is cut off.
  [[nodiscard]] std::string wall(Timestamp at) const;
  /// The instant when the wall clock shows this, the earlier one if there are two; empty for anything else.
  [[nodiscard]] std::optional<Timestamp> instant(std::string_view wall) const;

 private:
  struct Change {
    std::chrono::sys_seconds at;
    std::chrono::seconds offset;
  };
  [[nodiscard]] static std::optional<Zone> from_file(const std::string& bytes);

  std::chrono::seconds before_{};  ///< until the first change
  std::vector<Change> changes_;    ///< by time
};

}  // namespace syncservice::adapter::alm
