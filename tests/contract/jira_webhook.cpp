#include "contract/jira_webhook.hpp"

#include <nlohmann/json.hpp>

#include <array>

namespace syncservice::contract {

namespace {

using nlohmann::ordered_json;

constexpr const char* site = "https://example.atlassian.net";

ordered_json user(const std::string& account, const std::string& name) {
  const std::string avatar = std::string("https://avatar.example.net/initials/") + account + ".png?size=";
  return {{"self", std::string(site) + "/rest/api/2/user?accountId=" + account},
          {"accountId", account},
          {"avatarUrls",
           {{"48x48", avatar + "48"}, {"24x24", avatar + "24"}, {"16x16", avatar + "16"}, {"32x32", avatar + "32"}}},
          {"displayName", name},
          {"active", true},
          {"timeZone", "Europe/Berlin"},
          {"accountType", "atlassian"}};
}

ordered_json comment(int number) {
  static constexpr std::array texts{
      "Reproduced on the staging system: after the second sign-in the form keeps the old language.\r\n\r\nSteps:\r\n# "
      "sign in\r\n# choose another language\r\n# sign out and in again",
      "The „Größe“ field is cut after 40 characters – see the attached screenshot. {code:java}if (name.length() > 40) "
      "return name.substring(0, 40);{code}",
      "Moved to the next sprint; the supplier's answer \"won't fix before March\" is in the ticket. 日本語も確認済み。",
      "h3. Test notes\n|| browser || result ||\n| Firefox 130 | passed |\n| Safari 17 | failed, back\\slash in path "
      "|\n",
  };
  const std::string id = std::to_string(20'000 + number);
  const ordered_json author = user("5b10ac8d82e05b22cc7d4ef5", "Zoë Müller-Lüdenscheidt");
  return {{"self", std::string(site) + "/rest/api/2/issue/10042/comment/" + id},
          {"id", id},
          {"author", author},
          {"body", texts[static_cast<std::size_t>(number) % texts.size()]},
          {"updateAuthor", author},
          {"created", "2026-11-20T09:15:42.118+0100"},
          {"updated", "2026-11-20T09:15:42.118+0100"},
          {"jsdPublic", true}};
}

}  // namespace

std::string jira_issue_updated(const std::string& key, const std::string& summary, std::size_t at_least) {
  const ordered_json reporter = user("5b10a2844c20165700ede21g", "Ada Example");
  ordered_json fields{
      {"statuscategorychangedate", "2026-11-19T17:02:11.004+0100"},
      {"issuetype",
       {{"self", std::string(site) + "/rest/api/2/issuetype/10001"},
        {"id", "10001"},
        {"description", "Functionality or a feature expressed as a user goal."},
        {"iconUrl", std::string(site) + "/rest/api/2/universal_avatar/view/type/issuetype/avatar/10315?size=medium"},
        {"name", "Story"},
        {"subtask", false},
        {"avatarId", 10315},
        {"hierarchyLevel", 0}}},
      {"timespent", nullptr},
      {"project",
       {{"self", std::string(site) + "/rest/api/2/project/10000"},
        {"id", "10000"},
        {"key", "QC"},
        {"name", "Quality Center"},
        {"projectTypeKey", "software"},
        {"simplified", false}}},
      {"fixVersions", ordered_json::array()},
      {"resolution", nullptr},
      {"workratio", -1},
      {"watches",
       {{"self", std::string(site) + "/rest/api/2/issue/" + key + "/watchers"},
        {"watchCount", 3},
        {"isWatching", true}}},
      {"created", "2026-11-02T08:30:00.000+0100"},
      {"priority",
       {{"self", std::string(site) + "/rest/api/2/priority/2"},
        {"iconUrl", std::string(site) + "/images/icons/priorities/high.svg"},
        {"name", "High"},
        {"id", "2"}}},
      {"labels", {"frontend", "größe", "regression"}},
      {"aggregatetimeestimate", 28'800},
      {"versions", ordered_json::array()},
      {"issuelinks", ordered_json::array()},
      {"assignee", nullptr},
      {"updated", "2026-11-24T02:53:10.871+0100"},
      {"status",
       {{"self", std::string(site) + "/rest/api/2/status/3"},
        {"description", "This issue is being worked on at the moment by the assignee."},
        {"name", "In Progress"},
        {"id", "3"},
        {"statusCategory", {{"id", 4}, {"key", "indeterminate"}, {"colorName", "yellow"}, {"name", "In Progress"}}}}},
      {"components", ordered_json::array()},
      {"description",
       "As a customer I want to keep my language, so that I can read the page. “Quoted”, back\\slash, tab\t."},
      {"summary", summary},
      {"creator", reporter},
      {"reporter", reporter},
  };
  for (int number = 10'000; number < 10'120; ++number) {
    fields["customfield_" + std::to_string(number)] =
        number % 7 == 0 ? ordered_json("0|i000" + std::to_string(number) + ":") : ordered_json(nullptr);
  }
  ordered_json document{
      {"timestamp", 1'795'485'190'903},
      {"webhookEvent", "jira:issue_updated"},
      {"issue_event_type_name", "issue_commented"},
      {"user", reporter},
      {"issue",
       {{"id", "10042"},
        {"self", std::string(site) + "/rest/api/2/10042"},
        {"key", key},
        {"fields", std::move(fields)}}},
      {"changelog",
       {{"id", "10611"},
        {"items",
         {{{"field", "summary"},
           {"fieldtype", "jira"},
           {"fieldId", "summary"},
           {"from", nullptr},
           {"fromString", "before"},
           {"to", nullptr},
           {"toString", summary}}}}}},
  };
  const std::size_t one = comment(0).dump().size();
  ordered_json comments = ordered_json::array();
  const int count = static_cast<int>(at_least / one) + 2;
  for (int number = 0; number < count || document.dump().size() < at_least; ++number) {
    comments.push_back(comment(number));
    if (number + 1 < count) continue;
    document["issue"]["fields"]["comment"] = {{"comments", comments},
                                              {"self", std::string(site) + "/rest/api/2/issue/10042/comment"},
                                              {"maxResults", comments.size()},
                                              {"total", comments.size()},
                                              {"startAt", 0}};
  }
  return document.dump();
}

}  // namespace syncservice::contract
