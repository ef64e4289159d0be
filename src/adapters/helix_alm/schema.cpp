#include "schema.hpp"

#include "syncservice/base/text.hpp"

#include <algorithm>
#include <array>

namespace syncservice::adapter::helix_alm {
namespace {

constexpr std::string_view modified_by = "Modified By";

// What an issue shows of its first found-by record, by the ids of the fields, which are the same in all projects.
struct Mirror {
  std::int64_t id;
  const char* key;
};
constexpr std::array mirrors{Mirror{54, "description"}, Mirror{8, "dateFound"},   Mirror{12, "versionFound"},
                             Mirror{58, "steps"},       Mirror{11, "reproduced"}, Mirror{13, "testConfig"},
                             Mirror{64, "otherConfig"}, Mirror{9, "foundBy"}};

std::string_view label_of(const Json& row) {
  for (const char* name : {"label", "longName", "name"}) {
    if (const std::string_view label = text_at(row, name); !label.empty()) return label;
  }
  return {};
}

void add_row(Schema& schema, const ItemType& type, const Json& row) {
  const std::string label{label_of(row)};
  const auto shape = shape_named(text_at(row, "type"));
  if (label.empty() || !shape) return;
  auto [at, is_new] = schema.fields.try_emplace(label);
  Field& field = at->second;
  if (!is_new && field.id != 0 && number_at(row, "id") != field.id) return;  // another one of the same label
  if (is_new) {
    field.info.name = field.info.label = label;
    field.shape = *shape;
    field.info.kind = kind_of(*shape);
    field.info.list = is_list(*shape);
  }
  if (const std::int64_t id = number_at(row, "id"); id != 0) field.id = id;
  if (true_at(row, "required")) field.info.required = true;
  if (true_at(row, "readOnly")) field.info.read_only = true;
  if (const std::int64_t menu = number_at(member(row, "menu"), "id"); menu != 0) field.menu = std::to_string(menu);
  if (!type.found_by) return;
  const auto mirror =
      std::find_if(mirrors.begin(), mirrors.end(), [&](const Mirror& one) { return one.id == field.id; });
  if (mirror == mirrors.end()) return;
  field.mirrors = mirror->key;
  field.info.read_only = false;
}

void add_own(Schema& schema, const char* label, FieldKind kind, bool read_only) {
  Field& field = schema.fields[label];
  if (kind == FieldKind::option) field.shape = Shape::menu_item;
  FieldInfo& info = field.info;
  info.name = info.label = label;
  info.kind = kind;
  info.read_only = read_only;
}

void describe_status(Schema& schema, const Workflow& workflow) {
  add_own(schema, status_label, workflow.empty() ? FieldKind::text : FieldKind::option, workflow.empty());
  for (std::string& status : workflow.statuses())
    schema.fields[status_label].info.options.push_back({status, std::move(status)});
}

const Json& field_in(const Json& item, std::string_view label) {
  static const Json nothing;
  const Json& fields = list_at(item, "fields");
  const auto found = std::find_if(fields.begin(), fields.end(),
                                  [&](const Json& field) { return text::iequals(text_at(field, "label"), label); });
  return found == fields.end() ? nothing : *found;
}

void list_fields(Schema& schema) {
  schema.type.fields.clear();
  for (const auto& [label, field] : schema.fields) schema.type.fields.push_back(field.info);
}

}  // namespace

const Json& rows_in(const Json& answer) {
  static const Json empty = Json::array();
  if (answer.is_array()) return answer;
  if (!answer.is_object()) return empty;
  for (const Json& value : answer) {
    if (value.is_array() && !value.empty() && value.front().is_object()) return value;
  }
  return empty;
}

bool changes_by_itself(std::string_view label, const Labels& labels) {
  return text::iequals(label, labels.modified) || text::iequals(label, modified_by);
}

Schema make_schema(const ItemType& type, const std::vector<Json>& rows, const Json& sample, const Labels& labels,
                   const Workflow& workflow) {
  Schema schema;
  for (const Json& answer : rows) {
    for (const Json& row : rows_in(answer)) add_row(schema, type, row);
  }
  for (const Json& field : list_at(sample, "fields")) add_row(schema, type, field);
  std::erase_if(schema.fields, [&](const auto& field) {
    const bool is_marker = text::iequals(field.first, labels.marker);
    schema.has_marker = schema.has_marker || (is_marker && field.second.shape == Shape::text);
    return is_marker || changes_by_itself(field.first, labels);
  });
  if (schema.fields.empty()) return schema;  // nothing is known
  describe_status(schema, workflow);
  add_own(schema, url_label, FieldKind::text, true);
  if (type.typed) add_own(schema, requirement_type_label, FieldKind::option, false);
  schema.type.name = type.name;
  list_fields(schema);
  return schema;
}

Schema with_options(const Schema& schema, const std::map<std::string, std::vector<record::Option>>& options) {
  Schema out = schema;
  for (const auto& [label, items] : options) {
    if (const auto field = out.fields.find(label); field != out.fields.end()) field->second.info.options = items;
  }
  list_fields(out);
  return out;
}

std::vector<record::Option> options_in(const Json& answer) {
  std::vector<record::Option> out;
  for (const Json& item : list_at(answer, "itemsData")) {
    record::Option option{std::to_string(number_at(item, "id")), std::string{text_at(item, "label")}};
    if (option.id != "0" && !option.name.empty()) out.push_back(std::move(option));
  }
  return out;
}

std::string status_of(const Json& item, const Workflow& workflow) {
  const Json& field = field_in(item, status_label);
  const std::string_view type = text_at(field, "type");
  const auto shape = shape_named(type);
  return shape ? workflow.status_in(value_of(*shape, member(field, type)).text()) : std::string{};
}

std::string marker_of(const Json& item, const Labels& labels) {
  return std::string{text_at(field_in(item, labels.marker), "string")};
}

std::optional<Timestamp> modified_at(const Json& item, const Labels& labels) {
  const Json& field = field_in(item, labels.modified);
  const auto at = record::instant_from_text(text_at(field, "dateTime"));
  return at ? std::optional{at->at} : std::nullopt;
}

record::Record to_record(const ItemType& type, const Json& item, const Labels& labels, const Workflow& workflow) {
  record::Record record;
  record.type = type.name;
  record.marker = marker_from(marker_of(item, labels));
  record.updated = modified_at(item, labels);
  for (const Json& field : list_at(item, "fields")) {
    const std::string_view label = text_at(field, "label"), name = text_at(field, "type");
    const auto shape = shape_named(name);
    if (label.empty() || !shape || text::iequals(label, labels.marker) || changes_by_itself(label, labels)) continue;
    record.fields.try_emplace(std::string{label}, value_of(*shape, member(field, name)));
  }
  const std::string status = status_of(item, workflow);
  record::Value shown;
  if (!status.empty()) shown = workflow.empty() ? record::Value{status} : record::Value{record::Option{status, status}};
  record.fields.insert_or_assign(status_label, std::move(shown));
  const std::string_view url = text_at(item, "httpURL");
  record.fields.insert_or_assign(url_label, url.empty() ? record::Value{} : record::Value{std::string{url}});
  if (type.typed)
    record.fields.insert_or_assign(requirement_type_label, value_of(Shape::menu_item, member(item, "requirementType")));
  return record;
}

}  // namespace syncservice::adapter::helix_alm
