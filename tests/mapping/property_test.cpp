// Properties of Plan::decide over random rules and edits.
#include "syncservice/mapping/plan.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

using namespace syncservice;
using namespace syncservice::mapping;
using record::Fields;
using record::Value;

namespace {

constexpr int field_count = 6;

std::string left_name(int i) {
  return "l" + std::to_string(i);
}
std::string right_name(int i) {
  return "r" + std::to_string(i);
}

FieldRule any_rule(int i) {
  FieldRule rule;
  rule.source = left_name(i);
  rule.destination = right_name(i);
  rule.direction = *rc::gen::element(Direction::both, Direction::both, Direction::to_destination, Direction::to_source);
  if (*rc::gen::arbitrary<bool>()) rule.values = {{"0", "zero"}, {"1", "one"}, {"2", "two"}, {"*", "*"}};
  return rule;
}

PlanSpec any_spec() {
  PlanSpec spec;
  spec.conflict = *rc::gen::element(ConflictPolicy::source, ConflictPolicy::destination, ConflictPolicy::newest,
                                    ConflictPolicy::pusher);
  for (int i = 0; i < field_count; ++i) spec.fields.push_back(any_rule(i));
  return spec;
}

Value any_value() {
  const auto kind = *rc::gen::inRange(0, 6);
  if (kind == 0) return Value{};
  if (kind == 1) return Value{record::List{"0", "x"}};
  return Value{std::to_string(kind - 2)};
}

Fields any_fields(std::string (*name)(int)) {
  Fields fields;
  for (int i = 0; i < field_count; ++i) {
    if (*rc::gen::inRange(0, 4) != 0) fields.emplace(name(i), any_value());
  }
  return fields;
}

void edit(Fields& fields, std::string (*name)(int)) {
  for (int i = 0; i < field_count; ++i) {
    if (*rc::gen::inRange(0, 3) == 0) fields.insert_or_assign(name(i), any_value());
  }
}

// A system that normalises what it is given: an "x" becomes a "y". Idempotent, as systems are.
Value stored(const Value& value, bool normalises) {
  if (!normalises) return value;
  if (const auto* list = std::get_if<record::List>(&value.get())) {
    record::List out;
    for (const auto& element : *list) out.push_back(stored(element, true));
    return Value{std::move(out)};
  }
  return value == Value{"x"} ? Value{"y"} : value;
}

void apply(Fields& fields, const Fields& patch, bool normalises) {
  for (const auto& [name, value] : patch) fields.insert_or_assign(name, stored(value, normalises));
}

const Value& at(const Fields& fields, const std::string& name) {
  static const Value empty;
  const auto found = fields.find(name);
  return found == fields.end() ? empty : found->second;
}

std::shared_ptr<const Plan> compiled(const PlanSpec& spec) {
  std::vector<Fault> faults;
  auto plan = Plan::compile(spec, faults);
  RC_ASSERT(faults.empty());
  return plan;
}

// A linked pair, and what a pass over it needs.
struct Pair {
  Fields left, right;
  std::optional<Fields> left_snapshot, right_snapshot;

  [[nodiscard]] PassInput input(Side pusher) const {
    PassInput input;
    const bool from_left = pusher == Side::source;
    input.pusher = pusher;
    input.pusher_now = from_left ? left : right;
    input.other_now = from_left ? right : left;
    input.pusher_snapshot = from_left ? left_snapshot : right_snapshot;
    input.other_snapshot = from_left ? right_snapshot : left_snapshot;
    input.pusher_updated = from_millis(*rc::gen::inRange(0, 3));
    input.other_updated = from_millis(*rc::gen::inRange(0, 3));
    return input;
  }

  // One pass as sync makes it: decide, write, read back, keep the snapshots.
  PassPlan pass(const Plan& plan, Side pusher, bool normalises) {
    auto decided = plan.decide(input(pusher));
    RC_ASSERT(decided.has_value());
    apply(pusher == Side::source ? right : left, decided->to_other, normalises);
    apply(pusher == Side::source ? left : right, decided->to_pusher, normalises);
    left_snapshot = plan.mapped(Side::source, left);
    right_snapshot = plan.mapped(Side::destination, right);
    return std::move(*decided);
  }
};

Side any_side() {
  return *rc::gen::element(Side::source, Side::destination);
}

Pair any_linked_pair(const Plan& plan, bool normalises) {
  Pair pair;
  pair.left = any_fields(left_name);
  pair.right = any_fields(right_name);
  pair.pass(plan, any_side(), normalises);
  return pair;
}

// "0" on the left is "zero" on the right where the rule has a table.
bool agree(const FieldRule& rule, const Value& left, const Value& right) {
  const auto mapped = [&](const Value& value, const auto& self) -> Value {
    if (rule.values.empty()) return value;
    if (const auto* list = std::get_if<record::List>(&value.get())) {
      record::List out;
      for (const auto& element : *list) out.push_back(self(element, self));
      return Value{std::move(out)};
    }
    const auto found = rule.values.find(value.text());
    return found == rule.values.end() ? value : Value{found->second};
  };
  // The right side may hold a left text as it is, where somebody wrote one there.
  return mapped(left, mapped) == right || left == right;
}

}  // namespace

