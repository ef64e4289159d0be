#include "body.hpp"

#include <algorithm>
#include <charconv>

#include "errors.hpp"
#include "syncservice/base/text.hpp"

namespace syncservice::client {

Outgoing::Outgoing(const Request& request, const Upload* upload) noexcept
    : request_(request), upload_(upload), size_(upload != nullptr ? upload->size : request.body.size()) {}

Error Outgoing::failure() const {
  if (thrown_ != nullptr) std::rethrow_exception(thrown_);
  return *error_;
}

void Outgoing::fail_size(std::string_view how) {
  error_ = make_error(Errc::bad_source, request_, std::string{how} + " than " + std::to_string(size_) + " bytes");
}

void Outgoing::expect_end() {
  if (upload_ == nullptr) return;
  char more = 0;
  const auto got = upload_->source({&more, 1});
  if (!got) {
    error_ = got.error();
  } else if (*got > 0) {
    fail_size("more");
  }
}

std::size_t Outgoing::fill(std::span<char> room) {
  const auto left = static_cast<std::size_t>(std::min<std::uint64_t>(room.size(), size_ - given_));
  if (left == 0) return 0;
  if (upload_ == nullptr) {
    request_.body.copy(room.data(), left, static_cast<std::size_t>(given_));
    given_ += left;
    return left;
  }
  const auto got = upload_->source(room.first(left));
  if (!got) {
    error_ = got.error();
    return 0;
  }
  if (*got == 0) fail_size("fewer");
  given_ += *got;
  if (given_ == size_) expect_end();  // before the last piece is out: the server must not take it for the whole
  return *got;
}

std::size_t Outgoing::read(char* buffer, std::size_t size, std::size_t count, void* self) noexcept {
  Outgoing& outgoing = *static_cast<Outgoing*>(self);
  try {
    const std::size_t filled = outgoing.fill({buffer, size * count});
    return outgoing.failed() ? CURL_READFUNC_ABORT : filled;
  } catch (...) {
    outgoing.thrown_ = std::current_exception();
    return CURL_READFUNC_ABORT;
  }
}

Error Incoming::failure() const {
  if (thrown_ != nullptr) std::rethrow_exception(thrown_);
  return *error_;
}

bool Incoming::add_body(std::string_view bytes) {
  if (sink_ != nullptr && response_.status >= 200 && response_.status < 300) {
    if (const auto taken = (*sink_)(bytes); !taken) error_ = taken.error();
    return !error_;
  }
  if (bytes.size() > limit_ - response_.body.size()) too_large_ = true;
  if (!too_large_) response_.body.append(bytes);
  return !too_large_;
}

bool Incoming::add_header(std::string_view line) {
  if (line.size() > limit_ - header_bytes_) too_large_ = true;
  if (too_large_) return false;
  header_bytes_ += line.size();
  if (line.starts_with("HTTP/")) {  // also after 100 Continue
    response_.headers.clear();
    response_.status = 0;
    has_head_ = false;
    const std::size_t blank = std::min(line.find(' '), line.size());
    const std::string_view status = text::trim(line.substr(blank));
    std::from_chars(status.data(), status.data() + status.size(), response_.status);
  } else if (const std::size_t colon = line.find(':'); colon != std::string_view::npos) {
    response_.headers.push_back({std::string{line.substr(0, colon)}, std::string{text::trim(line.substr(colon + 1))}});
  } else if (text::trim(line).empty()) {
    has_head_ = true;
  }
  return true;
}

template <class Add>
std::size_t Incoming::guarded(std::size_t bytes, Add add) noexcept {
  try {
    return add() ? bytes : CURL_WRITEFUNC_ERROR;
  } catch (...) {
    thrown_ = std::current_exception();
    return CURL_WRITEFUNC_ERROR;
  }
}

std::size_t Incoming::body(char* data, std::size_t size, std::size_t count, void* self) noexcept {
  auto& incoming = *static_cast<Incoming*>(self);
  return incoming.guarded(size * count, [&] { return incoming.add_body({data, size * count}); });
}

std::size_t Incoming::header(char* data, std::size_t size, std::size_t count, void* self) noexcept {
  auto& incoming = *static_cast<Incoming*>(self);
  return incoming.guarded(size * count, [&] { return incoming.add_header({data, size * count}); });
}

}  // namespace syncservice::client
