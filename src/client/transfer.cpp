#include "transfer.hpp"

#include <array>
#include <new>

#include "body.hpp"
#include "errors.hpp"
#include "syncservice/base/text.hpp"

namespace syncservice::client {
namespace {

struct ListDeleter {
  void operator()(curl_slist* list) const noexcept { curl_slist_free_all(list); }
};
using List = std::unique_ptr<curl_slist, ListDeleter>;

void append(List& list, const std::string& line) {
  curl_slist* longer = curl_slist_append(list.get(), line.c_str());
  if (longer == nullptr) throw std::bad_alloc{};
  static_cast<void>(list.release());
  list.reset(longer);
}

// curl's notation: "Name;" sends an empty value, "Name:" keeps curl from adding that header by itself.
List header_list(const Request& request, bool form) {
  List list;
  bool has_type = false;
  for (const Header& header : request.headers) {
    append(list, header.value.empty() ? header.name + ";" : header.name + ": " + header.value);
    has_type = has_type || text::iequals(header.name, "Content-Type");
  }
  append(list, "Expect:");
  if (!has_type && !form) append(list, "Content-Type:");
  return list;
}

class Options {
 public:
  explicit Options(CURL* handle) : handle_(handle) {}
  template <class T>
  void set(CURLoption option, T value) {
    const CURLcode code = curl_easy_setopt(handle_, option, value);
    if (code == CURLE_OUT_OF_MEMORY) throw std::bad_alloc{};
    if (code != CURLE_OK && failed_ == CURLE_OK) failed_ = code;
  }
  void set_text(CURLoption option, const std::string& value) {
    if (!value.empty()) set(option, value.c_str());
  }
  [[nodiscard]] CURLcode failed() const noexcept { return failed_; }

 private:
  CURL* handle_;
  CURLcode failed_ = CURLE_OK;
};

void set_tls(Options& options, const Settings& settings) {
  const bool newest = settings.tls_minimum == TlsVersion::v1_3;
  options.set(CURLOPT_SSLVERSION, static_cast<long>(newest ? CURL_SSLVERSION_TLSv1_3 : CURL_SSLVERSION_TLSv1_2));
  options.set_text(CURLOPT_SSLCERT, settings.client_certificate);
  options.set_text(CURLOPT_SSLKEY, settings.client_key);
  if (settings.ca_file.empty()) return;
  options.set_text(CURLOPT_CAINFO, settings.ca_file);
  options.set_text(CURLOPT_PROXY_CAINFO, settings.ca_file);
  options.set(CURLOPT_CAPATH, static_cast<const char*>(nullptr));  // not the system's as well
  options.set(CURLOPT_PROXY_CAPATH, static_cast<const char*>(nullptr));
}

void set_connection(Options& options, const Settings& settings, std::optional<std::chrono::milliseconds> patience) {
  options.set(CURLOPT_NOSIGNAL, 1L);
  options.set(CURLOPT_PROTOCOLS_STR, "http,https");
  options.set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(settings.connect_timeout.count()));
  if (patience) options.set(CURLOPT_TIMEOUT_MS, static_cast<long>(patience->count()));
  options.set(CURLOPT_LOW_SPEED_LIMIT, static_cast<long>(settings.low_speed_bytes));
  options.set(CURLOPT_LOW_SPEED_TIME, static_cast<long>(settings.low_speed_time.count()));
  options.set(CURLOPT_PROXY, settings.proxy.c_str());  // empty: none, the environment's neither
  set_tls(options, settings);
  options.set_text(CURLOPT_UNIX_SOCKET_PATH, settings.unix_socket);
  options.set_text(CURLOPT_USERAGENT, settings.user_agent);
}

struct MimeDeleter {
  void operator()(curl_mime* mime) const noexcept { curl_mime_free(mime); }
};
using Mime = std::unique_ptr<curl_mime, MimeDeleter>;

Mime make_form(CURL* handle, const FormFile& file, Outgoing& outgoing) {
  Mime mime{curl_mime_init(handle)};
  for (const Header& field : file.before) {
    curl_mimepart* text = mime != nullptr ? curl_mime_addpart(mime.get()) : nullptr;
    if (text == nullptr || curl_mime_name(text, field.name.c_str()) != CURLE_OK ||
        curl_mime_data(text, field.value.data(), field.value.size()) != CURLE_OK)
      throw std::bad_alloc{};
  }
  curl_mimepart* part = mime != nullptr ? curl_mime_addpart(mime.get()) : nullptr;
  if (part == nullptr || curl_mime_name(part, file.field.c_str()) != CURLE_OK ||
      curl_mime_filename(part, file.file_name.c_str()) != CURLE_OK ||
      curl_mime_type(part, file.media_type.c_str()) != CURLE_OK ||
      curl_mime_data_cb(part, static_cast<curl_off_t>(outgoing.size()), &Outgoing::read, nullptr, nullptr, &outgoing) !=
          CURLE_OK)
    throw std::bad_alloc{};
  return mime;
}

bool has_body(const Exchange& exchange) {
  const std::string& method = exchange.request.method;
  return exchange.upload != nullptr || !exchange.request.body.empty() || method == "POST" || method == "PUT" ||
         method == "PATCH";
}

void set_request(Options& options, const Exchange& exchange, const List& headers, const Mime& form,
                 Outgoing& outgoing) {
  const Request& request = exchange.request;
  options.set(CURLOPT_URL, request.url.c_str());
  options.set(CURLOPT_HTTPHEADER, headers.get());
  options.set(CURLOPT_FOLLOWLOCATION, 0L);
  options.set(CURLOPT_PATH_AS_IS, 1L);
  if (request.login) {
    options.set(CURLOPT_HTTPAUTH, static_cast<long>(CURLAUTH_BASIC));
    options.set(CURLOPT_USERNAME, request.login->user.c_str());
    options.set(CURLOPT_PASSWORD, request.login->password.c_str());
  }
  if (request.method == "HEAD") {
    options.set(CURLOPT_NOBODY, 1L);
    return;
  }
  if (form != nullptr) {
    options.set(CURLOPT_MIMEPOST, form.get());
  } else if (has_body(exchange)) {
    options.set(CURLOPT_POST, 1L);
    options.set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(outgoing.size()));
    options.set(CURLOPT_READFUNCTION, &Outgoing::read);
    options.set(CURLOPT_READDATA, &outgoing);
    // Without a body there is nothing to rewind, and curl would repeat the request on a new connection.
    if (outgoing.size() == 0) options.set(CURLOPT_FRESH_CONNECT, 1L);
  }
  options.set(CURLOPT_CUSTOMREQUEST, request.method.c_str());
}

