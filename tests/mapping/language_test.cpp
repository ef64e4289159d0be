// Field rules beyond renames: what each makes of a value, on either way.
#include "syncservice/mapping/plan.hpp"
#include "syncservice/record/rich_text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mapping/plan_support.hpp"

using namespace syncservice;
using namespace syncservice::mapping;
using record::Fields;
using record::List;
using record::Option;
using record::Reference;
using record::User;
using record::Value;
using testing::HasSubstr;

namespace {

constexpr auto right = Side::destination;
constexpr auto left = Side::source;

Value day(const char* text) {
  return *record::date_from_text(text);
}
Value moment(const char* text) {
  return *record::instant_from_text(text);
}

// What a new record at that side gets in field "b" (or "a") from this value at the other one.
Value made(const FieldRule& rule, const Value& value, Side to = right) {
  PassInput input;
  input.pusher = other(to);
  input.pusher_now = {{to == right ? "a" : "b", value}};
  const PassPlan pass = decided(*compiled({rule}), input);
  const auto found = pass.to_other.find(to == right ? "b" : "a");
  return found == pass.to_other.end() ? Value{} : found->second;
}

std::string failure(const FieldRule& rule, const Value& value, Side to = right) {
  PassInput input;
  input.pusher = other(to);
  input.pusher_now = {{to == right ? "a" : "b", value}};
  const auto pass = compiled({rule})->decide(input);
  return pass ? "no failure" : pass.error().message;
}

FieldRule as(As as) {
  FieldRule rule = both("a", "b");
  rule.as = as;
  return rule;
}

}  // namespace

TEST(As, ConvertsToTheRight) {
  const record::RichText rich = record::from_html("<p>one <b>two</b></p>");
  EXPECT_EQ(made(as(As::text), rich), Value{"one two"});
  EXPECT_EQ(made(as(As::text), 5), Value{"5"});
  EXPECT_EQ(made(as(As::text), Option{"3", "High"}), Value{"High"});
  EXPECT_EQ(made(as(As::rich_text), "a\nb"), Value{record::from_plain("a\nb")});
  EXPECT_EQ(made(as(As::rich_text), rich), Value{rich});
  EXPECT_EQ(made(as(As::integer), " 12 "), Value{12});
  EXPECT_EQ(made(as(As::integer), 2.6), Value{3});
  EXPECT_EQ(made(as(As::integer), "2.4"), Value{2});
  EXPECT_EQ(made(as(As::integer), "9223372036854775807"), Value{std::int64_t{9223372036854775807}});
  EXPECT_EQ(made(as(As::decimal), "2.5"), Value{2.5});
  EXPECT_EQ(made(as(As::decimal), 2), Value{2.0});
  EXPECT_EQ(made(as(As::boolean), "Yes"), Value{true});
  EXPECT_EQ(made(as(As::boolean), 0), Value{false});
  EXPECT_EQ(made(as(As::date), "2026-11-24"), day("2026-11-24"));
  EXPECT_EQ(made(as(As::date), moment("2026-11-24T23:30:00+02:00")), day("2026-11-24"));
  EXPECT_EQ(made(as(As::date), "2026-11-24T10:00:00Z"), day("2026-11-24"));
  EXPECT_EQ(made(as(As::instant), day("2026-11-24")), moment("2026-11-24T00:00:00Z"));
  EXPECT_EQ(made(as(As::instant), "2026-11-24 10:00:00+0100"), moment("2026-11-24T09:00:00Z"));
  EXPECT_EQ(made(as(As::user), "jane@acme.com"), (Value{User{"", "", "jane@acme.com"}}));
  EXPECT_EQ(made(as(As::user), "Jane Doe"), (Value{User{"", "Jane Doe", ""}}));
  EXPECT_EQ(made(as(As::option), "High"), (Value{Option{"", "High"}}));
  EXPECT_EQ(made(as(As::integer), List{"1", "2"}), (Value{List{1, 2}}));
  EXPECT_EQ(made(as(As::integer), ""), Value{});
}

