#include "values.hpp"

#include "json.hpp"

#include "syncservice/base/text.hpp"
#include "syncservice/record/rich_text.hpp"

#include <utility>

namespace syncservice::adapter::jira {
namespace {

using nlohmann::json;
using record::Option;
using record::Value;

// Jira 8 and 9 describe a sprint as text: "…Sprint@1f[id=4,rapidViewId=2,state=ACTIVE,name=Sprint 4,startDate=…]".
Value sprint_of(const std::string& description) {
  const auto part = [&](std::string_view name) -> std::string {
    for (const char* before : {"[", ","}) {
      const std::string lead = before + std::string{name} + '=';
      const std::size_t at = description.find(lead);
      if (at == std::string::npos) continue;
      const std::size_t begin = at + lead.size();
      // A name may hold commas: it ends where the next part begins.
      std::size_t end = begin;
      for (;;) {
        end = description.find_first_of(",]", end);
        if (end == std::string::npos || description[end] == ']') break;
        const std::size_t next = description.find_first_of("=,]", end + 1);
        if (next != std::string::npos && description[next] == '=') break;
        ++end;
      }
      return description.substr(begin, end == std::string::npos ? end : end - begin);
    }
    return {};
  };
  const std::string id = part("id");
  if (id.empty()) return description;
  return Option{id, part("name")};
}

Value count_of(const json& value) {
  for (const char* member : {"votes", "watchCount", "progress"}) {
    const auto found = value.find(member);
    if (found != value.end() && found->is_number_integer()) return found->get<std::int64_t>();
  }
  return {};
}

Value cascade_of(const json& value) {
  const Option parent = option_of(value, Shape::option);
  const json& child = object_at(value, "child");
  if (child.empty()) return parent;
  const Option below = option_of(child, Shape::option);
  Option both{parent.id + ':' + below.id, parent.name};
  both.name.append(level_separator).append(below.name);
  return both;
}

Value other_of(const json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_boolean()) return value.get<bool>();
  if (value.is_number_integer()) return value.get<std::int64_t>();
  if (value.is_number()) return value.get<double>();
  for (const char* member : {"displayName", "name", "value", "key"}) {
    if (const std::string_view words = text_at(value, member); !words.empty()) return std::string{words};
  }
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

Value reference_of(const json& value) {
  if (value.is_string()) return record::Reference{{}, RecordId{value.get<std::string>()}};
  std::string id = id_at(value);
  if (id.empty()) id = text_at(value, "key");
  return record::Reference{{}, RecordId{std::move(id)}};
}

// Anything that is not of the shape is better shown than dropped.
Value object_of(const json& value, const Field& field, Flavour flavour) {
  switch (field.shape) {
    case Shape::user:
      return user_of(value, flavour);
    case Shape::group:
    case Shape::named:
    case Shape::identified:
    case Shape::option:
    case Shape::project:
    case Shape::sprint:
    case Shape::request_type:
      return option_of(value, field.shape);
    case Shape::cascading:
      return cascade_of(value);
    case Shape::issue:
    case Shape::issue_key:
      return reference_of(value);
    case Shape::count:
      return count_of(value);
    case Shape::rich_text:
      return rich_text_of(value, flavour);
    case Shape::text:
    case Shape::number:
    case Shape::date:
    case Shape::instant:
    case Shape::other:
      return other_of(value);
  }
  return {};
}

Value text_value_of(const std::string& words, const Field& field, Flavour flavour) {
  switch (field.shape) {
    case Shape::rich_text:
      return rich_text_of(words, flavour);
    case Shape::date:
      if (const auto date = record::date_from_text(words)) return *date;
      return words;
    case Shape::instant:
      if (const auto instant = record::instant_from_text(words)) return *instant;
      return words;
    case Shape::sprint:
      return sprint_of(words);
    case Shape::issue:
    case Shape::issue_key:
      return record::Reference{{}, RecordId{words}};
    case Shape::user:
      return record::User{words, words, {}};
    case Shape::group:
    case Shape::named:
    case Shape::option:
    case Shape::cascading:
    case Shape::project:
      return Option{{}, words};
    case Shape::identified:
    case Shape::request_type:
      return Option{words, {}};
    case Shape::text:
    case Shape::number:
    case Shape::count:
    case Shape::other:
      return words;
  }
  return words;
}

Value one_value_of(const json& value, const Field& field, Flavour flavour) {
  if (value.is_null()) return {};
  if (value.is_string()) return text_value_of(value.get_ref<const std::string&>(), field, flavour);
  if (value.is_object()) return object_of(value, field, flavour);
  if (value.is_number() && field.shape == Shape::number) return value.get<double>();
  return other_of(value);
}

}  // namespace

record::User user_of(const json& value, Flavour flavour) {
  const std::string_view id = text_at(value, flavour == Flavour::cloud ? "accountId" : "name");
  record::User out{std::string{id}, std::string{text_at(value, "displayName")},
                   std::string{text_at(value, "emailAddress")}};
  return out;
}

Option option_of(const json& value, Shape shape) {
  switch (shape) {
    case Shape::option:
    case Shape::cascading:
      return {id_at(value), std::string{text_at(value, "value")}};
    case Shape::project:
      return {std::string{text_at(value, "key")}, std::string{text_at(value, "name")}};
    case Shape::group:
      return {id_at(value, "groupId"), std::string{text_at(value, "name")}};
    case Shape::request_type: {
      const json& type = object_at(value, "requestType");
      return {id_at(type), std::string{text_at(type, "name")}};
    }
    default:
      break;
  }
  std::string name{text_at(value, "name")};
  if (name.empty()) name = text_at(value, "title");
  return {id_at(value), std::move(name)};
}

std::vector<Option> options_of(const json& allowed, Shape shape) {
  std::vector<Option> out;
  if (!allowed.is_array()) return out;
  for (const json& entry : allowed) {
    if (!entry.is_object()) continue;
    out.push_back(option_of(entry, shape));
    if (shape != Shape::cascading) continue;
    const Option parent = out.back();
    for (const json& child : list_at(entry, "children")) {
      const Option below = option_of(child, Shape::option);
      Option both{parent.id + ':' + below.id, parent.name};
      both.name.append(level_separator).append(below.name);
      out.push_back(std::move(both));
    }
  }
  return out;
}

record::RichText rich_text_of(const json& value, Flavour flavour) {
  if (value.is_string()) {
    const auto& words = value.get_ref<const std::string&>();
    return flavour == Flavour::server ? record::from_wiki(words) : record::from_plain(words);
  }
  if (!value.is_object()) return {};
  const std::string document = value.dump(-1, ' ', false, json::error_handler_t::replace);
  auto read = record::from_adf(document);
  return read ? std::move(*read) : record::from_plain(document);
}

Value value_of(const json& value, const Field& field, Flavour flavour) {
  if (!value.is_array()) {
    Value one = one_value_of(value, field, flavour);
    if (!field.list || one.is_null()) return one;
    return record::List{std::move(one)};
  }
  record::List list;
  for (const json& element : value) list.push_back(one_value_of(element, field, flavour));
  // A field of one value that comes as a list of none or one, as some add-ons write it.
  if (!field.list && list.empty()) return {};
  if (!field.list && list.size() == 1) return std::move(list.front());
  return list;
}

}  // namespace syncservice::adapter::jira
