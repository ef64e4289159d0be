// servicenow/values — rows into records, and values into what a column stores. Pure.
#pragma once

#include "tables.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace syncservice::adapter::servicenow {

/// "2026-11-24 10:00:00", always UTC; empty for anything else.
[[nodiscard]] std::optional<Timestamp> moment_from(std::string_view stored);
/// What is finer than a second is cut off.
[[nodiscard]] std::string to_moment(Timestamp instant);

/// The marker as the marker's column holds it: nothing in it means anything in a query.
[[nodiscard]] std::string marker_to_stored(const std::string& marker);
[[nodiscard]] std::string marker_from(const std::string& stored);

/// A row that was asked for with both values. What the account may not read is not in it, and not in the record.
[[nodiscard]] record::Record to_record(const Table& table, const Json& row, const std::string& marker_column,
                                       const ProjectName& project);

/// What the column stores for a value of its kind that names nothing to be looked up; Null empties it. Refused, naming
/// the field, when it can't hold the value.
[[nodiscard]] Result<std::string> to_stored(const Column& column, const record::Value& value);

/// The text of a journal entry: plain, with HTML between [code] and [/code].
[[nodiscard]] record::RichText from_journal(std::string_view entry);
/// Plain where nothing is lost by it, or `html` is false.
[[nodiscard]] std::string to_journal(const record::RichText& text, bool html);

}  // namespace syncservice::adapter::servicenow
