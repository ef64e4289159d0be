#include "wiki.hpp"

#include "syncservice/base/text.hpp"

#include "address.hpp"
#include "entity.hpp"
#include "words.hpp"

#include <algorithm>

namespace syncservice::record::wiki {
namespace {

// Bounds the search for what ends a construct; nothing sensible is longer.
constexpr std::size_t longest_piece = 8'192;
constexpr std::size_t longest_macro = 512;
constexpr std::size_t longest_marker = 100;
constexpr std::string_view escapables = "-#*_+?^~|%{}[]()!@";

// With escapes and references resolved.
std::string unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    if (escape_at(text, i)) {
      out += text[i + 1];
      i += 2;
    } else if (const std::size_t length = entity_length(text.substr(i)); length > 0) {
      out += entity_text(text.substr(i, length));
      i += length;
    } else {
      out += text[i++];
    }
  }
  return out;
}

// Where `end` stands unescaped after `from`, on the same line and before any `stop`; npos for nowhere.
std::size_t find_end(std::string_view text, std::size_t from, std::string_view end, char stop = '\n') {
  const std::size_t limit = std::min(text.size(), from + longest_piece);
  for (std::size_t i = from; i < limit && text[i] != '\n'; ++i) {
    if (escape_at(text, i)) {
      ++i;
    } else if (text.substr(i, end.size()) == end) {
      return i;
    } else if (text[i] == stop) {
      break;
    }
  }
  return std::string_view::npos;
}

bool names_a_place(std::string_view address) {
  return address.starts_with('#') || address.find(':') != std::string_view::npos;
}

std::optional<Piece> link_at(std::string_view text, std::size_t at) {
  const std::size_t end = find_end(text, at + 1, "]", '[');
  if (end == std::string_view::npos || end == at + 1) return std::nullopt;
  const std::string_view inside = text.substr(at + 1, end - at - 1);
  Piece piece;
  piece.end = end + 1;
  const std::size_t bar = find_end(inside, 0, "|");
  const bool alone = bar == std::string_view::npos && inside.size() > 1;
  if (alone && inside.front() == '~') {
    piece.target.append("@").append(inside.substr(1));
    return piece;
  }
  if (alone && inside.front() == '^') {
    piece.target = unescaped(inside.substr(1));
    return piece;
  }
  piece.kind = Piece::Kind::link;
  if (bar == std::string_view::npos) {
    piece.target = safe_link(inside);
    if (piece.target.empty() || !names_a_place(piece.target)) return std::nullopt;
    return piece;
  }
  piece.label = inside.substr(0, bar);
  std::string_view address = inside.substr(bar + 1);
  address = address.substr(0, address.find('|'));
  piece.target = safe_link(address);
  if (piece.label.empty() && piece.target.empty()) return std::nullopt;
  if (piece.target.empty()) {
    // Brackets around something else, unless it is an attachment, a user or an address that may not pass.
    const bool names_one = address.starts_with('^') || address.starts_with('~');
    if (!names_one && address.find(':') == std::string_view::npos) return std::nullopt;
    piece.kind = Piece::Kind::text;
    piece.target = unescaped(piece.label);
  }
  return piece;
}

std::optional<Piece> image_at(std::string_view text, std::size_t at) {
  if (word_before(text, at) || at + 1 >= text.size() || blank_at(text, at + 1) || text[at + 1] == '!') {
    return std::nullopt;
  }
  const std::size_t end = find_end(text, at + 1, "!");
  if (end == std::string_view::npos || blank_at(text, end - 1)) return std::nullopt;
  const std::string_view inside = text.substr(at + 1, end - at - 1);
  const std::size_t bar = inside.find('|');
  if (bar == std::string_view::npos && inside.find('.') == std::string_view::npos) return std::nullopt;
  Piece piece;
  piece.kind = Piece::Kind::image;
  piece.end = end + 1;
  const std::string name = unescaped(inside.substr(0, bar));
  piece.target = name.find("://") == std::string::npos ? name : file_name(name);
  if (bar != std::string_view::npos) {
    std::string parameters{inside.substr(bar + 1)};
    std::replace(parameters.begin(), parameters.end(), ',', '|');
    std::string_view alt = parameter(parameters, "alt");
    if (alt.size() > 1 && alt.front() == '"' && alt.back() == '"') alt = alt.substr(1, alt.size() - 2);
    piece.alt = unescaped(alt);
  }
  return piece;
}

