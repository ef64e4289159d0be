#include "failures.hpp"

#include <gtest/gtest.h>

#include "auth/fixture.hpp"

namespace syncservice::auth {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

Digest digest(int number) {
  Digest out{};
  out[0] = static_cast<unsigned char>(number % 256);
  out[1] = static_cast<unsigned char>(number / 256 + 1);
  return out;
}

TEST(AddressKey, TakesIpv6ByItsNetworkAndMappedIpv4AsIpv4) {
  EXPECT_EQ(address_key("2001:db8:1:2::1"), address_key("2001:db8:1:2:ffff::9"));
  EXPECT_NE(address_key("2001:db8:1:2::1"), address_key("2001:db8:1:3::1"));
  EXPECT_EQ(address_key("::ffff:192.0.2.1"), address_key("192.0.2.1"));
  EXPECT_NE(address_key("192.0.2.1"), address_key("192.0.2.2"));
  EXPECT_EQ(address_key("fe80::1%eth0"), address_key("fe80::2"));
  EXPECT_NE(address_key("local"), address_key("192.0.2.1"));
}

TEST(Failures, ThePenaltyGrowsToFiveSecondsAndDecays) {
  SetClock clock;
  FailureTable table{clock};
  EXPECT_EQ(table.penalty("192.0.2.1"), milliseconds{0});
  milliseconds before{-1};
  for (int i = 0; i < 8; ++i) {
    table.record("192.0.2.1", {});
    EXPECT_GT(table.penalty("192.0.2.1"), before);
    before = table.penalty("192.0.2.1");
  }
  for (int i = 0; i < 1000; ++i) table.record("192.0.2.1", {});
  EXPECT_EQ(table.penalty("192.0.2.1"), seconds{5});
  EXPECT_EQ(table.penalty("192.0.2.2"), milliseconds{0});
  clock.advance(seconds{60});
  EXPECT_LT(table.penalty("192.0.2.1"), seconds{5});
  clock.advance(seconds{60});
  EXPECT_EQ(table.penalty("192.0.2.1"), milliseconds{0});
}

TEST(Failures, DifferentGuessesEndInRefusalWhichDecays) {
  SetClock clock;
  FailureTable table{clock};
  for (int i = 0; i < FailureTable::most_guesses; ++i) {
    EXPECT_EQ(table.refused_for("::1"), std::nullopt);
    table.record("::1", digest(i));
  }
  EXPECT_EQ(table.refused_for("::1"), seconds{30});
  EXPECT_EQ(table.refused_for("127.0.0.1"), std::nullopt);
  clock.advance(seconds{29});
  EXPECT_EQ(table.refused_for("::1"), seconds{1});
  clock.advance(seconds{1});
  EXPECT_EQ(table.refused_for("::1"), std::nullopt);
  table.record("::1", digest(1000));
  EXPECT_EQ(table.refused_for("::1"), seconds{30});
}

TEST(Failures, KeysAndRepetitionsAreNoGuesses) {
  SetClock clock;
  FailureTable table{clock};
  for (int i = 0; i < 1000; ++i) {
    table.record("192.0.2.1", {});
    table.record("192.0.2.1", digest(i % 4));
  }
  EXPECT_EQ(table.refused_for("192.0.2.1"), std::nullopt);
}

TEST(Failures, MemoryIsBoundedAndTheLongestQuietGoesFirst) {
  SetClock clock;
  FailureTable table{clock};
  const auto address = [](int i) {
    return "10." + std::to_string(i / 65536) + "." + std::to_string(i / 256 % 256) + "." + std::to_string(i % 256);
  };
  for (int i = 0; i < 20'000; ++i) {
    table.record("192.0.2.1", {});
    table.record(address(i), {});
    table.record(address(i), {});
  }
  EXPECT_EQ(table.size(), FailureTable::most_addresses);
  EXPECT_EQ(table.penalty("192.0.2.1"), seconds{5});
  EXPECT_EQ(table.penalty(address(0)), milliseconds{0});
  EXPECT_GT(table.penalty(address(19'999)), milliseconds{0});
  clock.advance(std::chrono::hours{1});
  table.record("192.0.2.1", {});
  table.record("192.0.2.2", {});
  EXPECT_EQ(table.size(), 2U);
}

TEST(Failures, AClockSetBackForgivesNothingAndBreaksNothing) {
  SetClock clock;
  FailureTable table{clock};
  for (int i = 0; i < 5; ++i) table.record("192.0.2.1", digest(i));
  const milliseconds before = table.penalty("192.0.2.1");
  clock.advance(-std::chrono::hours{5});
  EXPECT_EQ(table.penalty("192.0.2.1"), before);
  table.record("192.0.2.1", digest(9));
  EXPECT_GT(table.penalty("192.0.2.1"), before);
}

}  // namespace
}  // namespace syncservice::auth
