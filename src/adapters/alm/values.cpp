#include "values.hpp"

#include <algorithm>
#include <charconv>

#include "syncservice/adapter/failure.hpp"
#include "syncservice/adapter/fit.hpp"
#include "syncservice/base/text.hpp"
#include "syncservice/record/rich_text.hpp"

namespace syncservice::adapter::alm {
namespace {

using record::Value;

template <class Number>
std::optional<Number> number(std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// Text stands in for what is not as its kind should be, so that nothing is lost by reading.
template <class T>
Value or_text(const std::optional<T>& value, const std::string& text) {
  return value ? Value{*value} : Value{text};
}

Error refused(const FieldInfo& field, const std::string& what) {
  return make_error(Failure::refused, "Field \"" + field.name + "\" " + what);
}

Value reference_to(const FieldInfo& field, const std::string& number, const Schema& schema) {
  const auto type = schema.references.find(field.name);
  const bool bare = type == schema.references.end() || type->second == schema.first;
  return record::Reference{{}, RecordId{bare ? number : type->second + '/' + number}};
}

Result<std::string> number_of(const FieldInfo& field, const std::string& id, const Schema& schema) {
  const std::size_t slash = id.find('/');
  const std::string type = slash == std::string::npos ? schema.first : id.substr(0, slash);
  const auto wanted = schema.references.find(field.name);
  if (wanted != schema.references.end() && wanted->second != type)
    return refused(field, "can't refer to \"" + text::printable(id) + "\", a " + text::printable(type) +
                              ": it takes a " + text::printable(wanted->second) + ". Map another field to it.");
  return slash == std::string::npos ? id : id.substr(slash + 1);
}

Value to_value(const FieldInfo& field, const std::string& text, const Schema& schema, const Zone& zone) {
  switch (field.kind) {
    case FieldKind::text:
      return text;
    case FieldKind::rich_text:
      return record::from_html(text);
    case FieldKind::integer:
      return or_text(number<std::int64_t>(text), text);
    case FieldKind::decimal:
      return or_text(number<double>(text), text);
    case FieldKind::boolean:
      return text == "Y";
    case FieldKind::date:
      return or_text(record::date_from_text(std::string_view{text}.substr(0, 10)), text);
    case FieldKind::instant: {
      const auto at = zone.instant(text);
      return at ? Value{record::Instant{*at, std::chrono::duration_cast<std::chrono::minutes>(zone.offset(*at))}}
                : Value{text};
    }
    case FieldKind::user: {
      const auto user = schema.users.find(text);
      return user == schema.users.end() ? record::User{text, text, {}} : user->second;
    }
    case FieldKind::option:
      return record::Option{text, text};
    case FieldKind::reference:
      return reference_to(field, text, schema);
  }
  return text;
}

Value to_value(const FieldInfo& field, const std::vector<std::string>& values, const Schema& schema, const Zone& zone) {
  if (values.empty()) return {};
  if (!field.list) return to_value(field, values.front(), schema, zone);
  record::List items;
  for (const std::string& value : values) items.push_back(to_value(field, value, schema, zone));
  return items;
}

// By login name, e-mail address or full name, in this order; the same one twice is one.
Result<std::string> login_of(const FieldInfo& field, const record::User& wanted, const Schema& schema) {
  for (const auto* login : {&wanted.id, &wanted.name}) {
    if (schema.users.contains(*login)) return *login;
  }
  const auto only = [&](const std::string& text, auto member) -> std::optional<Result<std::string>> {
    std::vector<std::string> found;
    for (const auto& [login, user] : schema.users) {
      if (!text.empty() && text::iequals(user.*member, text)) found.push_back(login);
    }
    if (found.empty()) return std::nullopt;
    if (found.size() == 1) return Result<std::string>{found.front()};
    return Result<std::string>{refused(field, "can't be \"" + text::printable(text) + "\": users " +
                                                  text::quoted_list(found) + " are called so; map one of them.")};
  };
  if (auto found = only(wanted.email, &record::User::email)) return *found;
  if (auto found = only(wanted.name, &record::User::name)) return *found;
  const std::string name = Value{wanted}.text();
  return refused(field, "can't be \"" + text::printable(name) +
                            "\": the project has no such user. Add the user to the project, or map another one.");
}

Result<std::string> one_stored(const FieldInfo& field, const Value& value, const Schema& schema, const Zone& zone) {
  if (const auto* rich = value.as<record::RichText>()) return to_memo(*rich);
  if (const auto* words = value.as<std::string>()) return *words;
  if (const auto* truth = value.as<bool>()) return std::string{*truth ? "Y" : "N"};
  if (const auto* date = value.as<record::Date>()) return record::to_text(*date);
  if (const auto* instant = value.as<record::Instant>()) return zone.wall(instant->at);
  if (const auto* user = value.as<record::User>()) return login_of(field, *user, schema);
  if (const auto* option = value.as<record::Option>()) return option->name.empty() ? option->id : option->name;
  if (const auto* reference = value.as<record::Reference>()) {
    return number_of(field, reference->id.str(), schema);
  }
  return value.text();
}

}  // namespace

std::string marker_to_stored(const std::string& marker) {
  return text::percent_encode(marker);
}

std::string marker_from(const std::string& stored) {
  return text::percent_decode(stored).value_or(stored);
}

std::string equals(std::string_view field, std::string_view value) {
  std::string out{"{"};
  return out.append(field).append("[\"").append(value).append("\"]}");
}

std::string to_memo(const record::RichText& text) {
  if (text.empty()) return {};
  return "<html><body>" + text.html() + "</body></html>";
}

record::Record to_record(const Schema& schema, const Entity& entity, const Zone& zone) {
  record::Record record;
  record.type = schema.type.name;
  record.updated = zone.instant(entity.first("last-modified"));
  record.marker = marker_from(entity.first(schema.marker));
  for (const FieldInfo& field : schema.type.fields) {
    const auto found = entity.fields.find(field.name);
    if (found == entity.fields.end()) continue;
    Value value = to_value(field, found->second, schema, zone);
    for (const std::string& alias : field.aliases) record.fields.emplace(alias, value);
    record.fields.insert_or_assign(field.name, std::move(value));
  }
  return record;
}

Result<std::vector<std::string>> to_stored(const FieldInfo& field, const Value& value, const Schema& schema,
                                           const Zone& zone) {
  std::vector<std::string> out;
  if (is_empty(value)) return out;
  record::List items{value};
  if (const auto* list = value.as<record::List>()) items = *list;
  for (const Value& item : items) {
    auto text = one_stored(field, item, schema, zone);
    if (!text) return text.error();
    if (field.list && text->find(';') != std::string::npos)
      return refused(field, "can't hold \"" + text::printable(*text) +
                                "\" among several values: ALM parts them at semicolons. Rename the list's item.");
    out.push_back(std::move(*text));
  }
  return out;
}

}  // namespace syncservice::adapter::alm
