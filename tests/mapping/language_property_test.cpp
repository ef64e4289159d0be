// Properties that every kind of field rule must have, over random records and systems that normalise what they are
// given.
#include "syncservice/base/text.hpp"
#include "syncservice/mapping/plan.hpp"
#include "syncservice/record/rich_text.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <array>
#include <sstream>

#include "mapping/plan_support.hpp"

using namespace syncservice;
using namespace syncservice::mapping;
using record::Fields;
using record::List;
using record::Option;
using record::Reference;
using record::User;
using record::Value;

namespace {

constexpr int field_count = 5;

std::string name(Side side, int i) {
  return (side == Side::source ? "l" : "r") + std::to_string(i);
}

std::string any_text() {
  return *rc::gen::element<std::string>("", "0", "1", "Open", "a, b", "jane@acme.com", "2026-11-24", "7.6",
                                        "a longer text, with blanks  ", "ünïcödé ünïcödé", "1, 2,3", "yes", "x…");
}

Value any_scalar() {
  switch (*rc::gen::inRange(0, 9)) {
    case 0:
      return Value{};
    case 1:
      return *rc::gen::inRange(-3, 3);
    case 2:
      return 0.5 * *rc::gen::inRange(-3, 3);
    case 3:
      return record::from_html("<p>some <b>bold</b> words</p>");
    case 4:
      return *record::instant_from_text("2026-11-24T15:00:00+01:00");
    case 5:
      return User{"u" + std::to_string(*rc::gen::inRange(0, 2)), "Jane", "Jane@acme.com"};
    case 6:
      return Option{std::to_string(*rc::gen::inRange(0, 3)), *rc::gen::element<std::string>("Open", "0", "")};
    case 7:
      return Reference{{}, RecordId{*rc::gen::element<std::string>("old", "new")}};
    default:
      return any_text();
  }
}

Value any_value() {
  if (*rc::gen::inRange(0, 4) != 0) return any_scalar();
  return *rc::gen::container<List>(rc::gen::exec(any_scalar));
}

void make_special(FieldRule& rule, int i) {
  switch (*rc::gen::inRange(0, 8)) {
    case 0:
      rule.values = {{"0", "zero"}, {"1", "one"}, {"Open", "offen"}, {"*", "*"}};
      break;
    case 1:
      rule.users = {{"jane@acme.com", "jdoe"}, {"u1", "carol"}, {"*", "*"}};
      break;
    case 2:
      rule.users_by = *rc::gen::element(UserPart::email, UserPart::name, UserPart::id);
      break;
    case 3:
      rule.separator = ",";
      rule.joins = *rc::gen::arbitrary<bool>();
      break;
    case 4:
      (*rc::gen::arbitrary<bool>() ? rule.source : rule.destination).clear();
      rule.direction = Direction::both;
      rule.pattern = "{" + name(rule.source.empty() ? Side::source : Side::destination, i) + "} ({id}) {l0}{r1}";
      break;
    case 5:
      (*rc::gen::arbitrary<bool>() ? rule.source : rule.destination).clear();
      rule.direction = Direction::both;
      rule.constant = any_scalar();
      break;
    default:
      break;
  }
}

FieldRule any_rule(int i) {
  FieldRule rule = both(name(Side::source, i), name(Side::destination, i));
  rule.direction = *rc::gen::element(Direction::both, Direction::both, Direction::to_destination, Direction::to_source);
  make_special(rule, i);
  if (!rule.constant && *rc::gen::inRange(0, 3) == 0)
    rule.as = *rc::gen::element(As::text, As::rich_text, As::integer, As::decimal, As::boolean, As::date, As::instant,
                                As::user, As::option);
  if (!rule.constant && !rule.as && *rc::gen::inRange(0, 4) == 0) rule.fallback = *rc::gen::element<Value>("none", 5);
  if (!rule.constant && *rc::gen::inRange(0, 3) == 0) rule.max_length = *rc::gen::inRange<std::size_t>(1, 12);
  if (*rc::gen::inRange(0, 4) == 0)
    rule.only_when = *rc::gen::element<std::string>(R"(l0 == "Open" or r0 == "Open")", "not empty(l1) or not empty(r1)",
                                                    "changed(l2) or changed(r2)", R"(l3 > 0 or r3 matches "a")");
  rule.create_only = *rc::gen::inRange(0, 8) == 0;
  rule.unlinked = WhenUnlinked::leave_out;
  return rule;
}

void log(const FieldRule& rule) {
  std::ostringstream out;
  out << rule.source
      << (rule.direction == Direction::to_destination ? " -> "
          : rule.direction == Direction::to_source    ? " <- "
                                                      : " <-> ")
      << rule.destination;
  if (rule.as) out << ", as " << static_cast<int>(*rule.as);
  if (!rule.values.empty()) out << ", values";
  if (!rule.users.empty()) out << ", users";
  if (rule.users_by) out << ", users by " << static_cast<int>(*rule.users_by);
  if (!rule.separator.empty()) out << (rule.joins ? ", join" : ", split");
  if (!rule.pattern.empty()) out << ", template " << rule.pattern;
  if (rule.constant) out << ", constant " << rule.constant->text();
  if (rule.fallback) out << ", default " << rule.fallback->text();
  if (rule.max_length) out << ", at most " << *rule.max_length;
  if (rule.create_only) out << ", on create";
  if (!rule.only_when.empty()) out << ", when " << rule.only_when;
  RC_LOG() << out.str() << '\n';
}

// Tables in which what `"*"` lets pass is nothing that has another counterpart. A table over values of a kind that `as`
// would never have made has no say in what they mean.
void make_clear(FieldRule& rule) {
  if (rule.values.empty() && rule.users.empty()) return;
  rule.as.reset();
  for (auto* table : {&rule.values, &rule.users}) {
    const auto entries = *table;
    for (const auto& [left, right] : entries) table->emplace(right, left);
  }
}

// `independent`: no rule looks at the field of another, and no table means two things.
std::shared_ptr<const Plan> any_plan(bool independent = false) {
  PlanSpec spec;
  spec.conflict = *rc::gen::element(ConflictPolicy::source, ConflictPolicy::destination, ConflictPolicy::newest,
                                    ConflictPolicy::oldest, ConflictPolicy::pusher);
  for (int i = 0; i < field_count; ++i) {
    FieldRule rule = any_rule(i);
    if (independent) rule.only_when.clear();
    if (independent) make_clear(rule);
    if (independent && !rule.pattern.empty())
      rule.pattern = "{" + name(rule.source.empty() ? Side::source : Side::destination, i) + "} ({id})";
    log(rule);
    spec.fields.push_back(std::move(rule));
  }
  std::vector<Fault> faults;
  auto plan = Plan::compile(spec, faults);
  for (const Fault& fault : faults) RC_LOG() << fault.what << '\n';
  RC_ASSERT(plan != nullptr);
  return plan;
}

Fields any_fields(Side side) {
  Fields fields;
  for (int i = 0; i < field_count; ++i) {
    if (*rc::gen::inRange(0, 4) != 0) fields.emplace(name(side, i), any_value());
  }
  return fields;
}

void edit(Fields& fields, Side side) {
  for (int i = 0; i < field_count; ++i) {
    if (*rc::gen::inRange(0, 3) == 0) fields.insert_or_assign(name(side, i), any_value());
  }
}

// Whatever a system may make of what it is given; the same when it is given that again.
enum class Habit : std::uint8_t { keeps, trims, capitals, short_texts, plain, own_ids };

Value kept(const Value& value, Habit habit) {
  if (const auto* list = value.as<List>()) {
    List out;
    for (const Value& element : *list) out.push_back(kept(element, habit));
    return out;
  }
  const auto* text = value.as<std::string>();
  switch (habit) {
    case Habit::keeps:
      return value;
    case Habit::trims:
      return text != nullptr ? Value{std::string{text::trim(*text)}} : value;
    case Habit::capitals: {
      if (text == nullptr) return value;
      std::string out = *text;
      std::transform(out.begin(), out.end(), out.begin(), [](unsigned char c) {
        return c < 0x80 ? static_cast<char>(std::toupper(c)) : static_cast<char>(c);
      });
      return out;
    }
    case Habit::short_texts:
      return text != nullptr && text->size() > 3 ? Value{text->substr(0, 3)} : value;
    case Habit::plain:
      return value.as<User>() != nullptr || value.as<Option>() != nullptr || value.as<record::RichText>() != nullptr
                 ? Value{value.text()}
                 : value;
    case Habit::own_ids:
      if (const auto* user = value.as<User>()) return User{"own", user->name, user->email};
      if (const auto* option = value.as<Option>())
        return Option{"own", option->name.empty() ? option->id : option->name};
      return value;
  }
  return value;
}

Habit any_habit() {
  return *rc::gen::element(Habit::keeps, Habit::trims, Habit::capitals, Habit::short_texts, Habit::plain,
                           Habit::own_ids);
}

struct Pair {
  Fields left, right;
  std::optional<Fields> left_snapshot, right_snapshot;
  Habit left_habit = any_habit(), right_habit = any_habit();
  std::size_t left_limit = *rc::gen::inRange<std::size_t>(3, 30);