std::optional<Piece> code_at(std::string_view text, std::size_t at) {
  Piece piece;
  piece.kind = Piece::Kind::code;
  if (text.substr(at, 2) == "{{") {
    const std::size_t end = find_end(text, at + 2, "}}", '{');
    if (end == std::string_view::npos || end == at + 2) return std::nullopt;
    piece.end = end + 2;
    piece.target = unescaped(text.substr(at + 2, end - at - 2));
    return piece;
  }
  for (const std::string_view name : {"code", "noformat"}) {
    const std::size_t length = macro_at(text, at, name);
    if (length == 0) continue;
    const std::string close = "{" + std::string{name} + "}";
    const std::size_t end = text.substr(0, at + length + longest_piece).find(close, at + length);
    if (end == std::string_view::npos) return std::nullopt;
    piece.end = end + close.size();
    piece.target = text::trim(text.substr(at + length, end - at - length));
    return piece;
  }
  return std::nullopt;
}

}  // namespace

bool is_escapable(char c) {
  return escapables.find(c) != std::string_view::npos;
}

bool escape_at(std::string_view text, std::size_t at) {
  return at + 1 < text.size() && text[at] == '\\' && is_escapable(text[at + 1]);
}

bool forced_break_at(std::string_view text, std::size_t at) {
  if (text.substr(at, 2) != "\\\\" || (at > 0 && text[at - 1] == '\\')) return false;
  for (std::size_t i = at + 2; i < text.size() && !blank_at(text, i); ++i) {
    if (text[i] == '\\') return false;
  }
  return true;
}

Marks mark_of(char c) {
  for (const Mark mark : all_marks) {
    if (mark != code && character_of(mark) == c) return mark;
  }
  return 0;
}

char character_of(Mark mark) {
  switch (mark) {
    case strong:
      return '*';
    case emphasis:
      return '_';
    case underline:
      return '+';
    case strike:
      return '-';
    case subscript:
      return '~';
    case superscript:
      return '^';
    case code:
      break;
  }
  return '\0';
}

std::optional<Piece> piece_at(std::string_view text, std::size_t at) {
  switch (text[at]) {
    case '[':
      return link_at(text, at);
    case '!':
      return image_at(text, at);
    case '{':
      return code_at(text, at);
    default:
      return std::nullopt;
  }
}

std::size_t macro_at(std::string_view text, std::size_t at, std::string_view name) {
  const std::string_view rest = text.substr(at, longest_macro);
  if (rest.empty() || rest.front() != '{' || rest.substr(1, name.size()) != name) return 0;
  const std::size_t after = 1 + name.size();
  if (after >= rest.size() || (rest[after] != '}' && rest[after] != ':')) return 0;
  const std::size_t end = rest.find_first_of("}\n", after);
  return end == std::string_view::npos || rest[end] == '\n' ? 0 : end + 1;
}

std::string_view parameters_of(std::string_view macro) {
  const std::size_t colon = macro.find(':');
  return colon == std::string_view::npos ? std::string_view{} : macro.substr(colon + 1, macro.size() - colon - 2);
}

std::string_view parameter(std::string_view parameters, std::string_view key) {
  while (!parameters.empty()) {
    const std::size_t end = std::min(parameters.find('|'), parameters.size());
    const std::string_view part = parameters.substr(0, end);
    parameters.remove_prefix(std::min(end + 1, parameters.size()));
    const std::size_t equals = part.find('=');
    if (equals == std::string_view::npos ? key.empty() : !key.empty() && text::trim(part.substr(0, equals)) == key) {
      return text::trim(part.substr(equals == std::string_view::npos ? 0 : equals + 1));
    }
  }
  return {};
}

ItemMarker item_marker(std::string_view line, bool in_list) {
  const std::size_t end = std::min(line.find_first_not_of("*#-"), line.size());
  const std::string_view marker = line.substr(0, end);
  if (end == 0 || end > longest_marker || end == line.size() || !blank_at(line, end)) return {};
  if (marker.starts_with("--") && !in_list) return {};
  return {marker, std::min(line.find_first_not_of(" \t", end), line.size())};
}

int heading_level(std::string_view line) {
  const bool heading = line.size() >= 3 && line[0] == 'h' && line[1] >= '1' && line[1] <= '6' && line[2] == '.';
  return heading ? line[1] - '0' : 0;
}

bool is_rule(std::string_view line) {
  line = text::trim(line);
  return line.size() >= 4 && line.find_first_not_of('-') == std::string_view::npos;
}

}  // namespace syncservice::record::wiki
