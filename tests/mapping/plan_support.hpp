// What the tests of plans share.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "syncservice/mapping/plan.hpp"

namespace syncservice::mapping {

inline FieldRule both(std::string source, std::string destination) {
  FieldRule rule;
  rule.source = std::move(source);
  rule.destination = std::move(destination);
  return rule;
}

inline std::shared_ptr<const Plan> compiled(std::vector<FieldRule> rules,
                                            ConflictPolicy conflict = ConflictPolicy::newest,
                                            Direction direction = Direction::both) {
  PlanSpec spec;
  spec.fields = std::move(rules);
  spec.conflict = conflict;
  spec.direction = direction;
  std::vector<Fault> faults;
  auto plan = Plan::compile(std::move(spec), faults);
  for (const auto& fault : faults) ADD_FAILURE() << fault.what;
  return plan;
}

/// A pass over a pair that is linked: what each side held after the last pass, and holds now. The source pushes.
inline PassInput linked(const Plan& plan, const record::Fields& source_before, const record::Fields& source_now,
                        const record::Fields& destination_before, const record::Fields& destination_now) {
  PassInput input;
  input.pusher_now = source_now;
  input.other_now = destination_now;
  input.pusher_snapshot = plan.mapped(Side::source, source_before);
  input.other_snapshot = plan.mapped(Side::destination, destination_before);
  return input;
}

inline PassPlan decided(const Plan& plan, const PassInput& input) {
  auto result = plan.decide(input);
  if (result) return *result;
  ADD_FAILURE() << result.error().message;
  return {};
}

}  // namespace syncservice::mapping
