// Deciding a pass, field by field.
#include "conversion.hpp"
#include "plan_impl.hpp"
#include "values.hpp"

#include <algorithm>

namespace syncservice::mapping {
namespace {

using record::Fields;
using record::Value;

// One call of Plan::decide.
class Decision {
 public:
  explicit Decision(const PassInput& input) : input_(input), pusher_(input.pusher), other_(other(input.pusher)) {}

  Result<void> take(const Rule& rule);
  PassPlan finish();

 private:
  [[nodiscard]] bool is_there(Side side) const noexcept { return side == pusher_ || input_.other_now.has_value(); }
  [[nodiscard]] const Fields& now(Side side) const { return side == pusher_ ? input_.pusher_now : *input_.other_now; }
  [[nodiscard]] const std::optional<Fields>& snapshot(Side side) const {
    return side == pusher_ ? input_.pusher_snapshot : input_.other_snapshot;
  }
  // The field's value, or what the template makes.
  [[nodiscard]] Value value(const Rule& rule, Side side, const Fields& fields) const {
    if (!rule.made_at(side)) return at(fields, rule.name[side]);
    const bool mine = side == pusher_;
    return rule.pattern->fill(fields, mine ? input_.pusher_id : input_.other_id,
                              mine ? input_.pusher_project : input_.other_project);
  }
  [[nodiscard]] bool known(const Rule& rule, Side side) const {
    return snapshot(side) && rule.known_to(*snapshot(side), side);
  }
  // Its condition, if it has one, holds for what comes from that side.
  [[nodiscard]] bool counts(const Rule& rule, Side from) const {
    const auto& condition = rule.only_when[from];
    if (!condition) return true;
    const auto& before = snapshot(from);
    return is_there(from) && condition->holds(now(from), before ? &*before : nullptr);
  }
  [[nodiscard]] bool may_write(const Rule& rule, Side to) const { return rule.writes[to] && counts(rule, other(to)); }
  // Its condition holds now, and did not after the last pass.
  [[nodiscard]] bool begins_to_count(const Rule& rule, Side from) const {
    const auto& condition = rule.only_when[from];
    return condition && rule.writes[other(from)] && counts(rule, from) &&
           !condition->holds(*snapshot(from), &*snapshot(from));
  }
  [[nodiscard]] bool changed(const Rule& rule, Side side) const {
    const Value held = value(rule, side, now(side));
    if (!same(held, value(rule, side, *snapshot(side)))) return true;
    return !is_empty(held) && begins_to_count(rule, side);
  }
  [[nodiscard]] bool is_unfinished(const Rule& rule, Side to) const {
    return (to == pusher_ ? input_.pusher_unfinished : input_.other_unfinished).contains(rule.name[to]);
  }
  [[nodiscard]] Way way(const Rule& rule, Side to) const;
  [[nodiscard]] bool both_agree(const Rule& rule) const;
  [[nodiscard]] bool would_lengthen(const Rule& rule, Side to) const;

  void constant(const Rule& rule);
  Result<void> create(const Rule& rule);
  Result<void> first_link(const Rule& rule);
  Result<void> conflict(const Rule& rule);
  [[nodiscard]] std::optional<Side> winner(const Rule& rule);
  Result<void> write(const Rule& rule, Side to, std::string because);
  void put(const Rule& rule, Side to, Value value, std::string because);

