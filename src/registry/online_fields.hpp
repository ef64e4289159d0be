// One field rule against what both applications say of their fields.
#pragma once

#include "syncservice/adapter/adapter.hpp"
#include "syncservice/mapping/plan.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace syncservice::registry {

/// The fields that records of one side may have.
struct Known {
  std::string what;  ///< "Story in "jira"", for messages
  std::vector<adapter::FieldInfo> fields;
  bool one_type = true;  ///< else the fields of several types together

  /// By name; null when there is none.
  [[nodiscard]] const adapter::FieldInfo* find(const std::string& name) const;
  /// That there is no such field, with the nearest one.
  [[nodiscard]] std::string missing(const std::string& name) const;
  [[nodiscard]] std::string read_only(const std::string& name) const;
};

/// What is wrong with writing that value to the field, when its options are known and it is none of them.
[[nodiscard]] std::optional<std::string> option_fault(const Known& known, const adapter::FieldInfo& field,
                                                      const record::Value& value);

struct Findings {
  std::vector<std::string> faults, warnings;
};

/// Everything that is wrong with a rule, or may be with some record; null: nothing is known of that side.
[[nodiscard]] Findings findings_of(const mapping::RuleUse& use, const Known* source, const Known* destination);

}  // namespace syncservice::registry
