#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>

#include "syncservice/base/text.hpp"
#include "syncservice/rest/rest.hpp"

namespace syncservice::rest {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

Error misconfigured(std::string message) {
  return adapter::make_error(adapter::Failure::misconfigured, std::move(message));
}

// A URL that others can be made of: no user information, query or fragment, which would be lost or shown.
Result<std::string> base_url(std::string url, std::string_view example) {
  const auto wrong = [&](std::string_view what) {
    return misconfigured("url \"" + text::printable(client::redact_url(url)) + "\" " + std::string{what} +
                         "; give an address such as " + std::string{example} + ".");
  };
  const std::string start = text::lower(url.substr(0, 8));
  const std::size_t scheme = start.starts_with("https://") ? 8 : start.starts_with("http://") ? 7 : 0;
  if (scheme == 0) return wrong("does not begin with https:// or http://");
  const std::string_view authority = std::string_view{url}.substr(scheme, url.find_first_of("/?#", scheme) - scheme);
  if (authority.empty()) return wrong("names no host");
  if (authority.find('@') != std::string_view::npos) return wrong("holds a user name, which has settings of its own");
  if (url.find_first_of("?# \t\r\n") != std::string::npos) return wrong("holds a query, a fragment or white space");
  while (url.ends_with('/')) url.pop_back();
  return url;
}

// What can't be used as a proxy; curl would take anything, and fail with each call.
Result<void> check_proxy(const std::string& proxy) {
  if (proxy.empty()) return {};
  const std::size_t colon = proxy.find("://");
  const std::string scheme = colon == std::string::npos ? std::string{} : text::lower(proxy.substr(0, colon));
  const auto is = [&](std::string_view known) { return scheme == known; };
  const bool known = is("http") || is("https") || is("socks4") || is("socks4a") || is("socks5") || is("socks5h");
  if (known && colon + 3 < proxy.size() && proxy[colon + 3] != '/') return {};
  std::string message = "proxy \"";
  message.append(text::printable(client::redact_url(proxy)));
  message.append("\" is no address of a proxy; give one such as http://proxy.acme.com:8080, or with socks5://.");
  return misconfigured(std::move(message));
}

// The file's content as far as it is needed to see what it is; refused when it can't be read.
Result<std::string> read_pem(const SettingsReader& read, std::string_view name) {
  const std::string path = read.file(name);
  if (path.empty()) return std::string{};
  constexpr std::size_t most = 1'000'000;
  std::string content(most, '\0');
  std::ifstream file{path, std::ios::binary};
  std::error_code error;
  if (!file || !std::filesystem::is_regular_file(path, error)) {
    std::string message{name};
    message.append(" \"").append(text::printable(path)).append("\" is no file that can be read; name a PEM file.");
    return misconfigured(std::move(message));
  }
  file.read(content.data(), static_cast<std::streamsize>(most));
  content.resize(static_cast<std::size_t>(file.gcount()));
  return content;
}

void check_files(const SettingsReader& read, Faults& faults) {
  faults.note(read_pem(read, "caFile"));
  const auto certificate = read_pem(read, "clientCertificate");
  faults.note(certificate);
  faults.note(read_pem(read, "clientKey"));
  if (read.has("clientKey") && !read.has("clientCertificate"))
    faults.add("clientKey is given without clientCertificate; name the certificate that goes with the key.");
  if (certificate && read.has("clientCertificate") && !read.has("clientKey") &&
      certificate->find("PRIVATE KEY-----") == std::string::npos)
    faults.add("clientCertificate names a file that holds no key; name the file that does as clientKey.");
}

}  // namespace

Error Faults::error() const {
  return misconfigured(words_);
}

std::string SettingsReader::text(std::string_view name) const {
  const auto found = settings_.values.find(name);
  return found == settings_.values.end() ? std::string{} : found->second;
}

Result<std::string> SettingsReader::required(std::string_view name, std::string_view example) const {
  std::string value = text(name);
  if (value.empty())
    return misconfigured(std::string{name} + " is missing; give one, for example \"" + std::string{name} + ": " +
                         std::string{example} + "\".");
  return value;
}

Result<milliseconds> SettingsReader::duration(std::string_view name, milliseconds otherwise, milliseconds least,
                                              milliseconds most) const {
  const std::string value = text(name);
  if (value.empty()) return otherwise;
  const auto read = parse_duration(value);
  if (!read || *read < least || *read > most)
    return misconfigured(std::string{name} + " \"" + text::printable(value) + "\" is no time from " + to_text(least) +
                         " to " + to_text(most) + ", for example " + to_text(otherwise) + ".");
  return *read;
}

