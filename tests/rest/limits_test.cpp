#include "limits.hpp"

#include <gtest/gtest.h>

namespace syncservice::rest {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Timestamp now{milliseconds{1'795'478'400'000}};  // 2026-11-24T00:00:00Z

client::Response with(std::vector<client::Header> headers) {
  return {429, std::move(headers), ""};
}

TEST(RetryAfter, IsSecondsOrADate) {
  EXPECT_EQ(retry_after(with({{"Retry-After", "120"}}), now), seconds{120});
  EXPECT_EQ(retry_after(with({{"retry-after", "Tue, 24 Nov 2026 00:01:30 GMT"}}), now), seconds{90});
  EXPECT_EQ(retry_after(with({{"Retry-After", "99999999999"}}), now), hours{24});
  for (const char* text : {"", "0", "-5", "soon", "Tue, 24 Nov 2025 00:00:00 GMT"})
    EXPECT_EQ(retry_after(with({{"Retry-After", text}}), now), std::nullopt) << text;
}

TEST(RetryAfter, GoesByTheServersClock) {
  EXPECT_EQ(
      retry_after(with({{"Date", "Tue, 24 Nov 2026 05:00:00 GMT"}, {"Retry-After", "Tue, 24 Nov 2026 05:00:07 GMT"}}),
                  now),
      seconds{7});
}

TEST(RateLimits, AreReadInEveryFamily) {
  EXPECT_EQ(rate_limit(with({{"X-Other", "1"}}), now), std::nullopt);
  const auto unix_time = rate_limit(with({{"X-RateLimit-Remaining", "7"}, {"X-RateLimit-Reset", "1795478460"}}), now);
  ASSERT_TRUE(unix_time);
  EXPECT_EQ(unix_time->remaining, 7U);
  EXPECT_EQ(unix_time->resets_in, seconds{60});
  EXPECT_EQ(rate_limit(with({{"X-RateLimit-Reset", "1795478460000"}}), now)->resets_in, seconds{60});
  EXPECT_EQ(rate_limit(with({{"X-RateLimit-Reset", "2026-11-24T00:02Z"}}), now)->resets_in, seconds{120});
  EXPECT_EQ(rate_limit(with({{"RateLimit-Remaining", "0"}, {"RateLimit-Reset", "5"}}), now)->resets_in, seconds{5});
  EXPECT_EQ(rate_limit(with({{"X-RateLimit-Remaining", "0"}, {"X-RateLimit-Interval-Seconds", "10"}}), now)->resets_in,
            seconds{10});
  EXPECT_EQ(rate_limit(with({{"X-RateLimit-Reset", "1795478000"}}), now)->resets_in, seconds{0});
  EXPECT_EQ(rate_limit(with({{"X-RateLimit-Reset", "18446744073709551615"}}), now)->resets_in, hours{24});
  EXPECT_EQ(rate_limit(with({{"X-RateLimit-Reset", "never"}}), now), std::nullopt);
}

}  // namespace
}  // namespace syncservice::rest
