// support/raw_client — a client that sends exactly the bytes it is given and reads exactly what comes back. Every step
// has a deadline, so a server that does not answer fails the test instead of hanging it.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace syncservice::support {

/// One HTTP answer.
struct Answer {
  std::string status_line;  ///< "HTTP/1.1 201 Created"
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;

  /// The first header of that name (ASCII case ignored), empty when there is none.
  [[nodiscard]] std::string header(std::string_view name) const;
  [[nodiscard]] bool has(std::string_view name) const;
};

struct ClientOptions {
  std::uint16_t port = 0;
  std::string address = "127.0.0.1";  ///< numeric IPv4 or IPv6
  std::string source{};               ///< numeric address to connect from; empty: the system's choice
  bool tls = false;
  std::chrono::milliseconds timeout{20'000};  ///< for each step
};

/// One connection. Used by one thread. Steps throw std::runtime_error when they fail or take too long.
class RawClient {
 public:
  explicit RawClient(const ClientOptions& options);
  explicit RawClient(std::uint16_t port) : RawClient(ClientOptions{.port = port}) {}
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;
  RawClient(RawClient&&) noexcept;
  RawClient& operator=(RawClient&&) noexcept;
  ~RawClient();

  void send(std::string_view bytes);
  /// As send, but false when the server has closed or takes nothing more.
  [[nodiscard]] bool try_send(std::string_view bytes);
  /// One answer; `head`: it answers a HEAD request and has no body. 1xx answers are answers.
  [[nodiscard]] Answer read_answer(bool head = false);
  /// True when the server closes the connection within `timeout` without sending another byte.
  [[nodiscard]] bool closed_within(std::chrono::milliseconds timeout);
  /// True when something can be read, or the server has closed, within `timeout`.
  [[nodiscard]] bool readable_within(std::chrono::milliseconds timeout);
  /// Says that nothing more will be sent.
  void shutdown_write();
  /// Ends the connection with a TCP reset.
  void reset();
  /// The common name of the server's certificate; TLS only.
  [[nodiscard]] std::string certificate_name() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// A request as a well-behaved client sends it.
struct Request {
  std::string method = "POST";
  std::string target{};
  std::vector<std::pair<std::string, std::string>> headers{};
  std::string body{};
  std::string version = "HTTP/1.1";
  bool length = true;  ///< adds Content-Length when there is a body or the method is POST or PUT
};

/// The bytes of a request, with Host.
[[nodiscard]] std::string to_bytes(const Request& request);

/// Sends one request on a connection of its own and reads the answer.
[[nodiscard]] Answer ask(const ClientOptions& options, const Request& request);

/// "Basic …" for the header Authorization.
[[nodiscard]] std::string basic(std::string_view user, std::string_view password);

}  // namespace syncservice::support
