#include "syncservice/mapping/plan.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mapping/plan_support.hpp"

using namespace syncservice;
using namespace syncservice::mapping;
using record::Fields;
using record::Value;
using testing::HasSubstr;

namespace {

FieldRule priorities() {
  FieldRule rule = both("priority", "rank");
  rule.values = {{"High", "1-High"}, {"Medium", "2-Medium"}, {"*", "3-Low"}};
  return rule;
}

// What the right side gets for this priority of a new record on the left.
Value rank_of(const Value& priority) {
  PassInput input;
  input.pusher_now = {{"priority", priority}};
  const auto pass = decided(*compiled({priorities()}), input);
  return pass.to_other.contains("rank") ? pass.to_other.at("rank") : Value{};
}

}  // namespace

TEST(PlanDecide, CreatesWithFieldsAndConstants) {
  FieldRule type = both("", "type");
  type.constant = "Functional";
  FieldRule inward = both("in", "out");
  inward.direction = Direction::to_source;
  const auto plan = compiled({both("summary", "name"), type, both("empty", "e"), both("absent", "a"), inward});
  PassInput input;
  input.pusher_now = {{"summary", "Pay"}, {"empty", Value{}}, {"other", 1}, {"in", "x"}};
  const auto pass = decided(*plan, input);
  EXPECT_EQ(pass.to_other, (Fields{{"name", "Pay"}, {"type", "Functional"}}));
  EXPECT_TRUE(pass.to_pusher.empty());
  ASSERT_EQ(pass.changes.size(), 2U);
  EXPECT_EQ(pass.changes[0].side, Side::destination);
  EXPECT_EQ(pass.changes[0].field, "name");
  EXPECT_EQ(pass.changes[0].to, Value{"Pay"});
  EXPECT_EQ(pass.changes[0].because, "new record");
  EXPECT_EQ(pass.changes[1].because, "constant");
}

TEST(PlanDecide, ConstantsBelongToTheOtherSideAfterwards) {
  FieldRule right = both("", "type");
  right.constant = "Functional";
  FieldRule left = both("kind", "");
  left.constant = "Story";
  const auto plan = compiled({both("a", "b"), right, left});

  PassInput input =
      linked(*plan, {{"a", 1}}, {{"a", 2}}, {{"b", 1}, {"type", "Functional"}}, {{"b", 1}, {"type", "Business"}});
  EXPECT_EQ(decided(*plan, input).to_other, (Fields{{"b", 2}}));

  // A rule added later: the snapshot does not know the field.
  input.other_snapshot->erase("type");
  EXPECT_EQ(decided(*plan, input).to_other, (Fields{{"b", 2}, {"type", "Functional"}}));

  PassInput from_right;
  from_right.pusher = Side::destination;
  from_right.pusher_now = {{"b", 1}, {"type", "Business"}};
  EXPECT_EQ(decided(*plan, from_right).to_other, (Fields{{"a", 1}, {"kind", "Story"}}));
}

TEST(PlanDecide, WritesWhatChangedAtThePusher) {
  const auto plan = compiled({both("a", "b"), both("c", "d")});
  const auto pass = decided(*plan, linked(*plan, {{"a", 1}, {"c", "x"}}, {{"a", 2}, {"c", "x"}}, {{"b", 1}, {"d", "x"}},
                                          {{"b", 1}, {"d", "x"}}));
  EXPECT_EQ(pass.to_other, (Fields{{"b", 2}}));
  ASSERT_EQ(pass.changes.size(), 1U);
  EXPECT_EQ(pass.changes[0].from, Value{1});
  EXPECT_EQ(pass.changes[0].because, "changed at source");
}

