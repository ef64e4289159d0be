// ServiceNow and Helix ALM, kept in step by the real binary with the app link that an administrator copies:
// conf/examples/servicenow-helix-alm.yaml. ServiceNow's business rule pushes by itself; what people do in Helix ALM is
// pushed in the plain form.
#include "end_to_end/gateway.hpp"
#include "end_to_end/service_person.hpp"
#include "support/eventually.hpp"
#include "support/simulator.hpp"

#include <gtest/gtest.h>

#include <string>
#include <tuple>
#include <utility>

namespace syncservice::end_to_end {
namespace {

using support::eventually;
using support::Simulator;

/// The example, with what its comments ask an administrator to change.
std::string example(const Simulator& servicenow, const Simulator& helix) {
  std::string text = support::read_file(SYNCSERVICE_EXAMPLES "/servicenow-helix-alm.yaml");
  text = replaced(text, "https://acme.service-now.com", servicenow.url());
  return replaced(text, "https://alm.acme.com:8443", helix.url());
}

/// The value of a field of an issue; null when it has none.
json value(const json& issue, const std::string& label) {
  for (const json& field : issue.at("fields")) {
    if (field.at("label") != label) continue;
    const json& held = field.at(field.at("type").get<std::string>());
    if (held.is_object() && held.contains("text")) return held.at("text");
    return held.is_object() && held.contains("label") ? held.at("label") : held;
  }
  return nullptr;
}

class ServiceNowAndHelixAlm : public testing::Test {
 protected:
  ServiceNowAndHelixAlm() {
    servicenow_.set("push", {{"url", gateway_.daemon().url() + "/SyncService/push"},
                             {"headers", {{"apikey", gateway_.key()}}},
                             {"appLinkName", "ServiceNowHelix"},
                             {"origin", "source"},
                             {"tables", {"incident", "sys_attachment"}}});
  }

  [[nodiscard]] bool calm() const { return gateway_.calm({&servicenow_, &helix_}); }
  [[nodiscard]] json incident() const {
    json all;
    const bool there = eventually([&] { return !(all = servicenow_.record("incident")).empty(); }, patience);
    EXPECT_TRUE(there && all.size() == 1) << all.dump(2) << gateway_.story();
    return there ? all.front() : json::object();
  }
  /// The only issue, once there is one, with everything that Helix ALM holds of it.
  [[nodiscard]] json issue() const {
    json all;
    const bool there = eventually([&] { return !(all = helix_.record("4.issues")).empty(); }, patience);
    EXPECT_TRUE(there && all.size() == 1) << all.dump(2) << gateway_.story();
    return there ? all.front() : json::object();
  }
  /// What somebody does in Helix ALM's client, and the push that tells of it. Without an id, a new issue.
  json edit(const json& fields, const json& id = nullptr) {
    json what{{"project", 4}, {"itemType", "issues"}, {"as", "anna"}, {"fields", fields}};
    if (!id.is_null()) what["id"] = id;
    return pushed(helix_.seed("edit", what));
  }
  json enter(const std::string& event, const json& id, const json& fields = json::object()) {
    return pushed(helix_.seed(
        "event",
        {{"project", 4}, {"itemType", "issues"}, {"id", id}, {"as", "anna"}, {"name", event}, {"fields", fields}}));
  }
  json attach(const json& id, const std::string& name, const std::string& content) {
    return pushed(helix_.seed("attach", {{"project", 4},
                                         {"itemType", "issues"},
                                         {"id", id},
                                         {"as", "anna"},
                                         {"filename", name},
                                         {"text", content},
                                         {"event", issue().at("events").at("eventsData").at(0).at("id")}}));
  }
  template <class Condition>
  [[nodiscard]] bool soon(Condition condition) const {
    return eventually(condition, patience);
  }
  /// The first push of an issue that an incident became brings its tag to the incident.
  void bring_the_tag() {
    gateway_.push("destination", issue().at("tag"));
    EXPECT_TRUE(soon([&] { return incident().at("correlation_display") == issue().at("tag"); })) << gateway_.story();
    ASSERT_TRUE(calm()) << gateway_.story();
  }
  /// Nothing is written any more at either side, even when both records are pushed once more.
  void expect_silence() {
    ASSERT_TRUE(calm()) << gateway_.story();
    const json settled_incident = incident(), settled_issue = issue();
    servicenow_.forget_requests();
    helix_.forget_requests();
    gateway_.push("source", settled_incident.at("sys_id"));
    gateway_.push("destination", settled_issue.at("tag"));
    gateway_.push("destination", std::to_string(settled_issue.at("id").get<int>()));
    ASSERT_TRUE(calm()) << gateway_.story();
    EXPECT_EQ(writes_of(servicenow_, "sync.user"), 0u) << servicenow_.requests().dump(2);
    EXPECT_EQ(writes_of(helix_, "sync"), 0u) << helix_.requests().dump(2);
    EXPECT_EQ(incident(), settled_incident);
    EXPECT_EQ(issue(), settled_issue);
    EXPECT_EQ(gateway_.dead_letters(), 0) << gateway_.story();
  }

