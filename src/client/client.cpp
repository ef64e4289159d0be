#include "syncservice/client/client.hpp"

#include <curl/curl.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <mutex>
#include <stdexcept>

#include "errors.hpp"
#include "syncservice/base/text.hpp"
#include "transfer.hpp"

namespace syncservice::client {
namespace {

// curl counts the starts and ends, and both are thread-safe (7.84 and later).
class CurlLibrary {
 public:
  CurlLibrary() {
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) throw std::runtime_error("libcurl can't be started");
  }
  CurlLibrary(const CurlLibrary&) = delete;
  CurlLibrary& operator=(const CurlLibrary&) = delete;
  ~CurlLibrary() { curl_global_cleanup(); }
};

bool is_token(std::string_view text) noexcept {
  constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           marks.find(c) != std::string_view::npos;
  });
}

bool breaks_line(std::string_view text) noexcept {
  return text.find_first_of(std::string_view{"\r\n\0", 3}) != std::string_view::npos;
}

bool is_web_url(const std::string& url) {
  if (breaks_line(url) || url.find(' ') != std::string::npos) return false;
  const std::string start = text::lower(url.substr(0, 8));
  if (!start.starts_with("http://") && !start.starts_with("https://")) return false;
  const std::unique_ptr<CURLU, decltype(&curl_url_cleanup)> parts{curl_url(), &curl_url_cleanup};
  return parts != nullptr && curl_url_set(parts.get(), CURLUPART_URL, url.c_str(), 0) == CURLUE_OK;
}

bool is_proxy_url(const std::string& url) {
  constexpr std::array schemes{"http", "https", "socks4", "socks4a", "socks5", "socks5h"};
  if (breaks_line(url) || url.find(' ') != std::string::npos) return false;
  const std::unique_ptr<CURLU, decltype(&curl_url_cleanup)> parts{curl_url(), &curl_url_cleanup};
  constexpr unsigned flags = CURLU_GUESS_SCHEME | CURLU_NON_SUPPORT_SCHEME;
  char* scheme = nullptr;
  if (parts == nullptr || curl_url_set(parts.get(), CURLUPART_URL, url.c_str(), flags) != CURLUE_OK ||
      curl_url_get(parts.get(), CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK)
    return false;
  const std::unique_ptr<char, decltype(&curl_free)> owner{scheme, &curl_free};
  return std::any_of(schemes.begin(), schemes.end(), [&](const char* known) { return text::iequals(scheme, known); });
}

std::string fault(const Request& request, const Upload& upload) {
  if (!request.body.empty()) return "a body beside the one that is uploaded";
  if (!upload.form) return {};
  for (const std::string* part : {&upload.form->field, &upload.form->file_name, &upload.form->media_type}) {
    if (breaks_line(*part)) return "a line break or NUL in the form";
  }
  for (const Header& field : upload.form->before) {
    if (breaks_line(field.name)) return "a line break or NUL in the form";
  }
  for (const Header& header : request.headers) {
    if (text::iequals(header.name, "Content-Type")) return "a form has a Content-Type of its own";
  }
  return {};
}

// What is wrong with the request, never with a header's value in it.
std::string fault(const Settings& settings, const Request& request) {
  if (!is_token(request.method)) return "the method is not a token";
  if (!is_web_url(request.url)) return "the URL must be one of http:// or https://, percent-encoded";
  for (const Header& header : request.headers) {
    if (!is_token(header.name)) return "the header name \"" + text::printable(header.name, 60) + "\" is not a token";
    if (breaks_line(header.value)) return "the value of header " + header.name + " holds a line break or NUL";
  }
  if (settings.unix_socket.size() >= sizeof(sockaddr_un::sun_path))
    return "the socket path " + text::printable(settings.unix_socket, 200) + " is longer than " +
           std::to_string(sizeof(sockaddr_un::sun_path) - 1) + " bytes; use a data folder with a shorter path";
  if (!settings.proxy.empty() && !is_proxy_url(settings.proxy))
    return "the proxy " + redact_url(settings.proxy) + " is no URL such as http://proxy.acme.com:8080";
  return {};
}

}  // namespace

