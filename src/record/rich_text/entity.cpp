#include "entity.hpp"

#include "words.hpp"

#include <libxml/HTMLparser.h>

#include <algorithm>
#include <charconv>
#include <cstdint>

namespace syncservice::record {
namespace {

constexpr std::size_t longest_reference = 12;

std::string utf8(std::uint32_t point) {
  std::string out;
  const auto add = [&out](std::uint32_t byte) { out += static_cast<char>(byte); };
  if (point < 0x80U) {
    add(point);
  } else if (point < 0x800U) {
    add(0xC0U | point >> 6U);
    add(0x80U | (point & 0x3FU));
  } else if (point < 0x10000U) {
    add(0xE0U | point >> 12U);
    add(0x80U | (point >> 6U & 0x3FU));
    add(0x80U | (point & 0x3FU));
  } else {
    add(0xF0U | point >> 18U);
    add(0x80U | (point >> 12U & 0x3FU));
    add(0x80U | (point >> 6U & 0x3FU));
    add(0x80U | (point & 0x3FU));
  }
  return out;
}

}  // namespace

std::size_t entity_length(std::string_view text) {
  if (text.size() < 3 || text[0] != '&') return 0;
  const std::size_t begin = text[1] == '#' ? 2 : 1;
  std::size_t end = begin;
  while (end < std::min(text.size(), longest_reference) && is_alnum(text[end])) ++end;
  return end > begin && end < text.size() && text[end] == ';' ? end + 1 : 0;
}

std::string entity_text(std::string_view reference) {
  const std::string as_it_stands{reference};
  std::string_view name = reference.substr(1, reference.size() - 2);
  if (!name.starts_with('#')) {
    const htmlEntityDesc* known = htmlEntityLookup(reinterpret_cast<const xmlChar*>(std::string{name}.c_str()));
    return known == nullptr ? as_it_stands : utf8(known->value);
  }
  name.remove_prefix(1);
  const bool hex = name.starts_with('x') || name.starts_with('X');
  if (hex) name.remove_prefix(1);
  std::uint32_t point = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), point, hex ? 16 : 10);
  const bool good = error == std::errc{} && end == name.data() + name.size() && point != 0 && point <= 0x10FFFFU &&
                    (point < 0xD800U || point > 0xDFFFU);
  return good ? utf8(point) : as_it_stands;
}

}  // namespace syncservice::record
