// From a Response to the bytes on the wire.
#pragma once

#include "syncservice/http/message.hpp"

#include <chrono>
#include <string>
#include <string_view>

namespace syncservice::http {

/// What the server adds to a handler's answer.
struct Envelope {
  std::string_view date;
  std::string_view request_id;
  bool close = false;       ///< Connection: close
  bool keep_alive = false;  ///< Connection: keep-alive, for an HTTP/1.0 client that asked
  bool head_only = false;   ///< the request was HEAD
};

/// False when a header could break out of its line, or is one that the server itself sets.
[[nodiscard]] bool is_sound(const Response& response) noexcept;

/// Appends the whole answer.
void serialize(std::string& out, const Response& response, const Envelope& envelope);

/// "Tue, 24 Nov 2026 02:53:11 GMT"
[[nodiscard]] std::string http_date(std::chrono::sys_seconds instant);

}  // namespace syncservice::http
