// The Authorization header (RFC 7235, 7617, 6750).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "crypto.hpp"

namespace syncservice::auth {

/// User name and password of one Basic header; wiped when it goes.
class Basic {
 public:
  /// Expects the header's part after "Basic". Empty when it is not strict base64, not UTF-8, has a control character,
  /// or no colon.
  [[nodiscard]] static std::optional<Basic> parse(std::string_view encoded);
  Basic(Basic&& from) noexcept;
  Basic(const Basic&) = delete;
  Basic& operator=(const Basic&) = delete;
  Basic& operator=(Basic&&) = delete;
  ~Basic() { wipe(pair_); }

  [[nodiscard]] std::string_view user() const noexcept { return std::string_view{pair_}.substr(0, colon_); }
  [[nodiscard]] std::string_view password() const noexcept { return std::string_view{pair_}.substr(colon_ + 1); }

 private:
  Basic(std::string pair, std::size_t colon) : pair_(std::move(pair)), colon_(colon) {}
  std::string pair_;
  std::size_t colon_;
};

/// The header's value split; the scheme names count without regard to case. At most one of the two is set.
struct Authorization {
  std::optional<std::string_view> basic;   ///< what follows the scheme
  std::optional<std::string_view> bearer;  ///< what follows the scheme
};
[[nodiscard]] Authorization parse_authorization(std::string_view value) noexcept;

}  // namespace syncservice::auth
