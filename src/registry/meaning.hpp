// What the words of an app-link file mean to the modules that act on them.
#pragma once

#include "syncservice/config/registry_file.hpp"
#include "syncservice/mapping/plan.hpp"
#include "syncservice/registry/app_link.hpp"

#include <cstddef>
#include <vector>

namespace syncservice::registry {

/// What the app link says beside its ends, projects and fields.
void take_rules(const config::AppLinkDef& def, AppLink& link);

/// A field rule with the number of the FieldDef that it came from, among those that nothing was wrong with.
struct PlanParts {
  mapping::PlanSpec spec;
  std::vector<std::size_t> fields;  ///< per rule of `spec`: index into AppLinkDef::fields
};
/// Takes the field rules' content out of `def`; their names and places stay.
[[nodiscard]] PlanParts take_plan(config::AppLinkDef& def);

/// Where a fault of the plan stands.
[[nodiscard]] config::Location place_of(const config::AppLinkDef& def, const PlanParts& parts,
                                        const mapping::Fault& fault) noexcept;

}  // namespace syncservice::registry
