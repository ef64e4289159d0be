#include "syncservice/http/message.hpp"

#include "syncservice/base/text.hpp"

#include <algorithm>

namespace syncservice::http {
namespace {

std::optional<std::string> form_decode(std::string_view encoded) {
  std::string blanks{encoded};
  std::replace(blanks.begin(), blanks.end(), '+', ' ');
  return text::percent_decode(blanks);
}

}  // namespace

std::string_view RequestHead::header(std::string_view name) const noexcept {
  for (const Header& candidate : headers) {
    if (candidate.name.size() == name.size() && text::iequals(candidate.name, name)) return candidate.value;
  }
  return {};
}

bool RequestHead::has(std::string_view name) const noexcept {
  return std::any_of(headers.begin(), headers.end(), [&](const Header& h) { return text::iequals(h.name, name); });
}

std::vector<std::string> RequestHead::parameters(std::string_view name) const {
  std::vector<std::string> out;
  std::size_t end = 0;
  for (std::size_t begin = 0; begin < query.size(); begin = end + 1) {
    end = std::min(query.find('&', begin), query.size());
    const std::string_view pair = query.substr(begin, end - begin);
    const std::size_t equals = std::min(pair.find('='), pair.size());
    const auto key = form_decode(pair.substr(0, equals));
    if (key != name) continue;
    auto value = form_decode(pair.substr(std::min(equals + 1, pair.size())));
    if (value) out.push_back(*std::move(value));
  }
  return out;
}

std::string_view reason(unsigned status) noexcept {
  switch (status) {
    case 100:
      return "Continue";
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 301:
      return "Moved Permanently";
    case 302:
      return "Found";
    case 303:
      return "See Other";
    case 304:
      return "Not Modified";
    case 307:
      return "Temporary Redirect";
    case 308:
      return "Permanent Redirect";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 406:
      return "Not Acceptable";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 410:
      return "Gone";
    case 411:
      return "Length Required";
    case 412:
      return "Precondition Failed";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 417:
      return "Expectation Failed";
    case 422:
      return "Unprocessable Content";
    case 428:
      return "Precondition Required";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    case 505:
      return "HTTP Version Not Supported";
    case 507:
      return "Insufficient Storage";
    default:
      return "Unknown";
  }
}

}  // namespace syncservice::http
