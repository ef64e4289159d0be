#include "head_parser.hpp"

#include "syncservice/base/text.hpp"

#include <algorithm>
#include <functional>

#include <boost/asio/buffer.hpp>

namespace syncservice::http {
namespace {

namespace beast = boost::beast;
using beast::http::field;

std::string_view std_view(beast::string_view view) noexcept {
  return {view.data(), view.size()};
}

bool all_digits(std::string_view text) noexcept {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// RFC 9110's Host: a name or an address with an optional port. Only what could mislead somebody is refused.
bool is_host(std::string_view host) noexcept {
  return host.find_first_of(" \t\"#,/<>?@\\^`{|}") == std::string_view::npos;
}

// A request line like any other but for its "HTTP/2.0".
bool names_a_version(std::string_view bytes) noexcept {
  const std::string_view line = bytes.substr(0, bytes.find("\r\n"));
  const std::string_view last = line.substr(line.rfind(' ') + 1);
  return std::count(line.begin(), line.end(), ' ') == 2 && last.size() == 8 && last.starts_with("HTTP/") &&
         all_digits(last.substr(5, 1)) && last[6] == '.' && all_digits(last.substr(7)) &&
         line.find('\n') == std::string_view::npos;
}

std::string_view what_is_wrong(const beast::error_code& error) {
  using Code = beast::http::error;
  if (error == Code::bad_method) return "the request line does not begin with a method and one blank";
  if (error == Code::bad_target) return "the request target holds a blank or a control character; percent-encode it";
  if (error == Code::bad_version) return "the request line does not end with HTTP/1.1 and CR LF";
  if (error == Code::bad_field)
    return "a header line does not begin with a name directly followed by a colon (no blank before the colon, no "
           "folded lines)";
  if (error == Code::bad_value) return "a header value holds a control character or ends without CR LF";
  if (error == Code::bad_line_ending) return "a line ends in CR without LF";
  if (error == Code::bad_content_length || error == Code::multiple_content_length)
    return "Content-Length must be one number, once, and not beside Transfer-Encoding";
  if (error == Code::bad_transfer_encoding) return "Transfer-Encoding may stand once and not beside Content-Length";
  if (error == Code::bad_chunk || error == Code::bad_chunk_extension)
    return "the chunked body is broken: each chunk is its size in hex, CR LF, that many bytes, CR LF";
  return "the request is not well-formed HTTP/1.1";
}

}  // namespace

HeadParser::HeadParser(RequestHead& head, const HeadLimits& limits) : head_(head), limits_(limits) {
  head_.method = head_.target = head_.path = head_.query = head_.request_id = {};
  head_.version = 11;
  head_.headers.clear();
  head_.content_length.reset();
  head_.chunked = false;
  header_limit(static_cast<std::uint32_t>(limits.header) + 1);
  body_limit(boost::none);
}

bool HeadParser::put_head(std::string_view bytes) {
  input_ = bytes;
  const std::string_view rest = bytes.substr(offset_);
  ErrorCode error;
  offset_ += put(boost::asio::const_buffer{rest.data(), rest.size()}, error);
  if (error && error != beast::http::error::need_more) {
    refuse_beast_error(error, bytes);
    return false;
  }
  const std::size_t length = is_header_done() ? offset_ : bytes.size();
  if (length > limits_.header || (length == limits_.header && !is_header_done())) {
    refuse_beast_error(beast::http::error::header_limit, bytes);
    return false;
  }
  head_done_ = is_header_done();
  return head_done_;
}

void HeadParser::refuse(ErrorCode& error, unsigned status, std::string message) {
  refusal_ = {status, std::move(message)};
  error = beast::http::error::bad_value;
}

void HeadParser::refuse_beast_error(const ErrorCode& error, std::string_view bytes) {
  if (refusal_.status != 0) return;  // one of ours, raised in a callback
  if (error == beast::http::error::header_limit) {
    const bool in_target = bytes.find("\r\n") == std::string_view::npos;
    refusal_ = in_target ? Refusal{414, "the request line is longer than " + std::to_string(limits_.header) + " bytes"}
                         : Refusal{431, "the headers are longer than " + std::to_string(limits_.header) +
                                            " bytes in all; send fewer or shorter ones"};
  } else if (error == beast::http::error::bad_version && names_a_version(bytes)) {
    refusal_ = {505, "this server speaks HTTP/1.1 and HTTP/1.0"};
  } else {
    refusal_ = {400, std::string{what_is_wrong(error)}};
  }
}

void HeadParser::on_request_impl(beast::http::verb, View method, View target, int version, ErrorCode& error) {
  head_.method = std_view(method);
  head_.target = std_view(target);
  head_.version = static_cast<unsigned>(version);
  if (target.size() > limits_.target) {
    refuse(error, 414, "the request target is longer than " + std::to_string(limits_.target) + " bytes");
    return;
  }
  split_target(head_.target, error);
}

// The origin form "/path?query", as any client sends it; the absolute form "http://host/path" that a proxy may send;
// "*" for OPTIONS.
void HeadParser::split_target(std::string_view target, ErrorCode& error) {
  if (target.find('#') != std::string_view::npos) {
    refuse(error, 400, "the request target \"" + text::printable(target) + "\" holds a #; write %23 for one in a name");
    return;
  }
  std::string_view rest = target;
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!text::iequals(rest.substr(0, scheme.size()), scheme)) continue;
    rest.remove_prefix(scheme.size());
    rest.remove_prefix(std::min(rest.find_first_of("/?"), rest.size()));
    break;
  }
  const std::size_t question = std::min(rest.find('?'), rest.size());
  head_.path = rest.substr(0, question);
  head_.query = rest.substr(std::min(question + 1, rest.size()));
  if (head_.path.empty() && rest.data() != target.data()) head_.path = "/";
  const bool asterisk = target == "*" && head_.method == "OPTIONS";
  if (!head_.path.starts_with('/') && !asterisk)
    refuse(error, 400, "the request target \"" + text::printable(target) + "\" does not begin with a slash");
}

