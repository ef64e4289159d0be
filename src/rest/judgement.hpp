// What an answer, or the lack of one, means: the one place where statuses become classes of failure.
#pragma once

#include <optional>
#include <string>

#include "syncservice/rest/rest.hpp"

namespace syncservice::rest {

/// Empty for an answer of 2xx that is no HTML page.
[[nodiscard]] std::optional<Error> judge(const client::Response& response, const Call& call, const Vendor& vendor,
                                         Timestamp now);

/// A call that brought no answer. `error` is the client's; one of a source or sink is handed on as it is.
[[nodiscard]] Error judge_lost(const Error& error, bool sent, const Call& call, const Vendor& vendor);

/// The answer's JSON; null when it has no body.
[[nodiscard]] Result<nlohmann::json> parse(const client::Response& response, const Call& call, const Vendor& vendor);

/// True when the body is a page for a browser.
[[nodiscard]] bool is_html(const client::Response& response);

}  // namespace syncservice::rest
