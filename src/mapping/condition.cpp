// Does a condition hold?
#include "filter.hpp"
#include "values.hpp"

#include "syncservice/base/text.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <compare>

namespace syncservice::mapping {
namespace {

using record::Value;

const Value& at(const record::Fields& fields, const std::string& name) {
  static const Value empty;
  const auto found = fields.find(name);
  return found == fields.end() ? empty : found->second;
}

Timestamp midnight(record::Date date) {
  return std::chrono::sys_days{date};
}

record::Date day_of(Timestamp at) {
  return std::chrono::floor<std::chrono::days>(at);
}

std::optional<double> number_of(const Value& value) {
  if (const auto* whole = value.as<std::int64_t>()) return static_cast<double>(*whole);
  if (const auto* real = value.as<double>()) return *real;
  return std::nullopt;
}

// A literal without a time of day means the whole day.
std::partial_ordering order(Timestamp moment, const Literal& literal) {
  if (literal.instant) return moment <=> literal.instant->at;
  return std::chrono::sys_days{day_of(moment)} <=> std::chrono::sys_days{*literal.date};
}

std::partial_ordering order(const Value& value, const Literal& literal) {
  const std::string text = value.text();
  const bool moment_known = literal.date || literal.instant;
  if (const auto number = number_of(value); number && literal.number) return *number <=> *literal.number;
  if (const auto* date = value.as<record::Date>(); date != nullptr && moment_known)
    return order(midnight(*date), literal);
  if (const auto* instant = value.as<record::Instant>(); instant != nullptr && moment_known)
    return order(instant->at, literal);
  if (value.as<std::string>() != nullptr) {
    if (const auto number = number_from(text); number && literal.number) return *number <=> *literal.number;
    if (const auto date = record::date_from_text(text); date && moment_known) return order(midnight(*date), literal);
    if (const auto instant = record::instant_from_text(text); instant && moment_known)
      return order(instant->at, literal);
  }
  return text <=> literal.text;
}

bool equal(const Value& value, const Literal& literal) {
  if (is_empty(value)) return literal.text.empty();
  if (const auto* user = value.as<record::User>()) {
    return literal.text == user->name || literal.text == user->id ||
           (!literal.text.empty() && text::iequals(literal.text, user->email));
  }
  if (const auto* option = value.as<record::Option>())
    return literal.text == option->name || literal.text == option->id;
  // A text in quotes is compared as it is: "007" is not "7".
  if (value.as<std::string>() != nullptr && !literal.bare) return value.text() == literal.text;
  return order(value, literal) == std::partial_ordering::equivalent;
}

// For one of its elements, when it is a list.
template <class Test>
bool any(const Value& value, const Test& test) {
  if (const auto* list = value.as<record::List>(); list != nullptr && !list->empty())
    return std::any_of(list->begin(), list->end(), [&](const Value& element) { return any(element, test); });
  return test(value);
}

}  // namespace

bool Condition::holds(const record::Fields& fields, const record::Fields* snapshot) const {
  const auto operand_holds = [&](const Condition& operand) { return operand.holds(fields, snapshot); };
  const auto ordered = [&](auto test) {
    return any(at(fields, field),
               [&](const Value& value) { return !is_empty(value) && test(order(value, literals.front())); });
  };
  switch (kind) {
    case Kind::one_of:
      return any(at(fields, field), [&](const Value& value) {
        return std::any_of(literals.begin(), literals.end(),
                           [&](const Literal& literal) { return equal(value, literal); });
      });
    case Kind::less:
      return ordered([](std::partial_ordering o) { return o < 0; });
    case Kind::less_or_equal:
      return ordered([](std::partial_ordering o) { return o <= 0; });
    case Kind::greater:
      return ordered([](std::partial_ordering o) { return o > 0; });
    case Kind::greater_or_equal:
      return ordered([](std::partial_ordering o) { return o >= 0; });
    case Kind::matches:
      return any(at(fields, field), [&](const Value& value) { return re2::RE2::PartialMatch(value.text(), *pattern); });
    case Kind::changed:
      return snapshot == nullptr ? !is_empty(at(fields, field)) : !same(at(fields, field), at(*snapshot, field));
    case Kind::empty:
      return is_empty(at(fields, field));
    case Kind::negation:
      return !operands.front().holds(fields, snapshot);
    case Kind::conjunction:
      return std::all_of(operands.begin(), operands.end(), operand_holds);
    case Kind::disjunction:
      return std::any_of(operands.begin(), operands.end(), operand_holds);
  }
  return false;
}

void Condition::collect(std::set<std::string>& into, bool changes) const {
  for (const Condition& operand : operands) operand.collect(into, changes);
  if (!field.empty() && (!changes || kind == Kind::changed)) into.insert(field);
}

}  // namespace syncservice::mapping
