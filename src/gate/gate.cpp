#include "syncservice/gate/gate.hpp"

#include "syncservice/base/text.hpp"
#include "syncservice/gate/completion.hpp"

#include <boost/asio/steady_timer.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <string>
#include <vector>

namespace syncservice::gate {
namespace {

bool is_plain(char c) noexcept {
  return c >= ' ' && c <= '~';
}

void append_json_string(std::string& out, std::string_view text) {
  using nlohmann::json;
  if (!std::all_of(text.begin(), text.end(), is_plain)) {
    out += json(text).dump(-1, ' ', false, json::error_handler_t::replace);
    return;
  }
  out += '"';
  for (std::size_t end = text.find_first_of("\\\""); end != std::string_view::npos; end = text.find_first_of("\\\"")) {
    out.append(text.substr(0, end)).append({'\\', text[end]});
    text.remove_prefix(end + 1);
  }
  out.append(text).append({'"'});
}

unsigned status_of(const Error& error) {
  if (error.code.category() == http::http_category()) return http::refusal_status(error);
  switch (error.failure) {
    case FailureClass::permanent:
      return 400;
    case FailureClass::gone:
      return 404;
    case FailureClass::auth:
      return 401;
    case FailureClass::throttled:
      return 429;
    case FailureClass::transient:
      return 503;
    case FailureClass::internal:
      return 500;
  }
  return 500;
}

}  // namespace

std::string document(std::string_view response, std::string_view message) {
  constexpr std::size_t around = 40;
  std::string out;
  out.reserve(response.size() + message.size() + around);
  out += R"({"Response":)";
  append_json_string(out, response);
  out += R"(, "Message":)";
  append_json_string(out, message);
  out += '}';
  return out;
}

http::Response refusal(unsigned status, std::string_view message,
                       std::optional<std::chrono::milliseconds> retry_after) {
  http::Response answer{.status = status, .body = document("Error", message)};
  if (status == 429 || status == 503) {
    const auto wait = std::chrono::ceil<std::chrono::seconds>(retry_after.value_or(std::chrono::seconds{5}));
    answer.headers.emplace_back("Retry-After", std::to_string(std::max<std::int64_t>(1, wait.count())));
  }
  return answer;
}

http::Response refusal(const Error& error) {
  return refusal(status_of(error), error.message, error.retry_after);
}

http::Response challenge(const Error& error, Takes takes) {
  http::Response answer = refusal(error);
  if (answer.status == 401) {
    answer.headers.emplace_back("WWW-Authenticate", takes == Takes::basic_or_key
                                                        ? R"(Basic realm="syncservice", charset="UTF-8")"
                                                        : R"(Bearer realm="syncservice")");
  }
  return answer;
}

boost::asio::awaitable<Result<auth::Principal>> authenticate(http::Exchange& exchange,
                                                             auth::Authenticator& authenticator, Takes takes) {
  if (exchange.peer().local_socket) co_return authenticator.local_administrator();

  const http::RequestHead& head = exchange.head();
  const std::vector<std::string> in_query = head.query.empty() ? std::vector<std::string>{} : head.parameters("apikey");
  std::vector<std::string_view> keys(in_query.begin(), in_query.end());
  for (const auto& header : head.headers) {
    if (header.name.size() == 6 && text::iequals(header.name, "apikey")) keys.push_back(header.value);
  }
  const auth::Credentials credentials{
      .authorization = head.header("authorization"), .api_keys = keys, .basic_allowed = takes == Takes::basic_or_key};
  const auth::Origin origin{.address = exchange.peer().address, .loopback = exchange.peer().loopback};

  std::optional<Result<auth::Principal>> answer = authenticator.check(credentials, origin);
  if (!answer) {
    answer = co_await completion<Result<auth::Principal>>(
        exchange.executor(), [&](auto resume) { authenticator.verify_slowly(credentials, origin, std::move(resume)); });
  }
  if (!*answer) {
    const auto wait = authenticator.penalty(origin);
    if (wait.count() > 0) {
      boost::asio::steady_timer timer(exchange.executor(), wait);
      co_await timer.async_wait(boost::asio::use_awaitable);
    }
  }
  co_return std::move(*answer);
}

}  // namespace syncservice::gate
