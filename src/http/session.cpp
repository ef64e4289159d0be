#include "session.hpp"

#include "response_writer.hpp"
#include "syncservice/base/text.hpp"
#include "worker.hpp"

#include <algorithm>
#include <tuple>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

namespace syncservice::http {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using std::chrono::milliseconds;

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);

// How long a client that is still sending may take to see the answer before the connection goes.
constexpr milliseconds linger_time{5'000};
constexpr milliseconds short_linger_time{1'000};  // when the server stops
constexpr std::size_t kept_capacity = std::size_t{64} * 1024;

bool is_sane_id(std::string_view id) noexcept {
  constexpr std::size_t longest = 128;
  return !id.empty() && id.size() <= longest && std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '-';
  });
}

}  // namespace

Session::Session(Worker& worker, Stream::Socket socket, Peer peer, TlsContext tls)
    : worker_(worker),
      peer_(std::move(peer)),
      stream_(std::move(socket), std::move(tls)),
      buffer_(worker.shared().settings.header_limit),
      idle_since_(std::chrono::steady_clock::now()) {
  worker_.load().fetch_add(1, std::memory_order_relaxed);
  worker_.shared().connections.fetch_add(1, std::memory_order_relaxed);
  worker_.shared().instruments.connections.add(1);
}

Session::~Session() {
  worker_.shared().instruments.connections.add(-1);
  Shared& shared = worker_.shared();
  (refused_ ? shared.refusals : shared.connections).fetch_sub(1, std::memory_order_relaxed);
  worker_.load().fetch_sub(1, std::memory_order_relaxed);
}

asio::any_io_executor Session::executor() const {
  return worker_.executor();
}

asio::awaitable<void> Session::run(std::shared_ptr<Session> self) {
  try {
    co_await self->serve();
  } catch (const std::exception& e) {
    self->worker_.shared().log.error("a connection failed", {{"peer", self->peer_.address}, {"cause", e.what()}});
  }
  self->close();
  self->worker_.leave(*self);
}

asio::awaitable<void> Session::refuse(std::shared_ptr<Session> self) {
  Shared& shared = self->worker_.shared();
  self->refused_ = true;
  shared.refusals.fetch_add(1, std::memory_order_relaxed);
  shared.connections.fetch_sub(1, std::memory_order_relaxed);
  if (!self->stream_.tls()) {  // a handshake is more than this one is worth
    self->begin_request();
    self->end_head({503, "too many connections; try again later"});
    Response response = co_await self->answer();
    const bool told = std::any_of(response.headers.begin(), response.headers.end(),
                                  [](const auto& header) { return header.first == "Retry-After"; });
    if (!told) response.headers.emplace_back("Retry-After", "5");
    const bool sent = co_await self->send(response);
    if (sent) co_await self->linger();
  }
  self->close();
  self->worker_.leave(*self);
}

asio::awaitable<void> Session::serve() {
  if (stream_.tls()) {
    const bool secured = co_await handshake();
    if (!secured) co_return;
  }
  for (;;) {
    const bool asked = co_await next_head();
    if (!asked) co_return;
    const Response response = co_await answer();
    const bool sent = co_await send(response);
    if (!sent) co_return;
    if (keep_ && body_ != Body::complete) keep_ = co_await drain();
    if (keep_) continue;
    const bool client_is_done = !stream_.tls() && body_ == Body::complete && buffer_.empty() && !parser_->keep_alive();
    if (!client_is_done) co_await linger();
    co_return;
  }
}

asio::awaitable<bool> Session::handshake() {
  enter(Phase::handshake, worker_.shared().settings.header_timeout);
  const auto [error] = co_await stream_.tls()->async_handshake(asio::ssl::stream_base::server, as_result);
  if (error) worker_.shared().log.debug("TLS handshake failed", {{"peer", peer_.address}, {"cause", error.message()}});
  co_return !error;
}

