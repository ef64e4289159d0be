#include "schema.hpp"

#include "syncservice/base/text.hpp"
#include "syncservice/record/rich_text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace syncservice::adapter::folder {
namespace {

using Json = nlohmann::ordered_json;
using record::Value;

const std::string schema_name = ".fields.json";
constexpr std::size_t max_depth = 16;
constexpr std::array kinds{FieldKind::text,    FieldKind::rich_text, FieldKind::integer, FieldKind::decimal,
                           FieldKind::boolean, FieldKind::date,      FieldKind::instant, FieldKind::user,
                           FieldKind::option,  FieldKind::reference};

// Thrown nowhere: says where in the file something is wrong.
struct Place {
  const std::string& path;
  std::string field;
  [[nodiscard]] Error wrong(const std::string& what) const {
    std::string message = path + ": ";
    if (!field.empty()) message += "Field \"" + text::printable(field) + "\": ";
    return make_error(Failure::unavailable, message + what);
  }
};

Result<FieldKind> kind_from(const Json& json, const Place& place) {
  std::vector<std::string> names;
  std::string wanted = json.is_string() ? json.get<std::string>() : json.dump();
  std::replace(wanted.begin(), wanted.end(), '-', ' ');
  for (const FieldKind kind : kinds) {
    names.emplace_back(to_string(kind));
    if (names.back() == wanted) return kind;
  }
  return place.wrong("There is no kind \"" + text::printable(wanted) + "\"; it is one of " + text::quoted_list(names) +
                     ".");
}

Result<record::Option> option_from(const Json& json, const Place& place) {
  if (json.is_string()) return record::Option{{}, json.get<std::string>()};
  record::Option option;
  if (json.is_object()) {
    for (const auto& [name, part] : json.items()) {
      if ((name != "id" && name != "name") || !part.is_string())
        return place.wrong(R"(An option is text, or {"id": "3", "name": "Low"}, not )" + json.dump() + '.');
      (name == "id" ? option.id : option.name) = part.get<std::string>();
    }
  }
  if (option.id.empty() && option.name.empty())
    return place.wrong(R"(An option is text, or {"id": "3", "name": "Low"}, not )" + json.dump() + '.');
  return option;
}

Result<bool> flag_from(const std::string& name, const Json& json, const Place& place) {
  if (!json.is_boolean()) return place.wrong('"' + name + "\" is true or false, not " + json.dump() + '.');
  return json.get<bool>();
}

Result<void> set(FieldInfo& field, const std::string& name, const Json& json, const Place& place) {
  if (name == "kind") {
    const auto kind = kind_from(json, place);
    if (!kind) return kind.error();
    field.kind = *kind;
    return {};
  }
  if (name == "label") {
    if (!json.is_string()) return place.wrong("\"label\" is text, not " + json.dump() + '.');
    field.label = json.get<std::string>();
    return {};
  }
  if (name == "list" || name == "required" || name == "readOnly") {
    const auto flag = flag_from(name, json, place);
    if (!flag) return flag.error();
    (name == "list" ? field.list : name == "required" ? field.required : field.read_only) = *flag;
    return {};
  }
  if (name == "maxLength") {
    if (!json.is_number_unsigned() || json.get<std::size_t>() == 0)
      return place.wrong("\"maxLength\" is a whole number from 1, not " + json.dump() + '.');
    field.max_length = json.get<std::size_t>();
    return {};
  }
  if (name == "options") {
    if (!json.is_array()) return place.wrong("\"options\" is a list, not " + json.dump() + '.');
    for (const Json& item : json) {
      auto option = option_from(item, place);
      if (!option) return option.error();
      field.options.push_back(std::move(*option));
    }
    return {};
  }
  return place.wrong("There is no member \"" + text::printable(name) +
                     "\"; a field has \"kind\", \"label\", \"list\", \"required\", \"readOnly\", \"maxLength\" and "
                     "\"options\".");
}

Result<std::vector<FieldInfo>> fields_from(const Json& json, const std::string& path) {
  if (!json.is_object()) return Place{path, {}}.wrong("\"fields\" is an object of fields by name.");
  std::vector<FieldInfo> out;
  for (const auto& [name, members] : json.items()) {
    const Place place{path, name};
    FieldInfo field;
    field.name = name;
    if (!members.is_object()) return place.wrong(R"(A field is an object such as {"kind": "text"}.)");
    for (const auto& [member, value] : members.items()) {
      if (auto done = set(field, member, value, place); !done) return done.error();
    }
    if (field.max_length && field.kind != FieldKind::text) return place.wrong("Only text has a \"maxLength\".");
    if (!field.options.empty() && field.kind != FieldKind::option)
      return place.wrong("Only the kind \"option\" has \"options\".");
    out.push_back(std::move(field));
  }
  return out;
}

// As kept apart from equality, for which the zone of an instant does not count.
bool identical(const Value& left, const Value& right) {
  return left == right && record::to_json_value(left) == record::to_json_value(right);
}

Value typed(const FieldInfo& field, const Value& value) {
  if (field.kind != FieldKind::rich_text) return as_kind(field, value).value_or(value);
  // What stands in a file as rich text is HTML.
  if (const auto* html = value.as<std::string>()) {
    Value rich = record::from_html(*html);
    return field.list ? Value{record::List{std::move(rich)}} : rich;
  }
  const auto* list = value.as<record::List>();
  if (list == nullptr || !field.list) return value;
  record::List items;
  for (const Value& item : *list) {
    const auto* html = item.as<std::string>();
    items.push_back(html == nullptr ? item : Value{record::from_html(*html)});
  }
  return Value{std::move(items)};
}

// As a person would write it.
Value plain(const Value& value) {
  if (const auto* rich = value.as<record::RichText>()) return rich->html();
  if (const auto* date = value.as<record::Date>()) return record::to_text(*date);
  if (const auto* instant = value.as<record::Instant>()) {
    std::string local = to_rfc3339(instant->at + instant->zone);
    if (instant->zone.count() == 0) return local;
    local.pop_back();
    return local.append(record::to_text(instant->zone));
  }
  const bool names_something = value.as<record::User>() != nullptr || value.as<record::Option>() != nullptr ||
                               value.as<record::Reference>() != nullptr;
  if (names_something) return value.text();
  const auto* list = value.as<record::List>();
  if (list == nullptr) return value;
  record::List items;
  for (const Value& item : *list) items.push_back(plain(item));
  return Value{std::move(items)};
}

}  // namespace

