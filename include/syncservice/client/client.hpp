// client — outbound HTTP over libcurl. The one module that knows curl. Each call tries once, has a deadline and ends at
// once when its stop token says so; nothing is retried, no redirect is followed, and no message holds a secret.
#pragma once

#include "syncservice/base/result.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace syncservice::client {

enum class Errc : std::uint8_t {
  bad_request = 1,  ///< a URL, method, header or setting that can't be used
  connect,          ///< the name could not be resolved, or the connection not be made
  tls,              ///< the TLS handshake failed, or the certificate was not accepted
  timeout,          ///< the deadline or a limit on time or speed was exceeded
  broken,           ///< the connection broke off, or what came was not HTTP
  too_large,        ///< the answer is longer than Settings::max_response_bytes
  interrupted,      ///< the stop token was set
  other
};
[[nodiscard]] const boost::system::error_category& client_category() noexcept;
[[nodiscard]] boost::system::error_code make_error_code(Errc code) noexcept;

/// How to talk to one application. Environment variables (http_proxy and the like) are not looked at.
struct Settings {
  std::chrono::milliseconds connect_timeout{10'000};
  std::chrono::milliseconds total_timeout{60'000};  ///< of one call, whatever its deadline
  /// A transfer slower than `low_speed_bytes` a second over `low_speed_time` is given up.
  std::size_t low_speed_bytes = 1;
  std::chrono::seconds low_speed_time{30};
  std::string proxy;               ///< URL; empty: none
  std::string ca_file;             ///< PEM; empty: the system's
  std::string client_certificate;  ///< PEM; empty: none
  std::string client_key;          ///< PEM; empty: stands in the certificate's file
  std::string unix_socket;         ///< path; when set, every call goes there, whatever the URL's host
  std::size_t max_response_bytes = std::size_t{16} * 1024 * 1024;  ///< body, and once more the headers
  std::string user_agent = "syncservice";
  std::size_t idle_connections = 8;  ///< kept for the next call
};

struct Header {
  std::string name;
  std::string value;
};

struct Request {
  std::string method = "GET";
  std::string url;  ///< http or https
  std::vector<Header> headers;
  std::string body;
};

struct Response {
  unsigned status = 0;
  std::vector<Header> headers;  ///< as received, in order
  std::string body;

  /// First header of that name (ASCII case ignored); empty when there is none.
  [[nodiscard]] std::string_view header(std::string_view name) const noexcept;
};

/// Sends requests. Thread-safe; calls block their thread. Connections are kept and used again. TLS 1.2 at least, with
/// the peer's certificate and name checked.
class Client {
 public:
  /// Throws std::runtime_error when libcurl can't be started.
  explicit Client(Settings settings);
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  /// No call may be under way.
  ~Client();

  /// Any complete answer is a Response, whatever its status: what 401 or 500 mean is for the caller to say. Failures
  /// are transient, but for a request that can't be sent and an answer that is too large (both permanent).
  [[nodiscard]] Result<Response> send(const Request& request, const std::stop_token& stop = {},
                                      std::optional<std::chrono::steady_clock::time_point> deadline = {}) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// A URL as it may stand in a message or a log: user information and the values of query parameters that hold secrets
/// ("apikey", "token", "password" and the like, also percent-encoded) become "•••"; unprintable bytes are escaped.
[[nodiscard]] std::string redact_url(std::string_view url);

}  // namespace syncservice::client
