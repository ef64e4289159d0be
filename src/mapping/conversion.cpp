#include "conversion.hpp"

#include "values.hpp"

#include "syncservice/base/text.hpp"
#include "syncservice/record/content.hpp"
#include "syncservice/record/rich_text.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

namespace syncservice::mapping {
namespace {

using record::characters;
using record::Date;
using record::Instant;
using record::List;
using record::Null;
using record::Option;
using record::Reference;
using record::RichText;
using record::User;
using record::Value;

constexpr std::string_view mark = "…";

Date local_day(const Instant& instant) {
  return std::chrono::floor<std::chrono::days>(instant.at + instant.zone);
}

std::optional<Value> to_integer(const Value& value) {
  if (value.as<std::int64_t>() != nullptr) return value;
  constexpr double limit = 9'007'199'254'740'992;  // 2^53: beyond it a decimal does not tell neighbours apart
  const auto* real = value.as<double>();
  const std::string text = real != nullptr ? std::string{} : value.text();
  if (value.as<std::string>() == nullptr && real == nullptr) return std::nullopt;
  if (real == nullptr) {
    std::int64_t whole = 0;
    const std::string_view digits = text::trim(text);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), whole);
    if (error == std::errc{} && end == digits.data() + digits.size()) return Value{whole};
  }
  const std::optional<double> number = real != nullptr ? std::optional{*real} : number_from(text);
  if (!number || !(std::abs(*number) <= limit)) return std::nullopt;
  return Value{static_cast<std::int64_t>(std::llround(*number))};
}

std::optional<Value> to_decimal(const Value& value) {
  if (value.as<double>() != nullptr) return value;
  if (const auto* whole = value.as<std::int64_t>()) return Value{static_cast<double>(*whole)};
  const auto* text = value.as<std::string>();
  const auto number = text == nullptr ? std::nullopt : number_from(*text);
  return number ? std::optional<Value>{*number} : std::nullopt;
}

std::optional<Value> to_boolean(const Value& value) {
  if (value.as<bool>() != nullptr) return value;
  const std::string word = text::lower(text::trim(value.text()));
  for (const std::string_view yes : {"true", "yes", "on", "1", "y"}) {
    if (word == yes) return Value{true};
  }
  for (const std::string_view no : {"false", "no", "off", "0", "n"}) {
    if (word == no) return Value{false};
  }
  return std::nullopt;
}

std::optional<Value> to_date(const Value& value) {
  if (value.as<Date>() != nullptr) return value;
  if (const auto* instant = value.as<Instant>()) return Value{local_day(*instant)};
  const auto* text = value.as<std::string>();
  if (text == nullptr) return std::nullopt;
  if (const auto date = record::date_from_text(text::trim(*text))) return Value{*date};
  if (const auto instant = record::instant_from_text(text::trim(*text))) return Value{local_day(*instant)};
  return std::nullopt;
}

std::optional<Value> to_instant(const Value& value) {
  if (value.as<Instant>() != nullptr) return value;
  const auto midnight = [](Date date) { return Value{Instant{std::chrono::sys_days{date}, {}}}; };
  if (const auto* date = value.as<Date>()) return midnight(*date);
  const auto* text = value.as<std::string>();
  if (text == nullptr) return std::nullopt;
  if (const auto instant = record::instant_from_text(text::trim(*text))) return Value{*instant};
  if (const auto date = record::date_from_text(text::trim(*text))) return midnight(*date);
  return std::nullopt;
}

std::optional<Value> to_user(const Value& value) {
  if (value.as<User>() != nullptr) return value;
  const std::string text = value.text();
  return text.find('@') == std::string::npos ? Value{User{{}, text, {}}} : Value{User{{}, {}, text}};
}

std::string cut_text(std::string_view text, std::size_t most) {
  std::string out{record::first_characters(text, most - 1)};
  while (!out.empty() && static_cast<unsigned char>(out.back()) <= ' ') out.pop_back();
  return out.append(mark);
}

// The longest beginning of its plain text that fits with the little mark-up that plain text needs.
RichText cut_rich(const RichText& rich, std::size_t most) {
  const std::string plain = record::to_plain(rich);
  std::size_t room = std::min(most, characters(plain) + 1);
  while (room > 1) {
    RichText out = record::from_plain(characters(plain) > room ? cut_text(plain, room) : plain);
    const std::size_t length = characters(out.html());
    if (length <= most) return out;
    room -= std::min(room - 1, std::max<std::size_t>(1, (length - most) / 2));
  }
  return {};
}

}  // namespace

