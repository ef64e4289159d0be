// folder/schema — the file `.fields.json`, which says what fields the records of a folder have:
//   {"types": {"Story": {"fields": {"summary": {"kind": "text", "required": true, "maxLength": 255},
//                                   "priority": {"kind": "option", "options": ["High", {"id": "3", "name": "Low"}]},
//                                   "labels": {"kind": "text", "list": true},
//                                   "key": {"kind": "text", "readOnly": true, "label": "Key"}}}},
//    "fields": {"due": {"kind": "date"}}}
// `fields` beside `types` are those of every type; without `types`, any type will do. A project's own file counts
// instead of the one above it.
#pragma once

#include "files.hpp"

#include "syncservice/adapter/fit.hpp"

#include <nlohmann/json_fwd.hpp>

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace syncservice::adapter::folder {

/// Immutable.
class Schema {
 public:
  /// Fails (unavailable, since it is the application that is out of order) with the file and what is wrong in it.
  [[nodiscard]] static Result<Schema> parse(std::string_view text, const std::string& path);

  /// The types it names; one without a name where it names none.
  [[nodiscard]] std::vector<TypeInfo> types() const;
  /// The fields of a type; of one that it does not name, those of every type.
  [[nodiscard]] const TypeInfo& type(std::string_view name) const noexcept;
  /// Refused where it names types, and not this one.
  [[nodiscard]] Result<void> check_type(const std::string& name) const;

 private:
  TypeInfo common_;
  std::vector<TypeInfo> types_;  // each with the common fields
};

/// Gives the values that were written as plain JSON the kinds that the type's fields have. What can't be of that kind
/// stays as it is.
void make_typed(record::Fields& fields, const TypeInfo& type);

/// A value as a record's file holds it: plain JSON where make_typed makes the same value of it, else the canonical
/// form.
[[nodiscard]] nlohmann::json to_file_value(const FieldInfo* field, const record::Value& value);

/// The schemas of an application, read anew when their files change. Thread-safe.
class Schemas {
 public:
  /// The one that counts for records in `records`, a folder in `base` or `base` itself; null when there is none.
  [[nodiscard]] Result<std::shared_ptr<const Schema>> of(const Folder& base, const Folder& records);
  /// The one in that very folder; null when there is none.
  [[nodiscard]] Result<std::shared_ptr<const Schema>> in(const Folder& folder);

 private:
  struct Known {
    FileStatus status;
    std::shared_ptr<const Schema> schema;
  };
  std::mutex mutex_;
  std::unordered_map<std::string, Known> known_;  // by path
};

}  // namespace syncservice::adapter::folder
