#include "syncservice/record/record.hpp"

#include "syncservice/base/text.hpp"

#include <nlohmann/json.hpp>

#include <cmath>
#include <limits>

namespace syncservice::record {
namespace {

// Boost's base has no virtual destructor on purpose: categories are never destroyed through it.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wnon-virtual-dtor"
class Category final : public boost::system::error_category {
 public:
  [[nodiscard]] const char* name() const noexcept override { return "syncservice.record"; }
  [[nodiscard]] std::string message(int value) const override {
    switch (static_cast<Fault>(value)) {
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
};
#pragma GCC diagnostic pop

Error failure(Fault fault, std::string message) {
  return Error{make_error_code(fault), std::move(message), FailureClass::permanent, std::nullopt};
}

// Throws nothing, whatever the bytes.
std::string dump(const nlohmann::json& json) {
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
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
      return failure(Fault::not_a_value,
                     "A field holds an object; text, a number, true, false, null or a list of these would be right.");
    case Json::value_t::binary:
    case Json::value_t::discarded:
      break;
  }
  return failure(Fault::not_a_value, "A field holds something that JSON has no form for.");
}

}  // namespace

const boost::system::error_category& record_category() noexcept {
  static const Category category;
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
  const auto document = parse_json(json, max_list_depth + 1);
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
  std::uint64_t state = 0xCBF29CE484222325U;
  for (const char c : to_json(fields)) {
    state ^= static_cast<unsigned char>(c);
    state *= 0x100000001B3U;
  }
  return state;
}

}  // namespace syncservice::record
