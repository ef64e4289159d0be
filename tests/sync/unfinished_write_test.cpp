// Writes that happened in part, or nobody knows whether: no edit is lost to them, and history does not lie (ADR 11).
#include "engine_fixture.hpp"

#include <gmock/gmock.h>

namespace syncservice::sync {
namespace {

using mapping::ConflictPolicy;
using spool::Outcome;
using testing::ElementsAre;
using testing::HasSubstr;
using Kind = spool::Verdict::Kind;

Error unanswered() {
  return adapter::make_error(adapter::Failure::uncertain, "The connection was cut.");
}

// The left system moves a status in steps.
class UnfinishedWrite : public EngineFixture, public testing::WithParamInterface<ConflictPolicy> {
 protected:
  UnfinishedWrite() {
    left.clock = right.clock = &clock;
    left.stepwise = {"status"};
    rules = {rule("title", "name"), rule("status", "state"), rule("labels", "tags")};
  }

  void link_a_pair() {
    compile({}, GetParam());
    left.put("L-9", {{"title", "one"}, {"status", "To Do"}, {"labels", "l0"}});
    ASSERT_EQ(outcome_of(pass(Side::source, "L-9")), Outcome::synchronized);
  }

  void edit(FakeSystem& system, const std::string& id, const record::Fields& fields) {
    clock.advance(std::chrono::seconds{10});
    for (const auto& [field, value] : fields) system.set(id, field, value);
  }

  /// A push from the right whose update at the left leaves only `written`.
  void break_off(const record::Fields& written) {
    left.halfway = [written](const record::Fields&) { return written; };
    left.fail(Op::update, unanswered(), Strikes::halfway);
    clock.advance(std::chrono::seconds{10});
    ASSERT_TRUE(is(pass(Side::destination, "R-1"), Kind::again));
    clock.advance(std::chrono::seconds{10});
  }

