#include "syncservice/adapters/servicenow/servicenow.hpp"

#include <algorithm>

#include "query.hpp"
#include "servicenow_adapter.hpp"
#include "syncservice/base/text.hpp"

namespace syncservice::adapter {
namespace servicenow {
namespace {

constexpr std::string_view example_url = "https://acme.service-now.com";

// In the order of their names in credential_from().
enum class Way : std::uint8_t { basic, password, client_credentials, api_key };

Result<rest::Credential> credential_from(const rest::SettingsReader& read, const std::string& url) {
  static const std::vector<std::string> ways{"basic", "oauth-password", "oauth-client-credentials", "api-key"};
  const auto chosen = read.choice("auth", ways, 0);
  if (!chosen) return chosen.error();
  const auto way = static_cast<Way>(*chosen);
  rest::Faults faults;
  const auto required = [&](const char* name, const char* example) {
    auto value = read.required(name, example);
    faults.note(value);
    return value ? std::move(*value) : std::string{};
  };
  if (way == Way::api_key) {
    std::string key = required("apiKey", "${env:SERVICENOW_API_KEY}");
    if (faults.any()) return faults.error();
    return rest::ApiKey{"x-sn-apikey", std::move(key)};
  }
  std::string user, password, id, secret;
  if (way != Way::client_credentials) {
    user = required("username", "sync.user");
    password = required("password", "${env:SERVICENOW_PASSWORD}");
  }
  if (way != Way::basic) {
    id = required("clientId", "2f5c9e…");
    secret = required("clientSecret", "${env:SERVICENOW_CLIENT_SECRET}");
  }
  if (faults.any()) return faults.error();
  if (way == Way::basic) return rest::Basic{std::move(user), std::move(password)};
  rest::OAuth oauth;
  oauth.grant = way == Way::password ? rest::OAuth::Grant::password : rest::OAuth::Grant::client_credentials;
  oauth.token_url = url + "/oauth_token.do";
  oauth.client_id = std::move(id);
  oauth.client_secret = std::move(secret);
  oauth.user = std::move(user);
  oauth.password = std::move(password);
  oauth.scope = read.text("scope");
  return oauth;
}

Error misconfigured(std::string message) {
  return make_error(Failure::misconfigured, std::move(message));
}

Result<std::vector<std::string>> tables_from(const rest::SettingsReader& read) {
  std::string text = read.text("tables");
  if (text.empty()) text = "incident";
  std::vector<std::string> tables;
  std::string_view left = text;
  while (!left.empty()) {
    const std::size_t end = std::min(left.find(','), left.size());
    const std::string name{text::trim(left.substr(0, end))};
    left.remove_prefix(std::min(end + 1, left.size()));
    if (!is_name(name))
      return misconfigured("tables \"" + text::printable(text) + "\" has \"" + text::printable(name) +
                           "\", which is no table's name; give names such as \"incident, u_defect\".");
    if (std::find(tables.begin(), tables.end(), name) == tables.end()) tables.push_back(name);
  }
  if (tables.empty()) return misconfigured("tables names none; give names such as \"incident, u_defect\".");
  return tables;
}

Result<std::unique_ptr<Adapter>> make(const Settings& settings) {
  rest::Faults faults;
  auto endpoint = rest::read_endpoint(settings, example_url);
  faults.note(endpoint);
  const rest::SettingsReader read{settings};
  auto credential = credential_from(read, endpoint ? endpoint->url : std::string{});
  faults.note(credential);
  Options options;
  auto tables = tables_from(read);
  faults.note(tables);
  if (read.has("markerField")) options.marker = read.text("markerField");
  if (!is_name(options.marker))
    faults.add("markerField \"" + text::printable(options.marker) +
               "\" is no column's name; give one such as correlation_id.");
  if (read.has("language")) options.language = read.text("language");
  if (!is_name(options.language))
    faults.add("language \"" + text::printable(options.language) + "\" is none; give one such as en.");
  const auto formatted = read.flag("formattedComments", true);
  faults.note(formatted);
  if (faults.any()) return faults.error();
  options.tables = std::move(*tables);
  options.formatted_comments = *formatted;
  return std::unique_ptr<Adapter>{
      std::make_unique<ServiceNowAdapter>(std::move(*endpoint), std::move(*credential), std::move(options))};
}

}  // namespace
}  // namespace servicenow

Kind servicenow_kind() {
  Kind kind;
  kind.name = "servicenow";
  kind.settings = rest::connection_settings();
  for (SettingSpec spec : std::initializer_list<SettingSpec>{
           {"auth", false, false,
            "How to sign in: basic (unless given), oauth-password, oauth-client-credentials or api-key."},
           {"username", false, false, "User name, for basic and oauth-password."},
           {"password", false, true, "Password, for basic and oauth-password."},
           {"clientId", false, false, "Client ID of the OAuth application registry."},
           {"clientSecret", false, true, "Client secret of the OAuth application registry."},
           {"scope", false, false, "Scope of the OAuth token; none unless given."},
           {"apiKey", false, true, "Key of the REST API key record, for api-key."},
           {"tables", false, false, "Tables of the records, separated by commas; incident unless given."},
           {"markerField", false, false, "Column that keeps our marker; correlation_id unless given."},
           {"language", false, false, "Language of the choices' names; en unless given."},
           {"formattedComments", false, false,
            "Whether formatted comments are written with [code] tags; true unless given."}})
    kind.settings.push_back(std::move(spec));
  kind.make = servicenow::make;
  return kind;
}

}  // namespace syncservice::adapter
