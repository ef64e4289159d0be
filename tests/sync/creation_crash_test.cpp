// A creation that breaks off at any step leads to exactly one twin.
#include "engine_fixture.hpp"

#include <gmock/gmock.h>

#include <functional>

namespace syncservice::sync {
namespace {

using spool::Outcome;
using testing::ElementsAre;
using Kind = spool::Verdict::Kind;

using Run = std::function<Report()>;

struct Break {
  const char* name;
  /// Runs the pass that breaks off: `uncommitted` as when the daemon dies before the commit.
  std::function<void(FakeSystem& right, const Run& uncommitted, const Run& committed)> run;
  std::size_t twins_left;
};

const Break breaks[] = {
    {"BeforeTheCreation",
     [](FakeSystem& right, const Run&, const Run& committed) {
       right.fail(Op::create, failure(FailureClass::transient, "Connection refused."));
       EXPECT_TRUE(is(committed(), Kind::again));
     },
     0},
    {"AnswerLost",
     [](FakeSystem& right, const Run&, const Run& committed) {
       right.fail(Op::create, failure(FailureClass::transient, "Timeout."), Strikes::after);
       EXPECT_TRUE(is(committed(), Kind::again));
     },
     1},
    {"BeforeTheCommit",
     [](FakeSystem&, const Run& uncommitted, const Run&) {
       EXPECT_EQ(outcome_of(uncommitted()), Outcome::synchronized);
     },
     1},
    {"TwiceBeforeTheCommit",
     [](FakeSystem&, const Run& uncommitted, const Run&) {
       EXPECT_EQ(outcome_of(uncommitted()), Outcome::synchronized);
       EXPECT_EQ(outcome_of(uncommitted()), Outcome::nothing_to_do);
     },
     1},
};

class CreationCrash : public EngineFixture, public testing::WithParamInterface<Break> {
 protected:
  void SetUp() override {
    left.put("L-9", {{"title", "one"}, {"text", "first"}});
    GetParam().run(
        right, [this] { return pass_uncommitted(Side::source, "L-9"); }, [this] { return pass(Side::source, "L-9"); });
    ASSERT_EQ(right.ids().size(), GetParam().twins_left);
    right.mend();
    reopen();
  }

  void expect_one_pair() {
    EXPECT_THAT(right.ids(), ElementsAre("R-1"));
    EXPECT_THAT(left.ids(), ElementsAre("L-9"));
    ASSERT_EQ(links_of("L-9").size(), 1U);
    EXPECT_EQ(links_of("L-9")[0].destination.id.str(), "R-1");
    EXPECT_EQ(outcome_of(pass(Side::source, "L-9")), Outcome::nothing_to_do);
    EXPECT_EQ(outcome_of(pass(Side::destination, "R-1")), Outcome::nothing_to_do);
    left.set("L-9", "title", "two");
    EXPECT_EQ(outcome_of(pass(Side::source, "L-9")), Outcome::synchronized);
    EXPECT_EQ(right.fields("R-1").at("name"), record::Value{"two"});
  }
};

/// Of these breaks, those that left a twin behind.
class CrashAfterCreation : public CreationCrash {};

TEST_P(CreationCrash, TheOriginPushedAgain) {
  EXPECT_NE(outcome_of(pass(Side::source, "L-9")), Outcome::none);
  expect_one_pair();
}

TEST_P(CreationCrash, TheOriginChangedMeanwhile) {
  left.set("L-9", "text", "changed");
  EXPECT_EQ(outcome_of(pass(Side::source, "L-9")), Outcome::synchronized);
  EXPECT_EQ(right.fields("R-1").at("description"), record::Value{"changed"});
  expect_one_pair();
}

TEST_P(CrashAfterCreation, TheTwinPushesFirst) {
  EXPECT_EQ(outcome_of(pass(Side::destination, "R-1")), Outcome::nothing_to_do);
  EXPECT_EQ(outcome_of(pass(Side::source, "L-9")), Outcome::nothing_to_do);
  expect_one_pair();
}

// Both run at once, and each wants the other's end: both give way, neither creates.
TEST_P(CrashAfterCreation, BothPushAtOnce) {
  free = false;
  EXPECT_TRUE(is(pass(Side::source, "L-9"), Kind::again));
  EXPECT_TRUE(is(pass(Side::destination, "R-1"), Kind::again));
  free = true;
  EXPECT_EQ(outcome_of(pass(Side::source, "L-9")), Outcome::nothing_to_do);
  expect_one_pair();
}

TEST_P(CrashAfterCreation, TheTwinWasEditedAndPushesFirst) {
  left.put("L-9", left.fields("L-9"), clock.now());
  right.put("R-1", {{"name", "edited"}, {"description", "first"}}, clock.now() + std::chrono::seconds{5});
  EXPECT_EQ(outcome_of(pass(Side::destination, "R-1")), Outcome::synchronized);
  EXPECT_EQ(left.fields("L-9").at("title"), record::Value{"edited"});
  expect_one_pair();
}

std::string name_of(const testing::TestParamInfo<Break>& each) {
  return each.param.name;
}

INSTANTIATE_TEST_SUITE_P(At, CreationCrash, testing::ValuesIn(breaks), name_of);
INSTANTIATE_TEST_SUITE_P(At, CrashAfterCreation, testing::ValuesIn(std::begin(breaks) + 1, std::end(breaks)), name_of);

class Creation : public EngineFixture {};

// The copy carries the marker of its original, which has its twin already.
TEST_F(Creation, ACopyOfATwinIsARecordOfItsOwn) {
  left.put("L-9", {{"title", "one"}});
  ASSERT_EQ(outcome_of(pass(Side::source, "L-9")), Outcome::synchronized);
  right.copy("R-1", "R-7");
  EXPECT_EQ(outcome_of(pass(Side::destination, "R-7")), Outcome::synchronized);
  EXPECT_EQ(left.ids().size(), 2U);
}

}  // namespace
}  // namespace syncservice::sync
