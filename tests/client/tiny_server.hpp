// A server of plain sockets whose every connection is handled by the test, one after another.
#pragma once

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <csignal>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

namespace syncservice::client {

/// One accepted connection.
class Peer {
 public:
  explicit Peer(int socket) : socket_(socket) {}
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;
  ~Peer() { ::close(socket_); }

  [[nodiscard]] int socket() const noexcept { return socket_; }
  /// Head and body (by Content-Length) of the next request; empty when the client has closed.
  std::string read_request() {
    std::string got;
    std::size_t wanted = std::string::npos;
    while (got.size() < wanted) {
      char buffer[4096];
      const ssize_t count = ::recv(socket_, buffer, sizeof buffer, 0);
      if (count <= 0) return {};
      got.append(buffer, static_cast<std::size_t>(count));
      const std::size_t end = got.find("\r\n\r\n");
      if (wanted != std::string::npos || end == std::string::npos) continue;
      const std::size_t length = got.find("Content-Length: ");
      wanted = end + 4 + (length < end ? std::stoul(got.substr(length + 16)) : 0);
    }
    return got;
  }
  void write(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t count = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (count <= 0) return;
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
  }
  /// Blocks until the client closes its end.
  void wait_for_close() {
    char byte = 0;
    while (::recv(socket_, &byte, 1, 0) > 0) {
    }
  }

 private:
  int socket_;
};

/// Listens on 127.0.0.1 (port of the system's choice), or on a UNIX socket when a path is given.
class TinyServer {
 public:
  explicit TinyServer(std::function<void(Peer&)> handle, std::string unix_path = {})
      : handle_(std::move(handle)), path_(std::move(unix_path)) {
    path_.empty() ? listen_on_loopback() : listen_on_path();
    if (::listen(listener_, 16) != 0 || ::pipe(stop_) != 0) throw std::runtime_error("can't listen");
    std::signal(SIGPIPE, SIG_IGN);  // a client that hangs up in the handshake; SSL_write can't be told MSG_NOSIGNAL
    thread_ = std::thread{[this] { run(); }};
  }
  TinyServer(const TinyServer&) = delete;
  TinyServer& operator=(const TinyServer&) = delete;
  /// Connections must be closed by then: destroy the client first.
  ~TinyServer() {
    ::close(stop_[1]);
    thread_.join();
    ::close(stop_[0]);
    ::close(listener_);
  }

  [[nodiscard]] std::string url(const std::string& path) const {
    return "http://127.0.0.1:" + std::to_string(port_) + path;
  }

 private:
  void listen_on_loopback() {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* general = reinterpret_cast<sockaddr*>(&address);
    if (::bind(listener_, general, size) != 0 || ::getsockname(listener_, general, &size) != 0)
      throw std::runtime_error("can't bind");
    port_ = ntohs(address.sin_port);
  }
  void listen_on_path() {
    listener_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path_.copy(address.sun_path, sizeof address.sun_path - 1);
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
      throw std::runtime_error("can't bind");
  }
  void run() {
    for (;;) {
      pollfd ready[2] = {{listener_, POLLIN, 0}, {stop_[0], POLLIN, 0}};
      if (::poll(ready, 2, -1) < 0 || ready[1].revents != 0) return;
      const int socket = ::accept(listener_, nullptr, nullptr);
      if (socket < 0) return;
      Peer peer{socket};
      handle_(peer);
    }
  }

  const std::function<void(Peer&)> handle_;
  std::string path_;
  int listener_ = -1;
  int stop_[2] = {-1, -1};
  unsigned port_ = 0;
  std::thread thread_;
};

}  // namespace syncservice::client