  const PassInput& input_;
  Side pusher_, other_;
  PassPlan plan_;
};

Result<void> Decision::take(const Rule& rule) {
  if (rule.constant) {
    constant(rule);
    return {};
  }
  if (!input_.other_now) return create(rule);
  for (const Side to : {other_, pusher_}) {
    if (is_unfinished(rule, to) && may_write(rule, to)) return write(rule, to, "not finished by an earlier pass");
  }
  if (rule.create_only) return {};
  if (!known(rule, pusher_) || !known(rule, other_)) return first_link(rule);
  const bool i_changed = changed(rule, pusher_);
  const bool they_changed = changed(rule, other_);
  if (!i_changed && !they_changed) return {};
  if (both_agree(rule)) {
    plan_.agreed = true;
    return {};
  }
  if (i_changed && they_changed) return conflict(rule);
  const Side winner = i_changed ? pusher_ : other_;
  return write(rule, other(winner), "changed at " + std::string{syncservice::to_string(winner)});
}

PassPlan Decision::finish() {
  PassPlan out;
  if (!plan_.waits_for.empty()) {
    out.waits_for = std::move(plan_.waits_for);
    return out;
  }
  if (plan_.held.empty()) return std::move(plan_);
  out.held = std::move(plan_.held);
  return out;
}

Way Decision::way(const Rule& rule, Side to) const {
  Way out;
  out.to = to;
  out.twin_of = &input_.twin_of;
  const std::string& name = rule.name[to];
  const auto& limits = to == pusher_ ? input_.pusher_limits : input_.other_limits;
  if (const auto limit = limits.find(name); limit != limits.end()) out.limit = limit->second;
  if (is_there(to)) out.held = &at(now(to), name);
  if ((out.held == nullptr || is_empty(*out.held)) && snapshot(to)) out.held = &at(*snapshot(to), name);
  return out;
}

// Both sides hold the same, seen through the rule, on either way: what is lost on one is no difference. A table alone
// is a function only from left to right, so that this way decides unless the other one loses something or it leads
// nowhere.
bool Decision::both_agree(const Rule& rule) const {
  bool table_decides = rule.translation != nullptr;
  for (const Side to : {Side::destination, Side::source}) {
    if (rule.name[to].empty()) continue;
    const auto there = carry(rule, value(rule, other(to), now(other(to))), way(rule, to));
    if (!there) {
      table_decides = false;
      continue;
    }
    if (there->left_out || !there->missing.empty()) continue;
    const bool forward = to == Side::destination || !rule.writes[Side::destination];
    if (!forward && !there->lossy && (table_decides || is_empty(there->value))) continue;
    const Value& held = at(now(to), rule.name[to]);
    if (agree(there->value, held) || (there->whole && agree(*there->whole, held))) return true;
  }
  return false;
}

// What would go across was cut from what is there already.
bool Decision::would_lengthen(const Rule& rule, Side to) const {
  const Side from = other(to);
  const auto& limits = from == pusher_ ? input_.pusher_limits : input_.other_limits;
  const bool cuts = (rule.front == from && rule.max_length) || limits.contains(rule.name[from]);
  return cuts && is_cut_of(value(rule, from, now(from)), at(now(to), rule.name[to]));
}

void Decision::constant(const Rule& rule) {
  for (const Side to : {other_, pusher_}) {
    if (input_.other_now && is_unfinished(rule, to) && may_write(rule, to)) {
      put(rule, to, *rule.constant, "constant");
      return;
    }
  }
  if (!may_write(rule, other_)) return;
  if (input_.other_now && rule.create_only) return;
  const bool begins =
      rule.only_when[pusher_] && snapshot(pusher_) && known(rule, pusher_) && begins_to_count(rule, pusher_);
  if (input_.other_now && known(rule, other_) && !begins) return;
  put(rule, other_, *rule.constant, "constant");
}

Result<void> Decision::create(const Rule& rule) {
  if (!may_write(rule, other_)) return {};
  return write(rule, other_, "new record");
}

Result<void> Decision::first_link(const Rule& rule) {
  if (both_agree(rule)) return {};
  for (const Side to : {other_, pusher_}) {
    if (!may_write(rule, to)) continue;
    const bool there_empty = is_empty(at(now(to), rule.name[to]));
    const bool has_value = !is_empty(value(rule, other(to), now(other(to))));
    const bool fills = rule.fallback && rule.front == to && there_empty;
    if (!has_value && !fills) continue;
    if (would_lengthen(rule, to)) return {};
    return write(rule, to, "first link");
  }
  return {};
}

std::optional<Side> Decision::winner(const Rule& rule) {
  const bool both_dated = input_.pusher_updated && input_.other_updated;
  switch (rule.conflict) {
    case ConflictPolicy::source:
      return Side::source;
    case ConflictPolicy::destination:
      return Side::destination;
    case ConflictPolicy::pusher:
      return pusher_;
    case ConflictPolicy::newest:
      return both_dated && *input_.other_updated > *input_.pusher_updated ? other_ : pusher_;
    case ConflictPolicy::oldest:
      return both_dated && *input_.other_updated < *input_.pusher_updated ? other_ : pusher_;
    case ConflictPolicy::hold:
      break;
  }
  // What a template made was edited over there: nobody need decide, that edit stays.
  if (rule.pattern) return std::nullopt;
  const auto decided = input_.decided.find(rule.name[Side::source]);
  if (decided != input_.decided.end()) return decided->second;
  plan_.held.push_back({rule.name[Side::source], rule.name[Side::destination],
                        at(now(Side::source), rule.name[Side::source]),
                        at(now(Side::destination), rule.name[Side::destination])});
  return std::nullopt;
}

Result<void> Decision::conflict(const Rule& rule) {
  if (!may_write(rule, pusher_) && !may_write(rule, other_)) return {};
  const std::optional<Side> side = winner(rule);
  if (!side) return {};
  return write(rule, other(*side), "conflict, " + std::string{syncservice::to_string(*side)} + " wins");
}

Result<void> Decision::write(const Rule& rule, Side to, std::string because) {
  if (!may_write(rule, to)) return {};
  const Side from = other(to);
  auto carried = carry(rule, value(rule, from, now(from)), way(rule, to));
  if (!carried) return carried.error();
  for (record::Reference& missing : carried->missing) {
    const auto again = [&](const UnlinkedReference& waiting) { return waiting.side == from && waiting.to == missing; };
    if (std::none_of(plan_.waits_for.begin(), plan_.waits_for.end(), again))
      plan_.waits_for.push_back({from, std::move(missing)});
  }
  if (!carried->left_out) put(rule, to, std::move(carried->value), std::move(because));
  return {};
}

void Decision::put(const Rule& rule, Side to, Value value, std::string because) {
  static const Value empty;
  const Value& held = is_there(to) ? at(now(to), rule.name[to]) : empty;
  if (agree(value, held)) return;
  Fields& patch = to == pusher_ ? plan_.to_pusher : plan_.to_other;
  // Of several rules that write a field, each under its condition, the first one counts.
  if (!patch.emplace(rule.name[to], value).second) return;
  plan_.changes.push_back({to, rule.name[to], held, std::move(value), std::move(because)});
}

}  // namespace

Arrival arrival(const Value& was, const Value& wanted, const Value& now) {
  if (agree(wanted, now)) return Arrival::written;
  return same(was, now) ? Arrival::not_written : Arrival::something_else;
}

Result<PassPlan> decide_pass(const Compiled& plan, const PassInput& input) {
  Decision decision{input};
  for (const Rule& rule : plan.rules) {
    if (auto taken = decision.take(rule); !taken) return taken.error();
  }
  return decision.finish();
}

}  // namespace syncservice::mapping
