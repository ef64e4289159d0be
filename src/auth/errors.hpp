// The failures of auth and how they read to a client. None says more than whoever asks may know.
#pragma once

#include "syncservice/auth/auth.hpp"

namespace syncservice::auth {

/// Why a request was refused; for log and metrics, finer than what the client is told.
enum class Reason : std::uint8_t {
  missing,
  malformed,
  unknown_key,
  expired_key,
  revoked_key,
  wrong_password,
  loopback_only,
  throttled,
  internal
};
constexpr std::size_t reason_count = 9;
[[nodiscard]] std::string_view to_string(Reason reason) noexcept;

/// What the client is told. `basic_allowed` as in Credentials.
[[nodiscard]] Error refusal(Reason reason, bool basic_allowed, std::optional<std::chrono::milliseconds> retry_after);

}  // namespace syncservice::auth
