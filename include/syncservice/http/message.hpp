// http/message — requests and answers in our own types; no Beast type leaves the module.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace syncservice::http {

/// Who is at the other end.
struct Peer {
  std::string address;        ///< numeric, without port; "local" for a UNIX socket
  bool loopback = false;      ///< 127.0.0.0/8, ::1 (also mapped), or a UNIX socket
  bool local_socket = false;  ///< a UNIX socket
  bool tls = false;
};

/// Start line and headers of one request. Views live until the answer is sent.
class RequestHead {
 public:
  struct Header {
    std::string_view name;
    std::string_view value;
  };
  std::string_view method;  ///< as sent, "POST"
  std::string_view target;  ///< as sent, with the query
  std::string_view path;    ///< the target up to '?', still percent-encoded
  std::string_view query;   ///< after '?', still percent-encoded
  unsigned version = 11;    ///< 10 or 11
  std::vector<Header> headers;
  std::optional<std::uint64_t> content_length;  ///< empty: none, or chunked
  bool chunked = false;
  std::string_view request_id;  ///< the client's X-Request-Id when it is a sane token, else one of ours

  /// First header of that name (ASCII case ignored); empty view when there is none.
  [[nodiscard]] std::string_view header(std::string_view name) const noexcept;
  [[nodiscard]] bool has(std::string_view name) const noexcept;
  /// Every value of the query parameter, percent-decoded ('+' is a blank); a malformed pair is skipped.
  [[nodiscard]] std::vector<std::string> parameters(std::string_view name) const;
};

/// An answer. The server adds Date, Content-Length, Connection, X-Request-Id and Server.
struct Response {
  unsigned status = 200;
  std::string content_type = "application/json";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;  ///< values with control characters are refused (500)
  bool close = false;                                        ///< end the connection after it
};

/// The standard reason phrase, "Created" for 201.
[[nodiscard]] std::string_view reason(unsigned status) noexcept;

}  // namespace syncservice::http