TEST(PlanDecide, EmptyingIsAChangeAndAbsentIsEmpty) {
  const auto plan = compiled({both("a", "b")});
  EXPECT_EQ(decided(*plan, linked(*plan, {{"a", 1}}, {}, {{"b", 1}}, {{"b", 1}})).to_other, (Fields{{"b", Value{}}}));
  EXPECT_TRUE(decided(*plan, linked(*plan, {{"a", 1}}, {{"a", Value{}}}, {{"b", 1}}, {})).to_other.empty());
  EXPECT_TRUE(plan->unchanged(Side::source, {}, {{"a", Value{}}}));
}

TEST(PlanDecide, AnEchoIsNothingToDo) {
  const auto plan = compiled({both("a", "b")});
  // The right side trimmed what we wrote; its snapshot is what it said.
  const Fields left{{"a", "text  "}};
  const Fields right{{"b", "text"}};
  EXPECT_TRUE(plan->unchanged(Side::destination, right, plan->mapped(Side::destination, right)));
  const auto pass = decided(*plan, linked(*plan, left, left, right, right));
  EXPECT_TRUE(pass.to_other.empty());
  EXPECT_TRUE(pass.to_pusher.empty());
  EXPECT_TRUE(plan->unchanged(Side::source, {{"a", 1}}, {{"a", 1.0}}));
}

TEST(PlanDecide, AChangeOverThereComesBackAndIsNeverOverwritten) {
  const auto plan = compiled({both("a", "b"), both("c", "d")});
  const auto pass = decided(
      *plan, linked(*plan, {{"a", 1}, {"c", 1}}, {{"a", 2}, {"c", 1}}, {{"b", 1}, {"d", 1}}, {{"b", 1}, {"d", 5}}));
  EXPECT_EQ(pass.to_other, (Fields{{"b", 2}}));
  EXPECT_EQ(pass.to_pusher, (Fields{{"c", 5}}));

  FieldRule forward = both("c", "d");
  forward.direction = Direction::to_destination;
  const auto one_way = compiled({forward});
  const auto kept = decided(*one_way, linked(*one_way, {{"c", 1}}, {{"c", 1}}, {{"d", 1}}, {{"d", 5}}));
  EXPECT_TRUE(kept.to_other.empty());
  EXPECT_TRUE(kept.to_pusher.empty());
}

TEST(PlanDecide, ConflictsFollowThePolicy) {
  struct Row {
    ConflictPolicy policy;
    Side pusher;
    bool source_wins;
  };
  const Row rows[] = {
      {ConflictPolicy::source, Side::destination, true}, {ConflictPolicy::destination, Side::source, false},
      {ConflictPolicy::pusher, Side::source, true},      {ConflictPolicy::pusher, Side::destination, false},
      {ConflictPolicy::source, Side::source, true},      {ConflictPolicy::destination, Side::destination, false},
  };
  for (const Row& row : rows) {
    const auto plan = compiled({both("a", "b")}, row.policy);
    PassInput input = linked(*plan, {{"a", 0}}, {{"a", 1}}, {{"b", 0}}, {{"b", 2}});
    if (row.pusher == Side::destination) {
      input.pusher = Side::destination;
      input.pusher_now.swap(*input.other_now);
      input.pusher_snapshot.swap(input.other_snapshot);
    }
    const auto pass = decided(*plan, input);
    const auto& to_source = row.pusher == Side::source ? pass.to_pusher : pass.to_other;
    const auto& to_destination = row.pusher == Side::source ? pass.to_other : pass.to_pusher;
    EXPECT_EQ(to_destination, row.source_wins ? (Fields{{"b", 1}}) : Fields{});
    EXPECT_EQ(to_source, row.source_wins ? Fields{} : (Fields{{"a", 2}}));
    ASSERT_EQ(pass.changes.size(), 1U);
    EXPECT_EQ(pass.changes[0].because, row.source_wins ? "conflict, source wins" : "conflict, destination wins");
  }
}

