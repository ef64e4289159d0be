#include "properties.hpp"

#include "syncservice/base/text.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <optional>

namespace syncservice::config {
namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

constexpr bool is_blank(char c) noexcept {
  return c == ' ' || c == '\t' || c == '\f';
}
constexpr bool is_line_end(char c) noexcept {
  return c == '\n' || c == '\r';
}

// Bytes of the well-formed character at the front; 0 when there is none.
std::size_t character_length(std::string_view bytes) noexcept {
  const auto lead = static_cast<unsigned char>(bytes[0]);
  const std::size_t length = lead < 0x80 ? 1U : lead < 0xE0 ? 2U : lead < 0xF0 ? 3U : 4U;
  return length <= bytes.size() && text::is_utf8(bytes.substr(0, length)) ? length : 0;
}

std::string encode(std::uint32_t code) {
  const auto tail = [](std::uint32_t bits) { return static_cast<char>(0x80U | (bits & 0x3FU)); };
  if (code < 0x80) return {static_cast<char>(code)};
  if (code < 0x800) return {static_cast<char>(0xC0U | (code >> 6U)), tail(code)};
  if (code < 0x10000) return {static_cast<char>(0xE0U | (code >> 12U)), tail(code >> 6U), tail(code)};
  return {static_cast<char>(0xF0U | (code >> 18U)), tail(code >> 12U), tail(code >> 6U), tail(code)};
}

constexpr bool is_high_surrogate(std::uint32_t code) noexcept {
  return code >= 0xD800 && code < 0xDC00;
}
constexpr bool is_low_surrogate(std::uint32_t code) noexcept {
  return code >= 0xDC00 && code < 0xE000;
}

std::string hex(std::uint32_t number, const char* format) {
  std::array<char, 16> out{};
  std::snprintf(out.data(), out.size(), format, static_cast<unsigned>(number));
  return out.data();
}

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {
    if (text_.starts_with(byte_order_mark)) position_ = byte_order_mark.size();
  }

  ParsedProperties read() {
    while (!at_end()) logical_line();
    return std::move(out_);
  }

 private:
  // One character of a logical line. An escaped one never separates key and value.
  struct Unit {
    std::string bytes;
    bool escaped = false;
    Location at;
    [[nodiscard]] bool is(char c) const { return !escaped && bytes.size() == 1 && bytes[0] == c; }
    [[nodiscard]] bool blank() const { return !escaped && bytes.size() == 1 && is_blank(bytes[0]); }
  };

  [[nodiscard]] bool at_end() const noexcept { return position_ >= text_.size(); }
  [[nodiscard]] char peek() const noexcept { return text_[position_]; }
  [[nodiscard]] bool at_line_end() const noexcept { return !at_end() && is_line_end(peek()); }
  [[nodiscard]] Location here() const noexcept { return {line_, column_}; }

  void advance(std::size_t bytes) noexcept {
    position_ += bytes;
    ++column_;
  }
  void skip_line_end() noexcept {
    position_ += text_.substr(position_).starts_with("\r\n") ? 2 : 1;
    ++line_;
    column_ = 1;
  }
  void skip_blanks() noexcept {
    while (!at_end() && is_blank(peek())) advance(1);
  }
  void fault(Location at, std::string what) { out_.faults.push_back({at, std::move(what)}); }

  void logical_line() {
    skip_blanks();
    if (at_end()) return;
    if (at_line_end()) return skip_line_end();
    if (peek() == '#' || peek() == '!') {
      while (!at_end() && !at_line_end()) ++position_;
      return;
    }
    const std::size_t begin = position_;
    const std::size_t faults_before = out_.faults.size();
    std::vector<Unit> units;
    while (!at_end() && !at_line_end()) {
      if (peek() == '\\') {
        escape(units);
      } else {
        literal(units, false, here());
      }
    }
    if (!units.empty()) split(units, begin, out_.faults.size() == faults_before);
    if (at_line_end()) skip_line_end();
  }

  void literal(std::vector<Unit>& units, bool escaped, Location at) {
    const Location place = here();
    const std::size_t length = character_length(text_.substr(position_));
    if (length == 0) {
      fault(place, "byte " + hex(static_cast<unsigned char>(peek()), "0x%02X") +
                       " is not valid UTF-8; save the file as UTF-8, or write the character as \\uXXXX");
      return advance(1);
    }
    if (peek() == '\0') {
      fault(place, "NUL byte; save the file as UTF-8 text");
      return advance(1);
    }
    units.push_back({std::string{text_.substr(position_, length)}, escaped, at});
    advance(length);
  }

