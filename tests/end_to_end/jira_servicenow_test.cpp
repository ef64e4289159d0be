// Jira and ServiceNow, kept in step by the real binary with the app link that an administrator copies:
// conf/examples/jira-servicenow.yaml. Both push as they really do: Jira's webhook, and a business rule.
#include "end_to_end/gateway.hpp"
#include "end_to_end/jira_person.hpp"
#include "end_to_end/service_person.hpp"
#include "support/eventually.hpp"
#include "support/simulator.hpp"

#include <gtest/gtest.h>

#include <regex>
#include <string>
#include <utility>
#include <vector>

namespace syncservice::end_to_end {
namespace {

using support::eventually;
using support::Simulator;

/// The example, with what its comments ask an administrator to change.
std::string example(const Flavour& flavour, const Simulator& jira, const Simulator& servicenow) {
  std::string text = support::read_file(SYNCSERVICE_EXAMPLES "/jira-servicenow.yaml");
  text = replaced(text, "https://acme.atlassian.net", jira.url());
  text = replaced(text, "https://acme.service-now.com", servicenow.url());
  text = replaced(text, "# - { source: resolution", "- { source: resolution");
  if (flavour.cloud()) return replaced(text, "sync@acme.com", "sync@example.com");
  const std::size_t at = text.find("    username: sync@acme.com");
  return text.erase(at, text.find('\n', at) + 1 - at);
}

/// Both systems, none of which pushes.
class Pair : public testing::TestWithParam<std::string> {
 protected:
  Pair() { jira_.seed("user", {{"name", "beth"}, {"display", "Beth Anglin"}, {"mail", "beth.anglin@example.com"}}); }

  [[nodiscard]] bool calm() const { return gateway_.calm({&jira_, &servicenow_}); }
  /// The only incident, once there is one.
  [[nodiscard]] json incident() const {
    json all;
    const bool there = eventually([&] { return !(all = servicenow_.record("incident")).empty(); }, patience);
    EXPECT_TRUE(there && all.size() == 1) << all.dump(2) << gateway_.story();
    return there ? all.front() : json::object();
  }
  /// The only issue, once there is one, with everything that Jira holds of it.
  [[nodiscard]] json issue() const {
    json all;
    const bool there = eventually([&] { return !(all = jira_.record("issue")).empty(); }, patience);
    EXPECT_TRUE(there && all.size() == 1) << all.dump(2) << gateway_.story();
    return there ? all.front() : json::object();
  }
  [[nodiscard]] json beth() const {
    if (flavour_.cloud()) return {{"accountId", "557058:beth"}};
    return {{"name", "beth"}};
  }
  [[nodiscard]] std::string sys_id_of(const std::string& user) const {
    for (const json& one : servicenow_.record("sys_user")) {
      if (one.at("user_name") == user) return one.at("sys_id");
    }
    return {};
  }
  /// The journal entries of an incident, oldest first.
  [[nodiscard]] std::vector<std::string> journal() const {
    std::vector<std::string> texts;
    for (const json& entry : servicenow_.record("sys_journal_field")) texts.push_back(entry.at("value"));
    return texts;
  }
  /// Nothing is written any more at either side, even when both records are pushed once more.
  void expect_silence() {
    ASSERT_TRUE(calm()) << gateway_.story();
    const json settled_issue = issue(), settled_incident = incident();
    jira_.forget_requests();
    servicenow_.forget_requests();
    gateway_.push("source", settled_issue.at("key"));
    gateway_.push("destination", settled_incident.at("sys_id"));
    ASSERT_TRUE(calm()) << gateway_.story();
    EXPECT_EQ(writes_of(jira_, "sync"), 0u) << jira_.requests().dump(2);
    EXPECT_EQ(writes_of(servicenow_, "sync.user"), 0u) << servicenow_.requests().dump(2);
    EXPECT_EQ(issue(), settled_issue);
    EXPECT_EQ(incident(), settled_incident);
    EXPECT_EQ(gateway_.dead_letters(), 0) << gateway_.story();
  }