std::string_view to_string(As as) noexcept {
  switch (as) {
    case As::text:
      return "text";
    case As::rich_text:
      return "rich-text";
    case As::integer:
      return "integer";
    case As::decimal:
      return "decimal";
    case As::boolean:
      return "boolean";
    case As::date:
      return "date";
    case As::instant:
      return "instant";
    case As::user:
      return "user";
    case As::option:
      return "option";
    case As::reference:
      return "reference";
  }
  return "text";
}

std::optional<As> kind_of(const Value& value) {
  struct Kind {
    std::optional<As> operator()(Null) const { return std::nullopt; }
    std::optional<As> operator()(const std::string&) const { return As::text; }
    std::optional<As> operator()(const RichText&) const { return As::rich_text; }
    std::optional<As> operator()(std::int64_t) const { return As::integer; }
    std::optional<As> operator()(double) const { return As::decimal; }
    std::optional<As> operator()(bool) const { return As::boolean; }
    std::optional<As> operator()(const Date&) const { return As::date; }
    std::optional<As> operator()(const Instant&) const { return As::instant; }
    std::optional<As> operator()(const User&) const { return As::user; }
    std::optional<As> operator()(const Option&) const { return As::option; }
    std::optional<As> operator()(const Reference&) const { return As::reference; }
    std::optional<As> operator()(const List& list) const {
      std::optional<As> common;
      for (const Value& element : list) {
        const std::optional<As> kind = kind_of(element);
        if (kind && common && kind != common) return std::nullopt;
        if (kind) common = kind;
      }
      return common;
    }
  };
  return std::visit(Kind{}, value.get());
}

std::optional<Value> convert(const Value& value, As as) {
  if (is_empty(value)) return Value{};
  switch (as) {
    case As::text:
      return value.as<std::string>() != nullptr ? value : Value{value.text()};
    case As::rich_text:
      return value.as<RichText>() != nullptr ? value : Value{record::from_plain(value.text())};
    case As::integer:
      return to_integer(value);
    case As::decimal:
      return to_decimal(value);
    case As::boolean:
      return to_boolean(value);
    case As::date:
      return to_date(value);
    case As::instant:
      return to_instant(value);
    case As::user:
      return to_user(value);
    case As::option:
      return value.as<Option>() != nullptr ? value : Value{Option{{}, value.text()}};
    case As::reference:
      return value;
  }
  return std::nullopt;
}

Value split(const Value& value, const std::string& separator) {
  if (is_empty(value)) return Value{};
  if (value.as<List>() != nullptr) return value;
  const std::string whole = value.text();
  List out;
  for (std::string_view rest = whole;;) {
    const std::size_t at = rest.find(separator);
    if (const std::string_view part = text::trim(rest.substr(0, at)); !part.empty())
      out.emplace_back(std::string{part});
    if (at == std::string_view::npos) break;
    rest.remove_prefix(at + separator.size());
  }
  return out.empty() ? Value{} : Value{std::move(out)};
}

Value join(const Value& value, const std::string& separator) {
  const auto* list = value.as<List>();
  if (list == nullptr) return value;
  std::string out;
  for (const Value& element : *list) {
    const std::string whole = element.text();
    const std::string_view part = text::trim(whole);
    if (part.empty()) continue;
    if (!out.empty()) out += separator;
    out += part;
  }
  return out.empty() ? Value{} : Value{std::move(out)};
}

Value cut(const Value& value, std::size_t most, bool& was_cut) {
  if (const auto* text = value.as<std::string>()) {
    if (text->size() <= most || characters(*text) <= most) return value;
    was_cut = true;
    return Value{cut_text(*text, most)};
  }
  if (const auto* rich = value.as<RichText>()) {
    if (rich->html().size() <= most || characters(rich->html()) <= most) return value;
    was_cut = true;
    return Value{cut_rich(*rich, most)};
  }
  if (const auto* list = value.as<List>()) {
    List out;
    out.reserve(list->size());
    for (const Value& element : *list) out.push_back(cut(element, most, was_cut));
    return Value{std::move(out)};
  }
  return value;
}

bool is_cut_of(const Value& shorter, const Value& longer) {
  const std::string cut_one = shorter.text();
  if (!cut_one.ends_with(mark)) return false;
  const std::string_view stem = std::string_view{cut_one}.substr(0, cut_one.size() - mark.size());
  const std::string whole = longer.text();
  return !stem.empty() && whole.size() > cut_one.size() && whole.starts_with(stem);
}

}  // namespace syncservice::mapping
