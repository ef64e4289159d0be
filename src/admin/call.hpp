// admin/call — one call of /api/v1 as the operations see it, and how they refuse.
#pragma once

#include "syncservice/auth/auth.hpp"
#include "syncservice/base/error.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace syncservice::admin {

struct Call {
  auth::Principal principal;
  std::vector<std::string> segments;
  std::string query;
  std::string body;

  /// The parameter's value; empty when it is absent or empty.
  [[nodiscard]] std::string parameter(std::string_view name) const;
};

[[nodiscard]] Error failure(FailureClass kind, std::string message);
/// Will not succeed as it stands (400).
[[nodiscard]] Error invalid(std::string message);
[[nodiscard]] std::string in_quotes(std::string_view value);
/// A whole number from 1 up; empty for anything else.
[[nodiscard]] std::optional<std::int64_t> positive_number(std::string_view digits);

}  // namespace syncservice::admin