TEST(PlanDecide, TheNewestWins) {
  const auto plan = compiled({both("a", "b")});
  PassInput input = linked(*plan, {{"a", 0}}, {{"a", 1}}, {{"b", 0}}, {{"b", 2}});
  EXPECT_EQ(decided(*plan, input).to_other, (Fields{{"b", 1}})) << "unknown instants: the pusher";
  input.pusher_updated = from_millis(1000);
  input.other_updated = from_millis(1000);
  EXPECT_EQ(decided(*plan, input).to_other, (Fields{{"b", 1}})) << "equal instants: the pusher";
  input.other_updated = from_millis(1001);
  EXPECT_EQ(decided(*plan, input).to_pusher, (Fields{{"a", 2}}));
  input.pusher_updated = from_millis(1002);
  EXPECT_EQ(decided(*plan, input).to_other, (Fields{{"b", 1}}));
}

TEST(PlanDecide, AHeldConflictStopsAllWriting) {
  FieldRule held = both("a", "b");
  held.conflict = ConflictPolicy::hold;
  const auto plan = compiled({both("c", "d"), held});
  const auto pass = decided(
      *plan, linked(*plan, {{"a", 0}, {"c", 0}}, {{"a", 1}, {"c", 1}}, {{"b", 0}, {"d", 0}}, {{"b", 2}, {"d", 0}}));
  ASSERT_EQ(pass.held.size(), 1U);
  EXPECT_EQ(pass.held[0].source, "a");
  EXPECT_TRUE(pass.to_other.empty());
  EXPECT_TRUE(pass.to_pusher.empty());
  EXPECT_TRUE(pass.changes.empty());
}

TEST(PlanDecide, TheSameChangeAtBothSidesIsNoConflict) {
  FieldRule rule = priorities();
  rule.conflict = ConflictPolicy::hold;
  const auto plan = compiled({rule});
  const auto pass = decided(
      *plan, linked(*plan, {{"priority", "Low"}}, {{"priority", "High"}}, {{"rank", "3-Low"}}, {{"rank", "1-High"}}));
  EXPECT_TRUE(pass.held.empty());
  EXPECT_TRUE(pass.changes.empty());
}

TEST(PlanDecide, AFirstLinkTakesThePushersValuesButEmptiesNothing) {
  FieldRule forward = both("one", "way");
  forward.direction = Direction::to_destination;
  FieldRule backward = both("in", "out");
  backward.direction = Direction::to_source;
  const auto plan = compiled({both("a", "b"), both("c", "d"), both("e", "f"), forward, backward});
  PassInput input;
  input.pusher_now = {{"a", 1}, {"e", "same"}, {"in", "mine"}};
  input.other_now = Fields{{"b", 2}, {"d", 3}, {"f", "same"}, {"way", "kept"}, {"out", "theirs"}};
  const auto pass = decided(*plan, input);
  EXPECT_EQ(pass.to_other, (Fields{{"b", 1}}));
  EXPECT_EQ(pass.to_pusher, (Fields{{"c", 3}, {"in", "theirs"}}));
}

TEST(PlanDecide, ALinkThatGoesOneWayWritesOneWay) {
  const auto plan = compiled({both("a", "b")}, ConflictPolicy::destination, Direction::to_destination);
  const auto pass = decided(*plan, linked(*plan, {{"a", 0}}, {{"a", 1}}, {{"b", 0}}, {{"b", 2}}));
  EXPECT_TRUE(pass.to_other.empty());
  EXPECT_TRUE(pass.to_pusher.empty());
  EXPECT_EQ(plan->direction(), Direction::to_destination);
}

TEST(PlanValues, GoToTheRight) {
  EXPECT_EQ(rank_of("High"), Value{"1-High"});
  EXPECT_EQ(rank_of("Whatever"), Value{"3-Low"});
  EXPECT_EQ(rank_of(7), Value{"3-Low"});
  EXPECT_EQ(rank_of(Value{}), Value{});
  EXPECT_EQ(rank_of(""), Value{});
  EXPECT_EQ(rank_of(record::List{"High", "x"}), (Value{record::List{"1-High", "3-Low"}}));
}

