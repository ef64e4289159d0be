#include "syncservice/base/clock.hpp"

#include <array>
#include <charconv>
#include <cstdio>

namespace syncservice {

using std::chrono::milliseconds;

Timestamp SystemClock::now() const noexcept {
  return std::chrono::time_point_cast<milliseconds>(std::chrono::system_clock::now());
}

std::string to_rfc3339(Timestamp instant) {
  const auto day = std::chrono::floor<std::chrono::days>(instant);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss time{instant - day};
  std::array<char, 40> out{};
  const int length =
      std::snprintf(out.data(), out.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ", static_cast<int>(date.year()),
                    static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                    static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
                    static_cast<int>(time.seconds().count()), static_cast<int>(time.subseconds().count()));
  return {out.data(), static_cast<std::size_t>(length)};
}

namespace {

struct Unit {
  std::string_view suffix;
  std::int64_t millis;
};

// Largest first, as to_text tries them.
constexpr std::array<Unit, 5> units{{{"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1}}};
constexpr std::int64_t longest = std::int64_t{100} * 366 * 86'400'000;

}  // namespace

std::optional<milliseconds> parse_duration(std::string_view text) noexcept {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || number < 0) return std::nullopt;
  std::string_view suffix = text.substr(static_cast<std::size_t>(end - text.data()));
  if (suffix.empty()) suffix = "s";
  for (const Unit& unit : units) {
    if (unit.suffix != suffix) continue;
    if (number > longest / unit.millis) return std::nullopt;
    return milliseconds{number * unit.millis};
  }
  return std::nullopt;
}

std::string to_text(milliseconds duration) {
  for (const Unit& unit : units) {
    if (duration.count() != 0 && duration.count() % unit.millis == 0)
      return std::to_string(duration.count() / unit.millis) + std::string{unit.suffix};
  }
  return "0s";
}

}  // namespace syncservice
