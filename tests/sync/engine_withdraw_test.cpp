// Records that are deleted or no longer admitted, references, held conflicts, unfinished writes.
#include "engine_fixture.hpp"

#include "syncservice/sync/admin.hpp"

#include <gmock/gmock.h>

namespace syncservice::sync {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

class EngineWithdraw : public EngineFixture {
 protected:
  EngineWithdraw() {
    left.put("L-1", {{"title", "a"}, {"state", "open"}});
    link->close_destination = {{"status", "Closed"}};
  }
  void link_pair() { ASSERT_EQ(outcome_of(pass(Side::source, "L-1")), spool::Outcome::synchronized); }
};

TEST_F(EngineWithdraw, ADeletedRecordLeavesItsTwinAloneByDefault) {
  link_pair();
  left.erase("L-1");
  EXPECT_EQ(outcome_of(pass(Side::source, "L-1")), spool::Outcome::gone);
  EXPECT_EQ(right.ids().size(), 1U);
}

TEST_F(EngineWithdraw, ADeletedRecordClosesItsTwinOnce) {
  link->when_deleted = registry::WhenGone::close;
  link_pair();
  left.erase("L-1");
  const Report report = pass(Side::source, "L-1");
  EXPECT_EQ(outcome_of(report), spool::Outcome::gone);
  EXPECT_THAT(report.verdict->reason, HasSubstr("Closed R-1 in right."));
  EXPECT_EQ(right.fields("R-1").at("status"), record::Value{"Closed"});
  EXPECT_EQ(outcome_of(pass(Side::source, "L-1")), spool::Outcome::gone);
  EXPECT_EQ(right.calls(Op::update), 1);
  // The echo of the closing, and what people change there later, has nowhere to go.
  right.set("R-1", "name", "later");
  EXPECT_EQ(outcome_of(pass(Side::destination, "R-1")), spool::Outcome::filtered);
}

TEST_F(EngineWithdraw, ADeletedRecordTakesItsTwinAlong) {
  link->when_deleted = registry::WhenGone::remove;
  link_pair();
  left.erase("L-1");
  EXPECT_EQ(outcome_of(pass(Side::source, "L-1")), spool::Outcome::gone);
  EXPECT_TRUE(right.ids().empty());
  EXPECT_TRUE(links_of("L-1").empty());
}

// "KEY-1" is another name of L-1, as issues have a key beside their id.
TEST_F(EngineWithdraw, ADeletedRecordIsKnownByTheNameThatItWasPushedBy) {
  link->when_deleted = registry::WhenGone::close;
  left.aliases["KEY-1"] = "L-1";
  ASSERT_EQ(outcome_of(pass(Side::source, "KEY-1")), spool::Outcome::synchronized);
  reopen();
  EXPECT_THAT(names_of(*store, RecordId{"KEY-1"}).value(), ElementsAre(RecordId{"KEY-1"}, RecordId{"L-1"}));
  EXPECT_THAT(names_of(*store, RecordId{"L-1"}).value(), ElementsAre(RecordId{"L-1"}, RecordId{"KEY-1"}));
  left.erase("L-1");
  const Report report = pass(Side::source, "KEY-1");
  EXPECT_EQ(outcome_of(report), spool::Outcome::gone);
  EXPECT_THAT(report.verdict->reason, HasSubstr("Closed R-1 in right."));
  EXPECT_EQ(right.fields("R-1").at("status"), record::Value{"Closed"});
  EXPECT_THAT(taken, Contains(RecordKey{AppLinkName{"Demo"}, Side::source, ProjectName{"L"}, RecordId{"L-1"}}));
}

TEST_F(EngineWithdraw, ANameThatLeadsNowhereAnyMoreIsNoDeletion) {
  link->when_deleted = registry::WhenGone::close;
  left.aliases["KEY-1"] = "L-1";
  ASSERT_EQ(outcome_of(pass(Side::source, "KEY-1")), spool::Outcome::synchronized);
  left.aliases.clear();
  left.set("L-1", "title", "b");
  EXPECT_EQ(outcome_of(pass(Side::source, "KEY-1")), spool::Outcome::synchronized);
  EXPECT_EQ(right.fields("R-1").at("name"), record::Value{"b"});
}

TEST_F(EngineWithdraw, ANameIsForgottenWithItsLink) {
  link->when_deleted = registry::WhenGone::remove;
  left.aliases["KEY-1"] = "L-1";
  ASSERT_EQ(outcome_of(pass(Side::source, "KEY-1")), spool::Outcome::synchronized);
  left.erase("L-1");
  EXPECT_EQ(outcome_of(pass(Side::source, "KEY-1")), spool::Outcome::gone);
  EXPECT_TRUE(right.ids().empty());
  EXPECT_THAT(names_of(*store, RecordId{"L-1"}).value(), ElementsAre(RecordId{"L-1"}));
}

TEST_F(EngineWithdraw, ADeletedRecordEndsItsConflict) {
  compile({}, mapping::ConflictPolicy::hold);
  link_pair();
  left.set("L-1", "title", "mine");
  right.set("R-1", "name", "theirs");
  pass(Side::source, "L-1");
  ASSERT_EQ(list_conflicts(*store, std::nullopt, 10).value().size(), 1U);
  left.erase("L-1");
  EXPECT_EQ(outcome_of(pass(Side::source, "L-1")), spool::Outcome::gone);
  EXPECT_TRUE(list_conflicts(*store, std::nullopt, 10).value().empty());
}

TEST_F(EngineWithdraw, AConflictThatIsDroppedIsHeldAnewByTheNextPush) {
  compile({}, mapping::ConflictPolicy::hold);
  link_pair();
  left.set("L-1", "title", "mine");
  right.set("R-1", "name", "theirs");
  pass(Side::source, "L-1");
  const std::optional<std::int64_t> pair = conflict_of(*store, push.id).value();
  ASSERT_TRUE(pair.has_value());
  ASSERT_TRUE(drop_conflict(*store, *pair).has_value());
  EXPECT_TRUE(list_conflicts(*store, std::nullopt, 10).value().empty());
  EXPECT_FALSE(conflict_of(*store, push.id).value().has_value());
  EXPECT_TRUE(is(pass(Side::source, "L-1"), spool::Verdict::Kind::held));
}

TEST_F(EngineWithdraw, DecidingAllLeavesWhatIsDecided) {
  compile({}, mapping::ConflictPolicy::hold);
  link_pair();
  left.set("L-1", "title", "mine");
  left.set("L-1", "text", "mine");
  right.set("R-1", "name", "theirs");
  right.set("R-1", "description", "theirs");
  pass(Side::source, "L-1");
  const std::int64_t pair = list_conflicts(*store, std::nullopt, 10).value().at(0).link;
  EXPECT_FALSE(resolve_conflict(*store, pair, "title", Side::destination, "jane").value().has_value());
  EXPECT_TRUE(resolve_conflict(*store, pair, {}, Side::source, "joe").value().has_value());
  for (const Conflict& conflict : list_conflicts(*store, pair, 10).value()) {
    EXPECT_EQ(conflict.decided, conflict.source_field == "title" ? Side::destination : Side::source);
    EXPECT_EQ(conflict.decided_by, conflict.source_field == "title" ? "jane" : "joe");
  }
  const auto again = resolve_conflict(*store, pair, {}, Side::source, "joe");
  ASSERT_FALSE(again.has_value());
  EXPECT_THAT(again.error().message, HasSubstr("name a field"));
  EXPECT_TRUE(resolve_conflict(*store, pair, "title", Side::source, "joe").value().has_value());
  EXPECT_TRUE(resolve_conflict(*store, pair, {}, Side::source, "joe").value().has_value());
  EXPECT_EQ(outcome_of(pass(Side::source, "L-1")), spool::Outcome::synchronized);
  EXPECT_EQ(right.fields("R-1").at("name"), record::Value{"mine"});
}

TEST_F(EngineWithdraw, ARecordThatIsNoLongerAdmittedIsWithdrawnAndComesBack) {
  compile("state == \"open\"");
  link->when_filtered = registry::WhenGone::close;
  link_pair();
  left.set("L-1", "state", "draft");
  EXPECT_EQ(outcome_of(pass(Side::source, "L-1")), spool::Outcome::filtered);
  EXPECT_EQ(right.fields("R-1").at("status"), record::Value{"Closed"});
  left.set("L-1", "title", "b");
  left.set("L-1", "state", "open");
  EXPECT_EQ(outcome_of(pass(Side::source, "L-1")), spool::Outcome::synchronized);
  EXPECT_EQ(right.fields("R-1").at("name"), record::Value{"b"});
  EXPECT_EQ(right.ids().size(), 1U);
}

TEST_F(EngineWithdraw, ASideThatSendsNothingWithdrawsNothing) {
  link->when_deleted = registry::WhenGone::remove;
  link_pair();
  link->to_destination = false;
  left.erase("L-1");
  EXPECT_TRUE(is(pass(Side::source, "L-1"), spool::Verdict::Kind::dead_letter));
  EXPECT_EQ(right.ids().size(), 1U);
}

TEST_F(EngineWithdraw, AHeldConflictIsDecidedByAPerson) {
  compile({}, mapping::ConflictPolicy::hold);
  link_pair();
  left.set("L-1", "title", "mine");
  right.set("R-1", "name", "theirs");
  EXPECT_TRUE(is(pass(Side::source, "L-1"), spool::Verdict::Kind::held));
  const std::vector<Conflict> conflicts = list_conflicts(*store, std::nullopt, 10).value();
  ASSERT_EQ(conflicts.size(), 1U);
  EXPECT_EQ(conflicts[0].source_field, "title");
  EXPECT_EQ(conflicts[0].destination_field, "name");
  EXPECT_EQ(conflicts[0].source_value, record::Value{"mine"});
  EXPECT_EQ(conflicts[0].destination_value, record::Value{"theirs"});
  EXPECT_EQ(resolve_conflict(*store, conflicts[0].link, "title", Side::destination, "jane").value(), push.id);
  EXPECT_EQ(outcome_of(pass(Side::source, "L-1")), spool::Outcome::synchronized);
  EXPECT_EQ(left.fields("L-1").at("title"), record::Value{"theirs"});
  EXPECT_TRUE(list_conflicts(*store, std::nullopt, 10).value().empty());
}

TEST_F(EngineWithdraw, ADecisionAboutOtherValuesDoesNotCount) {
  compile({}, mapping::ConflictPolicy::hold);
  link_pair();
  left.set("L-1", "title", "mine");
  right.set("R-1", "name", "theirs");
  pass(Side::source, "L-1");
  const std::int64_t pair = list_conflicts(*store, std::nullopt, 10).value().at(0).link;
  ASSERT_TRUE(resolve_conflict(*store, pair, {}, Side::destination, "jane").has_value());
  left.set("L-1", "title", "mine, again");
  EXPECT_TRUE(is(pass(Side::source, "L-1"), spool::Verdict::Kind::held));
  EXPECT_FALSE(list_conflicts(*store, pair, 10).value().at(0).decided.has_value());
  EXPECT_EQ(left.fields("L-1").at("title"), record::Value{"mine, again"});
}

TEST_F(EngineWithdraw, ResolvingWhatIsNotHeldSaysSo) {
  EXPECT_EQ(resolve_conflict(*store, 7, {}, Side::source, "jane").error().failure, FailureClass::gone);
}

// The write happened, its commit did not; then the pusher changes again. With the policy `destination` a conflict would
// lose that change.
TEST_F(EngineWithdraw, AWriteThatWasNotCommittedIsNotTakenForAnEdit) {
  compile({}, mapping::ConflictPolicy::destination);
  link_pair();
  left.set("L-1", "title", "b");
  static_cast<void>(pass_uncommitted(Side::source, "L-1"));
  reopen();
  ASSERT_EQ(right.fields("R-1").at("name"), record::Value{"b"});
  left.set("L-1", "title", "c");
  EXPECT_EQ(outcome_of(pass(Side::source, "L-1")), spool::Outcome::synchronized);
  EXPECT_EQ(left.fields("L-1").at("title"), record::Value{"c"});
  EXPECT_EQ(right.fields("R-1").at("name"), record::Value{"c"});
}

TEST_F(EngineWithdraw, AnUpdateWhoseAnswerWasLostIsNotTakenForAnEdit) {
  compile({}, mapping::ConflictPolicy::destination);
  link_pair();
  left.set("L-1", "title", "b");
  right.fail(Op::update, failure(FailureClass::transient, "The connection was cut."), Strikes::after);
  EXPECT_TRUE(is(pass(Side::source, "L-1"), spool::Verdict::Kind::again));
  left.set("L-1", "title", "c");
  pass(Side::source, "L-1");
  EXPECT_EQ(right.fields("R-1").at("name"), record::Value{"c"});
}

TEST_F(EngineWithdraw, AnEditAfterAWriteThatFailedIsStillAConflict) {
  compile({}, mapping::ConflictPolicy::destination);
  link_pair();
  left.set("L-1", "title", "b");
  right.fail(Op::update, failure(FailureClass::transient, "Refused to connect."));
  pass(Side::source, "L-1");
  right.set("R-1", "name", "theirs");
  pass(Side::source, "L-1");
  EXPECT_EQ(left.fields("L-1").at("title"), record::Value{"theirs"});
}

TEST_F(EngineWithdraw, ASearchThatLagsIsAskedAgainBeforeASecondCreation) {
  right.can.marker_lag = std::chrono::seconds{30};
  right.fail(Op::create, failure(FailureClass::transient, "The connection was cut."));
  EXPECT_TRUE(is(pass(Side::source, "L-1"), spool::Verdict::Kind::again));
  const Report waiting = pass(Side::source, "L-1");
  EXPECT_TRUE(is(waiting, spool::Verdict::Kind::again));
  EXPECT_FALSE(waiting.verdict->counts_attempt);
  EXPECT_EQ(right.calls(Op::create), 1);
  clock.advance(std::chrono::seconds{31});
  EXPECT_EQ(outcome_of(pass(Side::source, "L-1")), spool::Outcome::synchronized);
  EXPECT_EQ(right.ids().size(), 1U);
}

TEST_F(EngineWithdraw, ACreationThatWasRefusedLeavesNoIntention) {
  right.fail(Op::create, failure(FailureClass::permanent, "A required field is missing."));
  EXPECT_TRUE(is(pass(Side::source, "L-1"), spool::Verdict::Kind::dead_letter));
  pass(Side::source, "L-1");
  EXPECT_EQ(right.calls(Op::find), 0);
  EXPECT_EQ(right.ids().size(), 1U);
}

TEST_F(EngineWithdraw, APreviewTellsAndWritesNothing) {
  const auto preview = [&] {
    push.key = {AppLinkName{"Demo"}, Side::source, ProjectName{"L"}, RecordId{"L-1"}};
    const Assignment assignment{push, std::nullopt, link, [](const RecordKey&) { return true; }, nullptr};
    return engine->preview(assignment, stop.get_token());
  };
  link->comments = {.to_destination = true, .to_source = true};
  link->attachments = {.to_destination = true, .to_source = true};
  left.comment("L-1", "Jane", "Please look.");
  left.comment("L-1", "Jane", "Among us.", {}, true);
  left.attach("L-1", "a.txt", "content");
  const Report creation = preview();
  EXPECT_THAT(creation.history->reason, testing::AllOf(HasSubstr("Would create a record of type requirement in right."),
                                                       HasSubstr("Would copy 1 comment to right."),
                                                       HasSubstr("Would copy 1 attachment to right.")));
  EXPECT_FALSE(creation.history->twin.has_value());
  EXPECT_TRUE(right.ids().empty());
  EXPECT_TRUE(links_of("L-1").empty());
  link->comments = {};
  link->attachments = {};
  link_pair();
  left.set("L-1", "title", "b");
  const Report report = preview();
  EXPECT_THAT(report.history->reason, HasSubstr("Would write name of R-1 in right."));
  ASSERT_EQ(report.history->changes.size(), 1U);
  EXPECT_EQ(report.history->changes[0].to, "b");
  EXPECT_EQ(right.calls(Op::update), 0);
  EXPECT_EQ(right.fields("R-1").at("name"), record::Value{"a"});
}

TEST_F(EngineWithdraw, PausedPushesWait) {
  ASSERT_TRUE(put_pause(*store, {true, "right", "jane", clock.now()}).has_value());
  ASSERT_TRUE(pauses.reload(*store).has_value());
  EXPECT_FALSE(pass(Side::source, "L-1").verdict.has_value());
  ASSERT_TRUE(remove_pause(*store, true, "right").has_value());
  ASSERT_TRUE(pauses.reload(*store).has_value());
  EXPECT_EQ(outcome_of(pass(Side::source, "L-1")), spool::Outcome::synchronized);
}

}  // namespace
}  // namespace syncservice::sync
