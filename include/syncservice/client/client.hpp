// client — outbound HTTP over libcurl. The one module that knows curl. Each call tries once, has a deadline and ends at
// once when its stop token says so; nothing is retried, no redirect is followed, and no message holds a secret.
#pragma once

#include "syncservice/base/result.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
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
  bad_source,       ///< the source of an upload gave fewer or more bytes than it was said to
  other
};
[[nodiscard]] const boost::system::error_category& client_category() noexcept;
[[nodiscard]] boost::system::error_code make_error_code(Errc code) noexcept;

enum class TlsVersion : std::uint8_t { v1_2, v1_3 };

/// How to talk to one application. Environment variables (http_proxy and the like) are not looked at.
struct Settings {
  std::chrono::milliseconds connect_timeout{10'000};
  std::chrono::milliseconds total_timeout{60'000};  ///< of one send(), whatever its deadline; streams have none
  /// A transfer slower than `low_speed_bytes` a second over `low_speed_time` is given up.
  std::size_t low_speed_bytes = 1;
  std::chrono::seconds low_speed_time{30};
  /// URL of http, https, socks4(a) or socks5(h), also with `user:password@`; empty: none.
  std::string proxy;
  TlsVersion tls_minimum = TlsVersion::v1_2;
  std::string ca_file;             ///< PEM, instead of the system's; empty: the system's
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

/// User name and password for HTTP's Basic authentication.
struct Login {
  std::string user, password;
};

struct Request {
  std::string method = "GET";
  std::string url;  ///< http or https
  std::vector<Header> headers;
  std::string body;
  std::optional<Login> login{};
};

struct Response {
  unsigned status = 0;
  std::vector<Header> headers;  ///< as received, in order
  std::string body;

  /// First header of that name (ASCII case ignored); empty when there is none.
  [[nodiscard]] std::string_view header(std::string_view name) const noexcept;
};

/// Takes the next piece of an answer's body; a failure ends the call and is its result.
using Sink = std::function<Result<void>(std::string_view piece)>;
/// Fills `piece` with what comes next and says how many bytes; 0: the end. A failure ends the call and is its result.
using Source = std::function<Result<std::size_t>(std::span<char> piece)>;

/// The last part of a multipart/form-data body.
struct FormFile {
  std::string field;  ///< name of the form's field
  std::string file_name;
  std::string media_type;
  std::vector<Header> before{};  ///< parts of plain text that come before it: name and value
};

/// A body that is sent piece by piece. It is read once; the bytes must be as many as `size` says, else the request is
/// left incomplete and fails as bad_source.
struct Upload {
  Source source;
  std::uint64_t size = 0;        ///< bytes
  std::optional<FormFile> form;  ///< wrapped as a form; without it, the bytes are the body
};

/// How far a call came.
struct Trace {
  /// The whole request was handed to a connection, so the server may have acted on it.
  bool sent = false;
};

/// What bounds a call, and where it says how far it came.
struct Bounds {
  std::stop_token stop{};
  std::optional<std::chrono::steady_clock::time_point> deadline{};
  Trace* trace = nullptr;
};

/// Sends requests. Thread-safe; calls block their thread. Connections are kept and used again. TLS with the peer's
/// certificate and name checked. Any complete answer is a Response, whatever its status: what 401 or 500 mean is for
/// the caller to say. Failures are transient, but for a request that can't be sent, a source of another size and an
/// answer that is too large (all permanent). A request with a body is never sent a second time, not even when a
/// connection that was kept turns out to be dead.
class Client {
 public:
  /// Throws std::runtime_error when libcurl can't be started.
  explicit Client(Settings settings);
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  /// No call may be under way.
  ~Client();

  [[nodiscard]] Result<Response> send(const Request& request, const Bounds& bounds = {}) const;
  [[nodiscard]] Result<Response> send(const Request& request, const std::stop_token& stop,
                                      std::optional<std::chrono::steady_clock::time_point> deadline = {}) const {
    return send(request, Bounds{stop, deadline, nullptr});
  }

  /// The body of a 2xx answer goes to the sink in pieces of at most 64 KiB, and is empty in the Response; any other
  /// answer is as from send(). Bounded by the deadline and low_speed, not by total_timeout.
  [[nodiscard]] Result<Response> download(const Request& request, const Sink& sink, const Bounds& bounds = {}) const;

  /// Sends what the source gives; the request's own body must be empty, and in a form its Content-Type, too. Bounded
  /// like download().
  [[nodiscard]] Result<Response> upload(const Request& request, const Upload& upload, const Bounds& bounds = {}) const;

 private:
  struct Impl;
  [[nodiscard]] Result<Response> perform(const Request& request, const Upload* upload, const Sink* sink,
                                         const Bounds& bounds) const;
  std::unique_ptr<Impl> impl_;
};

/// The instant that an HTTP date names, in any of the three forms that RFC 9110 knows; empty when it is none.
[[nodiscard]] std::optional<std::chrono::sys_seconds> parse_http_date(const std::string& text) noexcept;

/// Where a redirect from `base` to `location` leads; empty when that is no http or https URL.
[[nodiscard]] std::optional<std::string> resolve_url(const std::string& base, const std::string& location);

/// A URL as it may stand in a message or a log: user information and the values of query parameters that hold secrets
/// ("apikey", "token", "password" and the like, also percent-encoded) become "•••"; unprintable bytes are escaped.
[[nodiscard]] std::string redact_url(std::string_view url);

}  // namespace syncservice::client
