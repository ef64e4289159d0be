// adapter/fit — values against the fields that describe() names: what an adapter checks before it writes, and how plain
// text becomes the date, option or user that a field holds.
#pragma once

#include "syncservice/adapter/adapter.hpp"
#include "syncservice/record/content.hpp"

#include <optional>
#include <string_view>

namespace syncservice::adapter {

/// True when a mapping may call the field so.
[[nodiscard]] bool is_called(const FieldInfo& field, std::string_view name) noexcept;

/// The field of that name; null when the type has none.
[[nodiscard]] const FieldInfo* find_field(const TypeInfo& type, std::string_view name) noexcept;

/// The value as the field holds it: text that says a date or an instant is one, an option goes by its id or its name, a
/// user by e-mail or name, a record by its id, a whole number is a decimal, one value a list of one; formatted text
/// loses its formatting in a field of plain text. Empty where nothing is meant by it. Null stays Null; an option that
/// is not among those of the field stays as it is.
[[nodiscard]] std::optional<record::Value> as_kind(const FieldInfo& field, const record::Value& value);

/// The two ways of writing fields.
enum class Write : std::uint8_t { create, update };

/// The fields as the type holds them. Refused (permanent), naming the field: one that the type does not have, a
/// read-only one, a required one that is empty or missing, another kind of value, no such option, text too long.
[[nodiscard]] Result<record::Fields> fit(const TypeInfo& type, const record::Fields& fields, Write write);

}  // namespace syncservice::adapter
