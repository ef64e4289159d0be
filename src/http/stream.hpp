// One connection's bytes: a TCP or UNIX socket, with TLS on top or without.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>

namespace syncservice::http {

using TlsContext = std::shared_ptr<boost::asio::ssl::context>;

class Stream {
 public:
  using Socket = boost::asio::generic::stream_protocol::socket;
  using Tls = boost::asio::ssl::stream<Socket&>;

  /// Without `context` the bytes travel in the clear.
  Stream(Socket socket, TlsContext context) : socket_(std::move(socket)), context_(std::move(context)) {
    if (context_) tls_.emplace(socket_, *context_);
  }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  [[nodiscard]] Socket& socket() noexcept { return socket_; }
  [[nodiscard]] std::optional<Tls>& tls() noexcept { return tls_; }

  /// Sends what the kernel takes at once, without waiting; never anything under TLS, whose records can't be torn.
  [[nodiscard]] std::size_t try_write(std::string_view bytes) {
    if (tls_) return 0;
    boost::system::error_code error;  // an error shows again in the write that follows
    return socket_.write_some(boost::asio::const_buffer{bytes.data(), bytes.size()}, error);
  }

 private:
  Socket socket_;
  TlsContext context_;
  std::optional<Tls> tls_;
};

}  // namespace syncservice::http
