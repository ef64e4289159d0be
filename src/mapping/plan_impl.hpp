// mapping/plan_impl — the compiled form of a PlanSpec.
#pragma once

#include "filter.hpp"
#include "translation.hpp"

#include "syncservice/mapping/plan.hpp"

#include <array>

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

/// One row of `fields:`, checked.
struct Rule {
  PerSide<std::string> name;  // empty at the side that a constant does not concern
  std::optional<record::Value> constant;
  Translation translation;
  PerSide<bool> writes;  // may this rule write its field at that side?
  ConflictPolicy conflict = ConflictPolicy::newest;
  int line = 0;
};

/// The whole of a compiled plan.
struct Compiled {
  std::vector<Rule> rules;
  PerSide<std::optional<Condition>> only_when;
  Direction direction = Direction::both;
};

struct Plan::Impl : Compiled {};

}  // namespace syncservice::mapping