  [[nodiscard]] PassInput input(Side pusher) const {
    PassInput input;
    const bool from_left = pusher == Side::source;
    input.pusher = pusher;
    input.pusher_now = from_left ? left : right;
    input.other_now = from_left ? right : left;
    input.pusher_snapshot = from_left ? left_snapshot : right_snapshot;
    input.other_snapshot = from_left ? right_snapshot : left_snapshot;
    input.pusher_id = RecordId{from_left ? "L-1" : "R-1"};
    input.other_id = RecordId{from_left ? "R-1" : "L-1"};
    input.pusher_updated = from_millis(*rc::gen::inRange(0, 3));
    input.other_updated = from_millis(*rc::gen::inRange(0, 3));
    (from_left ? input.pusher_limits : input.other_limits).emplace("l1", left_limit);
    input.twin_of = [](Side, const Reference& to) {
      return to.id.str() == "old" ? std::optional{Reference{{}, RecordId{"old"}}} : std::nullopt;
    };
    return input;
  }

  void apply(const PassPlan& plan, Side pusher) {
    Fields& mine = pusher == Side::source ? left : right;
    Fields& theirs = pusher == Side::source ? right : left;
    const Habit my_habit = pusher == Side::source ? left_habit : right_habit;
    const Habit their_habit = pusher == Side::source ? right_habit : left_habit;
    for (const auto& [field, value] : plan.to_pusher) mine.insert_or_assign(field, kept(value, my_habit));
    for (const auto& [field, value] : plan.to_other) theirs.insert_or_assign(field, kept(value, their_habit));
  }

