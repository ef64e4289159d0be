// Design §6: what each class of failure makes of a push.
#include "engine_fixture.hpp"

#include <gmock/gmock.h>

namespace syncservice::sync {
namespace {

using spool::Outcome;
using testing::ElementsAre;
using testing::HasSubstr;
using Kind = spool::Verdict::Kind;

class EngineFailure : public EngineFixture {
 protected:
  EngineFailure() { left.put("L-9", {{"title", "one"}, {"text", "first"}}); }
};

TEST_F(EngineFailure, TransientIsTriedAgainAndCounts) {
  left.fail(Op::read, failure(FailureClass::transient, "Connection refused."));
  const Report report = pass(Side::source, "L-9");
  ASSERT_TRUE(is(report, Kind::again));
  EXPECT_TRUE(report.verdict->counts_attempt);
  EXPECT_EQ(report.verdict->reason, "left: Connection refused.");
  EXPECT_GT(report.verdict->due, clock.now());
  EXPECT_LE(report.verdict->due, clock.now() + settings.backoff.first);
  EXPECT_EQ(report.history->outcome, "failed");
  EXPECT_EQ(applications->report(ApplicationName{"left"}).last_error, "Connection refused.");
  EXPECT_FALSE(applications->blocked(ApplicationName{"left"}));
}

TEST_F(EngineFailure, TransientForTooLongIsADeadLetter) {
  failing_since = clock.now();
  clock.advance(settings.backoff.total);
  left.fail(Op::read, failure(FailureClass::transient, "Connection refused."));
  const Report report = pass(Side::source, "L-9");
  ASSERT_TRUE(is(report, Kind::dead_letter));
  EXPECT_THAT(report.verdict->reason, HasSubstr("left: Connection refused. Given up after failing since "));
}

TEST_F(EngineFailure, ThrottledBlocksTheApplicationAsLongAsTold) {
  right.fail(Op::create, failure(FailureClass::throttled, "Slow down.", std::chrono::seconds{90}));
  const Report report = pass(Side::source, "L-9");
  ASSERT_TRUE(is(report, Kind::again));
  EXPECT_FALSE(report.verdict->counts_attempt);
  EXPECT_EQ(report.verdict->due, clock.now() + std::chrono::seconds{90});
  EXPECT_TRUE(engine->must_wait(*link));
  EXPECT_FALSE(pass(Side::source, "L-9").verdict.has_value());
  clock.advance(std::chrono::seconds{90});
  EXPECT_FALSE(engine->must_wait(*link));
  EXPECT_EQ(outcome_of(pass(Side::source, "L-9")), Outcome::synchronized);
  EXPECT_THAT(right.ids(), ElementsAre("R-1"));
}

TEST_F(EngineFailure, AuthOpensTheCircuit) {
  right.fail(Op::create, failure(FailureClass::auth, "401"));
  const Report report = pass(Side::source, "L-9");
  ASSERT_TRUE(is(report, Kind::again));
  EXPECT_FALSE(report.verdict->counts_attempt);
  EXPECT_EQ(report.verdict->due, clock.now());
  EXPECT_TRUE(applications->report(ApplicationName{"right"}).circuit_open);
  EXPECT_FALSE(applications->report(ApplicationName{"left"}).circuit_open);
  const int reads = left.calls(Op::read);
  EXPECT_FALSE(pass(Side::source, "L-9").verdict.has_value());
  EXPECT_EQ(left.calls(Op::read), reads);
}

TEST_F(EngineFailure, PermanentIsADeadLetterInTheRemotesWords) {
  right.fail(Op::create, failure(FailureClass::permanent, "Field 'name' is too long (max 80)."));
  const Report report = pass(Side::source, "L-9");
  ASSERT_TRUE(is(report, Kind::dead_letter));
  EXPECT_EQ(report.verdict->reason, "right: Field 'name' is too long (max 80).");
  ASSERT_EQ(report.history->changes.size(), 2U);
  EXPECT_THAT(report.history->changes[0].because, HasSubstr("; not written"));
}

TEST_F(EngineFailure, InternalIsADeadLetterWithAnIncident) {
  left.fail(Op::read, failure(FailureClass::internal, "Unexpected state."));
  const Report report = pass(Side::source, "L-9");
  ASSERT_TRUE(is(report, Kind::dead_letter));
  EXPECT_THAT(report.verdict->reason, testing::ContainsRegex("left: Unexpected state. \\(incident [0-9a-f]{16}\\)"));
}

TEST_F(EngineFailure, AProjectThatIsGoneAtCreationIsADeadLetterNotAnEnd) {
  right.fail(Op::create, failure(FailureClass::gone, "No project R."));
  const Report report = pass(Side::source, "L-9");
  ASSERT_TRUE(is(report, Kind::dead_letter));
  EXPECT_EQ(report.verdict->reason, "right: No project R.");
}

TEST_F(EngineFailure, AValueWithoutCounterpartNamesFieldAndValue) {
  rules.push_back(rule("priority", "req-priority"));
  rules.back().values = {{"High", "1-High"}};
  compile();
  left.set("L-9", "priority", "Sky-high");
  const Report report = pass(Side::source, "L-9");
  ASSERT_TRUE(is(report, Kind::dead_letter));
  EXPECT_THAT(report.verdict->reason, HasSubstr("priority"));
  EXPECT_THAT(report.verdict->reason, HasSubstr("Sky-high"));
  EXPECT_EQ(right.calls(Op::create), 0);
}

TEST_F(EngineFailure, AStopDoesNotCount) {
  right.on_enter = [this](Op op, const std::string&) {
    if (op == Op::create) stop.request_stop();
  };
  right.fail(Op::create, failure(FailureClass::transient, "The call was stopped."));
  const Report report = pass(Side::source, "L-9");
  ASSERT_TRUE(is(report, Kind::again));
  EXPECT_FALSE(report.verdict->counts_attempt);
  EXPECT_EQ(report.verdict->due, clock.now());
  EXPECT_FALSE(applications->report(ApplicationName{"right"}).last_failure.has_value());
}

// The first of two writes is done: it must not come back as a change made over there, nor turn the conflict round.
TEST_F(EngineFailure, HalfAPassIsCompletedByTheNext) {
  rules[1].conflict = mapping::ConflictPolicy::destination;
  compile();
  ASSERT_EQ(outcome_of(pass(Side::source, "L-9")), Outcome::synchronized);
  right.normalise = [](const std::string&, const record::Value& value) { return record::Value{value.text() + "!"}; };
  left.set("L-9", "title", "two");
  left.set("L-9", "text", "left's");
  right.set("R-1", "description", "right's");
  left.fail(Op::update, failure(FailureClass::transient, "Busy."));
  const Report half = pass(Side::source, "L-9");
  ASSERT_TRUE(is(half, Kind::again));
  ASSERT_EQ(half.history->changes.size(), 2U);
  EXPECT_EQ(std::count_if(half.history->changes.begin(), half.history->changes.end(),
                          [](const FieldChange& c) { return c.because.find("not written") != std::string::npos; }),
            1);

  EXPECT_EQ(outcome_of(pass(Side::source, "L-9")), Outcome::synchronized);
  EXPECT_EQ(left.fields("L-9"), (record::Fields{{"title", "two"}, {"text", "right's"}}));
  EXPECT_EQ(right.fields("R-1"), (record::Fields{{"name", "two!"}, {"description", "right's"}}));
  EXPECT_EQ(outcome_of(pass(Side::source, "L-9")), Outcome::nothing_to_do);
  EXPECT_EQ(outcome_of(pass(Side::destination, "R-1")), Outcome::nothing_to_do);
}

TEST_F(EngineFailure, ThrowingIsADeadLetterWithAnIncident) {
  const Report report = engine->broken(push, clock.now(), "what it was");
  ASSERT_TRUE(is(report, Kind::dead_letter));
  EXPECT_THAT(report.verdict->reason, testing::ContainsRegex("incident [0-9a-f]{16}\\."));
  EXPECT_THAT(report.verdict->reason, testing::Not(HasSubstr("what it was")));
}

}  // namespace
}  // namespace syncservice::sync