struct Client::Impl {
  explicit Impl(Settings s) : settings(std::move(s)) {}

  std::unique_ptr<Channel> take() {
    {
      const std::lock_guard lock{mutex};
      if (!idle.empty()) {
        std::unique_ptr<Channel> channel = std::move(idle.back());  // the one whose connection is the freshest
        idle.pop_back();
        return channel;
      }
    }
    return std::make_unique<Channel>();
  }

  void give_back(std::unique_ptr<Channel> channel) {
    const std::lock_guard lock{mutex};
    if (idle.size() < settings.idle_connections) idle.push_back(std::move(channel));
  }

  const CurlLibrary library;  // outlives the channels
  const Settings settings;
  std::mutex mutex;
  std::vector<std::unique_ptr<Channel>> idle;  // guarded by mutex
};

Client::Client(Settings settings) : impl_(std::make_unique<Impl>(std::move(settings))) {}
Client::~Client() = default;

Result<Response> Client::send(const Request& request, const Bounds& bounds) const {
  return perform(request, nullptr, nullptr, bounds);
}

Result<Response> Client::download(const Request& request, const Sink& sink, const Bounds& bounds) const {
  return perform(request, nullptr, &sink, bounds);
}

Result<Response> Client::upload(const Request& request, const Upload& upload, const Bounds& bounds) const {
  if (const std::string wrong = fault(request, upload); !wrong.empty())
    return make_error(Errc::bad_request, request, wrong);
  return perform(request, &upload, nullptr, bounds);
}

Result<Response> Client::perform(const Request& request, const Upload* upload, const Sink* sink,
                                 const Bounds& bounds) const {
  Trace unasked;
  Trace& trace = bounds.trace != nullptr ? *bounds.trace : unasked;
  trace = {};
  if (const std::string wrong = fault(impl_->settings, request); !wrong.empty())
    return make_error(Errc::bad_request, request, wrong);
  std::optional<std::chrono::milliseconds> patience;
  if (upload == nullptr && sink == nullptr) patience = impl_->settings.total_timeout;
  if (bounds.deadline && *bounds.deadline != std::chrono::steady_clock::time_point::max()) {
    const auto left =
        std::chrono::floor<std::chrono::milliseconds>(*bounds.deadline - std::chrono::steady_clock::now());
    patience = std::min(patience.value_or(left), left);
  }
  if (patience && *patience <= std::chrono::milliseconds::zero())
    return make_error(Errc::timeout, request, "the deadline had passed before the call");
  std::unique_ptr<Channel> channel = impl_->take();
  Result<Response> result = channel->perform(impl_->settings, {request, upload, sink}, bounds.stop, patience, trace);
  impl_->give_back(std::move(channel));
  return result;
}

std::optional<std::string> resolve_url(const std::string& base, const std::string& location) {
  const std::unique_ptr<CURLU, decltype(&curl_url_cleanup)> parts{curl_url(), &curl_url_cleanup};
  char* whole = nullptr;
  if (parts == nullptr || curl_url_set(parts.get(), CURLUPART_URL, base.c_str(), 0) != CURLUE_OK ||
      curl_url_set(parts.get(), CURLUPART_URL, location.c_str(), CURLU_URLENCODE) != CURLUE_OK ||
      curl_url_get(parts.get(), CURLUPART_URL, &whole, 0) != CURLUE_OK)
    return std::nullopt;
  const std::unique_ptr<char, decltype(&curl_free)> owner{whole, &curl_free};
  std::string url{whole};
  if (!is_web_url(url)) return std::nullopt;
  return url;
}

std::optional<std::chrono::sys_seconds> parse_http_date(const std::string& text) noexcept {
  const time_t seconds = curl_getdate(text.c_str(), nullptr);
  if (seconds < 0) return std::nullopt;
  return std::chrono::sys_seconds{std::chrono::seconds{seconds}};
}

std::string_view Response::header(std::string_view name) const noexcept {
  for (const Header& header : headers) {
    if (text::iequals(header.name, name)) return header.value;
  }
  return {};
}

}  // namespace syncservice::client
