// The marker of an issue that we made. What counts is an issue property, which is set in the same call that makes the
// issue and which a clone does not take over. It can't be searched for, so that a label (or a text field) leads there.
#pragma once

#include "syncservice/base/result.hpp"
#include "syncservice/record/record.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <string_view>

namespace syncservice::adapter::jira {

/// The key of the issue property.
inline constexpr std::string_view marker_property = "syncservice";

/// What the property says.
struct Mark {
  std::string marker;         ///< empty: the issue is none of ours
  record::Fields unfinished;  ///< of the creation: what is yet to be written, by the mapping's names
};

/// An issue's answer (`properties` in it) as a Mark; one that is not of our form is none.
[[nodiscard]] Mark mark_of(const nlohmann::json& issue);
/// The property's value.
[[nodiscard]] nlohmann::json to_property(const Mark& mark);

/// The label that leads to the marker: "syncservice-" and what JQL, without regard to case, tells apart.
[[nodiscard]] std::string marker_label(std::string_view marker);
/// True for what marker_label gives.
[[nodiscard]] bool is_marker_label(std::string_view label) noexcept;

}  // namespace syncservice::adapter::jira
