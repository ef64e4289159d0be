#include "search.hpp"

#include "syncservice/adapter/failure.hpp"
#include "syncservice/base/text.hpp"

#include <algorithm>

namespace syncservice::adapter::helix_alm {

Result<std::string> condition(std::string_view label, std::string_view comparison, std::string_view value) {
  const bool plain = value.find('\'') == std::string_view::npos, other = value.find('"') == std::string_view::npos;
  if (label.find('"') != std::string_view::npos || (!plain && !other)) {
    std::string message = "Helix ALM's search has no way to ask whether field \"";
    message.append(text::printable(label)).append("\" is \"").append(text::printable(value));
    message += "\": it knows no escape for quotes. Use a field and a value without them.";
    return make_error(Failure::refused, std::move(message));
  }
  const char quote = plain ? '\'' : '"';
  std::string out{"\""};
  out.append(label).append("\" ").append(comparison).append(1, ' ');
  return out.append(1, quote).append(value).append(1, quote);
}

std::string all_of(const std::vector<std::string>& conditions) {
  const auto given = std::count_if(conditions.begin(), conditions.end(), [](const auto& one) { return !one.empty(); });
  std::string out;
  for (const std::string& one : conditions) {
    if (one.empty()) continue;
    if (!out.empty()) out += " AND ";
    // An OR in it must not take the others in.
    out.append(given > 1 ? "(" : "").append(one).append(given > 1 ? ")" : "");
  }
  return out;
}

}  // namespace syncservice::adapter::helix_alm