Result<Schema> Schema::parse(std::string_view text, const std::string& path) {
  const Place place{path, {}};
  const auto document = record::parse_json(text, max_depth);
  if (!document) return place.wrong(document.error().message);
  if (!document->is_object()) return place.wrong(R"(A schema is an object such as {"fields": {}}.)");
  Schema out;
  const Json* types = nullptr;
  for (const auto& [name, value] : document->items()) {
    if (name == "types") {
      types = &value;
    } else if (name == "fields") {
      auto fields = fields_from(value, path);
      if (!fields) return fields.error();
      out.common_.fields = std::move(*fields);
    } else {
      return place.wrong("There is no member \"" + text::printable(name) +
                         "\"; a schema has \"types\" and \"fields\".");
    }
  }
  if (types == nullptr) return out;
  if (!types->is_object()) return place.wrong("\"types\" is an object of types by name.");
  for (const auto& [name, value] : types->items()) {
    if (!value.is_object() || value.size() != value.count("fields"))
      return place.wrong("Type \"" + text::printable(name) + R"(" is an object such as {"fields": {}}.)");
    TypeInfo type{name, {}};
    if (value.contains("fields")) {
      auto fields = fields_from(value["fields"], path);
      if (!fields) return fields.error();
      type.fields = std::move(*fields);
    }
    for (const FieldInfo& field : out.common_.fields) {
      if (find_field(type, field.name) == nullptr) type.fields.push_back(field);
    }
    out.types_.push_back(std::move(type));
  }
  return out;
}

std::vector<TypeInfo> Schema::types() const {
  return types_.empty() ? std::vector{common_} : types_;
}

const TypeInfo& Schema::type(std::string_view name) const noexcept {
  const auto found =
      std::find_if(types_.begin(), types_.end(), [&](const TypeInfo& type) { return type.name == name; });
  return found == types_.end() ? common_ : *found;
}

Result<void> Schema::check_type(const std::string& name) const {
  if (types_.empty() || &type(name) != &common_) return {};
  std::vector<std::string> names;
  for (const TypeInfo& type : types_) names.push_back(type.name);
  return make_error(Failure::refused, "There is no type \"" + text::printable(name) + "\"; there is " +
                                          text::quoted_list(names) + ", as " + schema_name + " says.");
}

void make_typed(record::Fields& fields, const TypeInfo& type) {
  for (auto& [name, value] : fields) {
    if (const FieldInfo* field = find_field(type, name)) value = typed(*field, value);
  }
}

nlohmann::json to_file_value(const FieldInfo* field, const Value& value) {
  if (field == nullptr) return record::to_json_value(value);
  const Value written = plain(value);
  return record::to_json_value(identical(typed(*field, written), value) ? written : value);
}

Result<std::shared_ptr<const Schema>> Schemas::in(const Folder& folder) {
  using Found = std::shared_ptr<const Schema>;
  const auto status = status_of(folder, schema_name);
  if (!status) return Found{};
  const std::string path = folder.path_of(schema_name);
  {
    const std::lock_guard lock{mutex_};
    const auto known = known_.find(path);
    if (known != known_.end() && known->second.status == *status) return known->second.schema;
  }
  const auto file = read_file(folder, schema_name);
  if (!file) return file.error();
  if (!*file) return Found{};
  auto schema = Schema::parse((*file)->text, path);
  if (!schema) return schema.error();
  auto shared = std::make_shared<const Schema>(std::move(*schema));
  const std::lock_guard lock{mutex_};
  known_.insert_or_assign(path, Known{*status, shared});
  return Found{std::move(shared)};
}

Result<std::shared_ptr<const Schema>> Schemas::of(const Folder& base, const Folder& records) {
  auto own = in(records);
  if (!own || *own != nullptr || base.path == records.path) return own;
  return in(base);
}

}  // namespace syncservice::adapter::folder
