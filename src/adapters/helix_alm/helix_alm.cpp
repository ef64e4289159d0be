#include "syncservice/adapters/helix_alm/helix_alm.hpp"

#include <algorithm>

#include "helix_alm_adapter.hpp"
#include "syncservice/adapter/failure.hpp"
#include "syncservice/base/text.hpp"

namespace syncservice::adapter {
namespace helix_alm {
namespace {

constexpr std::string_view example_url = "https://alm.acme.com:8443";
constexpr std::string_view standard_type = "issue";
constexpr std::uint64_t standard_rate = 12, highest_rate = 1000;

Result<rest::Credential> credential_from(const rest::SettingsReader& read) {
  static const std::vector<std::string> ways{"api-key", "password"};
  const auto way = read.choice("auth", ways, 0);
  if (!way) return way.error();
  const bool key = *way == 0;
  auto name = key ? read.required("apiKeyId", "e8f6…") : read.required("username", "sync.user");
  if (!name) return name.error();
  auto secret = key ? read.required("apiKeySecret", "${env:HELIX_ALM_API_SECRET}")
                    : read.required("password", "${env:HELIX_ALM_PASSWORD}");
  if (!secret) return secret.error();
  if (!key) return rest::Basic{std::move(*name), std::move(*secret)};
  return rest::ApiKey{"Authorization", "ApiKey " + *name + ':' + *secret};
}

Error misconfigured(std::string message) {
  return make_error(Failure::misconfigured, std::move(message));
}

Result<std::vector<const ItemType*>> types_from(const rest::SettingsReader& read) {
  const std::string text = read.has("types") ? read.text("types") : std::string{standard_type};
  std::vector<const ItemType*> out;
  std::string_view left = text;
  while (!left.empty()) {
    const std::size_t end = std::min(left.find(','), left.size());
    const std::string_view name = text::trim(left.substr(0, end));
    left.remove_prefix(std::min(end + 1, left.size()));
    const ItemType* type = item_type(name);
    if (type == nullptr)
      return misconfigured("types \"" + text::printable(text) + "\" has \"" + text::printable(name) +
                           "\", which is none; give some of \"issue, requirement, testCase\".");
    if (std::find(out.begin(), out.end(), type) == out.end()) out.push_back(type);
  }
  if (out.empty()) return misconfigured("types names none; give some of \"issue, requirement, testCase\".");
  return out;
}

Result<Options> options_from(const rest::SettingsReader& read) {
  Options options;
  auto types = types_from(read);
  if (!types) return types.error();
  options.types = std::move(*types);
  auto marker = read.required("markerField", "Sync Key");
  if (!marker) return marker.error();
  options.labels.marker = std::move(*marker);
  if (options.labels.marker.find('"') != std::string::npos)
    return misconfigured("markerField \"" + text::printable(options.labels.marker) +
                         "\" holds a quote, and Helix ALM's search knows no way to write one; rename the field there.");
  if (read.has("commentEvent")) options.labels.comment = read.text("commentEvent");
  if (read.has("commentField")) options.labels.notes = read.text("commentField");
  if (read.has("modifiedField")) options.labels.modified = read.text("modifiedField");
  options.requirement_type = read.text("requirementType");
  auto workflow = Workflow::parse(read.text("workflow"));
  if (!workflow) return workflow.error();
  options.workflow = std::move(*workflow);
  return options;
}

// The address of the server, also where it is given up to the API's version.
std::string server_url(std::string url) {
  for (const std::string_view path : {"/helix-alm/api/v0", "/perforce-alm/api/v0"}) {
    if (url.ends_with(path)) url.erase(url.size() - path.size());
  }
  return url;
}

Result<std::unique_ptr<Adapter>> make(const Settings& settings) {
  auto endpoint = rest::read_endpoint(settings, example_url);
  if (!endpoint) return endpoint.error();
  endpoint->url = server_url(std::move(endpoint->url));
  const rest::SettingsReader read{settings};
  auto credential = credential_from(read);
  if (!credential) return credential.error();
  auto options = options_from(read);
  if (!options) return options.error();
  const auto rate = read.number("requestsPerSecond", standard_rate, 1, highest_rate);
  if (!rate) return rate.error();
  auto pace = Pace::of(endpoint->url, *rate);
  return std::unique_ptr<Adapter>{std::make_unique<HelixAlmAdapter>(std::move(*endpoint), std::move(*credential),
                                                                    std::move(*options),
                                                                    std::make_shared<SystemClock>(), std::move(pace))};
}

}  // namespace
}  // namespace helix_alm

Kind helix_alm_kind() {
  Kind kind;
  kind.name = "helix_alm";
  kind.needs_project = true;
  kind.settings = rest::connection_settings();
  for (SettingSpec spec : std::initializer_list<SettingSpec>{
           {"auth", false, false, "How to sign in: api-key (unless given) or password."},
           {"apiKeyId", false, false, "ID of the API key, for api-key."},
           {"apiKeySecret", false, true, "Secret of the API key, for api-key."},
           {"username", false, false, "User name, for password."},
           {"password", false, true, "Password, for password."},
           {"types", false, false,
            "Types of the records, separated by commas: issue (unless given), requirement, testCase. Bare ids are of "
            "the "
            "first."},
           {"markerField", true, false, "Label of the custom text field that keeps our marker."},
           {"workflow", false, false,
            "Which event leads from which status to which, one a line: Open > Fix (Resolution = Code Change) > Fixed."},
           {"requirementType", false, false, "Type of new requirements whose mapping gives none."},
           {"commentEvent", false, false, "Name of the event that comments are; Comment unless given."},
           {"commentField", false, false, "Label of the text of that event; Notes unless given."},
           {"modifiedField", false, false, "Label of when a record was changed; Date Modified unless given."},
           {"requestsPerSecond", false, false,
            "Requests in a second that the server gets from this service at most, of all projects together; 12 unless "
            "given."}})
    kind.settings.push_back(std::move(spec));
  kind.make = helix_alm::make;
  return kind;
}

}  // namespace syncservice::adapter