  Simulator servicenow_{"servicenow.py"}, helix_{"helix_alm.py"};
  const ServicePerson desk_{servicenow_};
  Gateway gateway_{"ServiceNowHelix",
                   {.registry = example(servicenow_, helix_),
                    .environment = {"SERVICENOW_PASSWORD=sync-password", "HELIX_ALM_KEY_ID=key-sync",
                                    "HELIX_ALM_KEY_SECRET=key-secret"}}};

 private:
  json pushed(json item) {
    gateway_.push("destination", std::to_string(item.at("id").get<int>()));
    return item;
  }
};

TEST_F(ServiceNowAndHelixAlm, AnIncidentBecomesAnIssue) {
  const json reported =
      desk_.report({{"short_description", "Door sticks"}, {"description", "Since Monday"}, {"urgency", "1"}});
  desk_.edit(reported, {{"comments", "Have you tried the key?"}});
  desk_.attach(reported, "plän.txt", "the plan");
  ASSERT_TRUE(soon([&] {
    const json all = helix_.record("4.issues");
    return !all.empty() && all.front().at("events").at("eventsData").size() == 1 &&
           all.front().at("attachments").at("attachmentsData").size() == 1;
  })) << gateway_.story();
  bring_the_tag();
  expect_silence();
  const json made = issue();
  EXPECT_EQ(value(made, "Summary"), "Door sticks");
  EXPECT_NE(value(made, "Description").get<std::string>().find("Since Monday"), std::string::npos);
  EXPECT_EQ(value(made, "Priority"), "High");
  EXPECT_EQ(value(made, "Status"), "Open");
  EXPECT_NE(made.at("events").at("eventsData").at(0).dump().find("Have you tried the key?"), std::string::npos);
  EXPECT_EQ(made.at("attachments").at("attachmentsData").at(0).at("filename"), "plän.txt");
}

TEST_F(ServiceNowAndHelixAlm, AnIssueBecomesAnIncident) {
  const json made = edit({{"Summary", "Window broken"}, {"Priority", {{"label", "Medium"}}}});
  enter("Comment", made.at("id"), {{"Notes", "It is cold"}});
  attach(made.at("id"), "photo.txt", "a photo");
  ASSERT_TRUE(soon([&] {
    return servicenow_.record("sys_journal_field").size() == 1 && servicenow_.record("sys_attachment").size() == 1;
  })) << gateway_.story();
  expect_silence();
  EXPECT_EQ(incident().at("short_description"), "Window broken");
  EXPECT_EQ(incident().at("urgency"), "2");
  EXPECT_EQ(incident().at("correlation_display"), made.at("tag"));
  EXPECT_NE(servicenow_.record("sys_journal_field").at(0).dump().find("It is cold"), std::string::npos);
  EXPECT_EQ(servicenow_.record("sys_attachment").at(0).at("file_name"), "photo.txt");
}

TEST_F(ServiceNowAndHelixAlm, AResolvedIncidentFixesTheIssueAndReopeningItReopensIt) {
  const json reported = desk_.report({{"short_description", "Door sticks"}});
  ASSERT_EQ(value(issue(), "Status"), "Open");
  bring_the_tag();
  desk_.edit(reported, {{"state", "6"}, {"close_code", "Solution provided"}, {"close_notes", "Fixed in Helix ALM"}});
  EXPECT_TRUE(soon([&] { return value(issue(), "Status") == "Fixed"; })) << gateway_.story();
  expect_silence();
  enter("Re-Open", issue().at("id"));
  EXPECT_TRUE(soon([&] { return incident().at("state") == "1"; })) << gateway_.story();
  expect_silence();
}

TEST_F(ServiceNowAndHelixAlm, AFixedIssueResolvesTheIncident) {
  const json made = edit({{"Summary", "Window broken"}});
  ASSERT_EQ(incident().at("state"), "1");
  ASSERT_TRUE(calm());
  enter("Fix", made.at("id"), {{"Resolution", {{"label", "Configuration Change"}}}});
  EXPECT_TRUE(soon([&] { return incident().at("state") == "6"; })) << gateway_.story();
  expect_silence();
  EXPECT_EQ(incident().at("close_notes"), "Fixed in Helix ALM");
}

TEST_F(ServiceNowAndHelixAlm, EditsAtBothSidesMeet) {
  const json reported = desk_.report({{"short_description", "Door sticks"}});
  const json made = issue();
  ASSERT_TRUE(calm());
  helix_.seed(
      "edit",
      {{"project", 4}, {"itemType", "issues"}, {"id", made.at("id")}, {"fields", {{"Priority", {{"label", "Low"}}}}}});
  desk_.edit(reported, {{"short_description", "Front door sticks"}});
  gateway_.push("destination", made.at("tag"));
  EXPECT_TRUE(soon([&] { return incident().at("urgency") == "3" && value(issue(), "Summary") == "Front door sticks"; }))
      << gateway_.story();
  expect_silence();
}

TEST_F(ServiceNowAndHelixAlm, ALostTokenLosesNothing) {
  const json reported = desk_.report({{"short_description", "Door sticks"}});
  bring_the_tag();
  helix_.expire_tokens();
  desk_.edit(reported, {{"short_description", "Front door sticks"}});
  EXPECT_TRUE(soon([&] { return value(issue(), "Summary") == "Front door sticks"; })) << gateway_.story();
  expect_silence();
}

TEST_F(ServiceNowAndHelixAlm, TheExampleIsCheckedAgainstBoth) {
  const auto check = [&](const std::string& what, const std::string& by) {
    const support::Daemon installation(
        {.registry = replaced(example(servicenow_, helix_), what, by),
         .environment = {"SERVICENOW_PASSWORD=sync-password", "HELIX_ALM_KEY_ID=key-sync",
                         "HELIX_ALM_KEY_SECRET=key-secret"}});
    return installation.cli({"check", "--online"});
  };
  const support::Finished right = check("sweep: 1h", "sweep: 2h");
  EXPECT_EQ(right.exit, 0) << right.out << right.err;
  for (const auto& [what, by, says] :
       {std::tuple{"project: Traditional Template", "project: Traditional", "no project \"Traditional\""},
        std::tuple{"destination: Summary", "destination: Sumary", "did you mean \"Summary\"?"},
        std::tuple{"2 - Medium: Medium", "2 - Medium: Middle", "no option \"Middle\""},
        std::tuple{"Resolved: Fixed", "Resolved: Solved", "no option \"Solved\""}}) {
    const support::Finished wrong = check(what, by);
    EXPECT_EQ(wrong.exit, 1) << what;
    EXPECT_NE(wrong.out.find(says), std::string::npos) << wrong.out;
  }
}

}  // namespace
}  // namespace syncservice::end_to_end
