#include "values.hpp"

#include "syncservice/base/text.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>

namespace syncservice::mapping {
namespace {

using record::Date;
using record::Instant;
using record::List;
using record::Option;
using record::Reference;
using record::User;
using record::Value;

std::optional<bool> same_number(const Value& one, const Value& two) {
  const auto* whole = one.as<std::int64_t>();
  const auto* real = two.as<double>();
  if (whole != nullptr && real != nullptr) return static_cast<double>(*whole) == *real;
  if (one.as<double>() != nullptr && two.as<std::int64_t>() != nullptr) return same_number(two, one);
  return std::nullopt;
}

bool both(const std::string& one, const std::string& two) noexcept {
  return !one.empty() && !two.empty();
}

bool agree(const User& one, const User& two) {
  if (both(one.email, two.email)) return text::iequals(one.email, two.email);
  if (both(one.name, two.name)) return one.name == two.name;
  return both(one.id, two.id) && one.id == two.id;
}

bool agree(const Option& one, const Option& two) {
  if (both(one.name, two.name)) return one.name == two.name;
  return both(one.id, two.id) ? one.id == two.id : one.id == two.name || one.name == two.id;
}

bool agree(const Reference& one, const Reference& two) {
  return one.id == two.id && (one.project == two.project || one.project.empty() || two.project.empty());
}

// Does the text stand for the value?
bool stands_for(const std::string& text, const Value& value) {
  if (const auto* user = value.as<User>())
    return text::iequals(text, user->email) || text == user->name || text == user->id;
  if (const auto* option = value.as<Option>()) return text == option->name || text == option->id;
  if (const auto* date = value.as<Date>()) return record::date_from_text(text) == *date;
  if (const auto* instant = value.as<Instant>()) {
    const auto moment = record::instant_from_text(text);
    return moment && *moment == *instant;
  }
  return value.as<List>() == nullptr && text == value.text();
}

}  // namespace

bool same(const Value& one, const Value& two) {
  if (is_empty(one) || is_empty(two)) return is_empty(one) && is_empty(two);
  if (const auto numbers = same_number(one, two)) return *numbers;
  if (const auto* left = one.as<List>(), *right = two.as<List>(); left != nullptr && right != nullptr)
    return std::equal(left->begin(), left->end(), right->begin(), right->end(), same);
  if (const auto* left = one.as<User>(), *right = two.as<User>(); left != nullptr && right != nullptr)
    return both(left->id, right->id) ? left->id == right->id : agree(*left, *right);
  if (const auto* left = one.as<Option>(), *right = two.as<Option>(); left != nullptr && right != nullptr)
    return both(left->id, right->id) ? left->id == right->id : agree(*left, *right);
  return one == two;
}

bool agree(const Value& wanted, const Value& held) {
  if (is_empty(wanted) || is_empty(held)) return is_empty(wanted) && is_empty(held);
  if (const auto numbers = same_number(wanted, held)) return *numbers;
  if (const auto* left = wanted.as<List>(), *right = held.as<List>(); left != nullptr && right != nullptr) {
    return std::equal(left->begin(), left->end(), right->begin(), right->end(),
                      [](const Value& one, const Value& two) { return agree(one, two); });
  }
  if (const auto* left = wanted.as<User>(), *right = held.as<User>(); left != nullptr && right != nullptr)
    return agree(*left, *right);
  if (const auto* left = wanted.as<Option>(), *right = held.as<Option>(); left != nullptr && right != nullptr)
    return agree(*left, *right);
  if (const auto* left = wanted.as<Reference>(), *right = held.as<Reference>(); left != nullptr && right != nullptr)
    return agree(*left, *right);
  const auto* wanted_text = wanted.as<std::string>();
  const auto* held_text = held.as<std::string>();
  if ((wanted_text == nullptr) != (held_text == nullptr))
    return wanted_text != nullptr ? stands_for(*wanted_text, held) : stands_for(*held_text, wanted);
  return wanted == held;
}

std::optional<double> number_from(std::string_view text) noexcept {
  text = text::trim(text);
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size() || !std::isfinite(number))
    return std::nullopt;
  return number;
}

}  // namespace syncservice::mapping
