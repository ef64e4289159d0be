// From bytes to a RequestHead, and the framing of chunked bodies. Beast's parser does the grammar; this adds what
// keeps two parsers in a row from disagreeing on where a request ends (request smuggling): everything ambiguous is
// refused.
#pragma once

#include "refusal.hpp"
#include "syncservice/http/message.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <boost/beast/http/basic_parser.hpp>

namespace syncservice::http {

/// Limits of one head, see ServerSettings.
struct HeadLimits {
  std::size_t header = 0;
  std::size_t target = 0;
};

/// Parses one request, then is thrown away. The head's views point into the bytes given to put_head, which the caller
/// keeps in place (or tells the head to follow them, see rebase).
class HeadParser final : public boost::beast::http::basic_parser<true> {
 public:
  HeadParser(RequestHead& head, const HeadLimits& limits);

  /// Takes what has come of the head, from `offset()` on; `bytes` starts with the request's first byte. True when the
  /// head is complete. Afterwards refusal() may have a status: the connection must then be closed.
  [[nodiscard]] bool put_head(std::string_view bytes);
  /// Length of the head once complete.
  [[nodiscard]] std::size_t offset() const noexcept { return offset_; }
  [[nodiscard]] const Refusal& refusal() const noexcept { return refusal_; }
  [[nodiscard]] bool expects_continue() const noexcept { return expects_continue_; }

  /// What put_chunked did.
  struct Chunked {
    std::size_t consumed = 0;  ///< bytes used up
    bool done = false;         ///< the last chunk and its trailers have been read
  };
  /// Takes bytes of a chunked body; its data is appended to `keep` unless that is null. refusal() has 413 when more
  /// than `limit` bytes have come in all, 400 when the framing is broken.
  [[nodiscard]] Chunked put_chunked(std::string_view bytes, std::uint64_t limit, std::string* keep);
  /// Data bytes of the chunked body so far.
  [[nodiscard]] std::uint64_t body_bytes() const noexcept { return body_bytes_; }

 private:
  using ErrorCode = boost::beast::error_code;
  using View = boost::beast::string_view;

  void on_request_impl(boost::beast::http::verb, View method, View target, int version, ErrorCode& error) override;
  void on_response_impl(int, View, int, ErrorCode&) override {}
  void on_field_impl(boost::beast::http::field name, View text, View value, ErrorCode& error) override;
  void on_header_impl(ErrorCode& error) override;
  void on_body_init_impl(const boost::optional<std::uint64_t>&, ErrorCode&) override {}
  std::size_t on_body_impl(View body, ErrorCode&) override { return body.size(); }
  void on_chunk_header_impl(std::uint64_t size, View extensions, ErrorCode& error) override;
  std::size_t on_chunk_body_impl(std::uint64_t remain, View body, ErrorCode&) override;
  void on_finish_impl(ErrorCode&) override {}

  void refuse(ErrorCode& error, unsigned status, std::string message);
  void refuse_beast_error(const ErrorCode& error, std::string_view bytes);
  void split_target(std::string_view target, ErrorCode& error);
  [[nodiscard]] bool is_folded(View name, View value) const noexcept;

  RequestHead& head_;
  const HeadLimits limits_;
  Refusal refusal_;
  std::size_t offset_ = 0;
  std::string_view input_;
  bool head_done_ = false;
  bool expects_continue_ = false;
  unsigned hosts_ = 0;
  unsigned content_lengths_ = 0;

  std::string* keep_ = nullptr;
  std::uint64_t body_limit_ = 0;
  std::uint64_t body_bytes_ = 0;
  std::uint64_t chunk_left_ = 0;
  std::size_t extension_bytes_ = 0;
};

/// Moves every view of `head` that points into `old` to the same place in the copy that begins at `now`.
void rebase(RequestHead& head, std::string_view old, const char* now) noexcept;

}  // namespace syncservice::http
