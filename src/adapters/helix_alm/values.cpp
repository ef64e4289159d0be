#include "values.hpp"

#include "syncservice/adapter/failure.hpp"
#include "syncservice/base/text.hpp"
#include "syncservice/record/content.hpp"
#include "syncservice/record/rich_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>

namespace syncservice::adapter::helix_alm {
namespace {

using record::Value;

// In the order of Shape.
constexpr std::array<std::string_view, 12> names{
    "string", "formattedString", "editableVersion", "boolean",       "integer", "decimal",
    "date",   "dateTime",        "menuItem",        "menuItemArray", "user",    "userArray"};

Value text_value(const Json& value) {
  if (!value.is_string() || value.get_ref<const std::string&>().empty()) return {};
  return value.get<std::string>();
}

Value formatted_value(const Json& value) {
  const std::string_view words = text_at(value, "text");
  if (words.empty()) return {};
  const record::RichText text = true_at(value, "isFormatted") ? record::from_html(words) : record::from_plain(words);
  return text.empty() ? Value{} : Value{text};
}

Value option_value(const Json& value) {
  const std::int64_t id = number_at(value, "id");
  std::string label{text_at(value, "label")};
  if (id == 0 && label.empty()) return {};
  return record::Option{id == 0 ? std::string{} : std::to_string(id), std::move(label)};
}

Value user_value(const Json& value) {
  record::User user = user_of(value);
  return user.id.empty() && user.name.empty() ? Value{} : Value{std::move(user)};
}

template <class One>
Value list_value(const Json& value, One one) {
  if (!value.is_array()) return {};
  record::List items;
  for (const Json& item : value) {
    if (Value read = one(item); !read.is_null()) items.push_back(std::move(read));
  }
  return items.empty() ? Value{} : Value{std::move(items)};
}

Error refused(const std::string& label, const std::string& what) {
  return make_error(Failure::refused, "Field \"" + text::printable(label) + "\" " + what);
}

// The form that empties a field. Numbers and dates have none but null.
Json blank(Shape shape) {
  switch (shape) {
    case Shape::text:
    case Shape::version:
      return "";
    case Shape::formatted:
      return {{"text", ""}, {"isFormatted", false}};
    case Shape::menu_item:
    case Shape::user:
      return {{"id", 0}};
    case Shape::menu_items:
    case Shape::users:
      return Json::array();
    case Shape::boolean:
    case Shape::integer:
    case Shape::decimal:
    case Shape::date:
    case Shape::date_time:
      return nullptr;
  }
  return nullptr;
}

std::optional<std::int64_t> whole(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// An id and a label that are of different items would be refused, so that one alone is sent.
Json option_json(const record::Option& option) {
  if (const auto id = whole(option.id)) return {{"id", *id}};
  return {{"label", option.name.empty() ? option.id : option.name}};
}

Result<Json> user_json(const std::string& label, const record::User& user) {
  if (!user.id.empty()) return Json{{"username", user.id}};
  const std::string_view name = text::trim(user.name);
  if (name.empty())
    return refused(label, "can't be \"" + text::printable(user.email) +
                              "\": Helix ALM finds users by user name or full name, and tells no e-mail addresses; "
                              "name them in the mapping's users.");
  const std::size_t blank = name.rfind(' ');
  if (blank == std::string_view::npos) return Json{{"username", name}};
  return Json{{"firstName", text::trim(name.substr(0, blank))}, {"lastName", name.substr(blank + 1)}};
}

Result<Json> one_json(Shape shape, const std::string& label, const Value& value) {
  if (const auto* option = value.as<record::Option>()) return option_json(*option);
  if (const auto* user = value.as<record::User>()) return user_json(label, *user);
  if (const auto* words = value.as<std::string>()) return Json(*words);
  if (const auto* truth = value.as<bool>()) return Json(*truth);
  if (const auto* number = value.as<std::int64_t>()) return Json(*number);
  if (const auto* number = value.as<double>()) return Json(*number);
  if (const auto* date = value.as<record::Date>()) return Json(record::to_text(*date));
  if (const auto* instant = value.as<record::Instant>()) return Json(to_moment(instant->at));
  if (const auto* rich = value.as<record::RichText>()) return Json{{"text", rich->html()}, {"isFormatted", true}};
  return refused(
      label, "is a " + std::string{to_string(shape)} + " and can't hold \"" + text::printable(value.text()) + "\".");
}

// Equal as far as each names the thing: an option by id or label, a user by user name or full name.
bool is_same(const Value& written, const Value& held) {
  const auto *wanted = written.as<record::Option>(), *option = held.as<record::Option>();
  if (wanted != nullptr && option != nullptr)
    return (!wanted->id.empty() && wanted->id == option->id) ||
           (!wanted->name.empty() && wanted->name == option->name) || wanted->id == option->name;
  const auto *who = written.as<record::User>(), *user = held.as<record::User>();
  if (who != nullptr && user != nullptr)
    return who->id.empty() ? who->name == user->id || who->name == user->name : who->id == user->id;
  const auto *when = written.as<record::Instant>(), *instant = held.as<record::Instant>();
  if (when != nullptr && instant != nullptr)
    return std::chrono::floor<std::chrono::seconds>(when->at) == std::chrono::floor<std::chrono::seconds>(instant->at);
  const auto *number = written.as<double>(), *decimal = held.as<double>();
  if (number != nullptr && decimal != nullptr)
    return std::abs(*number - *decimal) <= 1e-6 * std::max(1.0, std::abs(*number));
  return written == held;
}

}  // namespace

std::optional<Shape> shape_named(std::string_view type) {
  const auto found =
      std::find_if(names.begin(), names.end(), [&](std::string_view name) { return text::iequals(name, type); });
  if (found == names.end()) return std::nullopt;
  return static_cast<Shape>(found - names.begin());
}

std::string_view to_string(Shape shape) noexcept {
  return names.at(static_cast<std::size_t>(shape));
}

FieldKind kind_of(Shape shape) noexcept {
  switch (shape) {
    case Shape::text:
    case Shape::version:
      return FieldKind::text;
    case Shape::formatted:
      return FieldKind::rich_text;
    case Shape::boolean:
      return FieldKind::boolean;
    case Shape::integer:
      return FieldKind::integer;
    case Shape::decimal:
      return FieldKind::decimal;
    case Shape::date:
      return FieldKind::date;
    case Shape::date_time:
      return FieldKind::instant;
    case Shape::menu_item:
    case Shape::menu_items:
      return FieldKind::option;
    case Shape::user:
    case Shape::users:
      return FieldKind::user;
  }
  return FieldKind::text;
}

bool is_list(Shape shape) noexcept {
  return shape == Shape::menu_items || shape == Shape::users;
}

// Text stands in for what is not as its type should be, so that nothing is lost by reading.
Value value_of(Shape shape, const Json& value) {
  switch (shape) {
    case Shape::text:
    case Shape::version:
      return text_value(value);
    case Shape::formatted:
      return value.is_string() ? text_value(value) : formatted_value(value);
    case Shape::boolean:
      return value.is_boolean() ? Value{value.get<bool>()} : text_value(value);
    case Shape::integer:
      return value.is_number_integer() ? Value{value.get<std::int64_t>()} : text_value(value);
    case Shape::decimal:
      return value.is_number() ? Value{value.get<double>()} : text_value(value);
    case Shape::date: {
      const auto date = value.is_string() ? record::date_from_text(value.get_ref<const std::string&>()) : std::nullopt;
      return date ? Value{*date} : text_value(value);
    }
    case Shape::date_time: {
      const auto at = value.is_string() ? record::instant_from_text(value.get_ref<const std::string&>()) : std::nullopt;
      return at ? Value{*at} : text_value(value);
    }
    case Shape::menu_item:
      return option_value(value);
    case Shape::menu_items:
      return list_value(value, option_value);
    case Shape::user:
      return user_value(value);
    case Shape::users:
      return list_value(value, user_value);
  }
  return {};
}

Result<Json> json_of(Shape shape, const std::string& label, const Value& value) {
  if (record::is_empty(value)) return blank(shape);
  const auto* list = value.as<record::List>();
  if (list == nullptr) return one_json(shape, label, value);
  Json out = Json::array();
  for (const Value& item : *list) {
    auto one = one_json(shape, label, item);
    if (!one) return one.error();
    out.push_back(std::move(*one));
  }
  return out;
}

bool is_kept(Shape shape, const Value& written, const Value& held) {
  const bool nothing = record::is_empty(written);
  if (shape == Shape::text || shape == Shape::version || shape == Shape::formatted) {
    // Text of white space alone may be none to them.
    if (text::trim(written.text()).empty()) return !nothing || record::is_empty(held);
    return !record::is_empty(held);
  }
  // Where a check box has two states alone, the unchecked one is its empty one.
  if (shape == Shape::boolean && nothing && held == Value{false}) return true;
  if (nothing || record::is_empty(held)) return nothing == record::is_empty(held);
  const auto *wanted = written.as<record::List>(), *list = held.as<record::List>();
  if (wanted == nullptr || list == nullptr) return is_same(written, held);
  const auto among = [](const record::List& items, const Value& item, bool item_is_written) {
    return std::any_of(items.begin(), items.end(), [&](const Value& other) {
      return item_is_written ? is_same(item, other) : is_same(other, item);
    });
  };
  return std::all_of(wanted->begin(), wanted->end(), [&](const Value& item) { return among(*list, item, true); }) &&
         std::all_of(list->begin(), list->end(), [&](const Value& item) { return among(*wanted, item, false); });
}

record::User user_of(const Json& value) {
  record::User user;
  user.id = text_at(value, "username");
  if (user.id.empty() && number_at(value, "id") != 0) user.id = std::to_string(number_at(value, "id"));
  user.name = text_at(value, "firstName");
  const std::string_view last = text_at(value, "lastName");
  if (!last.empty()) user.name.append(user.name.empty() ? "" : " ").append(last);
  if (user.name.empty()) user.name = user.id;
  return user;
}

std::string to_moment(Timestamp instant) {
  return to_rfc3339(std::chrono::floor<std::chrono::seconds>(instant)).substr(0, 19).append("Z");
}

std::string marker_to_stored(const std::string& marker) {
  return text::percent_encode(marker);
}

std::string marker_from(std::string_view stored) {
  return text::percent_decode(stored).value_or(std::string{stored});
}

}  // namespace syncservice::adapter::helix_alm
