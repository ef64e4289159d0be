#include "http/client.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstring>
#include <stdexcept>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace syncservice::http::test {
namespace {

constexpr std::chrono::milliseconds watchdog{10'000};

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

}  // namespace

Client::Client(std::uint16_t port, bool tls) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0)
    throw std::runtime_error("can't connect");
  const int on = 1;
  ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  connected_ = true;
  if (!tls) return;
  context_ = SSL_CTX_new(TLS_client_method());
  ssl_ = SSL_new(context_);
  constexpr std::array<unsigned char, 12> protocols{2, 'h', '2', 8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
  SSL_set_alpn_protos(ssl_, protocols.data(), protocols.size());
  SSL_set_fd(ssl_, fd_);
  connected_ = SSL_connect(ssl_) == 1;
}

Client::Client(const std::string& unix_path) : fd_(::socket(AF_UNIX, SOCK_STREAM, 0)) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, unix_path.c_str(), unix_path.size() + 1);
  if (::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0)
    throw std::runtime_error("can't connect");
  connected_ = true;
}

Client::~Client() {
  SSL_free(ssl_);
  SSL_CTX_free(context_);
  ::close(fd_);
}

bool Client::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = ssl_ != nullptr ? SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size()))
                                      : ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

void Client::finish_sending() {
  ::shutdown(fd_, SHUT_WR);
}

Client::More Client::more(std::chrono::milliseconds time) {
  pollfd ready{fd_, POLLIN, 0};
  const bool buffered = ssl_ != nullptr && SSL_pending(ssl_) > 0;
  if (!buffered && ::poll(&ready, 1, static_cast<int>(time.count())) <= 0) return More::timeout;
  std::array<char, 65536> chunk{};
  const auto count = ssl_ != nullptr ? SSL_read(ssl_, chunk.data(), static_cast<int>(chunk.size()))
                                     : ::recv(fd_, chunk.data(), chunk.size(), 0);
  if (count <= 0) return More::end;
  received_.append(chunk.data(), static_cast<std::size_t>(count));
  return More::data;
}

bool Client::await(std::string_view text) {
  while (received_.find(text) == std::string::npos) {
    if (more(watchdog) != More::data) return false;
  }
  return true;
}

std::optional<Answer> Client::answer(bool head_only) {
  if (!await("\r\n\r\n")) return std::nullopt;
  Answer answer;
  const std::size_t head_end = received_.find("\r\n\r\n") + 4;
  answer.head = received_.substr(0, head_end);
  received_.erase(0, head_end);
  answer.status = static_cast<unsigned>(std::stoul(answer.head.substr(9, 3)));
  for (std::size_t line = answer.head.find("\r\n") + 2; line + 2 < answer.head.size();) {
    const std::size_t end = answer.head.find("\r\n", line);
    const std::size_t colon = answer.head.find(": ", line);
    answer.headers[lower(answer.head.substr(line, colon - line))] = answer.head.substr(colon + 2, end - colon - 2);
    line = end + 2;
  }
  if (head_only || !answer.headers.contains("content-length")) return answer;
  const std::size_t length = std::stoul(answer.headers["content-length"]);
  while (received_.size() < length) {
    if (more(watchdog) != More::data) return std::nullopt;
  }
  answer.body = received_.substr(0, length);
  received_.erase(0, length);
  return answer;
}

std::optional<std::string> Client::rest() {
  for (;;) {
    const More got = more(watchdog);
    if (got == More::timeout) return std::nullopt;
    if (got == More::end) return std::exchange(received_, {});
  }
}

bool Client::quiet_for(std::chrono::milliseconds time) {
  return received_.empty() && more(time) == More::timeout;
}

}  // namespace syncservice::http::test
