#include "syncservice/adapters/jira/jira.hpp"

#include "jira_adapter.hpp"

#include "syncservice/base/text.hpp"
#include "syncservice/rest/rest.hpp"

namespace syncservice::adapter {
namespace jira {

JiraAdapter::JiraAdapter(std::unique_ptr<Api> api, Options options)
    : api_(std::move(api)), options_(std::move(options)) {}

Capabilities JiraAdapter::capabilities() const noexcept {
  Capabilities out;
  out.describe = out.changed_since = out.native_query = out.remove = true;
  out.comments = out.edit_comments = true;
  out.private_comments = options_.privacy.how != Privacy::How::not_at_all;
  out.attachments = out.remove_attachments = true;
  out.marker_lag = options_.search_lag;
  return out;
}

Result<void> JiraAdapter::ping(const CallContext& context) {
  return api_->check_signed_in({context, "signing in to Jira"});
}

namespace {

Result<rest::Credential> credential_from(const rest::SettingsReader& read) {
  const std::string user = read.text("username"), password = read.text("password"), token = read.text("token");
  const auto wrong = [](std::string_view what) {
    constexpr std::string_view right =
        " Give username and token (Jira Cloud: the account's e-mail address and an API token), token alone "
        "(Data Center: a personal access token), or username and password (Data Center).";
    std::string message;
    message.reserve(what.size() + right.size());
    message.append(what).append(right);
    return make_error(Failure::misconfigured, message);
  };
  if (!token.empty() && !password.empty()) return wrong("There is a token as well as a password.");
  if (!token.empty()) {
    if (user.empty()) return rest::Credential{rest::Bearer{token}};
    return rest::Credential{rest::Basic{user, token}};
  }
  if (user.empty() || password.empty()) return wrong("There are no credentials to sign in with.");
  return rest::Credential{rest::Basic{user, password}};
}

Result<Privacy> privacy_from(const rest::SettingsReader& read) {
  const std::string text = read.text("privateComments");
  const std::size_t colon = text.find(':');
  const std::string_view how = std::string_view{text}.substr(0, colon);
  std::string name;
  if (colon != std::string::npos) name = text::trim(std::string_view{text}.substr(colon + 1));
  if (text.empty()) return Privacy{};
  if (text == "internal") return Privacy{Privacy::How::internal, {}};
  if (how == "role" && !name.empty()) return Privacy{Privacy::How::role, name};
  if (how == "group" && !name.empty()) return Privacy{Privacy::How::group, name};
  return make_error(Failure::misconfigured, "privateComments \"" + text::printable(text) +
                                                "\" is not known; give \"internal\" (of a service project), "
                                                "\"role:<name>\" or \"group:<name>\".");
}

}  // namespace

Result<std::unique_ptr<Adapter>> make(const Settings& settings, std::size_t page) {
  rest::Faults faults;
  auto endpoint = rest::read_endpoint(settings, "https://acme.atlassian.net");
  faults.note(endpoint);
  const rest::SettingsReader read{settings};
  auto credential = credential_from(read);
  faults.note(credential);
  Options options;
  options.page = page;
  options.marker_field = read.text("marker");
  auto privacy = privacy_from(read);
  faults.note(privacy);
  const auto lag = read.duration("searchLag", options.search_lag, std::chrono::milliseconds{0}, std::chrono::hours{1});
  faults.note(lag);
  if (faults.any()) return faults.error();
  options.privacy = std::move(*privacy);
  options.search_lag = *lag;

  std::string hint;
  if (read.has("username") && read.has("token"))
    hint = " A personal access token of Data Center goes without a username.";
  std::string url = endpoint->url;
  auto server = std::make_unique<rest::Server>(std::move(*endpoint), std::move(*credential), vendor(std::move(hint)));
  auto api = std::make_unique<Api>(std::move(server), std::move(url));
  return std::unique_ptr<Adapter>{std::make_unique<JiraAdapter>(std::move(api), std::move(options))};
}

}  // namespace jira

Kind jira_kind() {
  Kind kind;
  kind.name = "jira";
  kind.settings = rest::connection_settings();
  kind.settings.insert(
      kind.settings.end(),
      {{"username", false, false,
        "Cloud: the account's e-mail address, with token. Data Center: the user name, with password."},
       {"token", false, true, "Cloud: an API token. Data Center: a personal access token, without username."},
       {"password", false, true, "Data Center: the password, where there is no token."},
       {"marker", false, false, "Name or id of a text field for our marker; a label unless given."},
       {"privateComments", false, false,
        "Who may read private comments that we write: \"internal\", \"role:<name>\" or \"group:<name>\"."},
       {"searchLag", false, false, "How far the search may lag behind; 30s unless given."}});
  kind.make = [](const Settings& settings) { return jira::make(settings, jira::Options{}.page); };
  return kind;
}

}  // namespace syncservice::adapter
