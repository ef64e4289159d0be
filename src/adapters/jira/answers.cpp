#include "answers.hpp"

#include "json.hpp"

#include "syncservice/base/text.hpp"

namespace syncservice::adapter::jira {
namespace {

constexpr std::size_t longest = 1'000;

void add_sentence(std::string& to, std::string_view sentence) {
  if (sentence.empty()) return;
  if (!to.empty()) to += to.ends_with('.') ? " " : "; ";
  to += text::printable(sentence, longest);
}

}  // namespace

std::string words_of(const nlohmann::json& body) {
  std::string out;
  for (const auto& message : list_at(body, "errorMessages")) {
    if (message.is_string()) add_sentence(out, text::trim(message.get_ref<const std::string&>()));
  }
  if (out.empty()) add_sentence(out, text_at(body, "message"));
  for (const auto& [field, words] : object_at(body, "errors").items()) {
    if (words.is_string()) add_sentence(out, field + ": " + words.get<std::string>());
  }
  return out;
}

std::optional<std::string> sign_in_problem(const HeaderOf& header) {
  const std::string_view reason = header("X-Seraph-LoginReason");
  const std::string_view denied = header("X-Authentication-Denied-Reason");
  if (denied.find("CAPTCHA_CHALLENGE") != std::string_view::npos) {
    std::string out =
        "Jira wants a CAPTCHA from this account after too many failed sign-ins; sign in once as it with a "
        "browser";
    constexpr std::string_view lead = "login-url=";
    if (const std::size_t at = denied.find(lead); at != std::string_view::npos)
      out.append(" at ").append(text::printable(text::trim(denied.substr(at + lead.size())), 300));
    return out + ", then correct the credentials.";
  }
  if (!denied.empty() || reason.find("AUTHENTICATION_DENIED") != std::string_view::npos)
    return "Jira refuses to let this account sign in; sign in once as it with a browser to see why.";
  if (reason.find("AUTHENTICATED_FAILED") != std::string_view::npos)
    return "Jira did not accept the credentials; check the user name and the token, and whether it has expired.";
  if (text::iequals(header("X-AUSERNAME"), "anonymous"))
    return "Jira took us for nobody in particular: it did not accept the credentials; check the user name and the "
           "token, and whether it has expired.";
  return std::nullopt;
}

}  // namespace syncservice::adapter::jira