TEST(As, SaysWhatCantBeConverted) {
  FieldRule rule = as(As::date);
  rule.line = 7;
  EXPECT_EQ(failure(rule, "tomorrow"),
            "The source field \"a\" holds \"tomorrow\", which can't be made \"date\" for the destination field \"b\"; "
            "correct the value, or \"as\" of that rule (line 7).");
  for (const As kind : {As::integer, As::decimal, As::boolean, As::instant})
    EXPECT_THAT(failure(as(kind), "x"), HasSubstr("can't be made"));
  EXPECT_THAT(failure(as(As::integer), 1e300), HasSubstr("can't be made"));
  EXPECT_THAT(failure(as(As::date), 5), HasSubstr("can't be made"));
}

TEST(As, TheWayBackTakesTheKindThatIsThere) {
  const auto plan = compiled({as(As::rich_text)});
  const Fields source{{"a", "plain"}};
  const Fields destination{{"b", record::from_plain("plain")}};
  const Fields edited{{"b", record::from_html("<p>now <b>bold</b></p>")}};
  EXPECT_EQ(decided(*plan, linked(*plan, source, source, destination, edited)).to_pusher, (Fields{{"a", "now bold"}}));
  // Nothing there to tell from: as it is.
  EXPECT_EQ(made(as(As::date), day("2026-11-24"), left), day("2026-11-24"));
  const auto dates = compiled({as(As::date)});
  EXPECT_EQ(decided(*dates, linked(*dates, {{"a", "2026-11-23"}}, {{"a", "2026-11-23"}}, {{"b", day("2026-11-23")}},
                                   {{"b", day("2026-11-30")}}))
                .to_pusher,
            (Fields{{"a", "2026-11-30"}}));
}

TEST(As, WhatIsLostOnTheWayDoesNotComeBack) {
  // The destination has the time of day, or formatting, that the source can't have: whoever pushes, both agree.
  const auto dates = compiled({as(As::instant)});
  for (const Side pusher : {left, right}) {
    PassInput input;
    input.pusher = pusher;
    const Fields source{{"a", day("2026-11-24")}};
    const Fields destination{{"b", moment("2026-11-24T15:00:00Z")}};
    input.pusher_now = pusher == left ? source : destination;
    input.other_now = pusher == left ? destination : source;
    EXPECT_TRUE(decided(*dates, input).changes.empty());
  }
  const auto texts = compiled({as(As::text)});
  PassInput input;
  input.pusher_now = {{"a", record::from_html("<p>one <b>two</b></p>")}};
  input.other_now = Fields{{"b", "one two"}};
  EXPECT_TRUE(decided(*texts, input).changes.empty());
  input.pusher = right;
  std::swap(input.pusher_now, *input.other_now);
  EXPECT_TRUE(decided(*texts, input).changes.empty());
}

// Linked anew, with no snapshot: nothing is written again, whoever pushes.
TEST(As, WhatItNeverMakesStaysWhenItIsTheSameAtBothSides) {
  const auto agree = [](const FieldRule& rule, const Value& a, const Value& b) {
    const auto plan = compiled({rule});
    for (const Side pusher : {left, right}) {
      PassInput input;
      input.pusher = pusher;
      input.pusher_now = {{pusher == left ? "a" : "b", pusher == left ? a : b}};
      input.other_now = Fields{{pusher == left ? "b" : "a", pusher == left ? b : a}};
      input.twin_of = [](Side, const Reference&) { return std::nullopt; };
      const auto pass = plan->decide(input);
      if (!pass || !pass->changes.empty()) return false;
    }
    return true;
  };
  EXPECT_TRUE(agree(as(As::integer), -1.5, -1.5));
  EXPECT_TRUE(agree(as(As::integer), "many", "many"));
  EXPECT_FALSE(agree(as(As::integer), "many", 5));
  EXPECT_FALSE(agree(as(As::integer), 2.5, 2));
  FieldRule fallback = both("a", "b");
  fallback.fallback = "none";
  EXPECT_FALSE(agree(fallback, Value{}, Value{}));
  FieldRule table = both("a", "b");
  table.values = {{"0", "zero"}, {"*", "*"}};
  EXPECT_FALSE(agree(table, "0", "0"));
  FieldRule listed = both("a", "b");
  listed.unlinked = WhenUnlinked::leave_out;
  EXPECT_TRUE(agree(listed, List{"x"}, List{Reference{{}, RecordId{"1"}}, "x"}));
}

