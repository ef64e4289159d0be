// What every canonical text must be, whatever it was made of. For tests and the fuzzer.
#pragma once

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

namespace syncservice::test {

/// Why `html` is not within the canonical subset; empty when it is.
inline std::string fault_of(std::string_view html) {
  static constexpr std::array<std::string_view, 25> bare{
      "p",  "h1",  "h2",         "h3", "h4",     "h5", "h6", "ul", "ol",  "li",  "table", "tr", "th",
      "td", "pre", "blockquote", "hr", "strong", "em", "u",  "s",  "sub", "sup", "code",  "br"};
  static constexpr std::array<std::string_view, 7> links{"http:", "https:", "mailto:", "ftp:", "file:", "/", "#"};
  std::size_t at = 0;
  while ((at = html.find('<', at)) != std::string_view::npos) {
    const std::size_t end = html.find('>', at);
    if (end == std::string_view::npos) return "an open tag";
    std::string_view tag = html.substr(at + 1, end - at - 1);
    at = end + 1;
    if (tag.starts_with('/')) tag.remove_prefix(1);
    if (std::find(bare.begin(), bare.end(), tag) != bare.end() || tag == "a") continue;
    if (tag.starts_with("a href=\"") && tag.ends_with('"') && std::count(tag.begin(), tag.end(), '"') == 2) {
      std::string address{tag.substr(8)};
      std::transform(address.begin(), address.end(), address.begin(),
                     [](char c) { return static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c); });
      if (std::any_of(links.begin(), links.end(), [&](std::string_view known) { return address.starts_with(known); })) {
        continue;
      }
      return "a link to " + address;
    }
    if (tag.starts_with("img src=\"attachment:") && tag.ends_with('"')) {
      const auto quotes = std::count(tag.begin(), tag.end(), '"');
      if (quotes == 2 || (quotes == 4 && tag.find("\" alt=\"") != std::string_view::npos)) continue;
    }
    if (tag.starts_with("code class=\"language-") && std::count(tag.begin(), tag.end(), '"') == 2) continue;
    return "a tag <" + std::string{tag} + ">";
  }
  return {};
}

}  // namespace syncservice::test
