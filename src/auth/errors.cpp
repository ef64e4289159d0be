#include "errors.hpp"

#include "syncservice/base/category.hpp"

namespace syncservice::auth {
namespace {

std::string_view words(Errc value) noexcept {
  switch (value) {
    case Errc::missing:
      return "credentials are missing";
    case Errc::rejected:
      return "credentials are rejected";
    case Errc::loopback_only:
      return "the default password counts on this machine only";
    case Errc::throttled:
      return "too many attempts";
    case Errc::no_such_key:
      return "no such API key";
    case Errc::name_taken:
      return "the name of the API key is taken";
    case Errc::invalid:
      return "the value can't be";
    case Errc::internal:
      return "credentials could not be checked";
  }
  return "unknown";
}

Error refused(Errc code, std::string message) {
  return {make_error_code(code), std::move(message), FailureClass::auth, {}};
}

}  // namespace

const boost::system::error_category& auth_category() noexcept {
  static const Category<Errc> category{"syncservice.auth", words};
  return category;
}

boost::system::error_code make_error_code(Errc code) noexcept {
  return {static_cast<int>(code), auth_category()};
}

std::string_view to_string(Reason reason) noexcept {
  switch (reason) {
    case Reason::missing:
      return "missing";
    case Reason::malformed:
      return "malformed";
    case Reason::unknown_key:
      return "unknown_key";
    case Reason::expired_key:
      return "expired_key";
    case Reason::revoked_key:
      return "revoked_key";
    case Reason::wrong_password:
      return "wrong_password";
    case Reason::loopback_only:
      return "loopback_only";
    case Reason::throttled:
      return "throttled";
    case Reason::internal:
      return "internal";
  }
  return "internal";
}

Error refusal(Reason reason, bool basic_allowed, std::optional<std::chrono::milliseconds> retry_after) {
  switch (reason) {
    case Reason::missing:
      return refused(
          Errc::missing,
          basic_allowed
              ? "Credentials are missing: send the administrator's user name and password (HTTP Basic), or an "
                "API key in the query parameter or header \"apikey\"."
              : "An API key is missing: send it in the query parameter or header \"apikey\"; this form of "
                "request takes no user name and password.");
    case Reason::malformed:
      return refused(
          Errc::rejected,
          "The header Authorization can't be read: after \"Basic\" it must hold user name, colon and password "
          "in UTF-8, encoded as base64.");
    case Reason::unknown_key:
    case Reason::revoked_key:
      return refused(Errc::rejected, "The API key is not valid.");
    case Reason::expired_key:
      return refused(Errc::rejected, "The API key has expired; ask for a new one.");
    case Reason::wrong_password:
      return refused(Errc::rejected, "The user name or the password is wrong.");
    case Reason::loopback_only:
      return refused(Errc::loopback_only,
                     "The default password is accepted from this machine only: set one of your own with `syncservice "
                     "password set`, or use an API key.");
    case Reason::throttled:
      return {make_error_code(Errc::throttled),
              "Too many attempts to sign in; wait before the next one, or use an API key.", FailureClass::throttled,
              retry_after};
    case Reason::internal:
      break;
  }
  return {make_error_code(Errc::internal), "The credentials could not be checked.", FailureClass::internal, {}};
}

}  // namespace syncservice::auth