  const Flavour flavour_{GetParam()};
  Simulator jira_{"jira.py", {"--flavour", flavour_.name}};
  Simulator servicenow_{"servicenow.py"};
  const JiraPerson fred_{jira_, flavour_};
  const ServicePerson desk_{servicenow_};
  Gateway gateway_{"JiraServiceNow",
                   {.registry = example(flavour_, jira_, servicenow_),
                    .environment = {flavour_.cloud() ? "JIRA_TOKEN=sync-secret" : "JIRA_TOKEN=sync-pat",
                                    "SERVICENOW_PASSWORD=sync-password"}}};
};

class JiraAndServiceNow : public Pair {
 protected:
  JiraAndServiceNow() {
    jira_.seed("webhook", {{"url", gateway_.push_url("source", "{issue.key}")}});
    servicenow_.set("push", {{"url", gateway_.daemon().url() + "/SyncService/push"},
                             {"headers", {{"apikey", gateway_.key()}}},
                             {"appLinkName", "JiraServiceNow"},
                             {"origin", "destination"},
                             {"tables", {"incident", "sys_attachment"}}});
  }
};

TEST_P(JiraAndServiceNow, ABugBecomesAnIncident) {
  const std::string key = fred_.report(
      "Door sticks",
      {{"description", flavour_.rich("Since Monday")}, {"priority", {{"name", "High"}}}, {"assignee", beth()}});
  fred_.comment(key, "Have you tried the key?");
  fred_.attach(key, "plan.txt", "the plan");
  const json made = incident();
  EXPECT_EQ(made.at("short_description"), "Door sticks");
  EXPECT_EQ(made.at("description"), "Since Monday");
  EXPECT_EQ(made.at("urgency"), "1");
  EXPECT_EQ(made.at("state"), "1");
  EXPECT_EQ(made.at("assigned_to"), sys_id_of("beth.anglin"));
  EXPECT_EQ(made.at("correlation_display"), key);
  EXPECT_TRUE(
      eventually([&] { return journal().size() == 1 && servicenow_.record("sys_attachment").size() == 1; }, patience))
      << gateway_.story();
  expect_silence();
  ASSERT_EQ(journal().size(), 1u);
  EXPECT_NE(journal().front().find("Have you tried the key?"), std::string::npos) << journal().front();
  EXPECT_EQ(servicenow_.record("sys_attachment").at(0).at("file_name"), "plan.txt");
}

TEST_P(JiraAndServiceNow, AnIncidentBecomesABug) {
  const json reported = desk_.report({{"short_description", "Window broken"}, {"urgency", "2"}, {"state", "2"}});
  desk_.edit(reported, {{"comments", "It is cold"}});
  desk_.attach(reported, "photo.txt", "a photo");
  ASSERT_TRUE(eventually(
      [&] {
        const json now = issue();
        return now.at("comments").size() == 1 && now.at("fields").at("attachment").size() == 1;
      },
      patience))
      << gateway_.story();
  expect_silence();
  const json made = issue();
  EXPECT_EQ(made.at("fields").at("summary"), "Window broken");
  EXPECT_EQ(made.at("fields").at("priority").at("name"), "Medium");
  EXPECT_EQ(made.at("fields").at("status").at("name"), "In Progress");
  EXPECT_NE(flavour_.plain(made.at("comments").at(0).at("body")).find("It is cold"), std::string::npos);
}

TEST_P(JiraAndServiceNow, AResolvedIncidentResolvesTheBugAndReopeningReopensIt) {
  const std::string key = fred_.report("Door sticks");
  const json made = incident();
  ASSERT_TRUE(calm());
  desk_.edit(made, {{"state", "6"}, {"close_code", "Solution provided"}, {"close_notes", "Oiled"}});
  EXPECT_TRUE(eventually([&] { return fred_.fields(key).at("status").at("name") == "Done"; }, patience))
      << gateway_.story();
  expect_silence();
  fred_.move(key, "41");
  EXPECT_TRUE(eventually([&] { return incident().at("state") == "1"; }, patience)) << gateway_.story();
  expect_silence();
}

TEST_P(JiraAndServiceNow, EditsAtBothSidesMeet) {
  const std::string key = fred_.report("Door sticks");
  const json made = incident();
  ASSERT_TRUE(calm());
  desk_.edit(made, {{"description", "Seen by the porter"}});
  fred_.edit(key, {{"summary", "Front door sticks"}, {"assignee", beth()}});
  EXPECT_TRUE(eventually(
      [&] {
        const json now = incident(), fields = fred_.fields(key);
        return now.at("short_description") == "Front door sticks" &&
               now.at("assigned_to") == sys_id_of("beth.anglin") &&
               flavour_.plain(fields.at("description")) == "Seen by the porter";
      },
      patience))
      << gateway_.story();
  expect_silence();
}

class CallsOfAPass : public Pair {
 protected:
  /// What the pass of one push asks of either system.
  void expect_three_at_most(const std::string& origin, const std::string& id) {
    jira_.forget_requests();
    servicenow_.forget_requests();
    gateway_.push(origin, id);
    ASSERT_TRUE(calm()) << gateway_.story();
    EXPECT_LE(calls(jira_, "sync"), 3U) << origin << ' ' << id << jira_.requests().dump(2);
    EXPECT_LE(calls(servicenow_, "sync.user"), 3U) << origin << ' ' << id << servicenow_.requests().dump(2);
  }
  [[nodiscard]] static std::size_t calls(const Simulator& system, const std::string& account) {
    std::size_t out = 0;
    const std::regex describing{
        ".*/(myself|project|search|field|transitions|issueLinkType|createmeta|sys_d.*|sys_choice)(/.*)?"};
    for (const json& request : system.requests().at("requests")) {
      if (request.at("user") == account && !std::regex_match(request.at("path").get<std::string>(), describing)) ++out;
    }
    return out;
  }
};

// With the comments and attachments of the shipped example. What describes a system is asked for before, once.
TEST_P(CallsOfAPass, OverOneFieldAreThreeAtEitherSystem) {
  const std::string key = fred_.report("Door sticks");
  gateway_.push("source", key);
  const json made = incident();
  const std::string sys_id = made.at("sys_id"), number = made.at("number");
  gateway_.push("destination", sys_id);
  ASSERT_TRUE(calm()) << gateway_.story();
  for (const bool commented : {false, true}) {
    fred_.edit(key, {{"summary", "Front door sticks"}});
    expect_three_at_most("source", key);
    EXPECT_EQ(incident().at("short_description"), "Front door sticks");
    for (const std::string& id : {sys_id, number}) {
      const std::string now = "Seen by " + id + (commented ? " again" : "");
      desk_.edit(made, {{"short_description", now}});
      expect_three_at_most("destination", id);
      EXPECT_EQ(fred_.fields(key).at("summary"), now);
    }
    if (commented) break;
    fred_.edit(key, {{"summary", "Door sticks"}});
    fred_.comment(key, "Have you tried the key?");
    fred_.attach(key, "plan.txt", "the plan");
    desk_.edit(made, {{"comments", "It is cold"}});
    gateway_.push("source", key);
    gateway_.push("destination", sys_id);
    ASSERT_TRUE(calm()) << gateway_.story();
  }
}

INSTANTIATE_TEST_SUITE_P(Flavours, CallsOfAPass, testing::Values("cloud", "datacenter"),
                         [](const auto& flavour) { return flavour.param; });
INSTANTIATE_TEST_SUITE_P(Flavours, JiraAndServiceNow, testing::Values("cloud", "datacenter"),
                         [](const auto& flavour) { return flavour.param; });

}  // namespace
}  // namespace syncservice::end_to_end
