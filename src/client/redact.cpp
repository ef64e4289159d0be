#include <algorithm>
#include <array>

#include "syncservice/base/text.hpp"
#include "syncservice/client/client.hpp"

namespace syncservice::client {
namespace {

constexpr std::string_view hidden = "•••";

bool is_secret_name(std::string_view encoded) {
  constexpr std::array words{"apikey", "api_key", "api-key", "token", "password", "passwd", "secret", "credential"};
  const std::string name = text::lower(text::percent_decode(encoded).value_or(std::string{encoded}));
  return std::any_of(words.begin(), words.end(),
                     [&](std::string_view word) { return name.find(word) != std::string::npos; });
}

std::string redact_query(std::string_view query) {
  std::string out;
  for (;;) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view pair = query.substr(0, end);
    const std::size_t equals = pair.find('=');
    if (equals != std::string_view::npos && is_secret_name(pair.substr(0, equals))) {
      out.append(pair.substr(0, equals + 1)).append(hidden);
    } else {
      out.append(pair);
    }
    if (end == query.size()) return out;
    out.push_back('&');
    query.remove_prefix(end + 1);
  }
}

}  // namespace

std::string redact_url(std::string_view url) {
  std::string out;
  std::string_view rest = url;
  if (const std::size_t scheme = rest.find("://"); scheme != std::string_view::npos) {
    out.append(rest.substr(0, scheme + 3));
    rest.remove_prefix(scheme + 3);
  }
  const std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
  if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) {
    out.append(hidden);
    rest.remove_prefix(at);
  }
  const std::size_t fragment = std::min(rest.find('#'), rest.size());
  const std::size_t query = rest.substr(0, fragment).find('?');
  if (query == std::string_view::npos) {
    out.append(rest);
  } else {
    out.append(rest.substr(0, query + 1)).append(redact_query(rest.substr(query + 1, fragment - query - 1)));
    out.append(rest.substr(fragment));
  }
  return text::printable(out, 500);
}

}  // namespace syncservice::client
