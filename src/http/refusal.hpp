// Why the server itself turns a request down.
#pragma once

#include "syncservice/base/error.hpp"
#include "syncservice/http/router.hpp"

#include <string>

namespace syncservice::http {

/// The answer's status and message. Status 0: nothing to refuse.
struct Refusal {
  unsigned status = 0;
  std::string message;
};

/// The same as an error that refusal_status understands.
[[nodiscard]] Error to_error(const Refusal& refusal);

}  // namespace syncservice::http
