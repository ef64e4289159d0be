// Argon2id (RFC 9106).
#pragma once

#include <string>
#include <string_view>

namespace syncservice::auth {

/// The published one, which counts from this machine only and as long as no other is set.
inline constexpr std::string_view default_password = "welcome";

/// Slow: pays the hash. False also when `hash` can't be used.
[[nodiscard]] bool verify_password(const std::string& hash, std::string_view password) noexcept;

}  // namespace syncservice::auth