Result<std::uint64_t> SettingsReader::number(std::string_view name, std::uint64_t otherwise, std::uint64_t least,
                                             std::uint64_t most) const {
  const std::string value = text(name);
  if (value.empty()) return otherwise;
  std::uint64_t read = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), read);
  if (error != std::errc{} || end != value.data() + value.size() || read < least || read > most)
    return misconfigured(std::string{name} + " \"" + text::printable(value) + "\" is no whole number from " +
                         std::to_string(least) + " to " + std::to_string(most) + ".");
  return read;
}

Result<std::size_t> SettingsReader::choice(std::string_view name, std::span<const std::string> known,
                                           std::size_t otherwise) const {
  const std::string value = text(name);
  if (value.empty()) return otherwise;
  const auto found = std::find(known.begin(), known.end(), value);
  if (found == known.end())
    return misconfigured(std::string{name} + " \"" + text::printable(value) + "\" is not known; give " +
                         text::quoted_list(known) + ".");
  return static_cast<std::size_t>(found - known.begin());
}

Result<bool> SettingsReader::flag(std::string_view name, bool otherwise) const {
  static const std::vector<std::string> words{"false", "true"};
  const auto chosen = choice(name, words, otherwise ? 1 : 0);
  if (!chosen) return chosen.error();
  return *chosen == 1;
}

std::string SettingsReader::file(std::string_view name) const {
  const std::string value = text(name);
  if (value.empty()) return {};
  return (std::filesystem::path{settings_.base_folder} / value).lexically_normal().string();
}

std::vector<adapter::SettingSpec> connection_settings() {
  return {{"url", true, false, "Address of the system, up to the path before that of its API."},
          {"proxy", false, true, "URL of an HTTP or SOCKS proxy, also with user:password@; none unless given."},
          {"caFile", false, false, "PEM file of the authorities to trust instead of the system's."},
          {"clientCertificate", false, false, "PEM file of the certificate to show to the system."},
          {"clientKey", false, false, "PEM file of that certificate's key, where it is another file."},
          {"tlsMinimum", false, false, "Lowest version of TLS, 1.2 or 1.3; 1.2 unless given."},
          {"connectTimeout", false, false, "How long a connection may take to be made; 10s unless given."},
          {"timeout", false, false, "How long an answer may take, and a transfer stand still; 60s unless given."},
          {"maxConnections", false, false, "Calls at once, 1 to 100; 8 unless given."}};
}

Result<Endpoint> read_endpoint(const adapter::Settings& settings, std::string_view example) {
  const SettingsReader read{settings};
  Faults faults;
  auto url = read.required("url", example);
  if (url) url = base_url(std::move(*url), example);
  faults.note(url);
  static const std::vector<std::string> versions{"1.2", "1.3"};
  const auto version = read.choice("tlsMinimum", versions, 0);
  faults.note(version);
  const auto connect = read.duration("connectTimeout", seconds{10}, milliseconds{100}, std::chrono::minutes{5});
  faults.note(connect);
  const auto timeout = read.duration("timeout", seconds{60}, milliseconds{100}, std::chrono::minutes{30});
  faults.note(timeout);
  const auto connections = read.number("maxConnections", 8, 1, 100);
  faults.note(connections);
  faults.note(check_proxy(read.text("proxy")));
  check_files(read, faults);
  if (faults.any()) return faults.error();

  Endpoint endpoint;
  endpoint.url = std::move(*url);
  endpoint.max_connections = static_cast<std::size_t>(*connections);
  endpoint.client.proxy = read.text("proxy");
  endpoint.client.ca_file = read.file("caFile");
  endpoint.client.client_certificate = read.file("clientCertificate");
  endpoint.client.client_key = read.file("clientKey");
  endpoint.client.tls_minimum = *version == 1 ? client::TlsVersion::v1_3 : client::TlsVersion::v1_2;
  endpoint.client.connect_timeout = *connect;
  endpoint.client.total_timeout = *timeout;
  endpoint.client.low_speed_time = std::max(seconds{1}, std::chrono::ceil<seconds>(*timeout));
  endpoint.client.idle_connections = endpoint.max_connections;
  endpoint.client.max_response_bytes = std::size_t{64} * 1024 * 1024;
  return endpoint;
}

}  // namespace syncservice::rest
