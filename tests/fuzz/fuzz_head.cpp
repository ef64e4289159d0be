// Start line, headers and chunked bodies: the bytes before anything is known about who sends them.
#include "head_parser.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using namespace syncservice::http;

void require(bool condition) {
  if (!condition) std::abort();
}

/// What came of a head, in values of its own.
struct Outcome {
  bool complete = false;
  unsigned status = 0;
  std::size_t length = 0;
  std::string method, path, query;
  std::vector<std::pair<std::string, std::string>> headers;
  friend bool operator==(const Outcome&, const Outcome&) = default;
};

/// Gives the parser `step` bytes more each time, as a slow client does.
Outcome parse(std::string_view bytes, std::size_t step, std::string* body) {
  RequestHead head;
  HeadParser parser(head, {.header = 4096, .target = 1024});
  Outcome outcome;
  for (std::size_t have = std::min(step, bytes.size());; have = std::min(have + step, bytes.size())) {
    outcome.complete = parser.put_head(bytes.substr(0, have));
    if (outcome.complete || parser.refusal().status != 0 || have == bytes.size()) break;
  }
  outcome.status = parser.refusal().status;
  if (!outcome.complete) {
    require(outcome.status == 0 || !parser.refusal().message.empty());
    return outcome;
  }
  outcome.length = parser.offset();
  require(outcome.length <= 4096);
  require(head.target.size() <= 1024);
  require(head.path.find('?') == std::string_view::npos);
  require(!(head.chunked && head.content_length));
  outcome.method = head.method;
  outcome.path = head.path;
  outcome.query = head.query;
  for (const RequestHead::Header& header : head.headers) {
    require(!header.name.empty());
    require(header.value.find_first_of("\r\n") == std::string_view::npos);
    outcome.headers.emplace_back(header.name, header.value);
  }
  static_cast<void>(head.parameters("apikey"));
  if (head.chunked && body != nullptr) {
    constexpr std::uint64_t limit = 8192;
    const HeadParser::Chunked chunked = parser.put_chunked(bytes.substr(outcome.length), limit, body);
    require(chunked.consumed <= bytes.size() - outcome.length);
    require(body->size() <= limit);
    require(body->size() == parser.body_bytes());
  }
  return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  std::string body;
  const Outcome whole = parse(input, std::max<std::size_t>(size, 1), &body);
  // However the bytes arrive, they mean the same: two servers in a row must not disagree on a request.
  const Outcome pieces = parse(input, 7, nullptr);
  if (whole.complete && pieces.complete) require(whole == pieces);
  require(!whole.complete || pieces.complete || pieces.status != 0);
  return 0;
}
