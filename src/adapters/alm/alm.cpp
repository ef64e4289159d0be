#include "syncservice/adapters/alm/alm.hpp"

#include <algorithm>
#include <cctype>

#include "alm_adapter.hpp"
#include "syncservice/adapter/failure.hpp"
#include "syncservice/base/text.hpp"

namespace syncservice::adapter {
namespace alm {
namespace {

constexpr std::string_view example_url = "https://alm.acme.com/qcbin";
constexpr std::string_view standard_entity = "defect";
constexpr std::chrono::minutes standard_upkeep{15}, longest_upkeep{24 * 60};
constexpr std::uint64_t most_sessions = 16;

const std::vector<std::string> ways{"password", "api-key"};
const std::vector<std::string> forms{"xml", "json"};
const std::vector<std::string> orders{"dd/mm/yyyy", "mm/dd/yyyy"};

Result<Account> account_from(const rest::SettingsReader& read) {
  const auto way = read.choice("auth", ways, 0);
  if (!way) return way.error();
  Account account;
  account.api_key = *way == 1;
  auto user = account.api_key ? read.required("clientId", "apikey-hcyxvlrqfmkmjlhgkbnk")
                              : read.required("username", "sync.user");
  if (!user) return user.error();
  auto password = account.api_key ? read.required("clientSecret", "${env:ALM_API_SECRET}")
                                  : read.required("password", "${env:ALM_PASSWORD}");
  if (!password) return password.error();
  account.user = std::move(*user);
  account.password = std::move(*password);
  account.customer_id = read.text("customerId");
  return account;
}

bool is_entity(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return std::islower(static_cast<unsigned char>(c)) != 0 || std::isdigit(static_cast<unsigned char>(c)) != 0 ||
           c == '-';
  });
}

Result<std::vector<std::string>> entities_from(const rest::SettingsReader& read) {
  const std::string text = read.has("entities") ? read.text("entities") : std::string{standard_entity};
  std::vector<std::string> out;
  std::string_view left = text;
  while (!left.empty()) {
    const std::size_t end = std::min(left.find(','), left.size());
    const std::string name{text::trim(left.substr(0, end))};
    left.remove_prefix(std::min(end + 1, left.size()));
    if (!is_entity(name))
      return make_error(Failure::misconfigured,
                        "entities \"" + text::printable(text) + "\" has \"" + text::printable(name) +
                            "\", which is no entity's name; give names such as \"requirement, test-instance\".");
    if (std::find(out.begin(), out.end(), name) == out.end()) out.push_back(name);
  }
  return out;
}

Result<Options> options_from(const rest::SettingsReader& read) {
  Options options;
  auto entities = entities_from(read);
  if (!entities) return entities.error();
  options.entities = std::move(*entities);
  options.domain = read.text("domain");
  auto marker = read.required("markerField", "user-01");
  if (!marker) return marker.error();
  options.marker = std::move(*marker);
  options.comments = read.text("commentField");
  const auto order = read.choice("commentDates", orders, 0);
  if (!order) return order.error();
  options.dates = *order == 0 ? DateOrder::day_first : DateOrder::month_first;
  auto zone = Zone::find(read.has("timeZone") ? read.text("timeZone") : "UTC");
  if (!zone) return zone.error();
  options.zone = std::move(*zone);
  const auto form = read.choice("format", forms, 0);
  if (!form) return form.error();
  options.form = *form == 0 ? Form::xml : Form::json;
  return options;
}

Result<std::unique_ptr<Adapter>> make(const Settings& settings, SessionPool& sessions) {
  auto endpoint = rest::read_endpoint(settings, example_url);
  if (!endpoint) return endpoint.error();
  const rest::SettingsReader read{settings};
  const auto account = account_from(read);
  if (!account) return account.error();
  auto options = options_from(read);
  if (!options) return options.error();
  const auto upkeep = read.duration("keepAlive", standard_upkeep, std::chrono::milliseconds{0}, longest_upkeep);
  if (!upkeep) return upkeep.error();
  const auto most = read.number("sessions", 1, 1, most_sessions);
  if (!most) return most.error();
  auto shared = sessions.get(*endpoint, *account, *upkeep, static_cast<std::size_t>(*most));
  return std::unique_ptr<Adapter>{
      std::make_unique<AlmAdapter>(std::move(*endpoint), std::move(shared), std::move(*options))};
}

}  // namespace
}  // namespace alm

Kind alm_kind() {
  Kind kind;
  kind.name = "alm";
  kind.needs_project = true;
  kind.settings = rest::connection_settings();
  for (SettingSpec spec : std::initializer_list<SettingSpec>{
           {"auth", false, false, "How to sign in: password (unless given) or api-key."},
           {"username", false, false, "Login name, for password."},
           {"password", false, true, "Password, for password."},
           {"clientId", false, false, "Client ID of the API key, for api-key."},
           {"clientSecret", false, true, "Secret of the API key, for api-key."},
           {"customerId", false, false, "Customer ID of a hosted server."},
           {"domain", false, false, "Domain of projects that are named without one."},
           {"entities", false, false,
            "Types of the records, separated by commas; defect unless given. Bare ids are of the first."},
           {"markerField", true, false, "User field of type String that keeps our marker, by name or label."},
           {"commentField", false, false, "Memo of the comments; ALM's own unless given."},
           {"commentDates", false, false, "How comments write days: dd/mm/yyyy (unless given) or mm/dd/yyyy."},
           {"timeZone", false, false, "Time zone of the server, such as Europe/Berlin; UTC unless given."},
           {"format", false, false, "Form of documents: xml (unless given) or json."},
           {"sessions", false, false, "Sessions of the account at most, which all share; 1 unless given."},
           {"keepAlive", false, false, "An idle session is touched that often; 15m unless given, 0s: never."}})
    kind.settings.push_back(std::move(spec));
  kind.make = [sessions = std::make_shared<alm::SessionPool>()](const Settings& settings) {
    return alm::make(settings, *sessions);
  };
  return kind;
}

}  // namespace syncservice::adapter
