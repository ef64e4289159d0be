#include "credentials.hpp"

#include <utility>

#include "syncservice/base/text.hpp"

namespace syncservice::auth {

std::optional<Basic> Basic::parse(std::string_view encoded) {
  std::optional<std::string> pair = decode_base64(encoded);
  if (!pair) return std::nullopt;
  const std::size_t colon = pair->find(':');
  if (colon == std::string::npos || !text::is_utf8(*pair) || text::has_control(*pair)) {
    wipe(*pair);
    return std::nullopt;
  }
  Basic basic{*pair, colon};
  wipe(*pair);
  return basic;
}

// A short string moves by copy all the same; so it is always copied, and what stays behind wiped.
// NOLINTNEXTLINE(performance-move-constructor-init)
Basic::Basic(Basic&& from) noexcept : pair_(from.pair_), colon_(std::exchange(from.colon_, 0)) {
  wipe(from.pair_);
}

Authorization parse_authorization(std::string_view value) noexcept {
  value = text::trim(value);
  const std::size_t blank = value.find(' ');
  const std::string_view scheme = value.substr(0, blank);
  const std::string_view rest = blank == std::string_view::npos ? std::string_view{} : text::trim(value.substr(blank));
  if (text::iequals(scheme, "Basic")) return {rest, std::nullopt};
  if (text::iequals(scheme, "Bearer")) return {std::nullopt, rest};
  return {};
}

}  // namespace syncservice::auth
