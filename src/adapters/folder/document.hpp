// folder/document — the JSON in a record's file.
#pragma once

#include "syncservice/adapter/adapter.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <string_view>

namespace syncservice::adapter::folder {

/// Default of the setting `marker`.
inline constexpr std::string_view default_marker_member = "syncMarker";
/// True for the members that a marker can't be.
[[nodiscard]] bool is_reserved_member(std::string_view name) noexcept;

/// The document in a file; fails (malformed) with file and position.
[[nodiscard]] Result<nlohmann::ordered_json> parse_document(std::string_view text, const std::string& path);

/// The record that the document is. Fails (malformed) where a member is not what it must be, naming it.
[[nodiscard]] Result<record::Record> to_record(const nlohmann::ordered_json& document, const ProjectName& project,
                                               const RecordId& id, const std::string& marker_member,
                                               const std::string& path);

[[nodiscard]] nlohmann::ordered_json new_document(const NewRecord& wanted, const std::string& id,
                                                  const std::string& marker_member);

/// Sets the fields; everything else stays. The document is one that to_record takes.
void apply(nlohmann::ordered_json& document, const record::Fields& patch);

/// As a file holds it.
[[nodiscard]] std::string to_text(const nlohmann::ordered_json& document);

}  // namespace syncservice::adapter::folder
