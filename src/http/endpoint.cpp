#include "syncservice/base/text.hpp"
#include "syncservice/http/server.hpp"

#include <charconv>
#include <optional>

#include <boost/asio/ip/address.hpp>

namespace syncservice::http {
namespace {

namespace asio = boost::asio;

Error bad_endpoint(std::string_view text, const std::string& what) {
  return {boost::system::errc::make_error_code(boost::system::errc::invalid_argument),
          "\"" + text::printable(text) + "\" " + what + "; right is, for example, http://0.0.0.0:7070 or 7070",
          FailureClass::permanent, std::nullopt};
}

std::optional<std::uint16_t> parse_port(std::string_view digits) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return port;
}

Result<Endpoint> parse_endpoint(std::string_view text) {
  Endpoint endpoint;
  if (const auto port = parse_port(text)) {
    endpoint.port = *port;
    return endpoint;
  }
  const std::size_t colon = text.find("://");
  if (colon == std::string_view::npos) return bad_endpoint(text, "is neither a URL nor a port number (0 to 65535)");
  endpoint.scheme = text::lower(text.substr(0, colon));
  if (endpoint.scheme != "http" && endpoint.scheme != "https")
    return bad_endpoint(text, "has the scheme \"" + text::printable(endpoint.scheme) + "\", not http or https");

  std::string_view rest = text.substr(colon + 3);
  if (rest.ends_with('/')) rest.remove_suffix(1);
  if (rest.find_first_of("/?#") != std::string_view::npos)
    return bad_endpoint(text, "has a path, which has no meaning here");
  if (rest.find('@') != std::string_view::npos) return bad_endpoint(text, "names a user, which has no meaning here");

  const bool bracketed = rest.starts_with('[');
  const std::size_t host_end = bracketed ? rest.find(']') : rest.find(':');
  if (host_end == std::string_view::npos || (bracketed && !rest.substr(host_end + 1).starts_with(':')))
    return bad_endpoint(text, bracketed ? "has no port after its bracketed address" : "has no port");
  std::string host{bracketed ? rest.substr(1, host_end - 1) : rest.substr(0, host_end)};
  const std::string_view digits = rest.substr(host_end + (bracketed ? 2 : 1));
  if (!bracketed && digits.find(':') != std::string_view::npos)
    return bad_endpoint(text, "has an IPv6 address without brackets, as in http://[::]:7070");
  const auto port = parse_port(digits);
  if (!port)
    return bad_endpoint(text, "has the port \"" + text::printable(digits) + "\", not a number from 0 to 65535");

  if (text::iequals(host, "localhost")) host = "127.0.0.1";
  boost::system::error_code error;
  const asio::ip::address address = asio::ip::make_address(host, error);
  if (error || address.is_v6() != bracketed) {
    return bad_endpoint(text, "has the host \"" + text::printable(host) +
                                  "\"; it must be a numeric address of this machine, 0.0.0.0 or [::] for all of them, "
                                  "or localhost");
  }
  endpoint.address = address.to_string();
  endpoint.port = *port;
  return endpoint;
}

bool is_v6(const Endpoint& endpoint) {
  return endpoint.address.find(':') != std::string::npos;
}

/// Whether the second can't be bound beside the first, since that holds its port of the same address already.
bool same_place(const Endpoint& one, const Endpoint& other) {
  if (one.port != other.port || one.port == 0) return false;
  const auto covers = [](const Endpoint& all, const Endpoint& some) {
    return all.address == "::" || (all.address == "0.0.0.0" && !is_v6(some));
  };
  return one.address == other.address || covers(one, other) || covers(other, one);
}

}  // namespace

std::string Endpoint::url() const {
  if (scheme == "unix") return "unix:" + address;
  return scheme + "://" + (is_v6(*this) ? "[" + address + "]" : address) + ":" + std::to_string(port);
}

Result<std::vector<Endpoint>> parse_endpoints(std::string_view text) {
  std::vector<Endpoint> endpoints;
  for (;;) {
    const std::size_t comma = std::min(text.find(','), text.size());
    auto endpoint = parse_endpoint(text::trim(text.substr(0, comma)));
    if (!endpoint) return endpoint.error();
    for (const Endpoint& other : endpoints) {
      if (same_place(other, *endpoint))
        return bad_endpoint(endpoint->url(), "takes the port of " + other.url() + " once more; leave one of them out");
    }
    endpoints.push_back(*std::move(endpoint));
    if (comma == text.size()) return endpoints;
    text.remove_prefix(comma + 1);
  }
}

}  // namespace syncservice::http
