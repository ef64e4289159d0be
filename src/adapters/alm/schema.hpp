// alm/schema — what a project's customization says of one type of entity. Pure.
#pragma once

#include "documents.hpp"

#include "syncservice/adapter/adapter.hpp"

#include <chrono>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace syncservice::adapter::alm {

/// The users of a project by login name.
using Users = std::map<std::string, record::User, std::less<>>;

/// What a schema is made of.
struct SchemaSource {
  std::vector<FieldRow> fields;
  std::map<std::string, std::vector<std::string>> lists;
  std::vector<UserRow> users;
  bool versioned = false;
};

/// One type of entity in one project. Immutable once made.
struct Schema {
  TypeInfo type;  ///< what may be mapped; other names of a field are its label and its column
  Users users;
  bool versioned = false;
  std::string marker;  ///< name of the marker's field; empty: there is none such that takes text
  std::size_t marker_size = 0;
  std::string comments;                                        ///< name of the comments' memo; empty: none
  std::string first;                                           ///< type that ids without one are of
  std::map<std::string, std::string, std::less<>> references;  ///< type of the records that a field refers to, by name
  std::chrono::steady_clock::time_point read_at{};

  /// The fields with the names that ALM knows them by instead of others. Refused when one is given twice.
  [[nodiscard]] Result<record::Fields> named(const record::Fields& fields) const;
};

/// What makes a Schema: names or labels; `comments` empty: the memo that ALM has for them.
struct SchemaNames {
  std::string marker, comments;
  std::vector<std::string> entities;  ///< types of the application's records; at least one
};

/// A field that ALM demands of a new record and that the adapter gives when nothing is mapped to it.
[[nodiscard]] bool is_given_by_us(std::string_view type, std::string_view field) noexcept;
[[nodiscard]] Schema make_schema(const std::string& type, const SchemaSource& source, const SchemaNames& names);

}  // namespace syncservice::adapter::alm
