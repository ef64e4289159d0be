#include "values.hpp"

#include "syncservice/adapter/failure.hpp"
#include "syncservice/adapter/fit.hpp"
#include "syncservice/base/text.hpp"
#include "syncservice/record/content.hpp"
#include "syncservice/record/rich_text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <utility>

namespace syncservice::adapter::jira {
namespace {

using nlohmann::json;
using record::Option;
using record::Value;

bool is_number(std::string_view text) noexcept {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// Text fields hold what a person would write.
Value as_words(const Value& value, const FieldInfo& info) {
  const bool words = info.kind == FieldKind::text;
  if (!words && info.kind != FieldKind::rich_text && info.kind != FieldKind::option) return value;
  if (value.is_null() || value.as<std::string>() != nullptr) return value;
  if (const auto* list = value.as<record::List>()) {
    record::List out;
    for (const Value& element : *list) out.push_back(as_words(element, info));
    return info.list ? Value{std::move(out)} : Value{value.text()};
  }
  if (info.kind == FieldKind::rich_text) return value.as<record::RichText>() != nullptr ? value : Value{value.text()};
  if (!words && value.as<Option>() != nullptr) return value;
  if (const auto* rich = value.as<record::RichText>()) return record::to_plain(*rich);
  return value.text();
}

json number_or_text(const std::string& id) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(id.data(), id.data() + id.size(), number);
  if (error == std::errc{} && end == id.data() + id.size()) return number;
  return id;
}

json name_or_id(const Option& option, const char* name) {
  if (!option.name.empty()) return {{name, option.name}};
  return {{"id", option.id}};
}

json cascade_json(const Option& option) {
  const std::size_t colon = option.id.find(':');
  if (option.name.empty()) {
    json out{{"id", option.id.substr(0, colon)}};
    if (colon != std::string::npos) out["child"] = {{"id", option.id.substr(colon + 1)}};
    return out;
  }
  const std::size_t cut = option.name.find(level_separator);
  json out{{"value", option.name.substr(0, cut)}};
  if (cut != std::string::npos) out["child"] = {{"value", option.name.substr(cut + level_separator.size())}};
  return out;
}

json option_json(const Option& option, Shape shape) {
  switch (shape) {
    case Shape::option:
      return name_or_id(option, "value");
    case Shape::cascading:
      return cascade_json(option);
    case Shape::project: {
      const std::string& key = option.id.empty() ? option.name : option.id;
      return {{is_number(key) ? "id" : "key", key}};
    }
    case Shape::sprint:
    case Shape::identified:
      return number_or_text(option.id.empty() ? option.name : option.id);
    case Shape::request_type:
      return option.id.empty() ? option.name : option.id;
    default:
      return name_or_id(option, "name");
  }
}

// Jira refuses a summary of several lines.
std::string in_one_line(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c != '\n' && c != '\r') {
      out += c;
    } else if (!out.ends_with(' ')) {
      out += ' ';
    }
  }
  return out;
}

// One value that fits the field; not Null.
Result<json> one_json(const Value& value, const Field& field, Flavour flavour, const Lookups& lookups) {
  if (const auto* words = value.as<std::string>())
    return field.id == "summary" ? json(in_one_line(*words)) : json(*words);
  if (const auto* rich = value.as<record::RichText>()) return rich_text_json(*rich, flavour);
  if (const auto* number = value.as<double>()) return json(*number);
  if (const auto* date = value.as<record::Date>()) return json(record::to_text(*date));
  if (const auto* instant = value.as<record::Instant>()) return json(instant_text(*instant));
  if (const auto* option = value.as<Option>()) return option_json(*option, field.shape);
  if (const auto* user = value.as<record::User>()) {
    auto id = lookups.user_id(*user);
    if (!id) {
      Error error = id.error();
      error.message.insert(0, "Field \"" + text::printable(field.id) + "\": ");
      return error;
    }
    return user_json(*id, flavour);
  }
  if (const auto* reference = value.as<record::Reference>()) {
    const std::string& id = reference->id.str();
    if (field.shape != Shape::issue_key) return json{{is_number(id) ? "id" : "key", id}};
    if (!is_number(id)) return json(id);
    auto key = lookups.issue_key(id);
    if (!key) return key.error();
    return json(std::move(*key));
  }
  return json(value.text());
}

Error unfit(const Field& field, const FieldInfo& info, const Value& value) {
  std::string message = "Field \"";
  message.append(text::printable(field.id)).append("\" takes ");
  if (info.list) message += "a list of ";
  message.append(to_string(info.kind)).append(" and can't hold \"");
  message.append(text::printable(value.text())).append("\".");
  return make_error(Failure::refused, std::move(message));
}

}  // namespace

json user_json(const std::string& id, Flavour flavour) {
  return {{flavour == Flavour::cloud ? "accountId" : "name", id}};
}

json rich_text_json(const record::RichText& text, Flavour flavour) {
  if (flavour == Flavour::server) return record::to_wiki(text);
  return json::parse(record::to_adf(text));
}

std::string instant_text(const record::Instant& instant) {
  std::string out = to_rfc3339(instant.at);
  out.pop_back();
  return out += "+0000";
}

Result<json> to_json(const Value& value, const Field& field, Flavour flavour, const Lookups& lookups) {
  const FieldInfo info = describe(field);
  if (record::is_empty(value)) return info.list && field.shape != Shape::sprint ? json::array() : json(nullptr);
  const std::optional<Value> fitting = as_kind(info, as_words(value, info));
  if (!fitting) return unfit(field, info, value);
  const auto* list = fitting->as<record::List>();
  if (list == nullptr) return one_json(*fitting, field, flavour, lookups);
  if (field.shape == Shape::sprint) {
    // An issue is in one sprint at a time; the list ends with it.
    return list->empty() ? Result<json>{json(nullptr)} : one_json(list->back(), field, flavour, lookups);
  }
  json out = json::array();
  for (const Value& element : *list) {
    auto one = one_json(element, field, flavour, lookups);
    if (!one) return one;
    out.push_back(std::move(*one));
  }
  return out;
}

}  // namespace syncservice::adapter::jira
