#include "syncservice/base/text.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>

namespace syncservice::text {
namespace {

constexpr char ascii_lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

constexpr int hex_value(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Length of the well-formed UTF-8 sequence at the front (Unicode, table 3-7); 0 when there is none.
std::size_t sequence_length(std::string_view bytes) noexcept {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
  const auto tail = [&](std::size_t i) { return i < bytes.size() && (at(i) & 0xC0U) == 0x80U; };
  const unsigned char lead = at(0);
  if (lead < 0x80) return 1;
  if (lead < 0xC2) return 0;
  if (lead < 0xE0) return tail(1) ? 2 : 0;
  if (lead < 0xF0) {
    if (!tail(1) || !tail(2)) return 0;
    if (lead == 0xE0 && at(1) < 0xA0) return 0;
    if (lead == 0xED && at(1) > 0x9F) return 0;
    return 3;
  }
  if (lead > 0xF4 || !tail(1) || !tail(2) || !tail(3)) return 0;
  if (lead == 0xF0 && at(1) < 0x90) return 0;
  if (lead == 0xF4 && at(1) > 0x8F) return 0;
  return 4;
}

bool is_control_at(std::string_view utf8) noexcept {
  const auto first = static_cast<unsigned char>(utf8[0]);
  if (first < 0x20 || first == 0x7F) return true;
  return first == 0xC2 && utf8.size() > 1 && static_cast<unsigned char>(utf8[1]) < 0xA0;
}

constexpr std::string_view no_break_space = "\xC2\xA0";
constexpr bool is_blank(char c) noexcept {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

}  // namespace

std::size_t utf8_prefix(std::string_view bytes) noexcept {
  std::size_t good = 0;
  while (good < bytes.size()) {
    const std::size_t length = sequence_length(bytes.substr(good));
    if (length == 0) break;
    good += length;
  }
  return good;
}

bool is_utf8(std::string_view bytes) noexcept {
  return utf8_prefix(bytes) == bytes.size();
}

bool has_control(std::string_view utf8) noexcept {
  for (std::size_t i = 0; i < utf8.size(); ++i) {
    if (is_control_at(utf8.substr(i))) return true;
  }
  return false;
}

std::string_view trim(std::string_view utf8) noexcept {
  for (;;) {
    if (!utf8.empty() && is_blank(utf8.front())) {
      utf8.remove_prefix(1);
    } else if (utf8.starts_with(no_break_space)) {
      utf8.remove_prefix(2);
    } else {
      break;
    }
  }
  for (;;) {
    if (!utf8.empty() && is_blank(utf8.back())) {
      utf8.remove_suffix(1);
    } else if (utf8.ends_with(no_break_space)) {
      utf8.remove_suffix(2);
    } else {
      break;
    }
  }
  return utf8;
}

std::string lower(std::string_view ascii) {
  std::string out{ascii};
  std::transform(out.begin(), out.end(), out.begin(), ascii_lower);
  return out;
}

bool iequals(std::string_view left, std::string_view right) noexcept {
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [](char a, char b) { return ascii_lower(a) == ascii_lower(b); });
}

std::optional<std::string> percent_decode(std::string_view encoded) {
  std::string out;
  out.reserve(encoded.size());
  for (std::size_t i = 0; i < encoded.size(); ++i) {
    if (encoded[i] != '%') {
      out.push_back(encoded[i]);
      continue;
    }
    if (i + 2 >= encoded.size()) return std::nullopt;
    const int high = hex_value(encoded[i + 1]);
    const int low = hex_value(encoded[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    out.push_back(static_cast<char>(high * 16 + low));
    i += 2;
  }
  return out;
}

std::string percent_encode(std::string_view bytes) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  out.reserve(bytes.size());
  for (const char c : bytes) {
    const bool unreserved = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                            c == '.' || c == '_' || c == '~';
    if (unreserved) {
      out.push_back(c);
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out.push_back('%');
      out.push_back(digits[byte >> 4U]);
      out.push_back(digits[byte & 0xFU]);
    }
  }
  return out;
}

std::string printable(std::string_view bytes, std::size_t max_bytes) {
  std::string out;
  while (!bytes.empty()) {
    const std::size_t length = sequence_length(bytes);
    std::string piece;
    if (length == 0 || is_control_at(bytes)) {
      std::array<char, 8> escape{};
      std::snprintf(escape.data(), escape.size(), "\\x%02X",
                    static_cast<unsigned>(static_cast<unsigned char>(bytes[0])));
      piece = escape.data();
      bytes.remove_prefix(1);
    } else {
      piece = bytes.substr(0, length);
      bytes.remove_prefix(length);
    }
    if (out.size() + piece.size() > max_bytes) return out + "…";
    out += piece;
  }
  return out;
}

std::size_t distance(std::string_view left, std::string_view right, std::size_t limit) {
  const std::size_t longer = std::max(left.size(), right.size());
  const std::size_t shorter = std::min(left.size(), right.size());
  if (longer - shorter > limit) return limit + 1;
  std::vector<std::size_t> before(right.size() + 1);
  std::vector<std::size_t> previous(right.size() + 1);
  std::vector<std::size_t> current(right.size() + 1);
  for (std::size_t j = 0; j <= right.size(); ++j) previous[j] = j;
  for (std::size_t i = 1; i <= left.size(); ++i) {
    current[0] = i;
    std::size_t best = i;
    for (std::size_t j = 1; j <= right.size(); ++j) {
      const char a = ascii_lower(left[i - 1]);
      const char b = ascii_lower(right[j - 1]);
      current[j] = std::min({previous[j] + 1, current[j - 1] + 1, previous[j - 1] + (a == b ? 0U : 1U)});
      if (i > 1 && j > 1 && a == ascii_lower(right[j - 2]) && ascii_lower(left[i - 2]) == b)
        current[j] = std::min(current[j], before[j - 2] + 1);
      best = std::min(best, current[j]);
    }
    if (best > limit) return limit + 1;
    std::swap(before, previous);
    std::swap(previous, current);
  }
  return std::min(previous[right.size()], limit + 1);
}

std::vector<std::string> nearest(std::string_view wanted, std::span<const std::string> known, std::size_t most) {
  const std::size_t limit = std::max<std::size_t>(1, wanted.size() / 3);
  std::vector<std::pair<std::size_t, const std::string*>> found;
  for (const std::string& name : known) {
    const std::size_t apart = distance(wanted, name, limit);
    if (apart <= limit) found.emplace_back(apart, &name);
  }
  std::stable_sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  if (found.size() > most) found.resize(most);
  std::vector<std::string> out;
  out.reserve(found.size());
  for (const auto& [apart, name] : found) out.push_back(*name);
  return out;
}

std::string quoted_list(std::span<const std::string> names) {
  std::string out;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0) out += i + 1 == names.size() ? " or " : ", ";
    out += '"' + names[i] + '"';
  }
  return out;
}

bool equal_constant_time(std::string_view left, std::string_view right) noexcept {
  unsigned differs = left.size() == right.size() ? 0U : 1U;
  for (std::size_t i = 0; i < left.size(); ++i) {
    const char other = right.empty() ? '\0' : right[i % right.size()];
    differs |= static_cast<unsigned>(static_cast<unsigned char>(left[i])) ^ static_cast<unsigned char>(other);
  }
  return differs == 0;
}

}  // namespace syncservice::text
