// Accepts the connections of one endpoint and hands each to the worker with the fewest.
#pragma once

#include "stream.hpp"
#include "syncservice/http/server.hpp"
#include "worker.hpp"

#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/steady_timer.hpp>

namespace syncservice::http {

using Workers = std::vector<std::unique_ptr<Worker>>;

/// Lives on the first worker's thread; bind and reload may be called from any.
class Listener {
 public:
  /// Binds and listens. Fails with a message that names address and port and the cure.
  [[nodiscard]] static Result<std::unique_ptr<Listener>> bind(const Workers& workers, const Endpoint& endpoint,
                                                              const TlsFiles& tls);
  ~Listener();

  [[nodiscard]] const Endpoint& endpoint() const noexcept { return endpoint_; }
  /// Begins to accept.
  void start();
  /// Reads the certificate again.
  [[nodiscard]] Result<void> reload();
  /// Stops accepting; on the first worker's thread, or before start.
  void close() noexcept;

 private:
  using Protocol = boost::asio::generic::stream_protocol;
  using Acceptor = boost::asio::basic_socket_acceptor<Protocol>;

  Listener(const Workers& workers, const Endpoint& endpoint, const TlsFiles& tls);
  [[nodiscard]] Result<void> open();
  [[nodiscard]] Result<void> open_tcp();
  [[nodiscard]] Result<void> open_unix();
  boost::asio::awaitable<void> accept_all();
  void take(Worker& worker, Stream::Socket socket);
  [[nodiscard]] Worker& least_loaded() const noexcept;
  [[nodiscard]] Worker* longest_idle() const noexcept;

  const Workers& workers_;
  Endpoint endpoint_;
  const TlsFiles files_;
  Acceptor acceptor_;
  boost::asio::steady_timer pause_;
  bool owns_file_ = false;
  std::mutex tls_mutex_;
  TlsContext tls_;
};

}  // namespace syncservice::http
