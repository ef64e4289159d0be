#include "judgement.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <initializer_list>

#include "limits.hpp"
#include "syncservice/base/text.hpp"

namespace syncservice::rest {
namespace {

using adapter::Failure;
using adapter::make_error;

constexpr std::size_t most_remote_words = 500;

// "ServiceNow answered 403 when reading incident "INC1""
std::string what_happened(unsigned status, const Call& call, const Vendor& vendor) {
  std::string out = vendor.name;
  out.append(" answered ").append(std::to_string(status)).append(" when ").append(call.doing);
  return out;
}

std::string title_of(std::string_view html) {
  const std::string lower = text::lower(html.substr(0, 20'000));
  std::size_t begin = lower.find("<title");
  if (begin == std::string::npos) return {};
  begin = lower.find('>', begin);
  const std::size_t end = lower.find("</title", begin);
  if (end == std::string::npos) return {};
  return text::printable(text::trim(html.substr(begin + 1, end - begin - 1)), 80);
}

bool holds_one_of(std::string_view words, std::initializer_list<const char*> signs) {
  const std::string lower = text::lower(words);
  return std::any_of(signs.begin(), signs.end(),
                     [&](const char* sign) { return lower.find(sign) != std::string::npos; });
}

bool titles_login(std::string_view title) {
  return holds_one_of(title, {"log in", "login", "log on", "logon", "sign in", "sign on", "signin"});
}

bool leads_to_login(std::string_view location) {
  return holds_one_of(location, {"login", "logon", "signin", "sign-in", "saml", "sso", "auth"});
}

std::string remote_words(const client::Response& response, const Vendor& vendor) {
  if (!vendor.error_text || response.body.empty()) return {};
  const auto json = nlohmann::json::parse(response.body, nullptr, false);
  if (json.is_discarded()) return {};
  return text::printable(vendor.error_text(json), most_remote_words);
}

Failure after_lost_answer(const Call& call) {
  return call.writes() ? Failure::uncertain : Failure::unavailable;
}

Error html_page(const client::Response& response, const Call& call, const Vendor& vendor) {
  const std::string title = title_of(response.body);
  std::string message = what_happened(response.status, call, vendor);
  message.append(" with an HTML page");
  if (!title.empty()) message.append(" titled \"").append(title).append("\"");
  message.append(" instead of JSON. ");
  const bool good = response.status / 100 == 2;
  if (response.status == 401 || (good && titles_login(title)))
    return make_error(Failure::unauthorized, message.append("It asks for a sign-in: check the credentials, and that "
                                                            "they may be used for the API."));
  message.append(
      "It comes from a proxy, a system that is not up, or another address than the API's: check the "
      "setting url, and try the address in a browser.");
  return make_error(good || response.status >= 500 ? after_lost_answer(call) : Failure::unavailable, message);
}

Error redirect(const client::Response& response, const Call& call, const Vendor& vendor) {
  const std::string location{response.header("Location")};
  std::string message = what_happened(response.status, call, vendor);
  message.append(", a redirect to \"").append(client::redact_url(location.substr(0, location.find('?'))));
  message.append("\". Credentials are not sent to another address: ");
  message.append(leads_to_login(location)
                     ? "it asks for a sign-in, so check the credentials, and that they may be used for "
                       "the API."
                     : "give the setting url the address where the API is.");
  return make_error(Failure::unauthorized, std::move(message));
}

// What a status of 4xx or 5xx means, and the cure.
std::pair<Failure, const char*> meaning(const client::Response& response, const Call& call, bool told_to_wait) {
  switch (response.status) {
    case 401:
      return {Failure::unauthorized, "The credentials are not accepted; correct them in the application's settings."};
    case 403:
      return {Failure::refused, "The account may not do this; give it the right, or leave the record out."};
    case 404:
      return {Failure::not_found, "There is none, or the account may not see it."};
    case 407:
      return {Failure::unauthorized, "The proxy asks for credentials; give them in the setting proxy."};
    case 408:
    case 409:
    case 423:
    case 425:
      return {Failure::unavailable, "It will be tried again."};
    case 429:
      return {Failure::throttled, "It asks us to wait."};
    case 501:
    case 505:
      return {Failure::refused, "It does not know such a request; check the setting url."};
    case 503:
      if (told_to_wait && !call.writes()) return {Failure::throttled, "It asks us to wait."};
      break;
    default:
      break;
  }
  if (response.status < 500) return {Failure::refused, "It does not take this as it stands."};
  return call.writes() ? std::pair{Failure::uncertain,
                                   "Whether it happened all the same is looked up before it is "
                                   "tried again."}
                       : std::pair{Failure::unavailable, "It will be tried again."};
}

}  // namespace

bool is_html(const client::Response& response) {
  const std::string type = text::lower(response.header("Content-Type"));
  if (type.find("html") != std::string::npos) return !response.body.empty();
  if (type.find("json") != std::string::npos) return false;
  const std::string start = text::lower(text::trim(std::string_view{response.body}.substr(0, 200)));
  return start.starts_with("<!doctype html") || start.starts_with("<html");
}

std::optional<Error> judge(const client::Response& response, const Call& call, const Vendor& vendor, Timestamp now) {
  if (vendor.judge) {
    if (auto error = vendor.judge(response, call)) return error;
  }
  const bool html = is_html(response);
  const unsigned kind = response.status / 100;
  if (kind == 2 && !html) return std::nullopt;
  if (kind == 3) return redirect(response, call, vendor);
  const auto wait = retry_after(response, now);
  // 407, 429 and 503 are what others answer in the API's place.
  const bool of_the_way = response.status == 407 || response.status == 429 || response.status == 503;
  if (html && !of_the_way) return html_page(response, call, vendor);
  if (kind != 4 && kind != 5)
    return make_error(Failure::malformed, what_happened(response.status, call, vendor) + ", which is no answer.");
  const auto [failure, cure] = meaning(response, call, wait.has_value());
  std::string message = what_happened(response.status, call, vendor);
  if (const std::string words = remote_words(response, vendor); !words.empty()) message.append(": ").append(words);
  if (!message.ends_with('.')) message += '.';
  Error error = make_error(failure, message.append(1, ' ').append(cure));
  error.retry_after = wait;
  return error;
}

Error not_its_own_words(std::string_view vendor, const Call& call) {
  std::string message{vendor};
  message.append(" did not answer when ").append(call.doing).append(": a 404 that is not in its form came from ");
  message.append(client::redact_url(call.url.str().substr(0, call.url.str().find('?'))));
  message.append(", so another system or a proxy answers there. Check the setting url; it will be tried again.");
  return make_error(Failure::unavailable, std::move(message));
}

Error judge_lost(const Error& error, bool sent, const Call& call, const Vendor& vendor) {
  if (error.code.category() != client::client_category()) return error;
  const auto is = [&](client::Errc code) { return error.code == client::make_error_code(code); };
  const auto about = [&](std::string_view cure) {
    std::string message = "No answer from ";
    message.append(vendor.name).append(" when ").append(call.doing).append(": ").append(error.message);
    return message.append(". ").append(cure);
  };
  if (is(client::Errc::bad_request)) return make_error(Failure::misconfigured, about("Correct the settings."));
  if (is(client::Errc::bad_source)) return make_error(Failure::refused, about("Nothing was written."));
  if (sent && call.writes())
    return make_error(Failure::uncertain, about("Whether it happened is looked up before it is tried again."));
  if (is(client::Errc::interrupted)) return make_error(Failure::cancelled, about("It will be tried again."));
  if (is(client::Errc::timeout)) return make_error(Failure::timed_out, about("It will be tried again."));
  if (is(client::Errc::too_large)) return make_error(Failure::refused, about("The record is too large."));
  return make_error(Failure::unavailable, about("It will be tried again."));
}

Result<nlohmann::json> parse(const client::Response& response, const Call& call, const Vendor& vendor) {
  if (response.body.empty()) return nlohmann::json{};
  auto json = nlohmann::json::parse(response.body, nullptr, false);
  if (!json.is_discarded()) return json;
  std::string message = what_happened(response.status, call, vendor);
  message.append(" with what is no JSON: \"").append(text::printable(response.body, 80)).append("\".");
  return make_error(call.writes() ? Failure::uncertain : Failure::malformed, std::move(message));
}

}  // namespace syncservice::rest
