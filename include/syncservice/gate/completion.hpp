// gate/completion — where a coroutine waits for another thread. Work is handed out, and its answer is posted back to
// the coroutine's own executor; nothing else of the two worlds touches (style.md, rule 5).
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <memory>
#include <utility>

namespace syncservice::gate {

/// Resumes the coroutine that waits for a T. Copyable, so that it fits std::function; call it once, from any thread.
/// The executor's context must outlive the call.
template <class T, class Handler>
class Resume {
 public:
  Resume(boost::asio::any_io_executor executor, Handler handler)
      : executor_(std::move(executor)), handler_(std::make_shared<Handler>(std::move(handler))) {}

  void operator()(T value) const {
    boost::asio::post(executor_, [handler = handler_, value = std::move(value)]() mutable {
      std::move (*handler)(std::move(value));
    });
  }

 private:
  boost::asio::any_io_executor executor_;
  std::shared_ptr<Handler> handler_;
};

/// Calls `start(resume)` and waits until somebody calls `resume(value)`.
template <class T, class Start>
boost::asio::awaitable<T> completion(boost::asio::any_io_executor executor, Start start) {
  co_return co_await boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void(T)>(
      [](auto handler, boost::asio::any_io_executor to, Start begin) {
        begin(Resume<T, decltype(handler)>(std::move(to), std::move(handler)));
      },
      boost::asio::use_awaitable, std::move(executor), std::move(start));
}

}  // namespace syncservice::gate
