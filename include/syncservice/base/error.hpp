// base/error — the one error type of syncservice. Errors are values: a code for programs, a message for a person
// (it names the offending value and the cure, and never holds a secret), and a class that says what to do next.
#pragma once

#include <boost/system/error_code.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace syncservice {

/// What a failure means for whoever asked. The retry policy (sync) and the HTTP status (push) follow from it.
enum class FailureClass : std::uint8_t {
  transient,  ///< may succeed later as it stands: retry with backoff (503)
  throttled,  ///< the other side asked us to wait; no attempt is used up (429)
  auth,       ///< credentials missing, rejected or not sufficient (401, 403)
  permanent,  ///< will never succeed as it stands (400, dead letter)
  gone,       ///< the thing asked for does not exist (404)
  internal    ///< a fault of ours (500)
};

/// Lower-case name as printed and stored, for example "transient".
[[nodiscard]] std::string_view to_string(FailureClass failure) noexcept;

/// One failure. Cheap to move; thread-safe to share once built.
struct [[nodiscard]] Error {
  boost::system::error_code code;  ///< from the module's own category, or a system code
  std::string message;             ///< a whole sentence for a person, no trailing newline, no secret
  FailureClass failure = FailureClass::permanent;
  std::optional<std::chrono::milliseconds> retry_after;  ///< how long the other side asked us to wait, if it did
};

}  // namespace syncservice