// A folded line's value either stands in Beast's own buffer or is separated from its name by a line end.
bool HeadParser::is_folded(View name, View value) const noexcept {
  const char* const first = input_.data();
  const char* const last = first + input_.size();
  if (std::less<>{}(value.data(), first) || std::less<>{}(last, value.data())) return true;
  const char* const name_end = name.data() + name.size();
  return std::find(name_end, value.data(), '\n') != value.data();
}

void HeadParser::on_field_impl(field name, View text, View value, ErrorCode& error) {
  if (is_folded(text, value)) return refuse(error, 400, "a header is folded over several lines; send it in one");
  if (head_done_) return;  // a trailer: read past, as nobody asked for one
  const std::string_view words = std_view(value);
  head_.headers.push_back({std_view(text), words});
  switch (name) {
    case field::host:
      if (++hosts_ > 1) return refuse(error, 400, "the Host header stands more than once");
      if (!is_host(words)) return refuse(error, 400, "the Host \"" + text::printable(words) + "\" is not a host name");
      return;
    case field::content_length:
      if (++content_lengths_ > 1 || !all_digits(words))
        return refuse(error, 400, "Content-Length must be one number, once");
      return;
    case field::transfer_encoding:
      if (head_.version < 11) return refuse(error, 400, "HTTP/1.0 has no Transfer-Encoding; send a Content-Length");
      if (!text::iequals(words, "chunked"))
        return refuse(error, 501, "the Transfer-Encoding \"" + text::printable(words) + "\" is not known; use chunked");
      return;
    case field::expect:
      if (head_.version < 11) return;
      if (!text::iequals(words, "100-continue"))
        return refuse(error, 417, "the expectation \"" + text::printable(words) + "\" is not known; use 100-continue");
      expects_continue_ = true;
      return;
    default:
      return;
  }
}

void HeadParser::on_header_impl(ErrorCode& error) {
  if (head_.version >= 11 && hosts_ == 0) return refuse(error, 400, "an HTTP/1.1 request must have a Host header");
  head_.chunked = chunked();
  if (const auto length = content_length()) head_.content_length = *length;
}

HeadParser::Chunked HeadParser::put_chunked(std::string_view bytes, std::uint64_t limit, std::string* keep) {
  // A chunk's header is never the last thing: at least "0", CR LF and CR LF follow. Beast relies on seeing as much.
  constexpr std::size_t least = 5;
  Chunked result;
  input_ = bytes;
  keep_ = keep;
  body_limit_ = limit;
  while (!is_done()) {
    const std::string_view rest = bytes.substr(result.consumed);
    if (rest.empty() || (chunk_left_ == 0 && rest.size() < least)) break;
    ErrorCode error;
    const std::size_t consumed = put(boost::asio::const_buffer{rest.data(), rest.size()}, error);
    result.consumed += consumed;
    if (error == beast::http::error::need_more) break;
    if (error) {
      refuse_beast_error(error, bytes);
      return result;
    }
  }
  result.done = is_done();
  return result;
}

void HeadParser::on_chunk_header_impl(std::uint64_t size, View extensions, ErrorCode& error) {
  constexpr std::size_t extension_limit = std::size_t{16} * 1024;
  extension_bytes_ += extensions.size();
  const bool controls = std::any_of(extensions.begin(), extensions.end(),
                                    [](char c) { return (c >= '\0' && c < ' ' && c != '\t') || c == '\x7F'; });
  if (controls) return refuse(error, 400, "a chunk extension holds a control character");
  if (extension_bytes_ > extension_limit) return refuse(error, 400, "the chunk extensions are too long");
  if (size > body_limit_ || body_bytes_ > body_limit_ - size)
    return refuse(error, 413, "the body is longer than " + std::to_string(body_limit_) + " bytes");
  chunk_left_ = size;
}

std::size_t HeadParser::on_chunk_body_impl(std::uint64_t, View body, ErrorCode&) {
  chunk_left_ -= body.size();
  body_bytes_ += body.size();
  if (keep_ != nullptr) keep_->append(body.data(), body.size());
  return body.size();
}

void rebase(RequestHead& head, std::string_view old, const char* now) noexcept {
  const auto move = [&](std::string_view& view) {
    const bool inside = !std::less<>{}(view.data(), old.data()) && std::less<>{}(view.data(), old.data() + old.size());
    if (inside) view = {now + (view.data() - old.data()), view.size()};
  };
  for (std::string_view* view : {&head.method, &head.target, &head.path, &head.query, &head.request_id}) move(*view);
  for (RequestHead::Header& header : head.headers) {
    move(header.name);
    move(header.value);
  }
}

}  // namespace syncservice::http
