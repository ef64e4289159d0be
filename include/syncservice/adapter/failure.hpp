// adapter/failure — what every adapter needs to classify its replies alike: one code per kind of failure, each of one
// FailureClass, so that the retry policy (sync) never sees a vendor's words.
#pragma once

#include "syncservice/adapter/adapter.hpp"

#include <boost/system/error_code.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

namespace syncservice::adapter {

/// Why a call failed.
enum class Failure : std::uint8_t {
  not_found = 1,  ///< no such record (gone)
  refused,        ///< the system does not take it as it stands (permanent)
  malformed,      ///< the system's answer or file can't be understood (permanent)
  misconfigured,  ///< the application's settings can't be right (permanent)
  incomplete,     ///< of a creation: the record was made and not all of it is as wanted; go on with it (permanent)
  unavailable,    ///< not reachable, locked, full, out of order (transient)
  cancelled,      ///< stop was requested (transient)
  timed_out,      ///< the deadline has passed, and nothing was written (transient)
  uncertain,      ///< no answer that says whether a write happened: look before writing again (transient, as a
                  ///< rule; throttled where the system asks us to wait)
  throttled,      ///< the system asks us to wait (throttled)
  unauthorized    ///< credentials rejected, or sign-in expired (auth)
};

/// Category "adapter".
[[nodiscard]] const boost::system::error_category& adapter_category() noexcept;
[[nodiscard]] boost::system::error_code make_error_code(Failure failure) noexcept;
/// The class that goes with a failure.
[[nodiscard]] FailureClass failure_class(Failure failure) noexcept;

/// An Error of that failure and its class. `message`: a whole sentence, no secret.
[[nodiscard]] Error make_error(Failure failure, std::string message);

/// Fails with `cancelled` or `timed_out` when the call must end. `doing` completes the message, for example
/// "reading record QC-20".
[[nodiscard]] Result<void> check(const CallContext& context, std::string_view doing);

}  // namespace syncservice::adapter

template <>
struct boost::system::is_error_code_enum<syncservice::adapter::Failure> : std::true_type {};
