// How complaints put names.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace syncservice::registry {

/// As it may stand in a message.
[[nodiscard]] std::string in_quotes(std::string_view value);
/// "; did you mean …?" with the nearest known name, or all of them when they are few.
[[nodiscard]] std::string hint(std::string_view given, const std::vector<std::string>& known);

}  // namespace syncservice::registry
