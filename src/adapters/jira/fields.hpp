// The fields of a Jira: what GET /field and the screens say of them, and the names that a mapping may use.
#pragma once

#include "syncservice/adapter/adapter.hpp"
#include "syncservice/base/result.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace syncservice::adapter::jira {

enum class Flavour : std::uint8_t { cloud, server };  ///< server: Data Center too

/// How one value of a field looks in JSON.
enum class Shape : std::uint8_t {
  text,
  rich_text,  ///< an ADF document in the cloud, wiki markup on a server
  number,
  date,
  instant,
  user,
  group,
  named,         ///< {"id","name"}
  identified,    ///< read like `named`, written as the bare id
  option,        ///< {"id","value"}
  cascading,     ///< {"id","value","child":{…}}
  project,       ///< {"id","key","name"}
  issue,         ///< {"id","key"}
  issue_key,     ///< a key as text (the epic link of a server)
  sprint,        ///< objects or text that describes one; written as a number
  request_type,  ///< of a service project: {"requestType":{"id","name"}}, written as the bare id
  count,         ///< {"votes"}, {"watchCount"}, {"progress"}
  other          ///< what only an add-on understands; read as text
};

struct Field {
  std::string id;    ///< "summary", "customfield_10010"
  std::string name;  ///< as people see it
  Shape shape = Shape::text;
  bool list = false;
  bool custom = false;
  bool read_only = false;
};

/// One entry of GET /field, of a screen (`key` or `fieldId` is its id), or of editmeta (the id is given).
[[nodiscard]] Field field_of(const nlohmann::json& entry, std::string id = {});
[[nodiscard]] FieldKind kind_of(Shape shape) noexcept;
/// As the port describes it, by its id.
[[nodiscard]] FieldInfo describe(const Field& field);

/// What is never a field to us: it has calls of its own, is split into fields of our own, or changes with every write.
[[nodiscard]] bool is_apart(std::string_view id) noexcept;

/// All fields of a Jira. Immutable, thread-safe.
class FieldTable {
 public:
  /// `entries`: the answer of GET /field.
  explicit FieldTable(const nlohmann::json& entries);

  [[nodiscard]] const Field* by_id(std::string_view id) const;
  /// By id, or a custom field by its name; refused (permanent) when there is none, or several have that name.
  [[nodiscard]] Result<const Field*> find(std::string_view name) const;
  /// The fields that share a name, by id; empty when there is none.
  [[nodiscard]] std::vector<const Field*> named(std::string_view name) const;
  [[nodiscard]] const std::map<std::string, Field, std::less<>>& all() const noexcept { return by_id_; }

 private:
  std::map<std::string, Field, std::less<>> by_id_;
  std::map<std::string, std::vector<std::string>, std::less<>> ids_by_name_;  // of custom fields
};

/// The two halves of `timetracking` that can be written, and the one that can't.
inline constexpr std::string_view original_estimate = "timetracking.originalEstimate";
inline constexpr std::string_view remaining_estimate = "timetracking.remainingEstimate";
inline constexpr std::string_view time_spent = "timetracking.timeSpent";
/// What a field name of an issue link begins with, for example "link:is blocked by".
inline constexpr std::string_view link_prefix = "link:";

}  // namespace syncservice::adapter::jira