// Whether the server can have the whole request. A proxy that refused to make the tunnel has seen no more than that.
bool was_sent(CURL* handle, const Outgoing& outgoing) noexcept {
  long bytes = 0, tunnel = 0;
  curl_easy_getinfo(handle, CURLINFO_REQUEST_SIZE, &bytes);
  curl_easy_getinfo(handle, CURLINFO_HTTP_CONNECTCODE, &tunnel);
  return bytes > 0 && outgoing.all_given() && (tunnel == 0 || tunnel / 100 == 2);
}

Errc outcome(CURL* handle, CURLcode code) noexcept {
  long tunnel = 0;
  curl_easy_getinfo(handle, CURLINFO_HTTP_CONNECTCODE, &tunnel);
  return tunnel != 0 && tunnel / 100 != 2 ? Errc::connect : classify(code);
}

}  // namespace

Channel::Channel() : multi_(curl_multi_init()), easy_(curl_easy_init()) {
  if (multi_ == nullptr || easy_ == nullptr) throw std::bad_alloc{};
  curl_multi_setopt(multi_.get(), CURLMOPT_MAXCONNECTS, 1L);
}

CURLcode Channel::run(const std::stop_token& stop) {
  constexpr int longest_wait_ms = 60'000;  // curl wakes earlier for its own timers, the stop callback for a stop
  const std::stop_callback wake{stop, [this] { curl_multi_wakeup(multi_.get()); }};
  int running = 1;
  while (running > 0) {
    if (stop.stop_requested()) return CURLE_ABORTED_BY_CALLBACK;
    if (curl_multi_perform(multi_.get(), &running) != CURLM_OK) return CURLE_FAILED_INIT;
    if (running > 0 && curl_multi_poll(multi_.get(), nullptr, 0, longest_wait_ms, nullptr) != CURLM_OK)
      return CURLE_FAILED_INIT;
  }
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) {
    if (message->msg == CURLMSG_DONE) return message->data.result;
  }
  return CURLE_FAILED_INIT;
}

Result<Response> Channel::perform(const Settings& settings, const Exchange& exchange, const std::stop_token& stop,
                                  std::optional<std::chrono::milliseconds> patience, Trace& trace) {
  curl_easy_reset(easy_.get());
  const Request& request = exchange.request;
  Outgoing outgoing{request, exchange.upload};
  Incoming incoming{settings.max_response_bytes, exchange.sink};
  if (outgoing.size() == 0) outgoing.expect_end();
  if (outgoing.failed()) return outgoing.failure();
  const bool is_form = exchange.upload != nullptr && exchange.upload->form.has_value();
  const List headers = header_list(request, is_form);
  const Mime form = is_form ? make_form(easy_.get(), *exchange.upload->form, outgoing) : nullptr;
  std::array<char, CURL_ERROR_SIZE> detail{};

  Options options{easy_.get()};
  set_connection(options, settings, patience);
  set_request(options, exchange, headers, form, outgoing);
  options.set(CURLOPT_ERRORBUFFER, detail.data());
  options.set(CURLOPT_WRITEFUNCTION, &Incoming::body);
  options.set(CURLOPT_WRITEDATA, &incoming);
  options.set(CURLOPT_HEADERFUNCTION, &Incoming::header);
  options.set(CURLOPT_HEADERDATA, &incoming);
  if (options.failed() != CURLE_OK) return make_error(Errc::bad_request, request, curl_easy_strerror(options.failed()));

  if (curl_multi_add_handle(multi_.get(), easy_.get()) != CURLM_OK)
    return make_error(Errc::other, request, "no transfer could be started");
  const CURLcode code = run(stop);
  curl_multi_remove_handle(multi_.get(), easy_.get());
  trace.sent = was_sent(easy_.get(), outgoing);

  if (outgoing.failed()) return outgoing.failure();
  if (incoming.failed()) return incoming.failure();
  if (incoming.too_large())
    return make_error(Errc::too_large, request, "more than " + std::to_string(settings.max_response_bytes) + " bytes");
  if (code == CURLE_ABORTED_BY_CALLBACK) return make_error(Errc::interrupted, request, {});
  if (code != CURLE_OK)
    return make_error(outcome(easy_.get(), code), request,
                      detail[0] != '\0' ? detail.data() : curl_easy_strerror(code));
  if (!incoming.has_head()) return make_error(Errc::broken, request, "the answer broke off within its head");
  return std::move(incoming.response());
}

}  // namespace syncservice::client
