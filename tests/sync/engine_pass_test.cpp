// The steps of design §5, one pass at a time.
#include "engine_fixture.hpp"

#include <gmock/gmock.h>

namespace syncservice::sync {
namespace {

using spool::Outcome;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Kind = spool::Verdict::Kind;

class EnginePass : public EngineFixture {
 protected:
  /// Both systems in step, linked: L-9 and R-1.
  void link_a_pair() {
    left.put("L-9", {{"title", "one"}, {"text", "first"}});
    ASSERT_EQ(outcome_of(pass(Side::source, "L-9")), Outcome::synchronized);
    ASSERT_THAT(right.ids(), ElementsAre("R-1"));
  }
};

TEST_F(EnginePass, CreatesTheTwinWithMarkerLinkAndHistory) {
  left.put("L-9", {{"title", "one"}, {"text", "first"}, {"unmapped", "x"}});
  const Report report = pass(Side::source, "L-9");
  EXPECT_EQ(outcome_of(report), Outcome::synchronized);
  EXPECT_EQ(report.verdict->reason, "Created R-1 in right.");

  const record::Record twin = right.record("R-1");
  EXPECT_EQ(twin.fields, (record::Fields{{"name", "one"}, {"description", "first"}}));
  EXPECT_EQ(twin.project.str(), "R");
  EXPECT_EQ(twin.type, "requirement");
  EXPECT_THAT(twin.marker, testing::StartsWith("syncservice-"));

  const std::vector<RecordLink> links = links_of("R-1");
  ASSERT_EQ(links.size(), 1U);
  EXPECT_EQ(links[0].source, (RecordKey{AppLinkName{"Demo"}, Side::source, ProjectName{"L"}, RecordId{"L-9"}}));
  EXPECT_EQ(links[0].destination,
            (RecordKey{AppLinkName{"Demo"}, Side::destination, ProjectName{"R"}, RecordId{"R-1"}}));
  EXPECT_EQ(links[0].created, clock.now());

  const std::vector<PassRecord> kept = passes(*store, RecordId{"L-9"}).value();
  ASSERT_EQ(kept.size(), 1U);
  EXPECT_EQ(kept[0].push, push.id);
  EXPECT_EQ(kept[0].outcome, "synchronized");
  EXPECT_EQ(kept[0].twin, links[0].destination);
  ASSERT_EQ(kept[0].changes.size(), 2U);
  EXPECT_EQ(kept[0].changes[0].side, Side::destination);
  EXPECT_EQ(kept[0].changes[0].field, "name");
  EXPECT_EQ(kept[0].changes[0].to, "one");
}

TEST_F(EnginePass, EchoOfACreationIsNothingToDo) {
  link_a_pair();
  const Report echo = pass(Side::destination, "R-1");
  EXPECT_EQ(outcome_of(echo), Outcome::nothing_to_do);
  EXPECT_EQ(outcome_of(pass(Side::source, "L-9")), Outcome::nothing_to_do);
  EXPECT_EQ(left.calls(Op::update) + right.calls(Op::update), 0);
  EXPECT_EQ(left.calls(Op::create), 0);
  EXPECT_EQ(left.ids().size() + right.ids().size(), 2U);
}

TEST_F(EnginePass, WritesOnlyTheFieldThatChanged) {
  link_a_pair();
  left.set("L-9", "title", "two");
  const Report report = pass(Side::source, "L-9");
  EXPECT_EQ(outcome_of(report), Outcome::synchronized);
  EXPECT_EQ(report.verdict->reason, "Wrote name of R-1 in right.");
  EXPECT_EQ(right.last_patch(), (record::Fields{{"name", "two"}}));
  ASSERT_EQ(report.history->changes.size(), 1U);
  EXPECT_EQ(report.history->changes[0].from, "one");
  EXPECT_EQ(report.history->changes[0].to, "two");
  EXPECT_EQ(outcome_of(pass(Side::destination, "R-1")), Outcome::nothing_to_do);
}

TEST_F(EnginePass, GoesTheOtherWayToo) {
  link_a_pair();
  right.set("R-1", "name", "renamed");
  EXPECT_EQ(outcome_of(pass(Side::destination, "R-1")), Outcome::synchronized);
  EXPECT_EQ(left.fields("L-9").at("title"), record::Value{"renamed"});
  EXPECT_EQ(outcome_of(pass(Side::source, "L-9")), Outcome::nothing_to_do);
}

TEST_F(EnginePass, ASystemThatNormalisesDoesNotEcho) {
  right.normalise = [](const std::string&, const record::Value& value) { return record::Value{value.text() + "!"}; };
  link_a_pair();
  EXPECT_EQ(outcome_of(pass(Side::destination, "R-1")), Outcome::nothing_to_do);
  left.set("L-9", "title", "two");
  EXPECT_EQ(outcome_of(pass(Side::source, "L-9")), Outcome::synchronized);
  EXPECT_EQ(right.fields("R-1").at("name"), record::Value{"two!"});
  EXPECT_EQ(outcome_of(pass(Side::destination, "R-1")), Outcome::nothing_to_do);
  EXPECT_EQ(outcome_of(pass(Side::source, "L-9")), Outcome::nothing_to_do);
  EXPECT_EQ(left.calls(Op::update), 0);
}

TEST_F(EnginePass, AFieldChangedOnlyOverThereIsKept) {
  link_a_pair();
  right.set("R-1", "description", "edited over there");
  left.set("L-9", "title", "two");
  EXPECT_EQ(outcome_of(pass(Side::source, "L-9")), Outcome::synchronized);
  EXPECT_EQ(right.fields("R-1"), (record::Fields{{"name", "two"}, {"description", "edited over there"}}));
  EXPECT_NE(outcome_of(pass(Side::destination, "R-1")), Outcome::none);
  EXPECT_EQ(left.fields("L-9").at("text"), record::Value{"edited over there"});
  EXPECT_EQ(outcome_of(pass(Side::source, "L-9")), Outcome::nothing_to_do);
  EXPECT_EQ(outcome_of(pass(Side::destination, "R-1")), Outcome::nothing_to_do);
}

TEST_F(EnginePass, AFieldThatTheSystemFilledInComesBack) {
  right.defaults = {{"description", "template text"}};
  left.put("L-9", {{"title", "one"}});
  EXPECT_EQ(outcome_of(pass(Side::source, "L-9")), Outcome::synchronized);
  EXPECT_EQ(outcome_of(pass(Side::destination, "R-1")), Outcome::synchronized);
  EXPECT_EQ(left.fields("L-9").at("text"), record::Value{"template text"});
  EXPECT_EQ(outcome_of(pass(Side::source, "L-9")), Outcome::nothing_to_do);
}

TEST_F(EnginePass, AChangeDuringTheWriteIsFoundByTheNextPass) {
  link_a_pair();
  left.set("L-9", "title", "two");
  right.on_leave = [this](Op op, const std::string& id) {
    if (op == Op::read) right.set(id, "description", "meanwhile");
  };
  EXPECT_EQ(outcome_of(pass(Side::source, "L-9")), Outcome::synchronized);
  right.on_leave = nullptr;
  EXPECT_EQ(outcome_of(pass(Side::destination, "R-1")), Outcome::synchronized);
  EXPECT_EQ(left.fields("L-9").at("text"), record::Value{"meanwhile"});
}

TEST_F(EnginePass, AConflictIsDecidedByThePolicy) {
  compile({}, mapping::ConflictPolicy::destination);
  link_a_pair();
  left.set("L-9", "title", "left's");
  right.set("R-1", "name", "right's");
  EXPECT_EQ(outcome_of(pass(Side::source, "L-9")), Outcome::synchronized);
  EXPECT_EQ(left.fields("L-9").at("title"), record::Value{"right's"});
  EXPECT_EQ(right.calls(Op::update), 0);
  EXPECT_EQ(outcome_of(pass(Side::source, "L-9")), Outcome::nothing_to_do);
  EXPECT_EQ(outcome_of(pass(Side::destination, "R-1")), Outcome::nothing_to_do);
}

TEST_F(EnginePass, AHeldConflictWritesNothingUntilBothAgree) {
  compile({}, mapping::ConflictPolicy::hold);
  link_a_pair();
  left.set("L-9", "title", "left's");
  right.set("R-1", "name", "right's");
  const Report report = pass(Side::source, "L-9");
  ASSERT_TRUE(is(report, Kind::held));
  EXPECT_THAT(report.verdict->reason, HasSubstr("\"title\""));
  EXPECT_EQ(report.history->outcome, "held");
  EXPECT_EQ(left.calls(Op::update) + right.calls(Op::update), 0);
  EXPECT_FALSE(report.link.has_value());
  right.set("R-1", "name", "left's");
  EXPECT_EQ(outcome_of(pass(Side::source, "L-9")), Outcome::nothing_to_do);
}

TEST_F(EnginePass, WhatOnlyWhenExcludesIsFiltered) {
  compile("status != \"Draft\"");
  left.put("L-9", {{"title", "one"}, {"status", "Draft"}});
  EXPECT_EQ(outcome_of(pass(Side::source, "L-9")), Outcome::filtered);
  EXPECT_EQ(right.calls(Op::create), 0);
  left.set("L-9", "status", "Open");
  EXPECT_EQ(outcome_of(pass(Side::source, "L-9")), Outcome::synchronized);
}

TEST_F(EnginePass, ARecordThatIsGoneAtItsOriginEndsThePush) {
  const Report report = pass(Side::source, "L-404");
  EXPECT_EQ(outcome_of(report), Outcome::gone);
  EXPECT_EQ(report.history->outcome, "gone");
  EXPECT_THAT(report.verdict->reason, HasSubstr("There is no record \"L-404\""));
}

TEST_F(EnginePass, ATwinThatIsGoneIsADeadLetterWithTheCure) {
  link_a_pair();
  right.erase("R-1");
  left.set("L-9", "title", "two");
  const Report report = pass(Side::source, "L-9");
  ASSERT_TRUE(is(report, Kind::dead_letter));
  EXPECT_THAT(report.verdict->reason, HasSubstr("Its twin \"R-1\" in right no longer exists. Restore it there"));
  EXPECT_THAT(report.verdict->reason, HasSubstr("`syncservice links remove 1`"));
  EXPECT_EQ(right.calls(Op::create), 1);
}

TEST_F(EnginePass, RefusesWhatTheConfigurationNoLongerAllows) {
  left.put("L-9", {{"title", "one"}});
  link->to_destination = false;
  EXPECT_THAT(pass(Side::source, "L-9").verdict->reason, HasSubstr("no longer synchronizes from its source side"));
  link->to_destination = true;
  link->projects = {{ProjectName{"M"}, ProjectName{"R"}}};
  EXPECT_THAT(pass(Side::source, "L-9").verdict->reason, HasSubstr("The project \"L\" is no longer among those"));
  link.reset();
  const Report report = pass(Side::source, "L-9");
  EXPECT_TRUE(is(report, Kind::dead_letter));
  EXPECT_THAT(report.verdict->reason, HasSubstr("The app link \"Demo\" is no longer configured. Add it again"));
  EXPECT_EQ(left.calls(Op::read), 0);
}

TEST_F(EnginePass, ADisabledAppLinkWaitsUntouched) {
  link->enabled = false;
  const Report report = pass(Side::source, "L-9");
  EXPECT_FALSE(report.verdict.has_value());
  EXPECT_TRUE(engine->must_wait(*link));
  EXPECT_THAT(passes(*store, RecordId{"L-9"}).value(), IsEmpty());
}

TEST_F(EnginePass, SeveralNamesOfOneRecordHaveOneTwin) {
  left.put("L-9", {{"title", "one"}});
  left.aliases = {{"l-9", "L-9"}};
  EXPECT_EQ(outcome_of(pass(Side::source, "l-9")), Outcome::synchronized);
  EXPECT_THAT(taken, testing::Contains(testing::Field(&RecordKey::id, RecordId{"L-9"})));
  EXPECT_EQ(outcome_of(pass(Side::source, "L-9")), Outcome::nothing_to_do);
  EXPECT_THAT(right.ids(), ElementsAre("R-1"));
}

TEST_F(EnginePass, GivesWayToAPassThatHasTheTwin) {
  link_a_pair();
  left.set("L-9", "title", "two");
  free = false;
  const Report report = pass(Side::source, "L-9");
  ASSERT_TRUE(is(report, Kind::again));
  EXPECT_FALSE(report.verdict->counts_attempt);
  EXPECT_GT(report.verdict->due, clock.now());
  EXPECT_LE(report.verdict->due, clock.now() + std::chrono::seconds{1});
  EXPECT_FALSE(report.history.has_value());
  EXPECT_EQ(right.calls(Op::read) + right.calls(Op::update), 0);
}

TEST_F(EnginePass, AnIdThatTheSystemGaveAnewBelongsToItsNewTwin) {
  link_a_pair();
  right.erase("R-1");
  FakeSystem renumbered{"R-"};
  link->destination.application = application("right", renumbered);
  left.put("L-10", {{"title", "another"}});
  EXPECT_EQ(outcome_of(pass(Side::source, "L-10")), Outcome::synchronized);
  ASSERT_THAT(renumbered.ids(), ElementsAre("R-1"));
  ASSERT_EQ(links_of("R-1").size(), 1U);
  EXPECT_EQ(links_of("R-1")[0].source.id.str(), "L-10");
  EXPECT_THAT(links_of("L-9"), IsEmpty());
}

// The right system takes names of five characters.
class EngineLimits : public EnginePass {
 protected:
  static adapter::FieldInfo named(std::size_t most) {
    adapter::FieldInfo field;
    field.name = "name";
    field.max_length = most;
    return field;
  }
  EngineLimits() {
    right.can.describe = true;
    right.described.types = {{"requirement", {named(5)}}, {"other", {named(1)}}};
    left.put("L-9", {{"title", "123456789"}});
  }
};

TEST_F(EngineLimits, WhatTheOtherSideDescribesCutsLongTextAndNeverComesBack) {
  EXPECT_EQ(outcome_of(pass(Side::source, "L-9")), Outcome::synchronized);
  EXPECT_EQ(right.fields("R-1").at("name"), record::Value{"1234…"});
  EXPECT_EQ(outcome_of(pass(Side::destination, "R-1")), Outcome::nothing_to_do);
  right.set("R-1", "description", "edited");
  EXPECT_EQ(outcome_of(pass(Side::destination, "R-1")), Outcome::synchronized);
  EXPECT_EQ(left.fields("L-9").at("title"), record::Value{"123456789"});
  EXPECT_EQ(left.calls(Op::describe), 0) << "it can't describe";
}

TEST_F(EngineLimits, AreAskedForOnceAnHourOrWhenConfiguredAnew) {
  for (int i = 0; i < 3; ++i) {
    left.put("L-" + std::to_string(i), {{"title", "x"}});
    pass(Side::source, "L-" + std::to_string(i));
  }
  EXPECT_EQ(right.calls(Op::describe), 1);
  clock.advance(std::chrono::minutes{61});
  right.described.types[0].fields[0].max_length = 7;
  pass(Side::source, "L-9");
  EXPECT_EQ(right.calls(Op::describe), 2);
  EXPECT_EQ(right.fields("R-4").at("name"), record::Value{"123456…"});
  link->destination = {application("right", right), "requirement"};
  left.set("L-9", "title", "abcdefghij");
  pass(Side::source, "L-9");
  EXPECT_EQ(right.calls(Op::describe), 3);
}

TEST_F(EngineLimits, ADescribeThatFailsFailsNothing) {
  for (const FailureClass kind : {FailureClass::auth, FailureClass::transient, FailureClass::internal}) {
    right.fail(Op::describe, failure(kind, "No."));
    clock.advance(std::chrono::hours{2});
    reopen();
    left.put("L-9", {{"title", "123456789"}, {"text", std::to_string(static_cast<int>(kind))}});
    EXPECT_EQ(outcome_of(pass(Side::source, "L-9")), Outcome::synchronized);
    EXPECT_FALSE(engine->must_wait(*link));
  }
  EXPECT_EQ(right.fields("R-1").at("name"), record::Value{"123456789"}) << "nothing is known of limits";
  const int asked = right.calls(Op::describe);
  left.set("L-9", "title", "987654321");
  pass(Side::source, "L-9");
  EXPECT_EQ(right.calls(Op::describe), asked) << "not at every pass";
  clock.advance(std::chrono::minutes{6});
  left.set("L-9", "title", "abcdefghi");
  pass(Side::source, "L-9");
  EXPECT_EQ(right.fields("R-1").at("name"), record::Value{"abcd…"});
  // What was known before holds on.
  clock.advance(std::chrono::hours{2});
  right.fail(Op::describe, failure(FailureClass::transient, "No."));
  left.set("L-9", "title", "ABCDEFGHI");
  pass(Side::source, "L-9");
  EXPECT_EQ(right.fields("R-1").at("name"), record::Value{"ABCD…"});
}

TEST_F(EnginePass, ANewRuleReachesRecordsThatAreLinkedAlready) {
  link_a_pair();
  left.set("L-9", "label", "urgent");
  EXPECT_EQ(outcome_of(pass(Side::source, "L-9")), Outcome::nothing_to_do);
  rules.push_back(rule("label", "tag"));
  compile();
  EXPECT_EQ(outcome_of(pass(Side::source, "L-9")), Outcome::synchronized);
  EXPECT_EQ(right.fields("R-1").at("tag"), record::Value{"urgent"});
}

TEST_F(EnginePass, ANewConstantReachesRecordsThatAreLinkedAlready) {
  link_a_pair();
  mapping::FieldRule constant = rule({}, "kind");
  constant.constant = record::Value{"story"};
  rules.push_back(constant);
  compile();
  EXPECT_EQ(outcome_of(pass(Side::source, "L-9")), Outcome::synchronized);
  EXPECT_EQ(right.fields("R-1").at("kind"), record::Value{"story"});
  right.set("R-1", "kind", "edited");
  EXPECT_EQ(outcome_of(pass(Side::source, "L-9")), Outcome::nothing_to_do);
  EXPECT_EQ(right.calls(Op::update), 1) << "it belongs to whoever edits it";
}

TEST_F(EnginePass, ADefaultOfANewRuleReachesRecordsThatAreLinkedAlready) {
  rules = {rule("title", "name"), rule("text", "description")};
  compile();
  left.put("L-9", {{"title", "one"}});
  ASSERT_EQ(outcome_of(pass(Side::source, "L-9")), Outcome::synchronized);
  rules.push_back(rule("text", "summary"));
  rules.back().direction = mapping::Direction::to_destination;
  rules.back().fallback = record::Value{"none"};
  compile();
  EXPECT_EQ(outcome_of(pass(Side::source, "L-9")), Outcome::synchronized);
  EXPECT_EQ(right.fields("R-1").at("summary"), record::Value{"none"});
  EXPECT_EQ(outcome_of(pass(Side::source, "L-9")), Outcome::nothing_to_do);
}

TEST_F(EnginePass, TheSameEditAtBothSidesIsAgreement) {
  link_a_pair();
  left.set("L-9", "title", "two");
  right.set("R-1", "name", "two");
  const Report report = pass(Side::source, "L-9");
  EXPECT_EQ(outcome_of(report), Outcome::nothing_to_do);
  EXPECT_EQ(report.verdict->reason, "Both sides agree already.");
  EXPECT_EQ(pass(Side::source, "L-9").verdict->reason, "Nothing that this side sends has changed since the last pass.");
}

}  // namespace
}  // namespace syncservice::sync