  // One pass as sync makes it. False when it can't be decided: a value that can't be converted, for example.
  bool pass(const Plan& plan, Side pusher) {
    const auto decided = plan.decide(input(pusher));
    if (!decided) {
      RC_ASSERT(!decided.error().message.empty());
      return false;
    }
    apply(*decided, pusher);
    left_snapshot = plan.mapped(Side::source, left);
    right_snapshot = plan.mapped(Side::destination, right);
    return true;
  }
};

void log(const PassPlan& plan) {
  for (const Change& change : plan.changes) {
    RC_LOG() << record::to_json({{change.field, change.from}}) << " -> " << record::to_json({{change.field, change.to}})
             << ", " << change.because << '\n';
  }
}

Side any_side() {
  return *rc::gen::element(Side::source, Side::destination);
}

Pair any_pair() {
  Pair pair;
  pair.left = any_fields(Side::source);
  pair.right = any_fields(Side::destination);
  return pair;
}

}  // namespace

RC_GTEST_PROP(LanguageProperty, SilenceFallsAfterAPass, ()) {
  const auto plan = any_plan();
  Pair pair = any_pair();
  if (!pair.pass(*plan, any_side())) RC_DISCARD("can't be converted");
  edit(pair.left, Side::source);
  edit(pair.right, Side::destination);
  if (!pair.pass(*plan, any_side())) RC_DISCARD("can't be converted");
  for (const Side pusher : {Side::source, Side::destination}) {
    RC_ASSERT(plan->unchanged(Side::source, pair.left, *pair.left_snapshot));
    RC_ASSERT(plan->unchanged(Side::destination, pair.right, *pair.right_snapshot));
    const auto again = plan->decide(pair.input(pusher));
    RC_ASSERT(again.has_value());
    log(*again);
    RC_ASSERT(again->changes.empty());
    RC_ASSERT(again->to_other.empty());
    RC_ASSERT(again->to_pusher.empty());
  }
}