  void expect_both(const std::string& title, const std::string& status, const std::string& labels) {
    EXPECT_EQ(left.fields("L-9"), (record::Fields{{"title", title}, {"status", status}, {"labels", labels}}));
    EXPECT_EQ(right.fields("R-1"), (record::Fields{{"name", title}, {"state", status}, {"tags", labels}}));
    EXPECT_EQ(outcome_of(pass(Side::source, "L-9")), Outcome::nothing_to_do);
    EXPECT_EQ(outcome_of(pass(Side::destination, "R-1")), Outcome::nothing_to_do);
  }
};

TEST_P(UnfinishedWrite, AFieldThatArrivedSaysNothingOfTheOthers) {
  link_a_pair();
  edit(right, "R-1", {{"name", "two"}, {"state", "Done"}});
  break_off({{"title", "two"}});
  EXPECT_EQ(outcome_of(pass(Side::destination, "R-1")), Outcome::synchronized);
  expect_both("two", "Done", "l0");
}

// The echo of the part that arrived comes first.
TEST_P(UnfinishedWrite, TheSideThatWasWrittenMayPushFirst) {
  link_a_pair();
  edit(right, "R-1", {{"name", "two"}, {"state", "Done"}});
  break_off({{"title", "two"}});
  EXPECT_EQ(outcome_of(pass(Side::source, "L-9")), Outcome::synchronized);
  expect_both("two", "Done", "l0");
}

TEST_P(UnfinishedWrite, AStepOfOursIsNobodysEdit) {
  link_a_pair();
  edit(right, "R-1", {{"name", "two"}, {"state", "Done"}});
  break_off({{"title", "two"}, {"status", "In Progress"}});
  const Report report = pass(Side::destination, "R-1");
  EXPECT_EQ(outcome_of(report), Outcome::synchronized);
  EXPECT_THAT(report.verdict->reason, HasSubstr("An earlier pass had written title of L-9 in left. "));
  expect_both("two", "Done", "l0");
}

TEST_P(UnfinishedWrite, BreaksOffMoreThanOnce) {
  link_a_pair();
  edit(right, "R-1", {{"name", "two"}, {"state", "Done"}});
  break_off({{"title", "two"}});
  break_off({{"status", "In Progress"}});
  left.fail(Op::read, unanswered());
  EXPECT_TRUE(is(pass(Side::source, "L-9"), Kind::again));
  reopen();
  EXPECT_EQ(outcome_of(pass(Side::destination, "R-1")), Outcome::synchronized);
  expect_both("two", "Done", "l0");
}

// The write never happened; a person wrote one of its values by hand.
TEST_P(UnfinishedWrite, AValueThatIsThereByChanceSaysNothingOfTheOthers) {
  link_a_pair();
  edit(right, "R-1", {{"name", "two"}, {"tags", "l1"}});
  break_off({});
  edit(left, "L-9", {{"title", "two"}});
  EXPECT_EQ(outcome_of(pass(Side::destination, "R-1")), Outcome::synchronized);
  expect_both("two", "To Do", "l1");
}

TEST_P(UnfinishedWrite, TheOriginsNewestEditIsWhatIsWrittenAgain) {
  link_a_pair();
  edit(right, "R-1", {{"name", "two"}, {"state", "Done"}});
  break_off({{"title", "two"}, {"status", "In Progress"}});
  edit(right, "R-1", {{"name", "three"}, {"state", "Rejected"}});
  EXPECT_EQ(outcome_of(pass(Side::destination, "R-1")), Outcome::synchronized);
  expect_both("three", "Rejected", "l0");
}

// The condition of a rule begins to hold, and what makes it hold is what arrived.
TEST_P(UnfinishedWrite, ARuleThatBeganToCountIsNotForgotten) {
  rules.push_back(rule("resolution", "code"));
  rules.back().only_when_destination = "state == \"Done\"";
  compile({}, GetParam());
  left.put("L-9", {{"title", "one"}, {"status", "To Do"}, {"labels", "l0"}});
  right.defaults = {{"code", "fixed"}};
  ASSERT_EQ(outcome_of(pass(Side::source, "L-9")), Outcome::synchronized);
  ASSERT_NE(outcome_of(pass(Side::destination, "R-1")), Outcome::none);
  edit(right, "R-1", {{"state", "Done"}});
  break_off({{"status", "Done"}});
  EXPECT_EQ(outcome_of(pass(Side::destination, "R-1")), Outcome::synchronized);
  EXPECT_EQ(left.fields("L-9").at("resolution"), record::Value{"fixed"});
  EXPECT_EQ(right.fields("R-1").at("state"), record::Value{"Done"});
}

// A creation moves the status in steps too.
TEST_P(UnfinishedWrite, ACreationBreaksOffInTheMiddle) {
  compile({}, GetParam());
  right.put("R-1", {{"name", "one"}, {"state", "Done"}, {"tags", "l0"}});
  left.normalise = [](const std::string& field, const record::Value& value) {
    return field == "status" ? record::Value{"To Do"} : value;
  };
  left.fail(Op::create, unanswered(), Strikes::after);
  ASSERT_TRUE(is(pass(Side::destination, "R-1"), Kind::again));
  left.normalise = nullptr;
  EXPECT_EQ(outcome_of(pass(Side::source, "L-1")), Outcome::synchronized);
  EXPECT_EQ(left.fields("L-1").at("status"), record::Value{"Done"});
  EXPECT_EQ(right.fields("R-1").at("state"), record::Value{"Done"});
}

std::string name_of(const testing::TestParamInfo<ConflictPolicy>& policy) {
  constexpr std::array names{"Source", "Destination", "Newest", "Oldest", "Pusher", "Hold"};
  return names.at(static_cast<std::size_t>(policy.param));
}

INSTANTIATE_TEST_SUITE_P(Policies, UnfinishedWrite,
                         testing::Values(ConflictPolicy::source, ConflictPolicy::destination, ConflictPolicy::newest,
                                         ConflictPolicy::oldest, ConflictPolicy::pusher, ConflictPolicy::hold),
                         name_of);

class UnknownOutcome : public EngineFixture {
 protected:
  UnknownOutcome() { left.put("L-9", {{"title", "one"}, {"text", "first"}}); }

