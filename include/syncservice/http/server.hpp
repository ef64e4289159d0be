// http/server — listeners and sessions. Owns the limits: no client can make it hold more than the settings allow, or
// wait longer. I/O threads never block. Knows nothing of pushes.
#pragma once

#include "syncservice/base/result.hpp"
#include "syncservice/http/router.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace syncservice::telemetry {
class Log;
class Metrics;
}  // namespace syncservice::telemetry

namespace syncservice::http {

/// Where to listen.
struct Endpoint {
  std::string scheme = "http";      ///< "http", "https" or "unix"
  std::string address = "0.0.0.0";  ///< numeric; "::" listens on both families; for unix the path of the socket
  std::uint16_t port = 7070;        ///< 0: an ephemeral one
  [[nodiscard]] std::string url() const;
};

/// "http://0.0.0.0:7070", "https://[::]:7443", "7070"; several separated by commas. A host name other than localhost,
/// a path, a missing port, an unknown scheme or one port twice is a failure that says what would be right.
[[nodiscard]] Result<std::vector<Endpoint>> parse_endpoints(std::string_view text);

struct TlsFiles {
  std::string certificate;  ///< PEM, chain included
  std::string key;          ///< PEM
};

/// Whether an https endpoint could use them. The message of a failure names the file and the cure.
[[nodiscard]] Result<void> check_tls(const TlsFiles& files);

struct ServerSettings {
  unsigned threads = 2;
  std::size_t header_limit = std::size_t{16} * 1024;   ///< start line and headers
  std::size_t target_limit = std::size_t{8} * 1024;    ///< beyond: 414
  unsigned max_connections = 4096;                     ///< beyond: the longest idle one is closed; if none is idle, 503
  std::chrono::milliseconds header_timeout{10'000};    ///< from the first byte of a request to the end of its headers
  std::chrono::milliseconds body_timeout{30'000};      ///< for the whole body up to 64 KiB; larger ones must also keep
                                                       ///< an average of `body_min_rate` after it
  std::size_t body_min_rate = std::size_t{16} * 1024;  ///< bytes per second
  std::chrono::milliseconds idle_timeout{75'000};      ///< between requests
  std::chrono::milliseconds write_timeout{30'000};     ///< for sending one answer
  /// So much of an unread body is read to keep the connection; if it is longer, the connection ends after the answer.
  std::size_t drain_limit = std::size_t{64} * 1024;
};

/// A running server. Its own threads run the handlers. Thread-safe but for start and stop.
class Server {
 public:
  /// The router, log and metrics outlive the server.
  Server(ServerSettings settings, const Router& router, ErrorPage error_page, telemetry::Log& log,
         telemetry::Metrics& metrics);
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server();

  /// Binds and listens; connections wait in the backlog until start(). The message of a failure names address and
  /// port and what to do. A UNIX socket's file is replaced and gets mode 0600. Call once per endpoint before start().
  [[nodiscard]] Result<void> listen(const Endpoint& endpoint, const TlsFiles& tls = {});
  /// The endpoints as bound, with real ports.
  [[nodiscard]] std::vector<Endpoint> endpoints() const;
  void start();
  /// Reads the certificates again for new connections; on failure the old ones stay.
  [[nodiscard]] Result<void> reload_certificates();

  /// Closes the listeners and idle connections, lets requests under way finish (each answer says Connection: close)
  /// for at most `grace`, then closes the rest and joins the threads. Idempotent. A handler that still waits for
  /// another thread then stays suspended and ends with the server: whoever would resume it may do so harmlessly until
  /// ~Server, and must have let go of it by then.
  void stop(std::chrono::milliseconds grace) noexcept;
  [[nodiscard]] std::size_t connections() const noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace syncservice::http
