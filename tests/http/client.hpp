// A client that sends exactly the bytes it is told, and understands just enough of answers to take them apart.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include <openssl/ssl.h>

namespace syncservice::http::test {

/// One answer, taken apart.
struct Answer {
  unsigned status = 0;
  std::string head;                            ///< start line and headers, as received
  std::map<std::string, std::string> headers;  ///< names in lower case
  std::string body;
};

/// Blocking; each wait ends after 10 seconds at the latest, with what has come.
class Client {
 public:
  explicit Client(std::uint16_t port, bool tls = false);
  explicit Client(const std::string& unix_path);
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  ~Client();

  /// The TLS handshake has succeeded, or there is none.
  [[nodiscard]] bool connected() const noexcept { return connected_; }
  /// False when the other side has closed.
  bool send(std::string_view bytes);
  /// No more will be sent.
  void finish_sending();
  /// The next answer; empty when the connection ends first. `head_only`: the answer to HEAD.
  [[nodiscard]] std::optional<Answer> answer(bool head_only = false);
  /// Everything until the other side closes; empty when it does not close in time.
  [[nodiscard]] std::optional<std::string> rest();
  /// True when the other side closes without sending anything more.
  [[nodiscard]] bool closed() { return rest() == ""; }
  /// Nothing has come that was not asked for yet.
  [[nodiscard]] bool quiet_for(std::chrono::milliseconds time);
  [[nodiscard]] SSL* tls() const noexcept { return ssl_; }
  /// The bytes that have come but belong to no answer taken.
  [[nodiscard]] const std::string& pending() const noexcept { return received_; }
  /// Waits until `text` has come; false when the connection ends first.
  [[nodiscard]] bool await(std::string_view text);

 private:
  enum class More { data, end, timeout };
  More more(std::chrono::milliseconds time);

  int fd_ = -1;
  SSL_CTX* context_ = nullptr;
  SSL* ssl_ = nullptr;
  bool connected_ = false;
  std::string received_;
};

}  // namespace syncservice::http::test
