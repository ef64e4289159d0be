// alm/values — entities into records, and values into what a field stores. Pure.
#pragma once

#include "documents.hpp"
#include "schema.hpp"
#include "zone.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace syncservice::adapter::alm {

/// The marker as its field holds it: nothing in it means anything in a filter, which knows no escapes.
[[nodiscard]] std::string marker_to_stored(const std::string& marker);
[[nodiscard]] std::string marker_from(const std::string& stored);

/// `{name["value"];…}`; the values hold neither quotes nor brackets.
[[nodiscard]] std::string equals(std::string_view field, std::string_view value);

/// The memo as a whole document; line breaks of plain text would be lost.
[[nodiscard]] std::string to_memo(const record::RichText& text);

/// The record's fields, each by its name and its other names; without project and id.
[[nodiscard]] record::Record to_record(const Schema& schema, const Entity& entity, const Zone& zone);

/// What a field stores for a value that fit() made. Refused, naming the field, when it can't hold it.
[[nodiscard]] Result<std::vector<std::string>> to_stored(const FieldInfo& field, const record::Value& value,
                                                         const Schema& schema, const Zone& zone);

}  // namespace syncservice::adapter::alm
