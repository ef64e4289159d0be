#include "format.hpp"

#include "syncservice/base/text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include <nlohmann/json.hpp>

namespace syncservice::telemetry {
namespace {

constexpr std::size_t no_limit = std::numeric_limits<std::size_t>::max();

bool stands_bare(std::string_view value) noexcept {
  const bool special = std::any_of(value.begin(), value.end(), [](char c) { return c == ' ' || c == '"'; });
  return !value.empty() && !special && text::is_utf8(value) && !text::has_control(value);
}

void append_value(std::string& out, std::string_view value) {
  if (stands_bare(value)) {
    out += value;
    return;
  }
  std::string escaped;
  for (const char c : value) {
    if (c == '"' || c == '\\') escaped += '\\';
    escaped += c;
  }
  out += '"';
  out += text::printable(escaped, no_limit);
  out += '"';
}

template <class Number>
void append_number(std::string& out, Number number) {
  std::array<char, 32> digits{};
  const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), number);
  out.append(digits.data(), error == std::errc{} ? end : digits.data());
}

struct TextWriter {
  std::string& out;
  void operator()(std::string_view value) const { append_value(out, value); }
  void operator()(std::int64_t value) const { append_number(out, value); }
  void operator()(double value) const { append_number(out, value); }
  void operator()(bool value) const { out += value ? "true" : "false"; }
};

}  // namespace

std::string_view to_string(Level level) noexcept {
  switch (level) {
    case Level::trace:
      return "trace";
    case Level::debug:
      return "debug";
    case Level::info:
      return "info";
    case Level::warn:
      return "warn";
    case Level::error:
      return "error";
    case Level::off:
      break;
  }
  return "off";
}

std::string text_line(Timestamp time, Level level, std::string_view message, std::initializer_list<Field> fields) {
  constexpr std::size_t level_width = 6;
  std::string out = to_rfc3339(time);
  out += ' ';
  const std::string_view name = to_string(level);
  out += name;
  out.append(level_width - name.size(), ' ');
  out += text::printable(message, no_limit);
  for (const Field& field : fields) {
    out += ' ';
    out += field.name;
    out += '=';
    std::visit(TextWriter{out}, field.value);
  }
  return out;
}

std::string json_line(Timestamp time, Level level, std::string_view message, std::initializer_list<Field> fields) {
  nlohmann::ordered_json object{{"time", to_rfc3339(time)}, {"level", to_string(level)}, {"message", message}};
  for (const Field& field : fields) {
    std::visit([&](const auto& value) { object[std::string{field.name}] = value; }, field.value);
  }
  return object.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace syncservice::telemetry
