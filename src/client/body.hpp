// The two bodies of a transfer, as curl's callbacks see them. The callbacks run inside curl, so nothing is thrown
// through them: what stops a transfer is kept, and comes out when it has ended.
#pragma once

#include <curl/curl.h>

#include <cstdint>
#include <exception>
#include <optional>
#include <string_view>

#include "syncservice/client/client.hpp"

namespace syncservice::client {

/// What goes out: the request's own body, or an upload. Given once; it can't be rewound, which keeps curl from sending
/// a request again by itself when a kept connection turns out to be dead.
class Outgoing {
 public:
  /// Both outlive this.
  Outgoing(const Request& request, const Upload* upload) noexcept;

  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
  /// All of it was handed to curl.
  [[nodiscard]] bool all_given() const noexcept { return given_ == size_ && !failed(); }
  [[nodiscard]] bool failed() const noexcept { return error_.has_value() || thrown_ != nullptr; }
  /// What stopped it; rethrows what the source threw.
  [[nodiscard]] Error failure() const;

  /// Fails unless the source has nothing more to give.
  void expect_end();

  /// For CURLOPT_READFUNCTION and curl_mime_data_cb; `self` is an Outgoing.
  static std::size_t read(char* buffer, std::size_t size, std::size_t count, void* self) noexcept;

 private:
  [[nodiscard]] std::size_t fill(std::span<char> room);
  void fail_size(std::string_view how);

  const Request& request_;
  const Upload* upload_;
  std::uint64_t size_;
  std::uint64_t given_ = 0;
  std::optional<Error> error_;
  std::exception_ptr thrown_;
};

/// What comes in: head, and body into the Response or a sink.
class Incoming {
 public:
  /// `sink` may be null. More bytes than `limit` in the head or in a body that is kept are too many.
  Incoming(std::size_t limit, const Sink* sink) noexcept : limit_(limit), sink_(sink) {}

  [[nodiscard]] bool too_large() const noexcept { return too_large_; }
  /// The head came to its end. Curl takes a connection that is cut within it for the end of an answer.
  [[nodiscard]] bool has_head() const noexcept { return has_head_; }
  [[nodiscard]] bool failed() const noexcept { return error_.has_value() || thrown_ != nullptr; }
  /// What stopped it; rethrows what the sink threw.
  [[nodiscard]] Error failure() const;
  [[nodiscard]] Response& response() noexcept { return response_; }

  /// For CURLOPT_WRITEFUNCTION and CURLOPT_HEADERFUNCTION; `self` is an Incoming.
  static std::size_t body(char* data, std::size_t size, std::size_t count, void* self) noexcept;
  static std::size_t header(char* data, std::size_t size, std::size_t count, void* self) noexcept;

 private:
  template <class Add>
  std::size_t guarded(std::size_t bytes, Add add) noexcept;
  [[nodiscard]] bool add_body(std::string_view bytes);
  [[nodiscard]] bool add_header(std::string_view line);

  const std::size_t limit_;
  const Sink* sink_;
  Response response_;
  std::size_t header_bytes_ = 0;
  bool too_large_ = false, has_head_ = false;
  std::optional<Error> error_;
  std::exception_ptr thrown_;
};

}  // namespace syncservice::client