  /// The creation is given up after `call`, and happens `later`.
  void outlive(std::chrono::milliseconds call) {
    right.on_enter = [this, call](Op op, const std::string&) {
      if (op == Op::create) clock.advance(call);
    };
    right.fail(Op::create, unanswered());
    ASSERT_TRUE(is(pass(Side::source, "L-9"), Kind::again));
    right.on_enter = nullptr;
  }

  void expect_looks_again() {
    const Report report = pass(Side::source, "L-9");
    ASSERT_TRUE(is(report, Kind::again));
    EXPECT_FALSE(report.verdict->counts_attempt);
    EXPECT_THAT(report.verdict->reason, HasSubstr("looking again before creating one"));
    EXPECT_EQ(right.calls(Op::create), 1);
  }
};

TEST_F(UnknownOutcome, TheLagOfTheSearchCountsFromTheEndOfTheCall) {
  right.can.marker_lag = std::chrono::seconds{30};
  outlive(std::chrono::seconds{60});
  clock.advance(std::chrono::seconds{89});
  expect_looks_again();
  clock.advance(std::chrono::seconds{1});
  EXPECT_EQ(outcome_of(pass(Side::source, "L-9")), Outcome::synchronized);
  EXPECT_THAT(right.ids(), ElementsAre("R-1"));
}

TEST_F(UnknownOutcome, ASystemWithoutALagIsGivenTimeToo) {
  outlive(std::chrono::seconds{3});
  clock.advance(std::chrono::milliseconds{4'900});
  expect_looks_again();
  clock.advance(std::chrono::milliseconds{100});
  EXPECT_EQ(outcome_of(pass(Side::source, "L-9")), Outcome::synchronized);
}

TEST_F(UnknownOutcome, AfterACrashTheCallMayHaveLastedAsLongAsOneMay) {
  right.can.marker_lag = std::chrono::seconds{30};
  right.fail(Op::create, failure(FailureClass::internal, "Nothing was made yet."));
  right.on_leave = [this](Op op, const std::string&) {
    if (op == Op::create) throw std::runtime_error("the daemon died");
  };
  EXPECT_THROW(static_cast<void>(pass_uncommitted(Side::source, "L-9")), std::runtime_error);
  right.on_leave = nullptr;
  reopen();
  clock.advance(std::chrono::seconds{89});
  expect_looks_again();
  clock.advance(std::chrono::seconds{1});
  EXPECT_EQ(outcome_of(pass(Side::source, "L-9")), Outcome::synchronized);
}

TEST_F(UnknownOutcome, OfACreationIsToldAndFoundOut) {
  right.fail(Op::create, unanswered(), Strikes::after);
  const Report lost = pass(Side::source, "L-9");
  ASSERT_EQ(lost.history->changes.size(), 2U);
  EXPECT_EQ(lost.history->changes[0].because, "new record; not known whether written");
  const Report found = pass(Side::source, "L-9");
  EXPECT_EQ(outcome_of(found), Outcome::nothing_to_do);
  EXPECT_EQ(found.verdict->reason, "An earlier pass had created R-1 in right. Both sides agree already.");
}

TEST_F(UnknownOutcome, OfAnUpdateIsToldAndFoundOut) {
  ASSERT_EQ(outcome_of(pass(Side::source, "L-9")), Outcome::synchronized);
  left.set("L-9", "title", "two");
  right.fail(Op::update, unanswered(), Strikes::after);
  const Report lost = pass(Side::source, "L-9");
  ASSERT_EQ(lost.history->changes.size(), 1U);
  EXPECT_EQ(lost.history->changes[0].because, "changed at source; not known whether written");
  const Report found = pass(Side::source, "L-9");
  EXPECT_EQ(outcome_of(found), Outcome::nothing_to_do);
  EXPECT_EQ(found.verdict->reason, "An earlier pass had written name of R-1 in right. Both sides agree already.");
}

TEST_F(UnknownOutcome, ARefusalIsNotWritten) {
  right.fail(Op::create, failure(FailureClass::permanent, "No."));
  EXPECT_EQ(pass(Side::source, "L-9").history->changes.at(0).because, "new record; not written");
}

}  // namespace
}  // namespace syncservice::sync
