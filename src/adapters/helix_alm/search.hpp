// helix_alm/search — conditions in the search language of the API. It knows no escape: a value stands in the kind of
// quotes that it does not hold itself, and one that holds both can't be searched for. Pure.
#pragma once

#include "syncservice/base/result.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace syncservice::adapter::helix_alm {

/// "\"Sync Key\" = 'A-17'"; `comparison` is an operator such as "=" or ">=". Refused when the label or the value can't
/// be written.
[[nodiscard]] Result<std::string> condition(std::string_view label, std::string_view comparison,
                                            std::string_view value);

/// All of the conditions, without those that are empty.
[[nodiscard]] std::string all_of(const std::vector<std::string>& conditions);

}  // namespace syncservice::adapter::helix_alm