// Even without a snapshot: systems that keep what they are given, linked anew by the same side.
RC_GTEST_PROP(LanguageProperty, APatchAppliedLeavesNothingToDo, ()) {
  const auto plan = any_plan(true);
  Pair pair = any_pair();
  pair.left_habit = pair.right_habit = Habit::keeps;
  const Side pusher = any_side();
  RC_LOG() << record::to_json(pair.left) << ", " << record::to_json(pair.right) << ", pushed by " << to_string(pusher)
           << '\n';
  const auto first = plan->decide(pair.input(pusher));
  if (!first) RC_DISCARD("can't be converted");
  log(*first);
  pair.apply(*first, pusher);
  const auto again = plan->decide(pair.input(pusher));
  RC_ASSERT(again.has_value());
  log(*again);
  RC_ASSERT(again->changes.empty());
}

RC_GTEST_PROP(LanguageProperty, OneWayRulesNeverWriteBack, ()) {
  std::vector<FieldRule> rules;
  for (int i = 0; i < field_count; ++i) {
    FieldRule rule = any_rule(i);
    if (rule.source.empty() || rule.destination.empty()) rule = both(name(Side::source, i), name(Side::destination, i));
    rule.direction = Direction::to_destination;
    rules.push_back(std::move(rule));
  }
  const auto plan = compiled(rules);
  Pair pair = any_pair();
  const Fields left = pair.left;
  if (!pair.pass(*plan, any_side())) RC_DISCARD("can't be converted");
  edit(pair.right, Side::destination);
  if (!pair.pass(*plan, any_side())) RC_DISCARD("can't be converted");
  RC_ASSERT(pair.left == left);
}

// A text that the other side holds cut is never overwritten by what is left of it, whoever pushes and whatever else is
// edited, also when the two records are linked anew.
RC_GTEST_PROP(LanguageProperty, ALongTextSurvivesItsCut, ()) {
  FieldRule rule = both("l0", "r0");
  rule.max_length = *rc::gen::inRange<std::size_t>(2, 12);
  const auto plan = compiled({rule, both("l1", "r1")});
  Pair pair;
  pair.right_habit = *rc::gen::element(Habit::keeps, Habit::trims);
  pair.left_limit = 100;
  const auto text = [] { return "x" + std::string(*rc::gen::inRange<std::size_t>(0, 30), 'y') + "z"; };
  pair.left = {{"l0", text()}, {"l1", 1}};
  RC_ASSERT(pair.pass(*plan, Side::source));
  int edits = 1;
  for (const int step : *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 3))) {
    if (step == 0) pair.left["l0"] = text();
    if (step == 1) pair.right["r1"] = ++edits;
    if (step == 2) {
      pair.left_snapshot.reset();
      pair.right_snapshot.reset();
    }
    const Value before = pair.left["l0"];
    RC_ASSERT(pair.pass(*plan, any_side()));
    RC_ASSERT(pair.left["l0"] == before);
  }
}
