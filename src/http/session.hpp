// One connection: reads a request, has it answered, writes the answer, and so on until either side ends it. Runs as
// one coroutine on its worker's thread; only the constructor may run elsewhere.
#pragma once

#include "head_parser.hpp"
#include "read_buffer.hpp"
#include "stream.hpp"
#include "syncservice/http/router.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/intrusive/list_hook.hpp>

namespace syncservice::http {

class Worker;

using AllHook = boost::intrusive::list_base_hook<boost::intrusive::tag<struct AllTag>,
                                                 boost::intrusive::link_mode<boost::intrusive::auto_unlink>>;
using IdleHook = boost::intrusive::list_base_hook<boost::intrusive::tag<struct IdleTag>,
                                                  boost::intrusive::link_mode<boost::intrusive::auto_unlink>>;

class Session final : public Exchange, public AllHook, public IdleHook {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  Session(Worker& worker, Stream::Socket socket, Peer peer, TlsContext tls);
  ~Session() override;

  /// The connection's life. The worker spawns it.
  static boost::asio::awaitable<void> run(std::shared_ptr<Session> self);
  /// Instead: says 503, since there are too many connections.
  static boost::asio::awaitable<void> refuse(std::shared_ptr<Session> self);

  /// When expire() is due.
  [[nodiscard]] TimePoint deadline() const noexcept { return deadline_; }
  /// The deadline has passed: ends the wait that it limits.
  void expire() noexcept;
  /// Ends the connection at once; whatever waits for it fails.
  void close() noexcept;
  /// Nothing is lost when it closes now: it waits for a request, or for the client to close.
  [[nodiscard]] bool quiet() const noexcept { return phase_ == Phase::idle || phase_ == Phase::lingering; }
  /// Since when it has been idle; used by the worker's order of eviction.
  [[nodiscard]] TimePoint idle_since() const noexcept { return idle_since_; }

  [[nodiscard]] const RequestHead& head() const noexcept override { return head_; }
  [[nodiscard]] const Peer& peer() const noexcept override { return peer_; }
  [[nodiscard]] const std::vector<std::string>& segments() const noexcept override { return segments_; }
  [[nodiscard]] boost::asio::any_io_executor executor() const override;
  [[nodiscard]] boost::asio::awaitable<Result<std::string_view>> read_body(std::size_t limit) override;
  [[nodiscard]] boost::asio::awaitable<Result<std::uint64_t>> discard_body(std::uint64_t limit) override;
  [[nodiscard]] boost::asio::awaitable<Result<std::uint64_t>> stream_body(std::uint64_t limit,
                                                                          const BodySink& sink) override;

 private:
  enum class Phase : std::uint8_t { idle, handshake, head, handling, body, writing, lingering, closed };
  enum class Fill : std::uint8_t { data, end, timed_out };
  enum class Body : std::uint8_t { unread, complete, broken };

  // session.cpp: the connection
  boost::asio::awaitable<void> serve();
  boost::asio::awaitable<bool> handshake();
  boost::asio::awaitable<bool> next_head();
  boost::asio::awaitable<Fill> fill();
  boost::asio::awaitable<Response> answer();
  boost::asio::awaitable<bool> send(const Response& response);
  boost::asio::awaitable<bool> write(std::string_view bytes);
  boost::asio::awaitable<void> linger();
  [[nodiscard]] bool skip_blank_lines() noexcept;
  void begin_request();
  void end_head(Refusal refusal);
  void choose_request_id();
  [[nodiscard]] Response no_route(const Router::Match& match) const;
  [[nodiscard]] Response failed(std::string_view what) const;
  void account(const Response& response);
  void enter(Phase phase, std::chrono::milliseconds timeout) noexcept;
  void enter_handling() noexcept;
  void enter_idle() noexcept;

  // session_body.cpp: the request's body
  boost::asio::awaitable<Result<std::uint64_t>> take_body(std::uint64_t limit, const BodySink& sink);
  boost::asio::awaitable<Refusal> take_sized(const BodySink& sink);
  boost::asio::awaitable<Refusal> take_chunked(std::uint64_t limit, const BodySink& sink);
  boost::asio::awaitable<Refusal> next_piece();
  boost::asio::awaitable<bool> drain();
  void begin_body();
  void detach_head();
  [[nodiscard]] bool body_can_be_drained() const noexcept;

  Worker& worker_;
  Peer peer_;
  Stream stream_;
  ReadBuffer buffer_;
  Phase phase_ = Phase::idle;
  TimePoint deadline_ = TimePoint::max();
  TimePoint idle_since_;
  bool timed_out_ = false;
  bool refused_ = false;

  // The request under way.
  RequestHead head_;
  std::optional<HeadParser> parser_;
  Refusal refusal_;
  std::vector<std::string> segments_;
  std::string head_store_;  // the head's bytes, once the buffer is needed for the body
  bool head_detached_ = false;
  std::string_view head_bytes_;
  std::array<char, 16> own_id_{};
  TimePoint started_;
  bool keep_ = false;

  Body body_ = Body::unread;
  bool continue_due_ = false;
  std::uint64_t body_left_ = 0;
  std::uint64_t body_received_ = 0;
  TimePoint body_started_;
  std::string body_store_;
  std::string_view body_view_;

  std::string out_;
};

}  // namespace syncservice::http
