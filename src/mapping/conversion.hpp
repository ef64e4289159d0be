// mapping/conversion — `as`, `split`, `join` and `maxLength`: one value made another.
#pragma once

#include "syncservice/mapping/plan.hpp"
#include "syncservice/record/record.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace syncservice::mapping {

/// What `as` calls it, "rich-text".
[[nodiscard]] std::string_view to_string(As as) noexcept;

/// The kind of a value, or of the elements of a list when they are all alike but for those that are Null; empty where
/// there is nothing to tell from.
[[nodiscard]] std::optional<As> kind_of(const record::Value& value);

/// One value (no list) as another kind: dates and instants from ISO 8601, decimals to the nearest integer, users from
/// an e-mail address or a name. An empty one becomes Null. Empty when it can't be. References stay as they are.
[[nodiscard]] std::optional<record::Value> convert(const record::Value& value, As as);

/// A text at each separator, without blanks around the elements and without empty ones; a list as it is; Null for
/// nothing.
[[nodiscard]] record::Value split(const record::Value& value, const std::string& separator);
/// The texts of a list with the separator between them; anything else as it is.
[[nodiscard]] record::Value join(const record::Value& value, const std::string& separator);

/// Text, rich text and the texts of a list cut to `most` characters, "…" the last of them. Rich text that is longer,
/// mark-up included, loses its formatting. Sets `was_cut` when something was lost.
[[nodiscard]] record::Value cut(const record::Value& value, std::size_t most, bool& was_cut);
/// Is `shorter` what a cut made of `longer`, wherever it was cut?
[[nodiscard]] bool is_cut_of(const record::Value& shorter, const record::Value& longer);

}  // namespace syncservice::mapping
