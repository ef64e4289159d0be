// JQL for what the adapter asks.
#pragma once

#include "syncservice/base/clock.hpp"
#include "syncservice/base/result.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace syncservice::adapter::jira {

/// The text as a JQL string, in double quotes. Control characters other than line breaks and tabs become blanks.
[[nodiscard]] std::string jql_quoted(std::string_view text);

/// Which issues a search is about; empty parts say nothing.
struct SearchScope {
  std::string project;             ///< key or id
  std::string type;                ///< name or id of an issue type
  std::optional<Timestamp> since;  ///< updated then or later
  std::string query;               ///< JQL of the administrator, without ORDER BY
};

/// The conditions, joined by AND; bounded even when the scope says nothing. The instant goes as milliseconds since the
/// epoch: a date literal would be read in the time zone of the account's profile.
[[nodiscard]] std::string jql_of(const SearchScope& scope);

/// Refused (permanent) when the administrator's own condition can't stand in parentheses: an ORDER BY, a parenthesis or
/// quote without its other half.
[[nodiscard]] Result<void> check_query(std::string_view query);

}  // namespace syncservice::adapter::jira