TEST(PlanValues, GoBack) {
  const auto plan = compiled({priorities()});
  const auto back = [&](const char* left, const char* right_before, const char* right_now) {
    return plan->decide(
        linked(*plan, {{"priority", left}}, {{"priority", left}}, {{"rank", right_before}}, {{"rank", right_now}}));
  };
  EXPECT_EQ(back("High", "1-High", "2-Medium")->to_pusher, (Fields{{"priority", "Medium"}}));
  // "3-Low" stands for whatever else: a left value that maps to it stays.
  EXPECT_TRUE(back("Lowest", "1-High", "3-Low")->changes.empty());
  const auto failed = back("High", "1-High", "3-Low");
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().failure, FailureClass::permanent);
  EXPECT_EQ(failed.error().code, Problem::no_counterpart);
  EXPECT_THAT(failed.error().message, HasSubstr("destination field \"rank\" holds \"3-Low\""));
}

TEST(PlanValues, WithoutACounterpartFailPermanently) {
  FieldRule rule = priorities();
  rule.values.erase("*");
  rule.line = 12;
  const auto plan = compiled({rule});
  PassInput input;
  input.pusher_now = {{"priority", "Critical"}};
  const auto failed = plan->decide(input);
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().failure, FailureClass::permanent);
  EXPECT_THAT(failed.error().message, HasSubstr("source field \"priority\" holds \"Critical\""));
  EXPECT_THAT(failed.error().message, HasSubstr("line 12"));
}

TEST(PlanValues, AStarForItselfLetsTheRestPass) {
  FieldRule rule = both("a", "b");
  rule.users = {{"alice", "al"}, {"*", "*"}, {"", "nobody"}};
  const auto plan = compiled({rule});
  PassInput input;
  input.pusher_now = {{"a", "bob"}};
  EXPECT_EQ(decided(*plan, input).to_other, (Fields{{"b", "bob"}}));
  input.pusher_now = {{"a", ""}};
  EXPECT_EQ(decided(*plan, input).to_other, (Fields{{"b", "nobody"}}));
  input.pusher = Side::destination;
  input.pusher_now = {{"b", "carol"}};
  EXPECT_EQ(decided(*plan, input).to_other, (Fields{{"a", "carol"}}));
  input.pusher_now = {{"b", "al"}};
  EXPECT_EQ(decided(*plan, input).to_other, (Fields{{"a", "alice"}}));
}

TEST(PlanMapped, KeepsTheFieldsOfTheRules) {
  FieldRule constant = both("", "type");
  constant.constant = "x";
  const auto plan = compiled({both("a", "b"), both("c", "d"), constant});
  EXPECT_EQ(plan->mapped(Side::source, {{"a", 1}, {"z", 2}}), (Fields{{"a", 1}, {"c", Value{}}}));
  EXPECT_EQ(plan->mapped(Side::destination, {}), (Fields{{"b", Value{}}, {"d", Value{}}, {"type", Value{}}}));
}

TEST(PlanUnchanged, LooksAtWhatTheSideMaySend) {
  FieldRule backward = both("in", "out");
  backward.direction = Direction::to_source;
  FieldRule constant = both("kind", "");
  constant.constant = "x";
  const auto plan = compiled({both("a", "b"), backward, constant});
  const Fields snapshot = plan->mapped(Side::source, {{"a", 1}, {"in", 1}, {"kind", "x"}});
  EXPECT_TRUE(plan->unchanged(Side::source, {{"a", 1}, {"in", 2}, {"kind", "y"}, {"free", 3}}, snapshot));
  EXPECT_FALSE(plan->unchanged(Side::source, {{"a", 2}}, snapshot));
  EXPECT_FALSE(plan->unchanged(Side::source, {}, {})) << "a rule that the snapshot does not know";
}