// False when the connection is over without a request; otherwise refusal_ says whether there is one to answer.
asio::awaitable<bool> Session::next_head() {
  begin_request();
  const milliseconds timeout = worker_.shared().settings.header_timeout;
  bool news = !buffer_.empty();
  if (news) {
    enter(Phase::head, timeout);
  } else {
    enter_idle();
  }
  for (;;) {
    if (news && skip_blank_lines() && (parser_->put_head(buffer_.bytes()) || parser_->refusal().status != 0)) {
      end_head(parser_->refusal());
      co_return true;
    }
    const Fill got = co_await fill();
    if (phase_ == Phase::closed) co_return false;
    if (phase_ == Phase::idle) worker_.remove_idle(*this);
    if (got != Fill::data) {
      if (buffer_.empty()) co_return false;
      end_head(got == Fill::timed_out
                   ? Refusal{408, "the headers did not come within " + std::to_string(timeout.count()) + " ms"}
                   : Refusal{400, "the connection ended before the headers did"});
      co_return true;
    }
    if (phase_ == Phase::idle) enter(Phase::head, timeout);
    news = true;
  }
}

// Old clients send an empty line after a body. True when something else has come.
bool Session::skip_blank_lines() noexcept {
  if (!parser_->got_some()) {
    while (buffer_.bytes().starts_with("\r\n")) buffer_.consume(2);
    if (buffer_.bytes() == "\r") return false;
  }
  return !buffer_.empty();
}

void Session::begin_request() {
  const ServerSettings& settings = worker_.shared().settings;
  parser_.emplace(head_, HeadLimits{settings.header_limit, settings.target_limit});
  refusal_ = {};
  segments_.clear();
  head_detached_ = false;
  head_bytes_ = {};
  buffer_.relax();
  if (body_store_.capacity() > kept_capacity) std::string{}.swap(body_store_);
  if (out_.capacity() > kept_capacity) std::string{}.swap(out_);
}

void Session::end_head(Refusal refusal) {
  refusal_ = std::move(refusal);
  if (refusal_.status == 0) {
    head_bytes_ = buffer_.bytes().substr(0, parser_->offset());
    buffer_.consume(parser_->offset());
    begin_body();
  } else {
    body_ = Body::broken;
  }
  choose_request_id();
  enter_handling();
  started_ = std::chrono::steady_clock::now();
}

void Session::choose_request_id() {
  head_.request_id = head_.header("X-Request-Id");
  if (is_sane_id(head_.request_id)) return;
  own_id_ = worker_.next_id();
  head_.request_id = {own_id_.data(), own_id_.size()};
}

asio::awaitable<Session::Fill> Session::fill() {
  const std::string_view before = buffer_.bytes();
  const std::span<char> room = buffer_.make_room();
  const char* const now = buffer_.bytes().data();
  if (!head_detached_ && !before.empty() && now != before.data()) rebase(head_, before, now);

  error_code error;
  std::size_t count = 0;
  const asio::mutable_buffer target{room.data(), room.size()};
  if (stream_.tls()) {
    std::tie(error, count) = co_await stream_.tls()->async_read_some(target, as_result);
  } else {
    std::tie(error, count) = co_await stream_.socket().async_read_some(target, as_result);
  }
  if (std::exchange(timed_out_, false)) co_return Fill::timed_out;
  if (error) co_return Fill::end;
  buffer_.commit(count);
  co_return Fill::data;
}

asio::awaitable<Response> Session::answer() {
  const Shared& shared = worker_.shared();
  if (refusal_.status != 0) co_return shared.error_page(refusal_.status, refusal_.message);
  Router::Match match = shared.router.match(head_.method, head_.path);
  if (match.handler == nullptr) co_return no_route(match);
  segments_ = std::move(match.segments);
  std::string cause;
  try {
    Response response = co_await (*match.handler)(*this);
    if (is_sound(response)) co_return response;
    cause = "the handler's answer has a status or header that can't be sent";
  } catch (const std::exception& e) {
    cause = e.what();
  } catch (...) {
    cause = "an exception of an unknown type";
  }
  co_return failed(cause);
}

Response Session::no_route(const Router::Match& match) const {
  const ErrorPage& page = worker_.shared().error_page;
  if (!match.bad_request.empty()) return page(400, match.bad_request);
  const std::string path = "\"" + text::printable(head_.path) + "\"";
  if (match.allow.empty()) return page(404, "there is nothing at " + path);
  Response response =
      page(405, "the method \"" + text::printable(head_.method) + "\" is not for " + path + "; use " + match.allow);
  response.headers.emplace_back("Allow", match.allow);
  return response;
}

