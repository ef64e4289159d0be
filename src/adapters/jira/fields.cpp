#include "fields.hpp"

#include "json.hpp"

#include "syncservice/adapter/failure.hpp"
#include "syncservice/base/text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace syncservice::adapter::jira {
namespace {

using ShapeOf = std::pair<std::string_view, Shape>;

// By the `type` of a schema, or the `items` of an array.
constexpr std::array shapes_by_type{ShapeOf{"string", Shape::text},
                                    ShapeOf{"number", Shape::number},
                                    ShapeOf{"date", Shape::date},
                                    ShapeOf{"datetime", Shape::instant},
                                    ShapeOf{"user", Shape::user},
                                    ShapeOf{"group", Shape::group},
                                    ShapeOf{"priority", Shape::named},
                                    ShapeOf{"status", Shape::named},
                                    ShapeOf{"resolution", Shape::named},
                                    ShapeOf{"issuetype", Shape::named},
                                    ShapeOf{"version", Shape::named},
                                    ShapeOf{"component", Shape::named},
                                    ShapeOf{"securitylevel", Shape::named},
                                    ShapeOf{"statusCategory", Shape::named},
                                    ShapeOf{"team", Shape::identified},
                                    ShapeOf{"option", Shape::option},
                                    ShapeOf{"option-with-child", Shape::cascading},
                                    ShapeOf{"project", Shape::project},
                                    ShapeOf{"issuelink", Shape::issue},
                                    ShapeOf{"issuelinks", Shape::issue},
                                    ShapeOf{"votes", Shape::count},
                                    ShapeOf{"watches", Shape::count},
                                    ShapeOf{"progress", Shape::count},
                                    ShapeOf{"sd-customerrequesttype", Shape::request_type},
                                    ShapeOf{"sd-customerorganization", Shape::identified}};

// By what follows the last colon of `custom`; these types say too little, or the wrong thing, otherwise.
constexpr std::array shapes_by_custom{
    ShapeOf{"textarea", Shape::rich_text},        ShapeOf{"gh-epic-link", Shape::issue_key},
    ShapeOf{"gh-sprint", Shape::sprint},          ShapeOf{"gh-lexo-rank", Shape::other},
    ShapeOf{"atlassian-team", Shape::identified}, ShapeOf{"rm-teams-custom-field-team", Shape::identified},
    ShapeOf{"vp-origin", Shape::request_type}};

// Of the fields that every Jira has.
constexpr std::array read_only_ids{"aggregateprogress",
                                   "aggregatetimeestimate",
                                   "aggregatetimeoriginalestimate",
                                   "aggregatetimespent",
                                   "created",
                                   "creator",

                                   "progress",
                                   "project",
                                   "resolutiondate",
                                   "status",
                                   "statusCategory",
                                   "statuscategorychangedate",
                                   "subtasks",
                                   "timeestimate",
                                   "timeoriginalestimate",
                                   "timespent",

                                   "votes",
                                   "watches",
                                   "workratio"};

// What changes with every write, or with reading, is no field to be kept in step; the others are read by calls of their
// own, or taken apart.
constexpr std::array apart_ids{"attachment",       "comment",    "issuekey",     "issuelinks",
                               "issuerestriction", "lastViewed", "timetracking", "parentIssue",
                               "thumbnail",        "updated",    "worklog"};

template <class Table>
const Shape* look_up(const Table& table, std::string_view name) {
  const auto found =
      std::find_if(table.begin(), table.end(), [&](const ShapeOf& entry) { return entry.first == name; });
  return found == table.end() ? nullptr : &found->second;
}

Shape shape_of(const nlohmann::json& schema, bool list) {
  const std::string_view custom = text_at(schema, "custom");
  if (const Shape* known = look_up(shapes_by_custom, custom.substr(custom.rfind(':') + 1))) return *known;
  const std::string_view system = text_at(schema, "system");
  if (system == "description" || system == "environment") return Shape::rich_text;
  if (const Shape* known = look_up(shapes_by_type, text_at(schema, list ? "items" : "type"))) return *known;
  return Shape::other;
}

}  // namespace

