#include "values.hpp"

#include <array>
#include <charconv>

#include "syncservice/base/text.hpp"
#include "syncservice/record/rich_text.hpp"

namespace syncservice::adapter::servicenow {
namespace {

using record::Value;

constexpr std::string_view code_begin = "[code]", code_end = "[/code]";

std::optional<std::int64_t> whole(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<double> decimal(std::string_view text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// One value that a reference or a choice holds, and the name that goes with it.
Value named(FieldKind kind, std::string id, std::string name, std::string email = {}) {
  if (kind == FieldKind::user) return record::User{std::move(id), std::move(name), std::move(email)};
  if (kind == FieldKind::reference) return record::Reference{{}, RecordId{std::move(id)}};
  return record::Option{std::move(id), std::move(name)};
}

std::vector<std::string> split(std::string_view text, std::string_view separator) {
  std::vector<std::string> out;
  for (;;) {
    const std::size_t end = text.find(separator);
    out.emplace_back(text::trim(text.substr(0, end)));
    if (end == std::string_view::npos) return out;
    text.remove_prefix(end + separator.size());
  }
}

Value list_of(FieldKind kind, const std::string& ids, const std::string& names) {
  const std::vector<std::string> each_id = split(ids, ",");
  std::vector<std::string> each_name = split(names, ",");
  if (each_name.size() != each_id.size()) each_name.assign(each_id.size(), {});  // a name holds a comma itself
  record::List items;
  for (std::size_t i = 0; i < each_id.size(); ++i) items.push_back(named(kind, each_id[i], each_name[i]));
  return items;
}

// Text stands in for what is not as its kind should be, so that nothing is lost by reading.
template <class T>
Value or_text(const std::optional<T>& value, const std::string& text) {
  return value ? Value{*value} : Value{text};
}

Value to_value(const Column& column, const Json& row) {
  const std::string& name = column.info.name;
  const std::string text = stored(row, name);
  if (text.empty()) return {};
  if (column.info.list) return list_of(column.info.kind, text, shown(row, name));
  if (column.shape == Shape::duration) {
    const auto end = moment_from(text);
    if (!end) return text;
    return std::chrono::floor<std::chrono::seconds>(end->time_since_epoch()).count();
  }
  switch (column.info.kind) {
    case FieldKind::text:
      return text;
    case FieldKind::rich_text:
      return record::from_html(text);
    case FieldKind::integer:
      return or_text(whole(text), text);
    case FieldKind::decimal:
      return or_text(decimal(text), text);
    case FieldKind::boolean:
      return text == "true" || text == "1";
    case FieldKind::date:
      return or_text(record::date_from_text(std::string_view{text}.substr(0, 10)), text);
    case FieldKind::instant: {
      const auto at = moment_from(text);
      return at ? Value{record::Instant{*at, {}}} : Value{text};
    }
    case FieldKind::user:
      return named(column.info.kind, text, shown(row, name), stored(row, name + ".email"));
    case FieldKind::option:
    case FieldKind::reference:
      return named(column.info.kind, text, shown(row, name));
  }
  return text;
}

std::string fixed(double number) {
  std::array<char, 400> buffer{};  // the longest double has 309 digits
  const auto [end, error] =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), number, std::chars_format::fixed);
  return {buffer.data(), error == std::errc{} ? end : buffer.data()};
}

Error refused(const Column& column, const std::string& what) {
  return make_error(Failure::refused, "Field \"" + column.info.name + "\" " + what);
}

}  // namespace

std::optional<Timestamp> moment_from(std::string_view stored) {
  const auto instant = record::instant_from_text(std::string{stored} + 'Z');
  if (stored.size() != 19 || !instant) return std::nullopt;
  return instant->at;
}

std::string to_moment(Timestamp instant) {
  std::string text = to_rfc3339(std::chrono::floor<std::chrono::seconds>(instant)).substr(0, 19);
  text[10] = ' ';
  return text;
}

std::string marker_to_stored(const std::string& marker) {
  return text::percent_encode(marker);
}

std::string marker_from(const std::string& stored) {
  return text::percent_decode(stored).value_or(stored);
}

record::Record to_record(const Table& table, const Json& row, const std::string& marker_column,
                         const ProjectName& project) {
  record::Record record;
  record.project = project;
  record.id = RecordId{stored(row, "sys_id")};
  record.type = table.name;
  record.updated = moment_from(stored(row, "sys_updated_on"));
  record.marker = marker_from(stored(row, marker_column));
  for (const FieldInfo& field : table.type.fields) {
    if (row.contains(field.name)) record.fields.emplace(field.name, to_value(table.columns.at(field.name), row));
  }
  return record;
}

Result<std::string> to_stored(const Column& column, const Value& value) {
  if (value.is_null()) return std::string{};
  if (const auto* rich = value.as<record::RichText>()) return rich->html();
  if (const auto* words = value.as<std::string>()) return *words;
  if (const auto* truth = value.as<bool>()) return std::string{*truth ? "true" : "false"};
  if (const auto* number = value.as<double>()) return fixed(*number);
  if (const auto* date = value.as<record::Date>()) return record::to_text(*date);
  if (const auto* instant = value.as<record::Instant>()) return to_moment(instant->at);
  if (const auto* option = value.as<record::Option>()) {
    if (option->id.empty())
      return refused(column, "has no choice \"" + text::printable(option->name) + "\" that ServiceNow knows.");
    return option->id;
  }
  if (const auto* number = value.as<std::int64_t>()) {
    if (column.shape != Shape::duration) return std::to_string(*number);
    constexpr std::int64_t most = 100LL * 366 * 24 * 3600;
    if (*number < 0 || *number > most)
      return refused(column, "is a duration and can't be " + std::to_string(*number) + " seconds.");
    return to_moment(Timestamp{std::chrono::seconds{*number}});
  }
  return refused(column, "can't hold \"" + text::printable(value.text()) + "\".");
}

record::RichText from_journal(std::string_view entry) {
  record::RichText out;
  while (!entry.empty()) {
    const std::size_t begin = entry.find(code_begin);
    const std::string_view plain = text::trim(entry.substr(0, begin));
    if (!plain.empty()) out = record::concat(out, record::from_plain(plain));
    if (begin == std::string_view::npos) break;
    entry.remove_prefix(begin + code_begin.size());
    const std::size_t end = entry.find(code_end);
    out = record::concat(out, record::from_html(entry.substr(0, end)));
    if (end == std::string_view::npos) break;
    entry.remove_prefix(end + code_end.size());
  }
  return out;
}

std::string to_journal(const record::RichText& text, bool html) {
  const std::string plain = record::to_plain(text);
  // Text that would be read as formatted is sent as such, too.
  const bool same = record::from_plain(plain) == text && plain.find(code_begin) == std::string::npos;
  if (same || !html) return plain;
  std::string out{code_begin};
  return out.append(text.html()).append(code_end);
}

}  // namespace syncservice::adapter::servicenow
