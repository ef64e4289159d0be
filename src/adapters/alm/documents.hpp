// alm/documents — ALM's documents, in XML and in JSON: read whichever comes, written as asked. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace syncservice::adapter::alm {

enum class Form : std::uint8_t { xml, json };
/// "application/xml" or "application/json".
[[nodiscard]] std::string accept_of(Form form);
/// The same with the charset, without which old servers store broken text.
[[nodiscard]] std::string content_type_of(Form form);

/// An entity: a record, or an attachment. A field without a value has no values.
struct Entity {
  std::string type;
  std::map<std::string, std::vector<std::string>, std::less<>> fields;

  [[nodiscard]] bool has(std::string_view name) const { return fields.contains(name); }
  /// The first value; empty when there is none.
  [[nodiscard]] std::string first(std::string_view name) const;
};

/// One page of entities.
struct Page {
  std::vector<Entity> entities;
  std::size_t total = 0;  ///< of all pages
};

/// One field of customization/entities/<type>/fields.
struct FieldRow {
  std::string name, label, physical, type;
  std::size_t size = 0;
  bool required = false, editable = true, multi = false, is_virtual = false;
  std::string list;       ///< id of its list; empty: none
  std::string refers_to;  ///< of a Reference, the type of entity; empty: not told
};

struct UserRow {
  std::string login, name, email;
};

/// An error document. The id is without "qccore.".
struct Problem {
  std::string id, title;
};

// Each is empty for what is no such document.
[[nodiscard]] std::optional<Entity> parse_entity(std::string_view body);
[[nodiscard]] std::optional<Page> parse_page(std::string_view body);
[[nodiscard]] std::optional<std::vector<FieldRow>> parse_fields(std::string_view body);
/// Items by the list's id.
[[nodiscard]] std::optional<std::map<std::string, std::vector<std::string>>> parse_lists(std::string_view body);
[[nodiscard]] std::optional<std::vector<UserRow>> parse_users(std::string_view body);
/// The names of domains or projects.
[[nodiscard]] std::optional<std::vector<std::string>> parse_names(std::string_view body);
/// Whether the entity's description says that it is under version control.
[[nodiscard]] std::optional<bool> parse_versioned(std::string_view body);
[[nodiscard]] std::optional<Problem> parse_problem(std::string_view body);

/// The body of a write. `name` comes first: some orders of fields are answered with 500.
[[nodiscard]] std::string write_entity(const Entity& entity, Form form);
/// The body of a sign-in.
[[nodiscard]] std::string write_sign_in(const std::string& user, const std::string& password);

}  // namespace syncservice::adapter::alm
