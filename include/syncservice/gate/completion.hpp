// gate/completion — where a coroutine waits for another thread. Work is handed out, and its answer is brought back to
// the coroutine's own executor; nothing else of the two worlds touches (style.md, rule 5).
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/execution/context.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/query.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <atomic>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

namespace syncservice::gate {

/// Brings letters from other threads to one I/O thread: the sender needs no lock and no allocation, and several that
/// are under way at once cost one wake-up. One to an execution context, which a single thread runs.
class Mailbox final : public boost::asio::execution_context::service {
 public:
  using key_type = Mailbox;  // NOLINT(readability-identifier-naming): Asio's name
  inline static boost::asio::execution_context::id id;

  /// An answer under way. Made and destroyed on the I/O thread.
  class Letter {
   public:
    Letter() = default;
    Letter(const Letter&) = delete;
    Letter& operator=(const Letter&) = delete;
    virtual ~Letter() = default;

   private:
    friend class Mailbox;
    /// On the I/O thread. Destroys the letter.
    virtual void arrive() = 0;
    Letter* next_ = nullptr;
  };

  explicit Mailbox(boost::asio::execution_context& context);
  ~Mailbox() override;

  /// The mailbox of the executor's context, which must be an io_context.
  [[nodiscard]] static Mailbox& of(const boost::asio::any_io_executor& executor);

  /// From any thread, once per letter: `arrive` follows on the I/O thread, in the order of sending. When the context
  /// ends first, the letter is destroyed with it.
  void send(Letter& letter) noexcept;

 private:
  friend class Mailbag;
  void shutdown() override;
  /// True: it is the first one, so the I/O thread is to be woken.
  [[nodiscard]] bool put(Letter& letter) noexcept;
  void wake() noexcept;
  void deliver();
  [[nodiscard]] Letter* take_all() noexcept;

  boost::asio::any_io_executor executor_;
  std::atomic<Letter*> last_ = nullptr;  ///< of those sent and not taken, the newest
  Letter* undelivered_ = nullptr;        ///< of those taken, the oldest; I/O thread only
};

/// Carries the letters that one thread, the carrier, sends in a burst, and wakes their receivers at its end: woken at
/// the first letter, a receiver would push the carrier off its core and be asleep again before the second.
class Mailbag {
 public:
  /// From any thread: what is not the carrier's is sent at once.
  void put(Mailbox& to, Mailbox::Letter& letter) noexcept;
  /// Ends the burst. The thread that calls this is the carrier; always the same.
  void send_off() noexcept;

 private:
  std::atomic<std::thread::id> carrier_;
  std::vector<Mailbox*> to_wake_;  ///< carrier only
};

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

/// Suspends the calling coroutine, gives `start` the handler that resumes it with a T on its own executor, and waits.
template <class T, class Start>
auto suspend(Start start) {
  return boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void(T)>(
      [](auto handler, Start begin) { begin(std::move(handler)); }, boost::asio::use_awaitable, std::move(start));
}

/// Calls `start(resume)` and waits until somebody calls `resume(value)`.
template <class T, class Start>
boost::asio::awaitable<T> completion(boost::asio::any_io_executor executor, Start start) {
  return suspend<T>([executor = std::move(executor), start = std::move(start)](auto handler) mutable {
    start(Resume<T, decltype(handler)>(std::move(executor), std::move(handler)));
  });
}

}  // namespace syncservice::gate