TEST(As, AHintCountsForAllOfAListOrForNone) {
  const auto plan = compiled({as(As::text)});
  const auto back = [&](const Value& held, const Value& edited) {
    const Fields source{{"a", held}};
    const Fields patch = decided(*plan, linked(*plan, source, source, {{"b", "x"}}, {{"b", edited}})).to_pusher;
    return patch.contains("a") ? patch.at("a") : Value{};
  };
  EXPECT_EQ(back(1, List{"2", "3"}), (Value{List{2, 3}}));
  EXPECT_EQ(back(List{1, Value{}}, List{"2", Value{}}), (Value{List{2, Value{}}}));
  EXPECT_EQ(back(1, List{"2", "three"}), (Value{List{"2", "three"}}));
  EXPECT_EQ(back(List{1, "one"}, List{"2", "3"}), (Value{List{"2", "3"}}));
}

TEST(Lists, SplitAndJoin) {
  FieldRule split = both("a", "b");
  split.separator = ",";
  EXPECT_EQ(made(split, "red, blue,,green "), (Value{List{"red", "blue", "green"}}));
  EXPECT_EQ(made(split, List{"red"}, left), Value{"red"});
  EXPECT_EQ(made(split, List{"red", "blue"}, left), Value{"red,blue"});
  EXPECT_EQ(made(split, " , "), Value{});

  FieldRule join = both("a", "b");
  join.separator = "; ";
  join.joins = true;
  EXPECT_EQ(made(join, List{"red", Option{"1", "blue"}}), Value{"red; blue"});
  EXPECT_EQ(made(join, "red; blue", left), (Value{List{"red", "blue"}}));
  EXPECT_EQ(made(join, List{}), Value{});
  join.values = {{"red", "rot"}, {"*", "*"}};
  EXPECT_EQ(made(join, List{"red", "blue"}), Value{"rot; blue"});
  EXPECT_EQ(made(join, "rot; blue", left), (Value{List{"red", "blue"}}));
  join.as = As::integer;
  EXPECT_THAT(failure(join, List{"x"}), HasSubstr("can't be made"));
}

TEST(Values, OptionsByNameOrId) {
  FieldRule rule = both("a", "b");
  rule.values = {{"High", "1-High"}, {"4", "2-Low"}, {"*", "3"}};
  EXPECT_EQ(made(rule, Option{"9", "High"}), Value{"1-High"});
  EXPECT_EQ(made(rule, Option{"4", "Low"}), Value{"2-Low"});
  EXPECT_EQ(made(rule, Option{"5", "Other"}), Value{"3"});
  EXPECT_EQ(made(rule, Option{"77", "1-High"}, left), Value{"High"});
  rule.as = As::option;
  EXPECT_EQ(made(rule, Option{"9", "High"}), (Value{Option{"", "1-High"}}));
  // The option that is there is the one that would be written.
  const auto plan = compiled({rule});
  PassInput input;
  input.pusher_now = {{"a", Option{"9", "High"}}};
  input.other_now = Fields{{"b", Option{"77", "1-High"}}};
  EXPECT_TRUE(decided(*plan, input).changes.empty());
}

