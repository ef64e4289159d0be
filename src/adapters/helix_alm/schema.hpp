// helix_alm/schema — the fields of one kind of records in one project, from the lists that describe them and from a
// record, which shows each with its type. Pure.
#pragma once

#include "api.hpp"
#include "values.hpp"
#include "workflow.hpp"

#include <chrono>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace syncservice::adapter::helix_alm {

inline constexpr const char *status_label = "Status", *requirement_type_label = "Requirement Type", *url_label = "URL";

/// A field as a row or a record says it is.
struct Field {
  FieldInfo info;
  std::int64_t id = 0;  ///< 0: not known
  Shape shape = Shape::text;
  std::string mirrors;  ///< key of the first found-by record that it shows, and which is written instead
  std::string menu;     ///< id of its menu, if that is known
};

/// How a project's fields are spoken of.
struct Labels {
  std::string marker;               ///< of the marker's field
  std::string modified;             ///< of when a record was changed
  std::string comment = "Comment";  ///< name of the event that a comment is
  std::string notes = "Notes";      ///< of that event's text
};

/// Immutable once made.
struct Schema {
  std::map<std::string, Field, std::less<>> fields;  ///< by label; without the marker and what changes by itself
  TypeInfo type;
  bool has_marker = false;  ///< there is a text field of the marker's label
  std::chrono::steady_clock::time_point read_at{};
};

/// `rows`: answers of the lists that describe the fields, whatever their form. `sample`: a record, or null.
[[nodiscard]] Schema make_schema(const ItemType& type, const std::vector<Json>& rows, const Json& sample,
                                 const Labels& labels, const Workflow& workflow);
/// With the items of menus, by the labels of the fields.
[[nodiscard]] Schema with_options(const Schema& schema,
                                  const std::map<std::string, std::vector<record::Option>>& options);

/// The first list of objects in an answer whose form is not documented.
[[nodiscard]] const Json& rows_in(const Json& answer);
/// The items of a menu, as its list says them.
[[nodiscard]] std::vector<record::Option> options_in(const Json& answer);

/// True for what changes with every write by itself, and is no field of a record.
[[nodiscard]] bool changes_by_itself(std::string_view label, const Labels& labels);

/// A record's answer as a record.
[[nodiscard]] record::Record to_record(const ItemType& type, const Json& item, const Labels& labels,
                                       const Workflow& workflow);
/// What the record shows of itself.
[[nodiscard]] std::string status_of(const Json& item, const Workflow& workflow);
[[nodiscard]] std::string marker_of(const Json& item, const Labels& labels);
[[nodiscard]] std::optional<Timestamp> modified_at(const Json& item, const Labels& labels);

}  // namespace syncservice::adapter::helix_alm
