// helix_alm/judgement — what answers say of failures, in one of the forms that the API writes them in.
#pragma once

#include "json.hpp"

#include "syncservice/base/clock.hpp"
#include "syncservice/rest/rest.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace syncservice::adapter::helix_alm {

/// One failure in an answer; of several when a write succeeded in part.
struct Problem {
  std::int64_t status = 0;
  std::string message, path;  ///< for example "/issues/0/fields/1/label"
};

[[nodiscard]] std::vector<Problem> problems_in(const Json& body);
/// The first few of them as a sentence without its end.
[[nodiscard]] std::string words_of(const std::vector<Problem>& problems);

/// How answers are judged. `saw` sees each complete answer; it may be empty.
[[nodiscard]] rest::Vendor vendor(std::shared_ptr<const Clock> clock,
                                  std::function<void(const client::Response& response)> saw = {});

/// The record, or another thing, is not there.
[[nodiscard]] bool is_missing(const Error& error);

}  // namespace syncservice::adapter::helix_alm
