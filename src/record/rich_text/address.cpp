#include "address.hpp"

#include "syncservice/base/text.hpp"

#include "words.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace syncservice::record {
namespace {

constexpr std::array<std::string_view, 5> schemes{"http", "https", "mailto", "ftp", "file"};

}  // namespace

std::string safe_link(std::string_view address) {
  std::string plain;
  for (const char c : cleaned(address, true)) {
    if (c != '\t' && c != '\n') plain += c;
  }
  const std::string_view trimmed = text::trim(plain);
  const std::size_t colon = trimmed.find(':');
  if (colon == std::string_view::npos || trimmed.substr(0, colon).find_first_of("/?#") != std::string_view::npos) {
    // Relative: fine where it names a place, and never what a browser might take for a scheme.
    if (trimmed.size() < 2 || (trimmed.front() != '/' && trimmed.front() != '#')) return {};
  } else {
    const std::string_view scheme = trimmed.substr(0, colon);
    if (trimmed.size() == colon + 1 || std::none_of(schemes.begin(), schemes.end(), [&](std::string_view known) {
          return text::iequals(known, scheme);
        })) {
      return {};
    }
  }
  std::string out;
  for (const char c : trimmed) {
    if (std::string_view{" \"<>[]\\^`{|}"}.find(c) == std::string_view::npos) {
      out += c;
    } else {
      out += text::percent_encode({&c, 1});
    }
  }
  return out.size() > longest_link ? std::string{} : out;
}

std::string file_name(std::string_view address) {
  address = address.substr(0, address.find_first_of("?#"));
  const std::string_view last = address.substr(address.find_last_of("/\\") + 1);
  const std::optional<std::string> decoded = text::percent_decode(last);
  return decoded ? *decoded : std::string{last};
}

std::size_t bare_address(std::string_view text, std::size_t at) {
  static constexpr std::array<std::string_view, 5> beginnings{"http://", "https://", "ftp://", "file://", "mailto:"};
  const std::string_view rest = text.substr(at, longest_link + 1);
  const auto scheme = std::find_if(beginnings.begin(), beginnings.end(),
                                   [rest](std::string_view beginning) { return rest.starts_with(beginning); });
  if (scheme == beginnings.end() || word_before(text, at)) return 0;
  std::string_view address = rest.substr(0, rest.find_first_of(" \t\n|<>\"{}[]\\^`"));
  address = address.substr(0, address.find(no_break_space));
  if (address.size() > longest_link) return 0;
  const std::string_view trailing = address.find('(') == std::string_view::npos ? ".,;:!?'*_+~-)" : ".,;:!?'*_+~-";
  address = address.substr(0, address.find_last_not_of(trailing) + 1);
  return address.size() > scheme->size() && safe_link(address) == address ? address.size() : 0;
}

}  // namespace syncservice::record