TEST(Users, ByTable) {
  FieldRule rule = both("a", "b");
  rule.users = {{"jane@ACME.com", "jdoe"}, {"Bob Builder", "bob@qc.com"}, {"u3", "carol"}, {"*", "sync"}};
  EXPECT_EQ(made(rule, User{"u1", "Jane", "Jane@acme.com"}), Value{"jdoe"});
  EXPECT_EQ(made(rule, User{"u2", "Bob Builder", ""}), Value{"bob@qc.com"});
  EXPECT_EQ(made(rule, User{"u3", "C.", "c@x"}), Value{"carol"});
  EXPECT_EQ(made(rule, User{"u4", "", ""}), Value{"sync"});
  EXPECT_EQ(made(rule, "jane@acme.com"), Value{"jdoe"});
  EXPECT_EQ(made(rule, User{"jdoe", "Jane", "j@qc"}, left), Value{"jane@ACME.com"});
  EXPECT_EQ(made(rule, Value{}), Value{});
  rule.as = As::user;
  EXPECT_EQ(made(rule, User{"u1", "Jane", "jane@acme.com"}), (Value{User{"jdoe", "", ""}}));
  EXPECT_EQ(made(rule, User{"u2", "Bob Builder", ""}), (Value{User{"", "", "bob@qc.com"}}));
}

TEST(Users, ByOnePart) {
  FieldRule rule = both("a", "b");
  rule.users_by = UserPart::email;
  const User jane{"u1", "Jane", "jane@acme.com"};
  EXPECT_EQ(made(rule, jane), (Value{User{"", "", "jane@acme.com"}}));
  EXPECT_EQ(made(rule, jane, left), (Value{User{"", "", "jane@acme.com"}}));
  EXPECT_EQ(made(rule, List{jane, "x"}), (Value{List{User{"", "", "jane@acme.com"}, "x"}}));
  EXPECT_THAT(failure(rule, User{"u1", "Jane", ""}),
              HasSubstr("holds \"Jane\", a user without an e-mail address to be found by"));
  rule.users_by = UserPart::id;
  EXPECT_EQ(made(rule, jane), (Value{User{"u1", "", ""}}));
  // Another id and another spelling, the same person.
  rule.users_by = UserPart::email;
  const auto plan = compiled({rule});
  PassInput input;
  input.pusher_now = {{"a", jane}};
  input.other_now = Fields{{"b", User{"jdoe", "Doe, Jane", "Jane@ACME.com"}}};
  EXPECT_TRUE(decided(*plan, input).changes.empty());
}

TEST(Default, StandsInForWhatIsEmpty) {
  FieldRule rule = both("a", "b");
  rule.fallback = "none";
  EXPECT_EQ(made(rule, Value{}), Value{"none"});
  EXPECT_EQ(made(rule, "x"), Value{"x"});
  EXPECT_EQ(made(rule, Value{}, left), Value{});
  const auto plan = compiled({rule});
  const Fields empty{{"a", Value{}}};
  const Fields none{{"b", "none"}};
  EXPECT_EQ(decided(*plan, linked(*plan, {{"a", 1}}, empty, {{"b", 1}}, {{"b", 1}})).to_other, none);
  // Nor does it come back.
  EXPECT_TRUE(decided(*plan, linked(*plan, empty, empty, none, none)).changes.empty());
  PassInput first;
  first.pusher = right;
  first.pusher_now = none;
  first.other_now = empty;
  EXPECT_TRUE(decided(*plan, first).changes.empty());
  first.pusher_now = {};
  EXPECT_EQ(decided(*plan, first).to_pusher, none);
  // An edit over there does.
  EXPECT_EQ(decided(*plan, linked(*plan, empty, empty, none, {{"b", "x"}})).to_pusher, (Fields{{"a", "x"}}));
  rule.direction = Direction::to_source;
  EXPECT_EQ(made(rule, Value{}, left), Value{"none"});
}

