#include "support/raw_client.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <system_error>

namespace syncservice::support {

namespace {

using SteadyTime = std::chrono::steady_clock::time_point;

[[noreturn]] void fail(const std::string& what) {
  throw std::runtime_error("RawClient: " + what);
}
[[noreturn]] void fail_errno(const std::string& what) {
  fail(what + ": " + std::strerror(errno));
}

bool same_name(std::string_view left, std::string_view right) {
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [](unsigned char a, unsigned char b) { return std::tolower(a) == std::tolower(b); });
}

struct Address {
  sockaddr_storage storage{};
  socklen_t length = 0;
};

Address parse(const std::string& text, std::uint16_t port) {
  Address address;
  auto* four = reinterpret_cast<sockaddr_in*>(&address.storage);
  auto* six = reinterpret_cast<sockaddr_in6*>(&address.storage);
  if (::inet_pton(AF_INET, text.c_str(), &four->sin_addr) == 1) {
    four->sin_family = AF_INET;
    four->sin_port = htons(port);
    address.length = sizeof *four;
  } else if (::inet_pton(AF_INET6, text.c_str(), &six->sin6_addr) == 1) {
    six->sin6_family = AF_INET6;
    six->sin6_port = htons(port);
    address.length = sizeof *six;
  } else {
    fail("not an address: " + text);
  }
  return address;
}

}  // namespace

std::string Answer::header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (same_name(key, name)) return value;
  }
  return {};
}

bool Answer::has(std::string_view name) const {
  return std::any_of(headers.begin(), headers.end(), [&](const auto& entry) { return same_name(entry.first, name); });
}

struct RawClient::Impl {
  std::chrono::milliseconds timeout;
  int socket = -1;
  SSL_CTX* context = nullptr;
  SSL* tls = nullptr;
  std::string buffer;  // read, not yet consumed
  bool ended = false;  // the server has closed

  ~Impl() {
    if (tls != nullptr) SSL_free(tls);
    if (context != nullptr) SSL_CTX_free(context);
    if (socket >= 0) ::close(socket);
  }

  /// False when `deadline` passes first.
  [[nodiscard]] bool wait(short events, SteadyTime deadline) const {
    for (;;) {
      const auto left =
          std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now()).count();
      pollfd waiting{socket, events, 0};
      const int ready = ::poll(&waiting, 1, left > 0 ? static_cast<int>(left) : 0);
      if (ready > 0) return true;
      if (ready == 0) return false;
      if (errno != EINTR) fail_errno("poll");
    }
  }

  void connect(const ClientOptions& options) {
    const Address to = parse(options.address, options.port);
    socket = ::socket(to.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (socket < 0) fail_errno("socket");
    const int on = 1;
    ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (!options.source.empty()) {
      const Address from = parse(options.source, 0);
      if (::bind(socket, reinterpret_cast<const sockaddr*>(&from.storage), from.length) != 0) {
        fail_errno("bind " + options.source);
      }
    }
    if (::connect(socket, reinterpret_cast<const sockaddr*>(&to.storage), to.length) != 0) {
      if (errno != EINPROGRESS) fail_errno("connect");
      if (!wait(POLLOUT, std::chrono::steady_clock::now() + timeout)) fail("connect takes too long");
      int error = 0;
      socklen_t size = sizeof error;
      ::getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &size);
      errno = error;
      if (error != 0) fail_errno("connect");
    }
    if (options.tls) handshake();
  }

  void handshake() {
    ::signal(SIGPIPE, SIG_IGN);  // SSL_write can't be told MSG_NOSIGNAL
    context = SSL_CTX_new(TLS_client_method());
    tls = SSL_new(context);
    SSL_set_fd(tls, socket);
    const SteadyTime deadline = std::chrono::steady_clock::now() + timeout;
    for (;;) {
      const int done = SSL_connect(tls);
      if (done == 1) return;
      await_tls(done, deadline, "TLS handshake");
    }
  }

  void await_tls(int result, SteadyTime deadline, const char* what) const {
    const int error = SSL_get_error(tls, result);
    if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) fail(std::string(what) + " failed");
    if (!wait(error == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT, deadline)) fail(std::string(what) + " takes too long");
  }

  /// False when the server has closed or takes nothing for `timeout`.
  [[nodiscard]] bool send(std::string_view bytes) {
    SteadyTime deadline = std::chrono::steady_clock::now() + timeout;
    while (!bytes.empty()) {
      ssize_t sent = 0;
      if (tls != nullptr) {
        ERR_clear_error();
        sent = SSL_write(tls, bytes.data(), static_cast<int>(std::min<std::size_t>(bytes.size(), 16'384)));
        if (sent <= 0) {
          const int error = SSL_get_error(tls, static_cast<int>(sent));
          if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) return false;
          if (!wait(error == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT, deadline)) return false;
          continue;
        }
      } else {
        sent = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent < 0) {
          if (errno == EINTR) continue;
          if (errno != EAGAIN) return false;
          if (!wait(POLLOUT, deadline)) return false;
          continue;
        }
      }
      bytes.remove_prefix(static_cast<std::size_t>(sent));
      deadline = std::chrono::steady_clock::now() + timeout;
    }
    return true;
  }

  /// Reads more into the buffer; false at the end of the stream.
  [[nodiscard]] bool fill(SteadyTime deadline) {
    char bytes[16'384];
    while (!ended) {
      if (tls != nullptr) {
        ERR_clear_error();
        const int got = SSL_read(tls, bytes, sizeof bytes);
        if (got > 0) {
          buffer.append(bytes, static_cast<std::size_t>(got));
          return true;
        }
        const int error = SSL_get_error(tls, got);
        if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) {
          if (!wait(POLLIN, deadline)) fail("no answer in time; so far: \"" + buffer + "\"");
          continue;
        }
        ended = true;
      } else {
        const ssize_t got = ::recv(socket, bytes, sizeof bytes, 0);
        if (got > 0) {
          buffer.append(bytes, static_cast<std::size_t>(got));
          return true;
        }
        if (got < 0 && errno == EINTR) continue;
        if (got < 0 && errno == EAGAIN) {
          if (!wait(POLLIN, deadline)) fail("no answer in time; so far: \"" + buffer + "\"");
          continue;
        }
        ended = true;  // closed, or reset
      }
    }
    return false;
  }

  std::string take(std::size_t count) {
    std::string part = buffer.substr(0, count);
    buffer.erase(0, count);
    return part;
  }

  std::string take_until(std::string_view mark, SteadyTime deadline) {
    std::size_t at = 0;
    while ((at = buffer.find(mark)) == std::string::npos) {
      if (!fill(deadline)) fail("the server closed in the middle of an answer: \"" + buffer + "\"");
    }
    std::string part = take(at);
    buffer.erase(0, mark.size());
    return part;
  }

  std::string take_exactly(std::size_t count, SteadyTime deadline) {
    while (buffer.size() < count) {
      if (!fill(deadline)) fail("the server closed in the middle of a body: \"" + buffer + "\"");
    }
    return take(count);
  }
};