RC_GTEST_PROP(PlanProperty, DecidesTheSameEveryTime, ()) {
  const auto spec = any_spec();
  const auto plan = compiled(spec);
  Pair pair = any_linked_pair(*plan, false);
  edit(pair.left, left_name);
  edit(pair.right, right_name);
  const PassInput input = pair.input(any_side());
  const auto once = plan->decide(input);
  const auto again = compiled(spec)->decide(input);
  RC_ASSERT(once.has_value());
  RC_ASSERT(again.has_value());
  RC_ASSERT(once->to_other == again->to_other);
  RC_ASSERT(once->to_pusher == again->to_pusher);
  RC_ASSERT(once->changes.size() == again->changes.size());
  RC_ASSERT(once->changes.size() == once->to_other.size() + once->to_pusher.size());
}

RC_GTEST_PROP(PlanProperty, NoEchoWhateverSystemsMakeOfAValue, ()) {
  const auto plan = compiled(any_spec());
  Pair pair = any_linked_pair(*plan, true);
  edit(pair.left, left_name);
  edit(pair.right, right_name);
  pair.pass(*plan, any_side(), true);
  for (const Side pusher : {Side::source, Side::destination}) {
    RC_ASSERT(plan->unchanged(Side::source, pair.left, *pair.left_snapshot));
    RC_ASSERT(plan->unchanged(Side::destination, pair.right, *pair.right_snapshot));
    const auto second = plan->decide(pair.input(pusher));
    RC_ASSERT(second.has_value());
    RC_ASSERT(second->changes.empty());
    RC_ASSERT(second->to_other.empty());
    RC_ASSERT(second->to_pusher.empty());
  }
}

RC_GTEST_PROP(PlanProperty, BothSidesAgreeAfterAPass, ()) {
  const auto spec = any_spec();
  const auto plan = compiled(spec);
  Pair pair = any_linked_pair(*plan, false);
  edit(pair.left, left_name);
  edit(pair.right, right_name);
  pair.pass(*plan, any_side(), false);
  for (const FieldRule& rule : spec.fields) {
    if (rule.direction != Direction::both) continue;
    RC_ASSERT(agree(rule, at(pair.left, rule.source), at(pair.right, rule.destination)));
  }
}

RC_GTEST_PROP(PlanProperty, AFieldChangedOnlyOverThereIsNotOverwritten, ()) {
  const auto spec = any_spec();
  const auto plan = compiled(spec);
  Pair pair = any_linked_pair(*plan, true);
  const Pair before = pair;
  edit(pair.left, left_name);
  edit(pair.right, right_name);
  const Side pusher = any_side();
  const auto decided = plan->decide(pair.input(pusher));
  RC_ASSERT(decided.has_value());
  for (const FieldRule& rule : spec.fields) {
    const bool left_changed = at(pair.left, rule.source) != at(before.left, rule.source);
    const bool right_changed = at(pair.right, rule.destination) != at(before.right, rule.destination);
    if (left_changed == right_changed) continue;
    const auto& to_left = pusher == Side::source ? decided->to_pusher : decided->to_other;
    const auto& to_right = pusher == Side::source ? decided->to_other : decided->to_pusher;
    RC_ASSERT(!(left_changed ? to_left.contains(rule.source) : to_right.contains(rule.destination)));
  }
}

RC_GTEST_PROP(PlanProperty, OneWayRulesNeverWriteBack, ()) {
  const auto spec = any_spec();
  const auto plan = compiled(spec);
  Pair pair = any_linked_pair(*plan, false);
  edit(pair.left, left_name);
  edit(pair.right, right_name);
  const Pair before = pair;
  pair.pass(*plan, any_side(), false);
  for (const FieldRule& rule : spec.fields) {
    if (rule.direction == Direction::to_destination)
      RC_ASSERT(at(pair.left, rule.source) == at(before.left, rule.source));
    if (rule.direction == Direction::to_source)
      RC_ASSERT(at(pair.right, rule.destination) == at(before.right, rule.destination));
  }
}