TEST(Template, IsMadeOfSeveralFields) {
  FieldRule rule;
  rule.destination = "title";
  rule.pattern = "{summary} ({id}) {{{project}}} {labels}";
  const auto plan = compiled({rule});
  PassInput input;
  input.pusher_id = RecordId{"QC-20"};
  input.pusher_project = ProjectName{"QC"};
  input.pusher_now = {{"summary", "Pay"}, {"labels", List{"a", "b"}}};
  const Fields title{{"title", "Pay (QC-20) {QC} a, b"}};
  EXPECT_EQ(decided(*plan, input).to_other, title);

  input.other_now = title;
  input.pusher_snapshot = plan->mapped(left, input.pusher_now);
  input.other_snapshot = plan->mapped(right, title);
  EXPECT_EQ(*input.pusher_snapshot, (Fields{{"summary", "Pay"}, {"labels", List{"a", "b"}}}));
  EXPECT_TRUE(decided(*plan, input).changes.empty());
  EXPECT_TRUE(plan->unchanged(left, input.pusher_now, *input.pusher_snapshot));
  EXPECT_TRUE(plan->unchanged(right, {{"title", "edited"}}, *input.other_snapshot));

  // An edit over there stays until a field changes, and then the policy decides.
  input.other_now = Fields{{"title", "edited"}};
  EXPECT_TRUE(decided(*plan, input).changes.empty());
  input.pusher_now["summary"] = "Paid";
  EXPECT_FALSE(plan->unchanged(left, input.pusher_now, *input.pusher_snapshot));
  EXPECT_EQ(decided(*plan, input).to_other, (Fields{{"title", "Paid (QC-20) {QC} a, b"}}));
  const auto kept = compiled({rule}, ConflictPolicy::destination);
  EXPECT_TRUE(decided(*kept, input).changes.empty());
  const auto held = compiled({rule}, ConflictPolicy::hold);
  EXPECT_TRUE(decided(*held, input).changes.empty());
  EXPECT_TRUE(decided(*held, input).held.empty());

  input.pusher = right;
  input.pusher_now = title;
  input.other_now.reset();
  EXPECT_TRUE(decided(*plan, input).to_other.empty());
}

TEST(CreateOnly, WritesWhenTheRecordIsMadeAndNeverAgain) {
  FieldRule rule = both("a", "b");
  rule.create_only = true;
  FieldRule constant = both("", "c");
  constant.constant = "x";
  constant.create_only = true;
  const auto plan = compiled({rule, constant});
  PassInput input;
  input.pusher_now = {{"a", 1}};
  EXPECT_EQ(decided(*plan, input).to_other, (Fields{{"b", 1}, {"c", "x"}}));
  input.other_now = Fields{{"b", 2}};
  EXPECT_TRUE(decided(*plan, input).changes.empty());
  EXPECT_TRUE(decided(*plan, linked(*plan, {{"a", 1}}, {{"a", 5}}, {{"b", 1}}, {{"b", 7}})).changes.empty());
  EXPECT_TRUE(plan->unchanged(left, {{"a", 5}}, plan->mapped(left, {{"a", 1}})));
}

TEST(MaxLength, CutsWithAMark) {
  FieldRule rule = both("a", "b");
  rule.max_length = 5;
  EXPECT_EQ(made(rule, "12345"), Value{"12345"});
  EXPECT_EQ(made(rule, "123456"), Value{"1234…"});
  EXPECT_EQ(made(rule, "äöüäöü"), Value{"äöüä…"});
  EXPECT_EQ(made(rule, "12  56"), Value{"12…"});
  EXPECT_EQ(made(rule, "123456", left), Value{"123456"});
  EXPECT_EQ(made(rule, List{"123456", "1"}), (Value{List{"1234…", "1"}}));
  rule.max_length = 1;
  EXPECT_EQ(made(rule, "12"), Value{"…"});
  // No room for the mark-up of a paragraph.
  EXPECT_EQ(made(rule, record::from_html("<p>12</p>")), Value{});
  rule.max_length = 60;
  const Value cut = made(rule, record::from_html("<p><b>" + std::string(100, 'x') + "</b></p>"));
  const auto* rich = cut.as<record::RichText>();
  ASSERT_NE(rich, nullptr);
  EXPECT_LE(rich->html().size(), 64U);
  EXPECT_THAT(record::to_plain(*rich), HasSubstr("x…"));
}

TEST(MaxLength, TheOtherSidesLimitCountsToo) {
  const auto plan = compiled({both("a", "b")});
  PassInput input;
  input.pusher_now = {{"a", "123456789"}};
  input.other_limits = {{"b", 4}};
  EXPECT_EQ(decided(*plan, input).to_other, (Fields{{"b", "123…"}}));
  input.pusher = right;
  input.pusher_now = {{"b", "123456789"}};
  input.other_limits = {{"a", 3}};
  EXPECT_EQ(decided(*plan, input).to_other, (Fields{{"a", "12…"}}));
}

