#include "wording.hpp"

#include "syncservice/base/text.hpp"

namespace syncservice::registry {

std::string in_quotes(std::string_view value) {
  return '"' + text::printable(value) + '"';
}

std::string hint(std::string_view given, const std::vector<std::string>& known) {
  constexpr std::size_t few = 12;
  const std::vector<std::string> near = text::nearest(given, known, 1);
  if (!near.empty()) return "; did you mean " + in_quotes(near.front()) + "?";
  return known.empty() || known.size() > few ? std::string{} : "; known are " + text::quoted_list(known);
}

}  // namespace syncservice::registry
