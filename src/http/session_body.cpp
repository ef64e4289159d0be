#include "session.hpp"
#include "worker.hpp"

#include <algorithm>

namespace syncservice::http {
namespace {

namespace asio = boost::asio;

constexpr std::uint64_t short_body = std::uint64_t{64} * 1024;  // up to here body_timeout alone counts

Refusal too_long(std::uint64_t limit) {
  return {413, "the body is longer than " + std::to_string(limit) + " bytes"};
}

}  // namespace

void Session::begin_body() {
  body_left_ = head_.content_length.value_or(0);
  body_received_ = 0;
  body_ = head_.chunked || body_left_ > 0 ? Body::unread : Body::complete;
  continue_due_ = body_ == Body::unread && parser_->expects_continue();
  body_view_ = {};
}

asio::awaitable<Result<std::string_view>> Session::read_body(std::size_t limit) {
  const bool here = body_ == Body::unread && !head_.chunked && body_left_ <= buffer_.bytes().size();
  if (here && body_left_ <= limit) {
    body_view_ = buffer_.bytes().substr(0, body_left_);
    buffer_.consume(body_left_);
    body_received_ = std::exchange(body_left_, 0);
    continue_due_ = false;
    body_ = Body::complete;
  } else if (body_ != Body::complete) {
    body_store_.clear();
    const BodySink keep = [this](std::string_view piece) { body_store_.append(piece); };
    const auto taken = co_await take_body(limit, keep);
    if (!taken) co_return taken.error();
    body_view_ = body_store_;
  }
  co_return body_view_;
}

asio::awaitable<Result<std::uint64_t>> Session::discard_body(std::uint64_t limit) {
  if (body_ == Body::complete) co_return body_received_;
  const BodySink nobody;
  auto taken = co_await take_body(limit, nobody);
  co_return taken;
}

asio::awaitable<Result<std::uint64_t>> Session::stream_body(std::uint64_t limit, const BodySink& sink) {
  if (body_ == Body::complete) co_return body_received_;
  auto taken = co_await take_body(limit, sink);
  co_return taken;
}

asio::awaitable<Result<std::uint64_t>> Session::take_body(std::uint64_t limit, const BodySink& sink) {
  if (body_ == Body::broken) co_return to_error({400, "the rest of the body can't be read"});
  if (body_left_ > limit) co_return to_error(too_long(limit));
  Refusal refusal;
  if (std::exchange(continue_due_, false) && buffer_.empty()) {
    const bool written = co_await write("HTTP/1.1 100 Continue\r\n\r\n");
    if (!written) refusal = {400, "the connection ended before the body came"};
  }
  if (refusal.status == 0) {
    detach_head();
    buffer_.widen();
    body_started_ = worker_.now();
    if (head_.chunked) {
      refusal = co_await take_chunked(limit, sink);
    } else {
      refusal = co_await take_sized(sink);
    }
    enter_handling();
  }
  body_ = refusal.status == 0 ? Body::complete : Body::broken;
  if (refusal.status != 0) co_return to_error(refusal);
  co_return body_received_;
}

asio::awaitable<Refusal> Session::take_sized(const BodySink& sink) {
  for (;;) {
    const auto piece = buffer_.bytes().substr(0, std::min<std::uint64_t>(body_left_, buffer_.bytes().size()));
    if (sink) sink(piece);
    buffer_.consume(piece.size());
    body_left_ -= piece.size();
    body_received_ += piece.size();
    if (body_left_ == 0) co_return Refusal{};
    Refusal refusal = co_await next_piece();
    if (refusal.status != 0) co_return refusal;
  }
}

asio::awaitable<Refusal> Session::take_chunked(std::uint64_t limit, const BodySink& sink) {
  std::string piece;
  for (;;) {
    piece.clear();
    const HeadParser::Chunked step = parser_->put_chunked(buffer_.bytes(), limit, sink ? &piece : nullptr);
    buffer_.consume(step.consumed);
    if (!piece.empty()) sink(piece);
    body_received_ = parser_->body_bytes();
    if (parser_->refusal().status != 0) co_return parser_->refusal();
    if (step.done) co_return Refusal{};
    if (buffer_.full()) co_return Refusal{400, "a chunk's header or the trailers are too long"};
    Refusal refusal = co_await next_piece();
    if (refusal.status != 0) co_return refusal;
  }
}

// More bytes, unless they are too slow in coming.
asio::awaitable<Refusal> Session::next_piece() {
  const ServerSettings& settings = worker_.shared().settings;
  const std::uint64_t beyond = body_received_ - std::min(body_received_, short_body);
  const std::chrono::milliseconds earned{beyond * 1000 / std::max<std::size_t>(settings.body_min_rate, 1)};
  enter(Phase::body, settings.body_timeout + earned);
  deadline_ -= worker_.now() - body_started_;
  const Fill got = co_await fill();
  if (got == Fill::data) co_return Refusal{};
  const std::string came = std::to_string(body_received_ + buffer_.bytes().size()) + " bytes of it came";
  if (got == Fill::timed_out) co_return Refusal{408, "the body came too slowly: " + came};
  co_return Refusal{400, "the connection ended before the body was complete: " + came};
}

// Reads what a handler left of the body, so that the connection can carry the next request.
asio::awaitable<bool> Session::drain() {
  const BodySink nobody;
  const auto rest = co_await take_body(worker_.shared().settings.drain_limit, nobody);
  co_return rest.has_value();
}

// The buffer is needed for the body now, while the head's views must live on.
void Session::detach_head() {
  if (head_detached_) return;
  head_store_.assign(head_bytes_);
  rebase(head_, head_bytes_, head_store_.data());
  head_detached_ = true;
}

bool Session::body_can_be_drained() const noexcept {
  if (body_ == Body::complete) return true;
  return body_ == Body::unread && !continue_due_ && body_left_ <= worker_.shared().settings.drain_limit;
}

}  // namespace syncservice::http
