#include "syncservice/record/record.hpp"

#include "syncservice/base/category.hpp"
#include "syncservice/base/hash.hpp"
#include "syncservice/base/text.hpp"
#include "syncservice/record/rich_text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <limits>

namespace syncservice::record {
namespace {

std::string_view words(Fault value) noexcept {
  switch (value) {
    case Fault::syntax:
      return "not JSON";
    case Fault::duplicate_member:
      return "duplicate member";
    case Fault::number_range:
      return "number out of range";
    case Fault::too_deep:
      return "nested too deep";
    case Fault::not_a_value:
      return "not a field's value";
  }
  return "unknown";
}

Error failure(Fault fault, std::string message) {
  return Error{make_error_code(fault), std::move(message), FailureClass::permanent, std::nullopt};
}

// Throws nothing, whatever the bytes.
std::string dump(const nlohmann::json& json) {
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

nlohmann::json parts(const char* tag, const std::string& first,
                     std::initializer_list<std::pair<const char*, const std::string&>> others) {
  nlohmann::json object{{tag, first}};
  for (const auto& [name, text] : others) {
    if (!text.empty()) object[name] = text;
  }
  return object;
}

Error odd_object() {
  return failure(
      Fault::not_a_value,
      "A field holds an object; text, a number, true, false, null, a list of these, or an object such as "
      R"({"$date":"2026-11-24"}, {"$user":"jdoe","email":"jane@acme.com"} or {"$option":"3"} would be right.)");
}

// The text of a member, nothing where there is none; a member that is no text makes the object odd.
template <class Json>
std::optional<std::string> text_of(const Json& object, const char* name) {
  const auto member = object.find(name);
  if (member == object.end()) return std::string{};
  if (!member->is_string()) return std::nullopt;
  return member->template get<std::string>();
}

template <class Json>
bool only_has(const Json& object, std::initializer_list<std::string_view> names) {
  for (const auto& member : object.items()) {
    if (std::find(names.begin(), names.end(), std::string_view{member.key()}) == names.end()) return false;
  }
  return true;
}

// An object of the canonical form (to_json).
template <class Json>
Result<Value> tagged(const Json& object) {
  const auto date = text_of(object, "$date"), instant = text_of(object, "$instant"), zone = text_of(object, "zone"),
             id = text_of(object, "$user"), name = text_of(object, "name"), email = text_of(object, "email"),
             option = text_of(object, "$option"), reference = text_of(object, "$ref"),
             project = text_of(object, "project"), rich = text_of(object, "$rich");
  for (const auto* part : {&date, &instant, &zone, &id, &name, &email, &option, &reference, &project, &rich}) {
    if (!*part) return odd_object();
  }
  if (object.contains("$date") && only_has(object, {"$date"})) {
    const std::optional<Date> day = date_from_text(*date);
    if (!day) return failure(Fault::not_a_value, "\"" + text::printable(*date) + "\" is no date such as 2026-11-24.");
    return Value{*day};
  }
  if (object.contains("$instant") && only_has(object, {"$instant", "zone"})) {
    std::optional<Instant> moment = instant_from_text(*instant);
    const std::optional<std::chrono::minutes> ahead =
        zone->empty() ? moment ? moment->zone : std::chrono::minutes{0} : zone_from_text(*zone);
    if (!moment || !ahead) {
      return failure(Fault::not_a_value, "\"" + text::printable(*instant) + "\", zone \"" + text::printable(*zone) +
                                             "\", is no instant such as 2026-11-24T02:53:11Z.");
    }
    moment->zone = *ahead;
    return Value{*moment};
  }
  if (object.contains("$user") && only_has(object, {"$user", "name", "email"})) return Value{User{*id, *name, *email}};
  if (object.contains("$option") && only_has(object, {"$option", "name"})) return Value{Option{*option, *name}};
  if (object.contains("$ref") && only_has(object, {"$ref", "project"})) {
    return Value{Reference{ProjectName{*project}, RecordId{*reference}}};
  }
  // Read anew, so that nothing but the canonical form is ever inside.
  if (object.contains("$rich") && only_has(object, {"$rich"})) return Value{from_html(*rich)};
  return odd_object();
}

template <class Json>
Result<Value> convert(const Json& json, std::size_t depth) {
  switch (json.type()) {
    case Json::value_t::null:
      return Value{};
    case Json::value_t::boolean:
      return Value{json.template get<bool>()};
    case Json::value_t::number_integer:
      return Value{json.template get<std::int64_t>()};
    case Json::value_t::number_unsigned: {
      const auto number = json.template get<std::uint64_t>();
      if (number > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
        return failure(Fault::number_range,
                       "The number " + std::to_string(number) + " is beyond 64 bits; write it as text, in quotes.");
      return Value{static_cast<std::int64_t>(number)};
    }
    case Json::value_t::number_float: {
      const double number = json.template get<double>();
      if (!std::isfinite(number))
        return failure(Fault::number_range, "A number is not finite; leave it out, or write it as text.");
      return Value{number};
    }
    case Json::value_t::string:
      return Value{json.template get<std::string>()};
    case Json::value_t::array: {
      if (depth == max_list_depth)
        return failure(Fault::too_deep, "Lists stand in lists more than " + std::to_string(max_list_depth) +
                                            " levels deep; that is as deep as a field may go.");
      List list;
      list.reserve(json.size());
      for (const auto& element : json) {
        auto value = convert(element, depth + 1);
        if (!value) return value.error();
        list.push_back(std::move(*value));
      }
      return Value{std::move(list)};
    }
    case Json::value_t::object:
      return tagged(json);
    case Json::value_t::binary:
    case Json::value_t::discarded:
      break;
  }
  return failure(Fault::not_a_value, "A field holds something that JSON has no form for.");
}

}  // namespace

const boost::system::error_category& record_category() noexcept {
  static const Category<Fault> category{"syncservice.record", words};
  return category;
}

boost::system::error_code make_error_code(Fault fault) noexcept {
  return {static_cast<int>(fault), record_category()};
}

std::string Value::text() const {
  struct Writer {
    std::string operator()(Null) const { return {}; }
    std::string operator()(bool truth) const { return truth ? "true" : "false"; }
    std::string operator()(std::int64_t number) const { return std::to_string(number); }
    std::string operator()(double number) const { return dump(number); }
    std::string operator()(const std::string& text) const { return text; }
    std::string operator()(const RichText& rich) const { return to_plain(rich); }
    std::string operator()(const Date& date) const { return to_text(date); }
    std::string operator()(const Instant& instant) const { return to_rfc3339(instant.at); }
    std::string operator()(const User& user) const {
      if (!user.name.empty()) return user.name;
      return user.email.empty() ? user.id : user.email;
    }
    std::string operator()(const Option& option) const { return option.name.empty() ? option.id : option.name; }
    std::string operator()(const Reference& reference) const { return reference.id.str(); }
    std::string operator()(const List& list) const {
      std::string out;
      for (const Value& element : list) {
        if (&element != &list.front()) out += ", ";
        out += element.text();
      }
      return out;
    }
  };
  return std::visit(Writer{}, value_);
}

nlohmann::json to_json_value(const Value& value) {
  struct Writer {
    nlohmann::json operator()(Null) const { return nullptr; }
    nlohmann::json operator()(bool truth) const { return truth; }
    nlohmann::json operator()(std::int64_t number) const { return number; }
    nlohmann::json operator()(double number) const { return number; }
    nlohmann::json operator()(const std::string& text) const { return text; }
    nlohmann::json operator()(const RichText& rich) const { return {{"$rich", rich.html()}}; }
    nlohmann::json operator()(const Date& date) const { return {{"$date", to_text(date)}}; }
    nlohmann::json operator()(const Instant& instant) const {
      nlohmann::json object{{"$instant", to_rfc3339(instant.at)}};
      if (instant.zone.count() != 0) object["zone"] = to_text(instant.zone);
      return object;
    }
    nlohmann::json operator()(const User& user) const {
      return parts("$user", user.id, {{"name", user.name}, {"email", user.email}});
    }
    nlohmann::json operator()(const Option& option) const {
      return parts("$option", option.id, {{"name", option.name}});
    }
    nlohmann::json operator()(const Reference& reference) const {
      return parts("$ref", reference.id.str(), {{"project", reference.project.str()}});
    }
    nlohmann::json operator()(const List& list) const {
      auto out = nlohmann::json::array();
      for (const Value& element : list) out.push_back(to_json_value(element));
      return out;
    }
  };
  return std::visit(Writer{}, value.get());
}

Result<Value> value_from_json(const nlohmann::json& json) {
  return convert(json, 0);
}

std::string to_json(const Fields& fields) {
  auto object = nlohmann::json::object();
  for (const auto& [name, value] : fields) object.emplace(name, to_json_value(value));
  return dump(object);
}

Result<Fields> fields_from_json(std::string_view json) {
  const auto document = parse_json(json, max_list_depth + 2);
  if (!document) return document.error();
  if (!document->is_object())
    return failure(Fault::not_a_value, "Fields must be a JSON object, not " + std::string{document->type_name()} + ".");
  Fields fields;
  for (const auto& [name, element] : document->items()) {
    auto value = convert(element, 0);
    if (!value) {
      Error error = value.error();
      error.message = "Field \"" + text::printable(name) + "\": " + error.message;
      return error;
    }
    fields.emplace(name, std::move(*value));
  }
  return fields;
}

std::uint64_t hash(const Fields& fields) {
  return fnv1a(to_json(fields));
}

}  // namespace syncservice::record