TEST(MaxLength, ACutTextNeverOverwritesTheLongerOne) {
  FieldRule rule = both("a", "b");
  rule.max_length = 5;
  const auto plan = compiled({rule});
  const Fields whole{{"a", "123456789"}};
  const Fields cut{{"b", "1234…"}};
  // First linked, from either side, also where it was once cut shorter.
  for (const Fields& destination : {cut, Fields{{"b", "12…"}}}) {
    PassInput input;
    input.pusher = right;
    input.pusher_now = destination;
    input.other_now = whole;
    EXPECT_TRUE(decided(*plan, input).changes.empty()) << destination.at("b").text();
  }
  // The destination had room for all of it.
  PassInput same;
  same.pusher_now = whole;
  same.other_now = Fields{{"b", "123456789"}};
  EXPECT_TRUE(decided(*plan, same).changes.empty());
  // Something else was edited over there.
  EXPECT_TRUE(decided(*plan, linked(*plan, whole, whole, cut, cut)).changes.empty());
  // The system over there normalises what it is given.
  const Fields odd{{"b", "1234..."}};
  EXPECT_TRUE(decided(*plan, linked(*plan, whole, whole, odd, odd)).changes.empty());
  // Really edited there.
  EXPECT_EQ(decided(*plan, linked(*plan, whole, whole, cut, {{"b", "new"}})).to_pusher, (Fields{{"a", "new"}}));
  EXPECT_EQ(decided(*plan, linked(*plan, whole, whole, cut, {{"b", "12…"}})).to_pusher, (Fields{{"a", "12…"}}));
  // Edited beyond the cut: nothing to write.
  EXPECT_TRUE(decided(*plan, linked(*plan, whole, {{"a", "1234xxxxx"}}, cut, cut)).changes.empty());
}

namespace {

// Only records whose ids begin with "old" have twins.
std::optional<Reference> twin_of(Side, const Reference& to) {
  if (!to.id.str().starts_with("old")) return std::nullopt;
  return Reference{ProjectName{"T"}, RecordId{"twin of " + to.id.str()}};
}

PassInput referring(const Value& value) {
  PassInput input;
  input.pusher_now = {{"a", value}};
  input.twin_of = twin_of;
  return input;
}

Reference to(const char* id) {
  return {ProjectName{}, RecordId{id}};
}

}  // namespace

TEST(References, GoAcrossAsTheTwin) {
  const auto plan = compiled({both("a", "b")});
  EXPECT_EQ(decided(*plan, referring(to("old1"))).to_other,
            (Fields{{"b", Reference{ProjectName{"T"}, RecordId{"twin of old1"}}}}));
  EXPECT_EQ(decided(*compiled({as(As::reference)}), referring("old1")).to_other,
            (Fields{{"b", Reference{ProjectName{"T"}, RecordId{"twin of old1"}}}}));
  EXPECT_EQ(made(as(As::text), to("new")), Value{"new"});

  PassInput input = referring(to("old1"));
  input.other_now = Fields{{"b", to("twin of old1")}};
  EXPECT_TRUE(decided(*plan, input).changes.empty());
}

