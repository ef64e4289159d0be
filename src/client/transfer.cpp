#include "transfer.hpp"

#include <array>
#include <new>
#include <stdexcept>

#include "errors.hpp"
#include "syncservice/base/text.hpp"

namespace syncservice::client {
namespace {

// What the callbacks fill. They run inside curl, so nothing may be thrown through them.
struct Sink {
  Response response;
  std::size_t limit = 0;
  std::size_t header_bytes = 0;
  bool too_large = false;

  // True: take it.
  bool add_body(std::string_view bytes) {
    if (bytes.size() > limit - response.body.size()) too_large = true;
    if (!too_large) response.body.append(bytes);
    return !too_large;
  }

  bool add_header(std::string_view line) {
    if (line.size() > limit - header_bytes) too_large = true;
    if (too_large) return false;
    header_bytes += line.size();
    if (line.starts_with("HTTP/")) {  // also after 100 Continue
      response.headers.clear();
    } else if (const std::size_t colon = line.find(':'); colon != std::string_view::npos) {
      response.headers.push_back({std::string{line.substr(0, colon)}, std::string{text::trim(line.substr(colon + 1))}});
    }
    return true;
  }
};

template <bool (Sink::*Add)(std::string_view)>
std::size_t receive(char* data, std::size_t size, std::size_t count, void* sink) noexcept {
  try {
    const std::size_t bytes = size * count;
    return (static_cast<Sink*>(sink)->*Add)({data, bytes}) ? bytes : 0;
  } catch (const std::bad_alloc&) {
    return 0;
  } catch (const std::length_error&) {
    return 0;
  }
}

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
List header_list(const Request& request) {
  List list;
  bool has_type = false;
  for (const Header& header : request.headers) {
    append(list, header.value.empty() ? header.name + ";" : header.name + ": " + header.value);
    has_type = has_type || text::iequals(header.name, "Content-Type");
  }
  append(list, "Expect:");
  if (!has_type) append(list, "Content-Type:");
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

void set_connection(Options& options, const Settings& settings, std::chrono::milliseconds patience) {
  options.set(CURLOPT_NOSIGNAL, 1L);
  options.set(CURLOPT_PROTOCOLS_STR, "http,https");
  options.set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(settings.connect_timeout.count()));
  options.set(CURLOPT_TIMEOUT_MS, static_cast<long>(patience.count()));
  options.set(CURLOPT_LOW_SPEED_LIMIT, static_cast<long>(settings.low_speed_bytes));
  options.set(CURLOPT_LOW_SPEED_TIME, static_cast<long>(settings.low_speed_time.count()));
  options.set(CURLOPT_PROXY, settings.proxy.c_str());  // empty: none, the environment's neither
  options.set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  options.set_text(CURLOPT_CAINFO, settings.ca_file);
  options.set_text(CURLOPT_SSLCERT, settings.client_certificate);
  options.set_text(CURLOPT_SSLKEY, settings.client_key);
  options.set_text(CURLOPT_UNIX_SOCKET_PATH, settings.unix_socket);
  options.set_text(CURLOPT_USERAGENT, settings.user_agent);
}

void set_request(Options& options, const Request& request, const List& headers) {
  options.set(CURLOPT_URL, request.url.c_str());
  options.set(CURLOPT_HTTPHEADER, headers.get());
  options.set(CURLOPT_FOLLOWLOCATION, 0L);
  if (request.method == "HEAD") {
    options.set(CURLOPT_NOBODY, 1L);
    return;
  }
  if (!request.body.empty() || request.method == "POST" || request.method == "PUT" || request.method == "PATCH") {
    options.set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    options.set(CURLOPT_POSTFIELDS, request.body.data());
  }
  options.set(CURLOPT_CUSTOMREQUEST, request.method.c_str());
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

Result<Response> Channel::perform(const Settings& settings, const Request& request, const std::stop_token& stop,
                                  std::chrono::milliseconds patience) {
  curl_easy_reset(easy_.get());
  const List headers = header_list(request);
  std::array<char, CURL_ERROR_SIZE> detail{};
  Sink sink;
  sink.limit = settings.max_response_bytes;

  Options options{easy_.get()};
  set_connection(options, settings, patience);
  set_request(options, request, headers);
  options.set(CURLOPT_ERRORBUFFER, detail.data());
  options.set(CURLOPT_WRITEFUNCTION, &receive<&Sink::add_body>);
  options.set(CURLOPT_WRITEDATA, &sink);
  options.set(CURLOPT_HEADERFUNCTION, &receive<&Sink::add_header>);
  options.set(CURLOPT_HEADERDATA, &sink);
  if (options.failed() != CURLE_OK) return make_error(Errc::bad_request, request, curl_easy_strerror(options.failed()));

  if (curl_multi_add_handle(multi_.get(), easy_.get()) != CURLM_OK)
    return make_error(Errc::other, request, "no transfer could be started");
  const CURLcode code = run(stop);
  curl_multi_remove_handle(multi_.get(), easy_.get());

  if (sink.too_large) return make_error(Errc::too_large, request, "more than " + std::to_string(sink.limit) + " bytes");
  if (code == CURLE_ABORTED_BY_CALLBACK) return make_error(Errc::interrupted, request, {});
  if (code != CURLE_OK)
    return make_error(classify(code), request, detail[0] != '\0' ? detail.data() : curl_easy_strerror(code));
  long status = 0;
  curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
  sink.response.status = static_cast<unsigned>(status);
  return std::move(sink.response);
}

}  // namespace syncservice::client
