#include "words.hpp"

#include "syncservice/base/text.hpp"

namespace syncservice::record {
namespace {

// Whether the character that begins there is no letter: white space, punctuation and signs of Latin-1, of U+2000 to
// U+2BFF and of CJK, and emojis. The others beyond ASCII are taken for letters.
bool is_sign(std::string_view rest) {
  const char second = rest.size() > 1 ? rest[1] : '\0';
  switch (rest[0]) {
    case '\xC2':
      return second != '\xAA' && second != '\xB5' && second != '\xBA';
    case '\xE2':
      return static_cast<unsigned char>(second) < 0xB0U;
    case '\xE3':
      return second == '\x80';
    case '\xF0':
      return second == '\x9F';
    default:
      return false;
  }
}

}  // namespace

bool is_alnum(char c) noexcept {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool word_before(std::string_view text, std::size_t at) {
  if (at == 0) return false;
  std::size_t begin = at - 1;
  while (begin > 0 && (static_cast<unsigned char>(text[begin]) & 0xC0U) == 0x80U) --begin;
  return word_at(text, begin);
}

bool word_at(std::string_view text, std::size_t at) {
  if (at >= text.size()) return false;
  if (static_cast<unsigned char>(text[at]) < 0x80U) return is_alnum(text[at]);
  return !is_sign(text.substr(at));
}

bool blank_at(std::string_view text, std::size_t at) {
  return at >= text.size() || text[at] == ' ' || text[at] == '\t' || text[at] == '\n';
}

std::string cleaned(std::string_view bytes, bool keep_lines) {
  std::string out;
  out.reserve(bytes.size());
  while (!bytes.empty()) {
    const std::string_view good = bytes.substr(0, text::utf8_prefix(bytes));
    for (std::size_t i = 0; i < good.size(); ++i) {
      const auto c = static_cast<unsigned char>(good[i]);
      const auto next = i + 1 < good.size() ? static_cast<unsigned char>(good[i + 1]) : 0U;
      if (c == '\r' && next == '\n') continue;
      if (c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v') {
        const char kept = c == '\t' ? '\t' : '\n';
        out += keep_lines ? kept : ' ';
      } else if (c == 0xC2U && next < 0xA0U) {
        ++i;  // a C1 control character
      } else if (good.substr(i, 2) == "\xEF\xBF" && static_cast<unsigned char>(good[i + 2]) >= 0xBEU) {
        i += 2;  // U+FFFE, U+FFFF
      } else if (c >= ' ' && c != 0x7FU) {
        out += good[i];
      }
    }
    bytes.remove_prefix(good.size());
    if (bytes.empty()) break;
    out += "\xEF\xBF\xBD";
    bytes.remove_prefix(1);
  }
  return out;
}

}  // namespace syncservice::record
