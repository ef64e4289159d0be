#include "limits.hpp"

#include <algorithm>
#include <charconv>

#include "syncservice/record/record.hpp"

namespace syncservice::rest {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds longest_wait = std::chrono::hours{24};
// A reset beyond this is an instant, not a number of seconds to wait.
constexpr std::uint64_t first_unix_time = 1'000'000'000;

std::optional<std::uint64_t> whole(std::string_view text) noexcept {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<milliseconds> later(milliseconds wait) {
  if (wait <= milliseconds::zero()) return std::nullopt;
  return std::min<milliseconds>(wait, longest_wait);
}

milliseconds of_seconds(std::uint64_t count) {
  return seconds{std::min<std::uint64_t>(count, static_cast<std::uint64_t>(longest_wait.count()))};
}

std::optional<milliseconds> until_reset(std::string_view text, Timestamp made) {
  if (const auto number = whole(text)) {
    if (*number < first_unix_time) return of_seconds(*number);
    // A UNIX time of thirteen digits is one in milliseconds.
    const std::uint64_t unit = *number < first_unix_time * 1000 ? 1000 : 1;
    const std::uint64_t at = std::min<std::uint64_t>(*number, first_unix_time * 100'000) * unit;
    return std::clamp<milliseconds>(Timestamp{milliseconds{static_cast<std::int64_t>(at)}} - made, {}, longest_wait);
  }
  if (const auto instant = record::instant_from_text(text))
    return std::clamp<milliseconds>(instant->at - made, {}, longest_wait);
  return std::nullopt;
}

}  // namespace

Timestamp made_at(const client::Response& response, Timestamp now) {
  const auto date = client::parse_http_date(std::string{response.header("Date")});
  return date ? Timestamp{*date} : now;
}

std::optional<milliseconds> retry_after(const client::Response& response, Timestamp now) {
  const std::string_view text = response.header("Retry-After");
  if (const auto number = whole(text)) return later(of_seconds(*number));
  if (const auto date = client::parse_http_date(std::string{text})) return later(*date - made_at(response, now));
  return std::nullopt;
}

std::optional<adapter::RateLimit> rate_limit(const client::Response& response, Timestamp now) {
  adapter::RateLimit limit;
  const Timestamp made = made_at(response, now);
  for (const std::string prefix : {"X-RateLimit-", "RateLimit-"}) {
    if (!limit.remaining) limit.remaining = whole(response.header(prefix + "Remaining"));
    if (!limit.resets_in) limit.resets_in = until_reset(response.header(prefix + "Reset"), made);
    if (!limit.resets_in) {
      if (const auto interval = whole(response.header(prefix + "Interval-Seconds")))
        limit.resets_in = of_seconds(*interval);
    }
  }
  if (!limit.remaining && !limit.resets_in) return std::nullopt;
  return limit;
}

}  // namespace syncservice::rest
