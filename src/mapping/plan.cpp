// Deciding a pass, field by field.
#include "plan_impl.hpp"
#include "syncservice/base/text.hpp"

#include <algorithm>

namespace syncservice::mapping {
namespace {

using record::Fields;
using record::Value;

// See record/record.cpp: Boost's base has no virtual destructor on purpose.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wnon-virtual-dtor"
class Category final : public boost::system::error_category {
 public:
  [[nodiscard]] const char* name() const noexcept override { return "syncservice.mapping"; }
  [[nodiscard]] std::string message(int value) const override {
    switch (static_cast<Problem>(value)) {
      case Problem::no_counterpart:
        return "value without a counterpart";
    }
    return "unknown";
  }
};
#pragma GCC diagnostic pop

const Value& at(const Fields& fields, const std::string& name) {
  static const Value empty;
  const auto found = fields.find(name);
  return found == fields.end() ? empty : found->second;
}

bool same(const Value& left, const Value& right) {
  const auto* whole = std::get_if<std::int64_t>(&left.get());
  const auto* real = std::get_if<double>(&right.get());
  if (whole != nullptr && real != nullptr) return static_cast<double>(*whole) == *real;
  if (std::holds_alternative<double>(left.get()) && std::holds_alternative<std::int64_t>(right.get()))
    return same(right, left);
  const auto* one = std::get_if<record::List>(&left.get());
  const auto* two = std::get_if<record::List>(&right.get());
  if (one != nullptr && two != nullptr) return std::equal(one->begin(), one->end(), two->begin(), two->end(), same);
  return left == right;
}

Result<Value> translate(const Rule& rule, const Value& value, Side to) {
  std::string missing;
  auto counterpart = rule.translation.apply(value, to, missing);
  if (counterpart) return std::move(*counterpart);
  const Side from = other(to);
  std::string message = "The " + std::string{to_string(from)} + " field \"" + text::printable(rule.name[from]) +
                        "\" holds \"" + text::printable(missing) + "\", which has no counterpart for the " +
                        std::string{to_string(to)} + " field \"" + text::printable(rule.name[to]) +
                        "\"; add it to the values or users of that rule";
  if (rule.line > 0) message += " (line " + std::to_string(rule.line) + ")";
  return Error{make_error_code(Problem::no_counterpart), message + ".", FailureClass::permanent, std::nullopt};
}

// Both sides hold the same, seen through the rule's table. A table is a function only from left to right, so that
// direction decides where the rule goes there at all.
bool agree(const Rule& rule, const Value& source, const Value& destination) {
  std::string missing;
  const auto right = rule.translation.apply(source, Side::destination, missing);
  if (right && same(*right, destination)) return true;
  if (rule.writes[Side::destination]) return false;
  const auto left = rule.translation.apply(destination, Side::source, missing);
  return left && same(*left, source);
}

// One call of Plan::decide.
class Decision {
 public:
  explicit Decision(const PassInput& input) : input_(input), pusher_(input.pusher), other_(other(input.pusher)) {}

  Result<void> take(const Rule& rule) {
    if (rule.constant) {
      constant(rule);
      return {};
    }
    if (!input_.other_now) {
      if (!rule.writes[other_] || at(input_.pusher_now, rule.name[pusher_]).is_null()) return {};
      return write(rule, other_, "new record");
    }
    const Value& mine = now(rule, pusher_);
    const Value& theirs = now(rule, other_);
    if (!known(rule, pusher_) || !known(rule, other_)) {
      if (pusher_ == Side::source ? agree(rule, mine, theirs) : agree(rule, theirs, mine)) return {};
      return first_link(rule, mine, theirs);
    }
    const bool i_changed = changed(rule, pusher_);
    const bool they_changed = changed(rule, other_);
    if (!i_changed && !they_changed) return {};
    if (pusher_ == Side::source ? agree(rule, mine, theirs) : agree(rule, theirs, mine)) return {};
    if (i_changed && they_changed) return conflict(rule);
    const Side winner = i_changed ? pusher_ : other_;
    return write(rule, other(winner), "changed at " + std::string{to_string(winner)});
  }

  PassPlan finish() {
    if (plan_.held.empty()) return std::move(plan_);
    PassPlan held;
    held.held = std::move(plan_.held);
    return held;
  }

