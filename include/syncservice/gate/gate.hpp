// gate — what every route shares: who asks, and how a refusal looks. Owns the rule that nothing is revealed before
// the credentials are checked, and that every error has the two members of contract §3 and no others.
#pragma once

#include "syncservice/auth/auth.hpp"
#include "syncservice/base/result.hpp"
#include "syncservice/http/router.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace syncservice::gate {

/// Which credentials a route takes (contract §2).
enum class Takes : std::uint8_t {
  basic_or_key,  ///< password or API key; a 401 asks for Basic
  key            ///< API key alone
};

/// The two-member document of contract §3, without a newline.
[[nodiscard]] std::string document(std::string_view response, std::string_view message);

/// An answer `{"Response":"Error", "Message":"…"}`. 429 and 503 get a Retry-After, 5 s when none is given. Thread-safe.
[[nodiscard]] http::Response refusal(unsigned status, std::string_view message,
                                     std::optional<std::chrono::milliseconds> retry_after = std::nullopt);
/// The same for an error: its status if the server refused (http_category), else by its class: permanent 400,
/// gone 404, auth 401, throttled 429, transient 503, internal 500.
[[nodiscard]] http::Response refusal(const Error& error);
/// The answer to failed credentials: 401 with WWW-Authenticate (contract §2), or 429.
[[nodiscard]] http::Response challenge(const Error& error, Takes takes);

/// Checks the credentials of a request from its headers and query alone. A failure comes back only after the
/// address's penalty has passed. A UNIX socket is the administrator.
[[nodiscard]] boost::asio::awaitable<Result<auth::Principal>> authenticate(http::Exchange& exchange,
                                                                           auth::Authenticator& authenticator,
                                                                           Takes takes);

}  // namespace syncservice::gate
