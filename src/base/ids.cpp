#include "syncservice/base/ids.hpp"

#include "syncservice/base/text.hpp"

namespace syncservice {

std::string_view to_string(Side side) noexcept {
  switch (side) {
    case Side::source:
      return "source";
    case Side::destination:
      return "destination";
  }
  return "source";
}

std::optional<Side> parse_side(std::string_view text) noexcept {
  if (text::iequals(text, "source")) return Side::source;
  if (text::iequals(text, "destination")) return Side::destination;
  return std::nullopt;
}

}  // namespace syncservice