 private:
  [[nodiscard]] const Value& now(const Rule& rule, Side side) const {
    return at(side == pusher_ ? input_.pusher_now : *input_.other_now, rule.name[side]);
  }
  [[nodiscard]] const std::optional<Fields>& snapshot(Side side) const {
    return side == pusher_ ? input_.pusher_snapshot : input_.other_snapshot;
  }
  // A snapshot without the field is older than the rule.
  [[nodiscard]] bool known(const Rule& rule, Side side) const {
    return snapshot(side) && snapshot(side)->contains(rule.name[side]);
  }
  [[nodiscard]] bool changed(const Rule& rule, Side side) const {
    return !same(now(rule, side), at(*snapshot(side), rule.name[side]));
  }

  void constant(const Rule& rule) {
    if (!rule.writes[other_]) return;
    if (input_.other_now && known(rule, other_)) return;
    put(rule, other_, *rule.constant, "constant");
  }

  Result<void> first_link(const Rule& rule, const Value& mine, const Value& theirs) {
    const bool i_have = rule.writes[other_] && !mine.is_null();
    const bool they_have = rule.writes[pusher_] && !theirs.is_null();
    if (i_have) return write(rule, other_, "first link");
    if (they_have) return write(rule, pusher_, "first link");
    return {};
  }

  Result<void> conflict(const Rule& rule) {
    Side winner = pusher_;
    switch (rule.conflict) {
      case ConflictPolicy::source:
        winner = Side::source;
        break;
      case ConflictPolicy::destination:
        winner = Side::destination;
        break;
      case ConflictPolicy::pusher:
        break;
      case ConflictPolicy::newest:
        if (input_.pusher_updated && input_.other_updated && *input_.other_updated > *input_.pusher_updated)
          winner = other_;
        break;
      case ConflictPolicy::oldest:
        if (input_.pusher_updated && input_.other_updated && *input_.other_updated < *input_.pusher_updated)
          winner = other_;
        break;
      case ConflictPolicy::hold: {
        const auto decided = input_.decided.find(rule.name[Side::source]);
        if (decided == input_.decided.end()) {
          plan_.held.push_back({rule.name[Side::source], rule.name[Side::destination], now(rule, Side::source),
                                now(rule, Side::destination)});
          return {};
        }
        winner = decided->second;
        break;
      }
    }
    return write(rule, other(winner), "conflict, " + std::string{to_string(winner)} + " wins");
  }

  Result<void> write(const Rule& rule, Side to, std::string because) {
    if (!rule.writes[to]) return {};
    const Side from = other(to);
    auto value = translate(rule, at(from == pusher_ ? input_.pusher_now : *input_.other_now, rule.name[from]), to);
    if (!value) return value.error();
    put(rule, to, std::move(*value), std::move(because));
    return {};
  }

  void put(const Rule& rule, Side to, Value value, std::string because) {
    const bool exists = to == pusher_ || input_.other_now.has_value();
    const Value& held = exists ? now(rule, to) : at({}, rule.name[to]);
    if (same(value, held)) return;
    plan_.changes.push_back({to, rule.name[to], held, value, std::move(because)});
    (to == pusher_ ? plan_.to_pusher : plan_.to_other).insert_or_assign(rule.name[to], std::move(value));
  }

  const PassInput& input_;
  Side pusher_, other_;
  PassPlan plan_;
};

}  // namespace

const boost::system::error_category& mapping_category() noexcept {
  static const Category category;
  return category;
}

boost::system::error_code make_error_code(Problem problem) noexcept {
  return {static_cast<int>(problem), mapping_category()};
}

Plan::Plan(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Plan::~Plan() = default;

bool Plan::admits(Side side, const Fields& fields) const {
  const auto& condition = impl_->only_when[side];
  return !condition || condition->holds(fields);
}

Fields Plan::mapped(Side side, const Fields& fields) const {
  Fields out;
  for (const Rule& rule : impl_->rules) {
    const std::string& name = rule.name[side];
    if (!name.empty()) out.emplace(name, at(fields, name));
  }
  return out;
}

bool Plan::unchanged(Side side, const Fields& now, const Fields& snapshot) const {
  return std::all_of(impl_->rules.begin(), impl_->rules.end(), [&](const Rule& rule) {
    if (rule.constant || !rule.writes[other(side)]) return true;
    const std::string& name = rule.name[side];
    return snapshot.contains(name) && same(at(now, name), at(snapshot, name));
  });
}

Result<PassPlan> Plan::decide(const PassInput& input) const {
  Decision decision{input};
  for (const Rule& rule : impl_->rules) {
    if (auto taken = decision.take(rule); !taken) return taken.error();
  }
  return decision.finish();
}

Direction Plan::direction() const noexcept {
  return impl_->direction;
}

}  // namespace syncservice::mapping
