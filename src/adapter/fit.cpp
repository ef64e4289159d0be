#include "syncservice/adapter/fit.hpp"

#include "syncservice/adapter/failure.hpp"
#include "syncservice/base/text.hpp"
#include "syncservice/record/content.hpp"
#include "syncservice/record/rich_text.hpp"

#include <algorithm>
#include <utility>

namespace syncservice::adapter {
namespace {

using record::Value;

Error refused(const FieldInfo& field, const std::string& what) {
  return make_error(Failure::refused, "Field \"" + text::printable(field.name) + "\" " + what);
}

const record::Option* find_option(const FieldInfo& field, const record::Option& wanted) {
  const auto found = std::find_if(field.options.begin(), field.options.end(), [&](const record::Option& option) {
    if (!wanted.id.empty()) return option.id == wanted.id;
    return !wanted.name.empty() && option.name == wanted.name;
  });
  return found == field.options.end() ? nullptr : &*found;
}

Value option_from(const FieldInfo& field, const record::Option& wanted) {
  const record::Option* known = find_option(field, wanted);
  return known == nullptr ? wanted : *known;
}

Value option_from(const FieldInfo& field, const std::string& name) {
  if (const record::Option* known = find_option(field, {{}, name})) return *known;
  if (const record::Option* known = find_option(field, {name, {}})) return *known;
  return record::Option{{}, name};
}

Value user_from(const std::string& name) {
  const bool address = name.find('@') != std::string::npos && name.find(' ') == std::string::npos;
  return address ? record::User{{}, {}, name} : record::User{{}, name, {}};
}

// What text says, for a field of that kind.
std::optional<Value> from_words(const FieldInfo& field, const std::string& words) {
  switch (field.kind) {
    case FieldKind::text:
      return Value{words};
    case FieldKind::rich_text:
      return Value{record::from_plain(words)};
    case FieldKind::date: {
      const auto date = record::date_from_text(words);
      return date ? std::optional<Value>{*date} : std::nullopt;
    }
    case FieldKind::instant: {
      const auto instant = record::instant_from_text(words);
      return instant ? std::optional<Value>{*instant} : std::nullopt;
    }
    case FieldKind::user:
      return user_from(words);
    case FieldKind::option:
      return option_from(field, words);
    case FieldKind::reference:
      return Value{record::Reference{{}, RecordId{words}}};
    case FieldKind::integer:
    case FieldKind::decimal:
    case FieldKind::boolean:
      return std::nullopt;
  }
  return std::nullopt;
}

template <class Kind>
std::optional<Value> only(const Value& value) {
  return value.as<Kind>() != nullptr ? std::optional{value} : std::nullopt;
}

std::optional<Value> one_as_kind(const FieldInfo& field, const Value& value) {
  if (value.is_null()) return value;
  if (const auto* words = value.as<std::string>()) return from_words(field, *words);
  switch (field.kind) {
    case FieldKind::text:
      if (const auto* rich = value.as<record::RichText>()) return Value{record::to_plain(*rich)};
      return std::nullopt;
    case FieldKind::rich_text:
      return only<record::RichText>(value);
    case FieldKind::integer:
      return only<std::int64_t>(value);
    case FieldKind::decimal:
      if (const auto* whole = value.as<std::int64_t>()) return Value{static_cast<double>(*whole)};
      return only<double>(value);
    case FieldKind::boolean:
      return only<bool>(value);
    case FieldKind::date:
      return only<record::Date>(value);
    case FieldKind::instant:
      return only<record::Instant>(value);
    case FieldKind::user:
      return only<record::User>(value);
    case FieldKind::option:
      if (const auto* option = value.as<record::Option>()) return option_from(field, *option);
      // A table or a constant may write an option's id as the number or the yes and no that it looks like.
      if (value.as<std::int64_t>() != nullptr || value.as<bool>() != nullptr) return option_from(field, value.text());
      return std::nullopt;
    case FieldKind::reference:
      return only<record::Reference>(value);
  }
  return std::nullopt;
}

// Of one value, or of one item of a list; it is of the field's kind.
Result<void> check_one(const FieldInfo& field, const Value& value) {
  if (const auto* words = value.as<std::string>(); words != nullptr && field.max_length) {
    const std::size_t count = record::characters(*words);
    if (count > *field.max_length)
      return refused(field, "takes at most " + std::to_string(*field.max_length) + " characters, and this text has " +
                                std::to_string(count) + "; shorten it.");
  }
  const auto* option = value.as<record::Option>();
  if (option == nullptr || field.options.empty() || find_option(field, *option) != nullptr) return {};
  std::vector<std::string> names;
  for (const record::Option& known : field.options) names.push_back(known.name.empty() ? known.id : known.name);
  const std::string wanted = value.text();
  std::vector<std::string> near = text::nearest(wanted, names);
  if (near.empty()) near.assign(names.begin(), names.begin() + std::min<std::ptrdiff_t>(5, std::ssize(names)));
  return refused(field, "has no option \"" + text::printable(wanted) + "\"; it has, for example, " +
                            text::quoted_list(near) + '.');
}

}  // namespace

bool is_called(const FieldInfo& field, std::string_view name) noexcept {
  return field.name == name || std::find(field.aliases.begin(), field.aliases.end(), name) != field.aliases.end();
}

const FieldInfo* find_field(const TypeInfo& type, std::string_view name) noexcept {
  const auto found = std::find_if(type.fields.begin(), type.fields.end(),
                                  [&](const FieldInfo& field) { return is_called(field, name); });
  return found == type.fields.end() ? nullptr : &*found;
}

std::optional<Value> as_kind(const FieldInfo& field, const Value& value) {
  const auto* list = value.as<record::List>();
  if (!field.list) return list == nullptr ? one_as_kind(field, value) : std::nullopt;
  if (value.is_null()) return value;
  record::List items;
  for (const Value& item : list == nullptr ? record::List{value} : *list) {
    std::optional<Value> fitted = one_as_kind(field, item);
    if (!fitted) return std::nullopt;
    items.push_back(std::move(*fitted));
  }
  return Value{std::move(items)};
}

Result<record::Fields> fit(const TypeInfo& type, const record::Fields& fields, Write write) {
  record::Fields out;
  for (const auto& [name, value] : fields) {
    const FieldInfo* field = find_field(type, name);
    if (field == nullptr) {
      std::vector<std::string> names;
      for (const FieldInfo& known : type.fields) names.push_back(known.name);
      const std::vector<std::string> near = text::nearest(name, names);
      std::string message = "There is no field \"" + text::printable(name) + '"';
      if (!type.name.empty()) message += " in type \"" + text::printable(type.name) + '"';
      message += near.empty() ? "." : "; near is " + text::quoted_list(near) + ".";
      return make_error(Failure::refused, std::move(message));
    }
    if (field->read_only) return refused(*field, "is read-only; leave it out of the mapping.");
    if (field->required && is_empty(value)) return refused(*field, "is required and can't be empty.");
    std::optional<Value> fitted = as_kind(*field, value);
    if (!fitted)
      return refused(*field, "takes " + std::string{field->list ? "a list of " : ""} +
                                 std::string{to_string(field->kind)} + " and can't hold \"" +
                                 text::printable(value.text()) + "\".");
    const auto* list = fitted->as<record::List>();
    for (const Value& item : list == nullptr ? record::List{*fitted} : *list) {
      if (auto checked = check_one(*field, item); !checked) return checked.error();
    }
    out.emplace(name, std::move(*fitted));
  }
  if (write == Write::update) return out;
  for (const FieldInfo& field : type.fields) {
    const bool given =
        std::any_of(fields.begin(), fields.end(), [&](const auto& item) { return is_called(field, item.first); });
    if (field.required && !field.read_only && !given)
      return refused(field, "is required when a record is made, and none was given.");
  }
  return out;
}

}  // namespace syncservice::adapter
