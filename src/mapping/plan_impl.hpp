// mapping/plan_impl — the compiled form of a PlanSpec.
#pragma once

#include "filter.hpp"
#include "pattern.hpp"
#include "translation.hpp"

#include "syncservice/mapping/plan.hpp"

#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace syncservice::mapping {

/// Something for each side.
template <class T>
class PerSide {
 public:
  [[nodiscard]] T& operator[](Side side) noexcept { return values_[static_cast<std::size_t>(side)]; }
  [[nodiscard]] const T& operator[](Side side) const noexcept { return values_[static_cast<std::size_t>(side)]; }

 private:
  std::array<T, 2> values_{};
};

inline constexpr std::array both_sides{Side::source, Side::destination};

/// One row of `fields:`, checked.
struct Rule {
  PerSide<std::string> name;              // empty at the side that a constant or a template comes from
  std::optional<record::Value> constant;  // converted already
  std::shared_ptr<const Pattern> pattern;
  std::shared_ptr<const Translation> translation;  // null: every value stays as it is
  bool users = false;                              // the translation is one of users
  std::optional<UserPart> users_by;
  std::optional<As> as;
  std::optional<record::Value> fallback;
  std::optional<std::size_t> max_length;
  std::string separator;
  Side list_side = Side::destination;                   // where a text with separators is a list
  Side front = Side::destination;                       // the side that `as`, `default` and `maxLength` concern
  PerSide<std::shared_ptr<const Condition>> only_when;  // by the side that something comes from; null: always
  PerSide<std::vector<std::string>> reads;              // what it looks at beside its own field
  PerSide<bool> writes;                                 // may this rule write its field at that side?
  ConflictPolicy conflict = ConflictPolicy::newest;
  bool create_only = false;
  WhenUnlinked unlinked = WhenUnlinked::wait;
  int line = 0, column = 0;

  /// Does the snapshot know all that the rule looks at there? It does not when it is older than the rule.
  [[nodiscard]] bool known_to(const record::Fields& snapshot, Side side) const;
  /// Made by a template, so that only one side's edits count.
  [[nodiscard]] bool made_at(Side side) const noexcept { return pattern != nullptr && name[side].empty(); }
};

/// The whole of a compiled plan.
struct Compiled {
  std::vector<Rule> rules;
  PerSide<std::optional<Condition>> only_when;
  PerSide<std::vector<std::string>> kept;  // fields beside those of rules that a snapshot keeps
  Direction direction = Direction::both;
};

struct Plan::Impl : Compiled {};

/// The field's value; Null when it is not there.
[[nodiscard]] const record::Value& at(const record::Fields& fields, const std::string& name);

/// A value on its way to one side.
struct Way {
  Side to = Side::destination;
  const record::Value* held = nullptr;  ///< what the field holds there, or held last; may be Null
  std::optional<std::size_t> limit;     ///< how much text it takes there
  const decltype(PassInput::twin_of)* twin_of = nullptr;
};

/// A value that came across.
struct Carried {
  record::Value value;
  std::optional<record::Value> whole;      ///< what was cut to become the value
  bool lossy = false;                      ///< something was lost, so that it does not tell what the original was
  bool left_out = false;                   ///< the field is not to be written
  std::vector<record::Reference> missing;  ///< references that must be linked first
};

/// What the rule makes of a value of the other side. Fails (permanent) when it has no counterpart or can't be
/// converted.
[[nodiscard]] Result<Carried> carry(const Rule& rule, const record::Value& value, const Way& way);

/// Plan::decide.
[[nodiscard]] Result<PassPlan> decide_pass(const Compiled& plan, const PassInput& input);

}  // namespace syncservice::mapping
