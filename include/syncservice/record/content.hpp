// record/content — what there is in a value, and how much.
#pragma once

#include "syncservice/record/record.hpp"

#include <cstddef>
#include <string_view>

namespace syncservice::record {

/// True for Null, text and rich text without a character, a user, an option or a reference that names none, and an
/// empty list.
[[nodiscard]] bool is_empty(const Value& value) noexcept;

/// How many characters (code points) well-formed UTF-8 text has, which is what other systems' limits count.
[[nodiscard]] std::size_t characters(std::string_view utf8) noexcept;
/// The first `most` of them; all when there are no more.
[[nodiscard]] std::string_view first_characters(std::string_view utf8, std::size_t most) noexcept;

}  // namespace syncservice::record
