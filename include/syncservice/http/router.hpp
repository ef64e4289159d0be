// http/router — from method and path to a handler. Tells 404 from 405. A path is split at '/', then each segment is
// percent-decoded once; an empty, "." or ".." segment never matches anything.
#pragma once

#include "syncservice/base/result.hpp"
#include "syncservice/http/message.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace syncservice::http {

/// Takes a body piece by piece, in order; a piece's bytes are gone when it returns. Must not throw.
using BodySink = std::function<void(std::string_view piece)>;

/// One request while it is answered. Used on its session's thread only; lives until the handler's coroutine ends.
class Exchange {
 public:
  Exchange() = default;
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;
  virtual ~Exchange() = default;

  [[nodiscard]] virtual const RequestHead& head() const noexcept = 0;
  [[nodiscard]] virtual const Peer& peer() const noexcept = 0;
  /// The decoded values of the route's `{…}` segments, in order.
  [[nodiscard]] virtual const std::vector<std::string>& segments() const noexcept = 0;
  /// Where this session runs; completions from other threads are posted here.
  [[nodiscard]] virtual boost::asio::any_io_executor executor() const = 0;

  /// Reads the whole body, sending "100 Continue" first if it is expected. The view lives until the answer is sent.
  /// Fails with status 413 (longer than `limit`), 408 (too slow) or 400 (broken) as `refusal_status`.
  [[nodiscard]] virtual boost::asio::awaitable<Result<std::string_view>> read_body(std::size_t limit) = 0;
  /// Reads and throws away; memory does not grow with the body. Gives its length. Fails as read_body does.
  [[nodiscard]] virtual boost::asio::awaitable<Result<std::uint64_t>> discard_body(std::uint64_t limit) = 0;
  /// The same, but shows the sink each piece before it is thrown away. The body must not have been read before.
  [[nodiscard]] virtual boost::asio::awaitable<Result<std::uint64_t>> stream_body(std::uint64_t limit,
                                                                                  const BodySink& sink) = 0;
};

/// Errors of read_body and discard_body; the code's value is the HTTP status that fits.
[[nodiscard]] const boost::system::error_category& http_category() noexcept;
/// The status to answer an error with: the code's value for http_category, else 500.
[[nodiscard]] unsigned refusal_status(const Error& error) noexcept;

using Handler = std::function<boost::asio::awaitable<Response>(Exchange&)>;

/// Makes the body of an answer that the server itself must give (400, 404, 405, 408, 413, 414, 431, 500, 503).
/// Thread-safe.
using ErrorPage = std::function<Response(unsigned status, std::string_view message)>;

/// Filled before the server starts, then immutable and thread-safe.
class Router {
 public:
  Router();
  ~Router();
  Router(Router&&) noexcept;
  Router& operator=(Router&&) noexcept;

  /// `pattern`: "/SyncService/push/{appLinkName}/{origin}/{id}": literal segments (compared after decoding) and
  /// `{name}` segments, which match any one non-empty segment. A literal beats a `{name}`.
  /// GET routes answer HEAD too.
  void add(std::string_view method, std::string_view pattern, Handler handler);

  struct Match {
    const Handler* handler = nullptr;  ///< null: see the rest
    std::vector<std::string> segments;
    std::string allow;        ///< not empty: 405 with this Allow
    std::string bad_request;  ///< not empty: 400 with this message (broken percent-encoding, NUL)
  };
  [[nodiscard]] Match match(std::string_view method, std::string_view path) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace syncservice::http
