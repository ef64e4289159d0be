#include "backoff.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace syncservice::sync {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Timestamp now = from_millis(1'800'000'000'000);

TEST(Backoff, CeilingDoublesFromFirstToLongest) {
  const Backoff policy;
  EXPECT_EQ(backoff_ceiling(policy, 1), seconds{5});
  EXPECT_EQ(backoff_ceiling(policy, 2), seconds{10});
  EXPECT_EQ(backoff_ceiling(policy, 4), seconds{40});
  EXPECT_EQ(backoff_ceiling(policy, 11), hours{1});
  EXPECT_EQ(backoff_ceiling(policy, 1'000'000), hours{1});
}

TEST(Backoff, JitterFillsTheWholeRangeBelowTheCeiling) {
  const Backoff policy;
  Random random{7};
  Timestamp earliest = now + hours{24};
  Timestamp latest = now;
  for (int i = 0; i < 1000; ++i) {
    const Timestamp due = retry_at(policy, 3, now, now, random).value();
    ASSERT_GT(due, now);
    ASSERT_LE(due, now + seconds{20});
    earliest = std::min(earliest, due);
    latest = std::max(latest, due);
  }
  EXPECT_LT(earliest, now + seconds{1});
  EXPECT_GT(latest, now + seconds{19});
}

TEST(Backoff, TriesOnceMoreAtTheEndAndThenGivesUp) {
  const Backoff policy;
  Random random{7};
  const Timestamp since = now - policy.total + milliseconds{1};
  EXPECT_EQ(retry_at(policy, 30, since, now, random), since + policy.total);
  EXPECT_EQ(retry_at(policy, 30, now - policy.total, now, random), std::nullopt);
}

TEST(Random, MarkersDifferAndSeedsRepeat) {
  Random one{1}, again{1}, other{2}, system{0}, system_too{0};
  const std::string marker = one.marker();
  EXPECT_EQ(marker, again.marker());
  EXPECT_NE(marker, one.marker());
  EXPECT_NE(marker, other.marker());
  EXPECT_NE(system.marker(), system_too.marker());
  EXPECT_EQ(one.incident().size(), 16U);
}

}  // namespace
}  // namespace syncservice::sync
