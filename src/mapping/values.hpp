// mapping/values — when two values count as one.
#pragma once

#include "syncservice/record/content.hpp"

#include <optional>
#include <string_view>

namespace syncservice::mapping {

/// Of one field of one system at two moments: 1 and 1.0 are the same, and a user or an option with the same id.
[[nodiscard]] bool same(const record::Value& one, const record::Value& two);

/// Of two systems: what would be written and what is there. Users are the same by the first of e-mail, name and id that
/// both have, options by name, else id; a text is the same as a value that it stands for.
[[nodiscard]] bool agree(const record::Value& wanted, const record::Value& held);

/// All of the text, blanks around it aside, as a number.
[[nodiscard]] std::optional<double> number_from(std::string_view text) noexcept;

}  // namespace syncservice::mapping