Response Session::failed(std::string_view what) const {
  const auto id = worker_.next_id();
  const std::string_view incident{id.data(), id.size()};
  worker_.shared().log.error("a request failed",
                             {{"incident", incident}, {"method", head_.method}, {"path", head_.path}, {"cause", what}});
  Response response = worker_.shared().error_page(500, "internal error, incident " + std::string{incident});
  response.close = true;
  return response;
}

asio::awaitable<bool> Session::send(const Response& response) {
  keep_ = refusal_.status == 0 && parser_->keep_alive() && !response.close && body_can_be_drained() &&
          !worker_.shared().draining.load(std::memory_order_relaxed);
  account(response);
  out_.clear();
  serialize(out_, response,
            {.date = worker_.date(),
             .request_id = head_.request_id,
             .close = !keep_,
             .keep_alive = keep_ && head_.version == 10,
             .head_only = head_.method == "HEAD"});
  const std::string_view rest = std::string_view{out_}.substr(stream_.try_write(out_));
  if (rest.empty()) co_return true;
  const bool written = co_await write(rest);
  co_return written;
}

void Session::account(const Response& response) {
  Shared& shared = worker_.shared();
  const std::size_t kind = std::clamp(response.status / 100, 2U, 5U) - 2;
  shared.instruments.answers[kind].add();
  idle_since_ = std::chrono::steady_clock::now();
  const std::chrono::duration<double> taken = idle_since_ - started_;
  shared.instruments.seconds.observe(taken.count());
  if (!shared.log.enabled(telemetry::Level::debug)) return;
  shared.log.debug("request", {{"id", head_.request_id},
                               {"peer", peer_.address},
                               {"method", head_.method},
                               {"path", head_.path},
                               {"status", static_cast<int>(response.status)},
                               {"seconds", taken.count()}});
}

asio::awaitable<bool> Session::write(std::string_view bytes) {
  enter(Phase::writing, worker_.shared().settings.write_timeout);
  const asio::const_buffer source{bytes.data(), bytes.size()};
  error_code error;
  std::size_t count = 0;
  if (stream_.tls()) {
    std::tie(error, count) = co_await asio::async_write(*stream_.tls(), source, as_result);
  } else {
    std::tie(error, count) = co_await asio::async_write(stream_.socket(), source, as_result);
  }
  co_return !error;
}

// Closing with unread bytes would reset the connection, and the client might lose the answer. So: say that there is
// no more from here, and read on for a while.
asio::awaitable<void> Session::linger() {
  if (phase_ == Phase::closed) co_return;
  const bool draining = worker_.shared().draining.load(std::memory_order_relaxed);
  enter(Phase::lingering, draining ? short_linger_time : linger_time);
  if (!refused_) worker_.add_idle(*this);  // a refused one has no place that its eviction could free
  if (stream_.tls()) co_await stream_.tls()->async_shutdown(as_result);
  error_code ignored;
  stream_.socket().shutdown(Stream::Socket::shutdown_send, ignored);
  buffer_.consume(buffer_.bytes().size());
  const std::span<char> waste = buffer_.make_room();
  for (;;) {
    const auto [error, count] =
        co_await stream_.socket().async_read_some(asio::mutable_buffer{waste.data(), waste.size()}, as_result);
    if (error) co_return;
  }
}

void Session::expire() noexcept {
  switch (phase_) {
    case Phase::head:
    case Phase::body: {
      timed_out_ = true;
      deadline_ = TimePoint::max();
      error_code ignored;
      stream_.socket().cancel(ignored);
      return;
    }
    case Phase::idle:
    case Phase::handshake:
    case Phase::writing:
    case Phase::lingering:
      close();
      return;
    case Phase::handling:
    case Phase::closed:
      return;
  }
}

void Session::close() noexcept {
  phase_ = Phase::closed;
  deadline_ = TimePoint::max();
  worker_.remove_idle(*this);
  error_code ignored;
  stream_.socket().close(ignored);
}

void Session::enter(Phase phase, milliseconds timeout) noexcept {
  if (phase_ == Phase::closed) return;
  phase_ = phase;
  deadline_ = worker_.deadline_in(timeout);
}

void Session::enter_handling() noexcept {
  if (phase_ == Phase::closed) return;
  phase_ = Phase::handling;
  deadline_ = TimePoint::max();
}

void Session::enter_idle() noexcept {
  if (phase_ == Phase::closed) return;
  enter(Phase::idle, worker_.shared().settings.idle_timeout);
  worker_.add_idle(*this);
}

}  // namespace syncservice::http