TEST(References, WaitForTheTwinOrAreLeftOut) {
  FieldRule rule = both("a", "b");
  const auto waits = compiled({rule, both("c", "d")});
  PassInput input = referring(List{to("old1"), to("new1"), to("new2"), to("new1")});
  input.pusher_now["c"] = "x";
  const PassPlan waiting = decided(*waits, input);
  ASSERT_EQ(waiting.waits_for.size(), 2U);
  EXPECT_EQ(waiting.waits_for[0].side, left);
  EXPECT_EQ(waiting.waits_for[0].to.id.str(), "new1");
  EXPECT_EQ(waiting.waits_for[1].to.id.str(), "new2");
  EXPECT_TRUE(waiting.to_other.empty());
  EXPECT_TRUE(waiting.changes.empty());

  rule.unlinked = WhenUnlinked::leave_out;
  const auto leaves_out = compiled({rule, both("c", "d")});
  EXPECT_EQ(decided(*leaves_out, input).to_other,
            (Fields{{"b", List{Reference{ProjectName{"T"}, RecordId{"twin of old1"}}}}, {"d", "x"}}));
  PassInput single = referring(to("new1"));
  EXPECT_TRUE(decided(*leaves_out, single).to_other.empty());
  single.other_now = Fields{{"b", to("kept")}};
  EXPECT_TRUE(decided(*leaves_out, single).changes.empty());
  single.twin_of = nullptr;
  EXPECT_TRUE(decided(*leaves_out, single).changes.empty());
}

TEST(OnlyWhen, ARuleCountsOnlyWhileItHolds) {
  FieldRule rule = both("a", "b");
  rule.only_when = R"(status == "Open")";
  rule.only_when_destination = "";
  const auto plan = compiled({rule});
  const Fields closed{{"a", 1}, {"status", "Closed"}};
  const Fields open{{"a", 1}, {"status", "Open"}};
  PassInput input;
  input.pusher_now = closed;
  EXPECT_TRUE(decided(*plan, input).to_other.empty());
  input.pusher_now = open;
  EXPECT_EQ(decided(*plan, input).to_other, (Fields{{"b", 1}}));
  EXPECT_EQ(plan->mapped(left, open), open);

  // Closed: an edit stays at home, and goes across when the condition begins to hold.
  const Fields edited{{"a", 2}, {"status", "Closed"}};
  EXPECT_TRUE(decided(*plan, linked(*plan, closed, edited, {{"b", 1}}, {{"b", 1}})).changes.empty());
  const Fields reopened{{"a", 2}, {"status", "Open"}};
  EXPECT_FALSE(plan->unchanged(left, reopened, plan->mapped(left, edited)));
  EXPECT_EQ(decided(*plan, linked(*plan, edited, reopened, {{"b", 1}}, {{"b", 1}})).to_other, (Fields{{"b", 2}}));
  // But an empty field empties nothing then.
  EXPECT_TRUE(decided(*plan, linked(*plan, {{"status", "Closed"}}, {{"status", "Open"}}, {{"b", 1}}, {{"b", 1}}))
                  .changes.empty());
  // From the right, without a condition, all the time.
  EXPECT_EQ(decided(*plan, linked(*plan, closed, closed, {{"b", 1}}, {{"b", 3}})).to_pusher, (Fields{{"a", 3}}));
  // Both sides edited it, the winner's side is closed: each keeps its own.
  const auto source_wins = compiled({rule}, ConflictPolicy::source);
  EXPECT_TRUE(decided(*source_wins, linked(*plan, closed, edited, {{"b", 1}}, {{"b", 3}})).changes.empty());
}

TEST(OnlyWhen, LooksAtTheSideThatAValueComesFrom) {
  FieldRule rule = both("a", "b");
  rule.only_when = R"(mode == "on")";
  const auto plan = compiled({rule});
  const Fields on_left{{"a", 1}, {"mode", "on"}};
  const Fields on_right{{"b", 1}, {"mode", "on"}};
  const auto pass = decided(*plan, linked(*plan, {{"a", 1}}, {{"a", 2}}, on_right, on_right));
  EXPECT_TRUE(pass.changes.empty());
  EXPECT_EQ(decided(*plan, linked(*plan, {{"a", 1}}, {{"a", 1}}, on_right, {{"b", 3}, {"mode", "on"}})).to_pusher,
            (Fields{{"a", 3}}));
}

