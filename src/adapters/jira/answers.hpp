// What Jira's refusals say.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace syncservice::adapter::jira {

/// The vendor's words in the body of an error, in one line: `errorMessages`, then `errors` by field, "summary: Summary
/// is required"; empty when nothing was said.
[[nodiscard]] std::string words_of(const nlohmann::json& body);

/// A header of an answer by its name.
using HeaderOf = std::function<std::string_view(std::string_view name)>;

/// Why Jira did not take the credentials, whatever status it answered with: it lets strangers read what is public, so
/// that rejected credentials also come as 200 with nothing in it, or as 404. Empty when the headers don't say so.
[[nodiscard]] std::optional<std::string> sign_in_problem(const HeaderOf& header);

}  // namespace syncservice::adapter::jira