bool is_apart(std::string_view id) noexcept {
  return std::find(apart_ids.begin(), apart_ids.end(), id) != apart_ids.end();
}

Field field_of(const nlohmann::json& entry, std::string id) {
  Field out;
  out.id = std::move(id);
  for (const char* member : {"id", "fieldId", "key"}) {
    if (out.id.empty()) out.id = text_at(entry, member);
  }
  out.name = text_at(entry, "name");
  out.custom = out.id.starts_with("customfield_");
  const nlohmann::json& schema = object_at(entry, "schema");
  out.list = text_at(schema, "type") == "array";
  out.shape = schema.empty() ? Shape::other : shape_of(schema, out.list);
  if (out.id == "parent") {
    out.shape = Shape::issue;
    out.list = false;
  }
  if (out.id == "subtasks") {
    out.shape = Shape::issue;
    out.list = true;
  }
  // A sprint's schema is a list, yet an issue is put into one.
  out.read_only = out.shape == Shape::other || out.shape == Shape::count ||
                  std::find(read_only_ids.begin(), read_only_ids.end(), out.id) != read_only_ids.end();
  if (out.id == "status") out.read_only = false;
  return out;
}

FieldKind kind_of(Shape shape) noexcept {
  switch (shape) {
    case Shape::text:
    case Shape::other:
      return FieldKind::text;
    case Shape::rich_text:
      return FieldKind::rich_text;
    case Shape::number:
      return FieldKind::decimal;
    case Shape::count:
      return FieldKind::integer;
    case Shape::date:
      return FieldKind::date;
    case Shape::instant:
      return FieldKind::instant;
    case Shape::user:
      return FieldKind::user;
    case Shape::group:
    case Shape::named:
    case Shape::identified:
    case Shape::option:
    case Shape::cascading:
    case Shape::project:
    case Shape::sprint:
    case Shape::request_type:
      return FieldKind::option;
    case Shape::issue:
    case Shape::issue_key:
      return FieldKind::reference;
  }
  return FieldKind::text;
}

FieldInfo describe(const Field& field) {
  FieldInfo out;
  out.name = field.id;
  out.label = field.name;
  out.kind = kind_of(field.shape);
  out.list = field.list;
  out.read_only = field.read_only;
  return out;
}

FieldTable::FieldTable(const nlohmann::json& entries) {
  if (!entries.is_array()) return;
  for (const nlohmann::json& entry : entries) {
    Field field = field_of(entry);
    if (field.id.empty() || is_apart(field.id)) continue;
    if (field.custom) ids_by_name_[field.name].push_back(field.id);
    by_id_.insert_or_assign(field.id, std::move(field));
  }
}

const Field* FieldTable::by_id(std::string_view id) const {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : &found->second;
}

std::vector<const Field*> FieldTable::named(std::string_view name) const {
  std::vector<const Field*> out;
  const auto found = ids_by_name_.find(name);
  if (found == ids_by_name_.end()) return out;
  for (const std::string& id : found->second) out.push_back(by_id(id));
  return out;
}

Result<const Field*> FieldTable::find(std::string_view name) const {
  if (const Field* field = by_id(name)) return field;
  const std::vector<const Field*> same = named(name);
  if (same.size() == 1) return same.front();
  std::string message;
  if (same.size() > 1) {
    std::vector<std::string> ids;
    ids.reserve(same.size());
    for (const Field* field : same) ids.push_back(field->id);
    message = "Several fields of Jira are called \"";
    message.append(text::printable(name)).append("\"; name the one that is meant by its id: ");
    message.append(text::quoted_list(ids)).append(".");
  } else {
    std::vector<std::string> names;
    for (const auto& [id, field] : by_id_) names.push_back(field.custom ? field.name : id);
    const std::vector<std::string> near = text::nearest(name, names);
    message = "Jira has no field \"";
    message.append(text::printable(name)).append(near.empty() ? "\"." : "\"; near is ");
    if (!near.empty()) message.append(text::quoted_list(near)).append(".");
  }
  return make_error(Failure::refused, std::move(message));
}

}  // namespace syncservice::adapter::jira