TEST(OnlyWhen, SeveralRulesMayShareAField) {
  FieldRule critical = both("", "severity");
  critical.constant = "Critical";
  critical.only_when = R"(priority == "Blocker")";
  FieldRule rest = both("priority", "severity");
  rest.direction = Direction::to_destination;
  rest.only_when = R"(priority != "Blocker")";
  const auto plan = compiled({critical, rest});
  PassInput input;
  input.pusher_now = {{"priority", "Blocker"}};
  EXPECT_EQ(decided(*plan, input).to_other, (Fields{{"severity", "Critical"}}));
  input.pusher_now = {{"priority", "Low"}};
  EXPECT_EQ(decided(*plan, input).to_other, (Fields{{"severity", "Low"}}));
  EXPECT_EQ(decided(*plan, linked(*plan, {{"priority", "Low"}}, {{"priority", "Blocker"}}, {{"severity", "Low"}},
                                  {{"severity", "Low"}}))
                .to_other,
            (Fields{{"severity", "Critical"}}));
  EXPECT_EQ(decided(*plan, linked(*plan, {{"priority", "Blocker"}}, {{"priority", "Low"}}, {{"severity", "Critical"}},
                                  {{"severity", "Critical"}}))
                .to_other,
            (Fields{{"severity", "Low"}}));
  // Of two that hold, the first counts.
  rest.only_when = R"(not empty(priority))";
  input.pusher_now = {{"priority", "Blocker"}};
  const auto overlapping = decided(*compiled({critical, rest}), input);
  EXPECT_EQ(overlapping.to_other, (Fields{{"severity", "Critical"}}));
  EXPECT_EQ(overlapping.changes.size(), 1U);
}

TEST(OnlyWhen, ChangedInAFilterIsKeptInTheSnapshot) {
  PlanSpec spec;
  spec.fields = {both("a", "b")};
  spec.only_when_source = R"(changed(status) or status == "x")";
  std::vector<Fault> faults;
  const auto plan = Plan::compile(spec, faults);
  ASSERT_TRUE(plan);
  const Fields now{{"a", 1}, {"status", "Open"}};
  EXPECT_EQ(plan->mapped(left, now), now);
  const Fields before = plan->mapped(left, now);
  EXPECT_TRUE(plan->admits(left, now));
  EXPECT_FALSE(plan->admits(left, now, &before));
  EXPECT_TRUE(plan->admits(left, {{"status", "Closed"}}, &before));
  EXPECT_EQ(plan->filter_reads(left), (std::vector<std::string>{"status"}));
  EXPECT_TRUE(plan->filter_reads(right).empty());
}

TEST(Uses, TellWhatARuleDoesToWhichFields) {
  FieldRule mapped = both("a", "b");
  mapped.values = {{"x", "1"}, {"y", "2"}, {"*", "3"}};
  mapped.only_when = R"(c == "d")";
  mapped.only_when_destination = R"(e == "f")";
  mapped.line = 4;
  mapped.column = 9;
  FieldRule made;
  made.destination = "t";
  made.pattern = "{a} {g}";
  FieldRule list = both("l", "m");
  list.separator = ",";
  list.joins = true;
  list.direction = Direction::to_destination;
  list.as = As::text;
  list.create_only = true;
  const auto uses = compiled({mapped, made, list})->uses();
  ASSERT_EQ(uses.size(), 3U);
  EXPECT_EQ(uses[0].source, "a");
  EXPECT_EQ(uses[0].destination, "b");
  EXPECT_TRUE(uses[0].to_source && uses[0].to_destination);
  EXPECT_EQ(uses[0].source_values, (std::vector<std::string>{"x", "y"}));
  EXPECT_EQ(uses[0].destination_values, (std::vector<std::string>{"1", "2", "3"}));
  EXPECT_EQ(uses[0].source_reads, (std::vector<std::string>{"c"}));
  EXPECT_EQ(uses[0].destination_reads, (std::vector<std::string>{"e"}));
  EXPECT_EQ(uses[0].line, 4);
  EXPECT_EQ(uses[0].column, 9);
  EXPECT_TRUE(uses[1].from_template);
  EXPECT_EQ(uses[1].source_reads, (std::vector<std::string>{"a", "g"}));
  EXPECT_FALSE(uses[1].to_source);
  EXPECT_TRUE(uses[2].list_at_source && !uses[2].list_at_destination && uses[2].create_only);
  EXPECT_EQ(uses[2].as, As::text);
}
