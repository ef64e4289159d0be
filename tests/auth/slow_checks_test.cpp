#include "slow_checks.hpp"

#include <gtest/gtest.h>

#include <array>
#include <future>
#include <semaphore>

#include "support/eventually.hpp"

namespace syncservice::auth {
namespace {

Basic credentials() {
  return *Basic::parse("YWRtaW46d2VsY29tZQ==");  // admin:welcome
}

Digest digest(int number) {
  Digest out{};
  out[0] = static_cast<unsigned char>(number);
  return out;
}

class SlowChecksTest : public testing::Test {
 protected:
  /// Counts the answer it gets.
  SlowChecks::Done counted() {
    return [this](SlowChecks::Outcome outcome) { ++answers_[static_cast<std::size_t>(outcome)]; };
  }
  int answers(SlowChecks::Outcome outcome) { return answers_[static_cast<std::size_t>(outcome)]; }

  std::array<std::atomic<int>, 3> answers_{};
  std::counting_semaphore<1000> started_{0};
  std::counting_semaphore<1000> may_end_{0};
  std::atomic<int> checks_{0};
  SlowChecks slow_{[this](const Basic& basic, const Digest& number) {
    ++checks_;
    started_.release();
    may_end_.acquire();
    return basic.password() == "welcome" && number[0] % 2 == 0;
  }};
};

TEST_F(SlowChecksTest, WhoBringsTheSameCredentialsSharesTheCheck) {
  ASSERT_TRUE(slow_.submit(credentials(), digest(1), "a", counted()));
  started_.acquire();  // and is out of the line
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(slow_.submit(credentials(), digest(2), "a", counted()));
  may_end_.release(2);
  started_.acquire();
  slow_.stop();
  EXPECT_EQ(checks_, 2);
  EXPECT_EQ(answers(SlowChecks::Outcome::wrong), 1);
  EXPECT_EQ(answers(SlowChecks::Outcome::right), 100);
}

TEST_F(SlowChecksTest, TheLineIsBoundedInAllAndForEachAddress) {
  ASSERT_TRUE(slow_.submit(credentials(), digest(255), "busy", counted()));
  started_.acquire();
  int submitted = 0;
  for (std::size_t i = 0; i < SlowChecks::most_for_one_address; ++i)
    ASSERT_TRUE(slow_.submit(credentials(), digest(submitted++), "greedy", counted()));
  EXPECT_FALSE(slow_.submit(credentials(), digest(254), "greedy", counted()));
  EXPECT_TRUE(slow_.submit(credentials(), digest(0), "greedy", counted()));
  while (submitted < static_cast<int>(SlowChecks::most_waiting)) {
    const std::string address = "address-" + std::to_string(submitted);
    ASSERT_TRUE(slow_.submit(credentials(), digest(submitted++), address, counted()));
  }
  EXPECT_FALSE(slow_.submit(credentials(), digest(254), "modest", counted()));
  EXPECT_TRUE(slow_.submit(credentials(), digest(0), "modest", counted()));
  may_end_.release(1000);
  slow_.stop();
  EXPECT_EQ(answers_[0] + answers_[1] + answers_[2], 1 + submitted + 2);
}

TEST_F(SlowChecksTest, AfterStopNothingIsTakenAndWhoWaitedIsRefused) {
  ASSERT_TRUE(slow_.submit(credentials(), digest(2), "a", counted()));
  started_.acquire();
  std::promise<void> refused;
  ASSERT_TRUE(slow_.submit(credentials(), digest(4), "a", [&](SlowChecks::Outcome outcome) {
    if (outcome == SlowChecks::Outcome::refused) refused.set_value();
  }));
  std::thread stopper{[&] { slow_.stop(); }};
  ASSERT_TRUE(support::eventually([&] { return !slow_.submit(credentials(), digest(2), "a", counted()); }));
  may_end_.release(2);
  refused.get_future().wait();
  stopper.join();
  EXPECT_EQ(checks_, 1);
  EXPECT_FALSE(slow_.submit(credentials(), digest(6), "b", counted()));
}

}  // namespace
}  // namespace syncservice::auth