  void escape(std::vector<Unit>& units) {
    const Location at = here();
    advance(1);
    if (at_end()) return;  // as Java does: a backslash that ends the file is nothing
    if (at_line_end()) {
      skip_line_end();
      return skip_blanks();
    }
    switch (peek()) {
      case 't':
        return simple_escape(units, "\t", at);
      case 'n':
        return simple_escape(units, "\n", at);
      case 'r':
        return simple_escape(units, "\r", at);
      case 'f':
        return simple_escape(units, "\f", at);
      case 'u':
        return unicode_escape(units, at);
      default:
        return literal(units, true, at);
    }
  }

  void simple_escape(std::vector<Unit>& units, const char* meaning, Location at) {
    units.push_back({meaning, true, at});
    advance(1);
  }

  // At the `u`. Eats the hex digits that are there, at most four.
  std::optional<std::uint32_t> code_unit(Location at) {
    advance(1);
    std::uint32_t code = 0;
    const std::size_t begin = position_;
    for (int i = 0; i < 4; ++i) {
      const char c = at_end() ? '\0' : text::lower(text_.substr(position_, 1))[0];
      const bool digit = c >= '0' && c <= '9';
      if (!digit && !(c >= 'a' && c <= 'f')) {
        fault(at,
              "\"\\u" + std::string{text_.substr(begin, position_ - begin)} +
                  "\" is not a character; \\u takes four hexadecimal digits, and a plain backslash is written \\\\");
        return std::nullopt;
      }
      code = code * 16 + static_cast<std::uint32_t>(digit ? c - '0' : c - 'a' + 10);
      advance(1);
    }
    return code;
  }

  void unicode_escape(std::vector<Unit>& units, Location at) {
    std::optional<std::uint32_t> code = code_unit(at);
    if (!code) return;
    if (is_high_surrogate(*code) && text_.substr(position_).starts_with("\\u")) {
      const Location second = here();
      advance(1);
      const std::optional<std::uint32_t> low = code_unit(second);
      if (!low) return;
      if (is_low_surrogate(*low)) {
        code = 0x10000 + ((*code - 0xD800) << 10U) + (*low - 0xDC00);
      } else {
        return half_a_pair(at, *code);
      }
    }
    if (is_high_surrogate(*code) || is_low_surrogate(*code)) return half_a_pair(at, *code);
    if (*code == 0) return fault(at, "\\u0000 is not allowed in a value");
    units.push_back({encode(*code), true, at});
  }

  void half_a_pair(Location at, std::uint32_t code) {
    fault(at, hex(code, "\\u%04X") + " is half of a surrogate pair; write both halves, high one first");
  }

  void split(const std::vector<Unit>& units, std::size_t begin, bool sound) {
    const auto separates = [](const Unit& unit) { return unit.is('=') || unit.is(':') || unit.blank(); };
    const auto key_end = std::find_if(units.begin(), units.end(), separates);
    auto value = std::find_if_not(key_end, units.end(), [](const Unit& unit) { return unit.blank(); });
    if (value != units.end() && (value->is('=') || value->is(':')))
      value = std::find_if_not(value + 1, units.end(), [](const Unit& unit) { return unit.blank(); });
    Property entry;
    entry.begin = begin;
    entry.end = position_;
    entry.sound = sound;
    entry.key_at = units.front().at;
    entry.value_at = value == units.end() ? here() : value->at;
    for (auto unit = units.begin(); unit != key_end; ++unit) entry.key += unit->bytes;
    for (auto unit = value; unit != units.end(); ++unit) entry.value += unit->bytes;
    out_.entries.push_back(std::move(entry));
  }

  std::string_view text_;
  std::size_t position_ = 0;
  int line_ = 1, column_ = 1;
  ParsedProperties out_;
};

void append_escaped(std::string& out, std::string_view part, std::string_view also) {
  for (const char c : part) {
    switch (c) {
      case '\t':
        out += "\\t";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\f':
        out += "\\f";
        break;
      case '\\':
        out += "\\\\";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          out += hex(static_cast<unsigned char>(c), "\\u%04X");
        } else {
          if (also.find(c) != std::string_view::npos) out += '\\';
          out += c;
        }
    }
  }
}

}  // namespace

ParsedProperties parse_properties(std::string_view text) {
  return Reader{text}.read();
}

std::string format_property(std::string_view key, std::string_view value) {
  std::string out;
  append_escaped(out, key, " =:#!");
  out += '=';
  if (value.starts_with(' ')) out += '\\';
  append_escaped(out, value, "");
  return out;
}

}  // namespace syncservice::config
