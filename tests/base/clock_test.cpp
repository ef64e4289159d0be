#include "syncservice/base/clock.hpp"

#include <gtest/gtest.h>

namespace syncservice {
namespace {

using std::chrono::milliseconds;

TEST(Clock, PrintsRfc3339) {
  EXPECT_EQ(to_rfc3339(from_millis(0)), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(to_rfc3339(from_millis(1795488791042)), "2026-11-24T02:53:11.042Z");
}

TEST(Duration, ReadsUnitsAndBareSeconds) {
  EXPECT_EQ(parse_duration("90d"), milliseconds{90LL * 86'400'000});
  EXPECT_EQ(parse_duration("12h"), milliseconds{12 * 3'600'000});
  EXPECT_EQ(parse_duration("30m"), milliseconds{1'800'000});
  EXPECT_EQ(parse_duration("250ms"), milliseconds{250});
  EXPECT_EQ(parse_duration("45"), milliseconds{45'000});
}

TEST(Duration, RefusesWhatIsNone) {
  for (const char* bad : {"", "d", "-1s", "1.5h", "1 h", "1w", "99999999999999999999", "40000d"}) {
    EXPECT_EQ(parse_duration(bad), std::nullopt) << bad;
  }
}

TEST(Duration, RoundTrips) {
  for (const std::int64_t ms : {1LL, 999LL, 1000LL, 61'000LL, 3'600'000LL, 86'400'000LL, 0LL}) {
    EXPECT_EQ(parse_duration(to_text(milliseconds{ms})), milliseconds{ms});
  }
}

}  // namespace
}  // namespace syncservice
