// Argon2id (RFC 9106).
#pragma once

#include <string>
#include <string_view>

namespace syncservice::auth {

/// Slow: pays the hash. False also when `hash` can't be used.
[[nodiscard]] bool verify_password(const std::string& hash, std::string_view password) noexcept;

}  // namespace syncservice::auth