RawClient::RawClient(const ClientOptions& options) : impl_(std::make_unique<Impl>()) {
  impl_->timeout = options.timeout;
  impl_->connect(options);
}
RawClient::RawClient(RawClient&&) noexcept = default;
RawClient& RawClient::operator=(RawClient&&) noexcept = default;
RawClient::~RawClient() = default;

void RawClient::send(std::string_view bytes) {
  if (!impl_->send(bytes)) fail("the server takes nothing more");
}

bool RawClient::try_send(std::string_view bytes) {
  return impl_->send(bytes);
}

Answer RawClient::read_answer(bool head) {
  const SteadyTime deadline = std::chrono::steady_clock::now() + impl_->timeout;
  Answer answer;
  answer.status_line = impl_->take_until("\r\n", deadline);
  if (!answer.status_line.starts_with("HTTP/1.") || answer.status_line.size() < 12) {
    fail("not a status line: \"" + answer.status_line + "\"");
  }
  answer.status = std::stoi(answer.status_line.substr(9, 3));
  for (std::string line; !(line = impl_->take_until("\r\n", deadline)).empty();) {
    const std::size_t colon = line.find(':');
    if (colon == std::string::npos) fail("not a header: \"" + line + "\"");
    const std::size_t start = line.find_first_not_of(" \t", colon + 1);
    answer.headers.emplace_back(line.substr(0, colon), start == std::string::npos ? "" : line.substr(start));
  }
  if (head || answer.status < 200 || answer.status == 204 || answer.status == 304) return answer;
  if (same_name(answer.header("Transfer-Encoding"), "chunked")) {
    for (;;) {
      const std::size_t size = std::stoul(impl_->take_until("\r\n", deadline), nullptr, 16);
      answer.body += impl_->take_exactly(size, deadline);
      static_cast<void>(impl_->take_until("\r\n", deadline));
      if (size == 0) return answer;
    }
  }
  if (answer.has("Content-Length")) {
    answer.body = impl_->take_exactly(std::stoul(answer.header("Content-Length")), deadline);
    return answer;
  }
  while (impl_->fill(deadline)) {
  }
  answer.body = impl_->take(impl_->buffer.size());
  return answer;
}

bool RawClient::closed_within(std::chrono::milliseconds timeout) {
  if (!impl_->buffer.empty()) return false;
  if (impl_->ended) return true;
  try {
    return !impl_->fill(std::chrono::steady_clock::now() + timeout);
  } catch (const std::runtime_error&) {
    return false;
  }
}

bool RawClient::readable_within(std::chrono::milliseconds timeout) {
  return !impl_->buffer.empty() || impl_->ended || impl_->wait(POLLIN, std::chrono::steady_clock::now() + timeout);
}

void RawClient::shutdown_write() {
  ::shutdown(impl_->socket, SHUT_WR);
}

void RawClient::reset() {
  const linger now{1, 0};
  ::setsockopt(impl_->socket, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  ::close(impl_->socket);
  impl_->socket = -1;
  impl_->ended = true;
}

std::string RawClient::certificate_name() const {
  X509* certificate = SSL_get1_peer_certificate(impl_->tls);
  if (certificate == nullptr) return {};
  char name[256] = "";
  X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, name, sizeof name);
  X509_free(certificate);
  return name;
}

std::string to_bytes(const Request& request) {
  std::string bytes = request.method + " " + request.target + " " + request.version + "\r\nHost: localhost\r\n";
  for (const auto& [name, value] : request.headers) bytes += name + ": " + value + "\r\n";
  if (request.length && (!request.body.empty() || request.method == "POST" || request.method == "PUT")) {
    bytes += "Content-Length: " + std::to_string(request.body.size()) + "\r\n";
  }
  return bytes + "\r\n" + request.body;
}

Answer ask(const ClientOptions& options, const Request& request) {
  RawClient client(options);
  static_cast<void>(client.try_send(to_bytes(request)));  // a refusal may come before everything is sent
  return client.read_answer(request.method == "HEAD");
}

std::string basic(std::string_view user, std::string_view password) {
  const std::string plain = std::string(user) + ":" + std::string(password);
  std::string encoded(4 * ((plain.size() + 2) / 3) + 1, '\0');
  const int size =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(encoded.data()),
                      reinterpret_cast<const unsigned char*>(plain.data()), static_cast<int>(plain.size()));
  encoded.resize(static_cast<std::size_t>(size));
  return "Basic " + encoded;
}

}  // namespace syncservice::support
