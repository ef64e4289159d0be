// alm/judgement — what ALM's answers mean. Its error document says more than the status: 403 is read-only, forbidden,
// locked or checked out, 404 may be a filter, 401 may be a project, and 500 a field.
#pragma once

#include "documents.hpp"

#include "syncservice/rest/rest.hpp"

#include <optional>

namespace syncservice::adapter::alm {

/// How a client of ALM reads its answers.
[[nodiscard]] rest::Vendor vendor();
/// The same for the calls of the session itself, where a 401 is about the account.
[[nodiscard]] rest::Vendor sign_in_vendor();

/// What an answer says of the session that the call was made in.
enum class SessionState : std::uint8_t {
  good,    ///< nothing against it
  lost,    ///< it is gone; the call was not carried out
  unclear  ///< a 401 that may be about the session, or about a right or the XSRF token
};
[[nodiscard]] SessionState session_state(const client::Response& response);

}  // namespace syncservice::adapter::alm
