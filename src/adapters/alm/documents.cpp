#include "documents.hpp"

#include <nlohmann/json.hpp>

#include <charconv>

#include "syncservice/base/text.hpp"
#include "xml.hpp"

namespace syncservice::adapter::alm {
namespace {

using Json = nlohmann::json;

constexpr std::string_view declaration = R"(<?xml version="1.0" encoding="UTF-8" standalone="yes"?>)";
constexpr std::string_view problem_prefix = "qccore.";

std::string json_text(const Json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end() || found->is_null()) return {};
  return found->is_string() ? found->get<std::string>() : found->dump();
}

bool is_true(std::string_view text) {
  return text::iequals(text, "true") || text::iequals(text, "y");
}

std::size_t number(std::string_view text) {
  std::size_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

const Json* list_in(const Json& object, const char* name) {
  const auto found = object.is_object() ? object.find(name) : object.end();
  return !object.is_object() || found == object.end() || !found->is_array() ? nullptr : &*found;
}

bool is_xml(std::string_view body) {
  return text::trim(body).starts_with('<') || body.starts_with("\xEF\xBB\xBF<");
}

// Reads a document in either form; nothing when it is no object, or no element of that name.
template <class FromXml, class FromJson>
auto read(std::string_view body, std::string_view root, FromXml from_xml, FromJson from_json)
    -> decltype(from_json(Json{})) {
  if (is_xml(body)) {
    const auto document = XmlDocument::parse(body);
    if (!document || (!root.empty() && document->root().name() != root)) return std::nullopt;
    return from_xml(document->root());
  }
  const Json json = Json::parse(body, nullptr, false);
  if (!json.is_object()) return std::nullopt;
  return from_json(json);
}

void add_value(std::vector<std::string>& values, std::string value) {
  if (!value.empty()) values.push_back(std::move(value));
}

Entity entity_of(const XmlElement& element) {
  Entity entity;
  entity.type = element.attribute("Type");
  for (const XmlElement& fields : element.children("Fields")) {
    for (const XmlElement& field : fields.children("Field")) {
      auto& values = entity.fields[field.attribute("Name")];
      for (const XmlElement& value : field.children("Value")) add_value(values, value.text());
    }
  }
  return entity;
}

std::optional<Entity> entity_of(const Json& object) {
  const Json* fields = list_in(object, "Fields");
  if (fields == nullptr) return std::nullopt;
  Entity entity;
  entity.type = json_text(object, "Type");
  for (const Json& field : *fields) {
    if (!field.is_object()) return std::nullopt;
    auto& values = entity.fields[json_text(field, "Name")];
    const Json* given = list_in(field, "values");
    if (given == nullptr) continue;
    for (const Json& value : *given) {
      if (value.is_object()) add_value(values, json_text(value, "value"));
    }
  }
  return entity;
}

// The type of entity that a Reference is to: the first that is told.
std::string referenced(const XmlElement& field) {
  for (const XmlElement& references : field.children("References")) {
    for (const XmlElement& relation : references.children("RelationReference")) {
      std::string type = relation.attribute("ReferencedEntityType");
      if (type.empty()) type = relation.child_text("ReferencedEntityType");
      if (!type.empty()) return type;
    }
  }
  return {};
}

std::string referenced(const Json& field) {
  const auto references = field.find("References");
  if (references == field.end() || !references->is_object()) return {};
  const auto relation = references->find("RelationReference");
  if (relation == references->end()) return {};
  const bool several = relation->is_array() && !relation->empty();
  const Json& first = several ? relation->front() : *relation;
  return first.is_object() ? json_text(first, "ReferencedEntityType") : std::string{};
}

FieldRow row_of(const XmlElement& field) {
  FieldRow row;
  row.name = field.attribute("Name");
  row.label = field.attribute("Label");
  row.physical = field.attribute("PhysicalName");
  row.type = field.child_text("Type");
  row.size = number(field.child_text("Size"));
  row.required = is_true(field.child_text("Required"));
  row.editable = !text::iequals(field.child_text("Editable"), "false");
  row.multi = is_true(field.child_text("SupportsMultivalue"));
  row.is_virtual = is_true(field.child_text("Virtual"));
  row.list = field.child_text("List-Id");
  row.refers_to = referenced(field);
  return row;
}

FieldRow row_of(const Json& field) {
  FieldRow row;
  row.name = json_text(field, "name");
  row.label = json_text(field, "label");
  row.physical = json_text(field, "physicalName");
  row.type = json_text(field, "type");
  row.size = number(json_text(field, "size"));
  row.required = is_true(json_text(field, "required"));
  row.editable = !text::iequals(json_text(field, "editable"), "false");
  row.multi = is_true(json_text(field, "supportsMultivalue"));
  row.is_virtual = is_true(json_text(field, "virtual"));
  row.list = json_text(field, "List-Id");
  row.refers_to = referenced(field);
  return row;
}

Problem problem_of(std::string id, std::string title) {
  if (id.starts_with(problem_prefix)) id.erase(0, problem_prefix.size());
  return {std::move(id), std::move(title)};
}

// The fields in the order of writing.
std::vector<const std::pair<const std::string, std::vector<std::string>>*> in_order(const Entity& entity) {
  std::vector<const std::pair<const std::string, std::vector<std::string>>*> out;
  const auto name = entity.fields.find("name");
  if (name != entity.fields.end()) out.push_back(&*name);
  for (const auto& field : entity.fields) {
    if (field.first != "name") out.push_back(&field);
  }
  return out;
}

}  // namespace

std::string accept_of(Form form) {
  return form == Form::xml ? "application/xml" : "application/json";
}

std::string content_type_of(Form form) {
  return accept_of(form) + "; charset=utf-8";
}

std::string Entity::first(std::string_view name) const {
  const auto found = fields.find(name);
  return found == fields.end() || found->second.empty() ? std::string{} : found->second.front();
}

std::optional<Entity> parse_entity(std::string_view body) {
  return read(
      body, "Entity", [](const XmlElement& root) { return std::optional{entity_of(root)}; },
      [](const Json& root) { return entity_of(root); });
}

std::optional<Page> parse_page(std::string_view body) {
  return read(
      body, "Entities",
      [](const XmlElement& root) {
        Page page;
        page.total = number(root.attribute("TotalResults"));
        for (const XmlElement& element : root.children("Entity")) page.entities.push_back(entity_of(element));
        return std::optional{std::move(page)};
      },
      [](const Json& root) -> std::optional<Page> {
        const Json* list = list_in(root, "entities");
        if (list == nullptr) return std::nullopt;
        Page page;
        page.total = number(json_text(root, "TotalResults"));
        for (const Json& one : *list) {
          auto entity = entity_of(one);
          if (!entity) return std::nullopt;
          page.entities.push_back(std::move(*entity));
        }
        return page;
      });
}

std::optional<std::vector<FieldRow>> parse_fields(std::string_view body) {
  return read(
      body, "Fields",
      [](const XmlElement& root) {
        std::vector<FieldRow> rows;
        for (const XmlElement& field : root.children("Field")) rows.push_back(row_of(field));
        return std::optional{std::move(rows)};
      },
      [](const Json& root) -> std::optional<std::vector<FieldRow>> {
        const auto fields = root.find("Fields");
        const Json* list = fields == root.end() ? nullptr : list_in(*fields, "Field");
        if (list == nullptr) return std::nullopt;
        std::vector<FieldRow> rows;
        for (const Json& field : *list) {
          if (field.is_object()) rows.push_back(row_of(field));
        }
        return rows;
      });
}

std::optional<std::map<std::string, std::vector<std::string>>> parse_lists(std::string_view body) {
  using Lists = std::map<std::string, std::vector<std::string>>;
  return read(
      body, "Lists",
      [](const XmlElement& root) {
        Lists lists;
        for (const XmlElement& list : root.children("List")) {
          auto& items = lists[list.child_text("Id")];
          for (const XmlElement& outer : list.children("Items")) {
            for (const XmlElement& item : outer.children("Item")) add_value(items, item.attribute("value"));
          }
        }
        return std::optional{std::move(lists)};
      },
      [](const Json& root) -> std::optional<Lists> {
        const Json* found = list_in(root, "lists");
        if (found == nullptr) return std::nullopt;
        Lists lists;
        for (const Json& list : *found) {
          const Json* given = list_in(list, "Items");
          if (given == nullptr) continue;
          auto& items = lists[json_text(list, "Id")];
          for (const Json& item : *given) {
            if (item.is_object()) add_value(items, json_text(item, "value"));
          }
        }
        return lists;
      });
}

std::optional<std::vector<UserRow>> parse_users(std::string_view body) {
  return read(
      body, "Users",
      [](const XmlElement& root) {
        std::vector<UserRow> rows;
        for (const XmlElement& user : root.children("User"))
          rows.push_back({user.attribute("Name"), user.attribute("FullName"), user.child_text("email")});
        return std::optional{std::move(rows)};
      },
      [](const Json& root) -> std::optional<std::vector<UserRow>> {
        const Json* list = list_in(root, "users");
        if (list == nullptr) return std::nullopt;
        std::vector<UserRow> rows;
        for (const Json& user : *list) {
          if (user.is_object())
            rows.push_back({json_text(user, "Name"), json_text(user, "FullName"), json_text(user, "email")});
        }
        return rows;
      });
}

std::optional<std::vector<std::string>> parse_names(std::string_view body) {
  return read(
      body, {},
      [](const XmlElement& root) {
        std::vector<std::string> names;
        for (const XmlElement& one : root.children()) add_value(names, one.attribute("Name"));
        return std::optional{std::move(names)};
      },
      [](const Json& root) -> std::optional<std::vector<std::string>> {
        // {"Domains": {"Domain": [{"Name": …}]}}, and the same for projects
        if (root.size() != 1 || !root.begin()->is_object() || root.begin()->size() != 1) return std::nullopt;
        const Json& list = *root.begin()->begin();
        if (!list.is_array()) return std::nullopt;
        std::vector<std::string> names;
        for (const Json& one : list) {
          if (one.is_object()) add_value(names, json_text(one, "Name"));
        }
        return names;
      });
}

std::optional<bool> parse_versioned(std::string_view body) {
  return read(
      body, {},
      [](const XmlElement& root) {
        bool versioned = false;
        for (const XmlElement& one : root.children()) versioned |= one.name() == "SupportsVC" && is_true(one.text());
        return std::optional{versioned};
      },
      [](const Json& root) -> std::optional<bool> {
        const auto found = root.find("SupportsVC");
        if (found == root.end()) return false;
        return is_true(found->is_object() ? json_text(*found, "value") : json_text(root, "SupportsVC"));
      });
}

std::optional<Problem> parse_problem(std::string_view body) {
  return read(
      body, "QCRestException",
      [](const XmlElement& root) { return std::optional{problem_of(root.child_text("Id"), root.child_text("Title"))}; },
      [](const Json& root) -> std::optional<Problem> {
        if (!root.contains("Id") || !root.contains("Title")) return std::nullopt;
        return problem_of(json_text(root, "Id"), json_text(root, "Title"));
      });
}

std::string write_entity(const Entity& entity, Form form) {
  if (form == Form::json) {
    Json fields = Json::array();
    for (const auto* field : in_order(entity)) {
      Json values = Json::array();
      for (const std::string& value : field->second) values.push_back({{"value", value}});
      if (values.empty()) values.push_back({{"value", ""}});
      fields.push_back({{"Name", field->first}, {"values", std::move(values)}});
    }
    const Json root{{"Fields", std::move(fields)}, {"Type", entity.type}};
    return root.dump(-1, ' ', false, Json::error_handler_t::replace);
  }
  std::string out{declaration};
  out.append("<Entity Type=\"").append(xml_escape(entity.type)).append("\"><Fields>");
  for (const auto* field : in_order(entity)) {
    out.append("<Field Name=\"").append(xml_escape(field->first)).append("\">");
    for (const std::string& value : field->second) out.append("<Value>").append(xml_escape(value)).append("</Value>");
    if (field->second.empty()) out.append("<Value></Value>");
    out.append("</Field>");
  }
  return out.append("</Fields></Entity>");
}

std::string write_sign_in(const std::string& user, const std::string& password) {
  std::string out{declaration};
  out.append("<alm-authentication><user>").append(xml_escape(user)).append("</user><password>");
  return out.append(xml_escape(password)).append("</password></alm-authentication>");
}

}  // namespace syncservice::adapter::alm
