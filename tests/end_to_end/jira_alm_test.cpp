// Jira and ALM, kept in step by the real binary with the app links that an administrator copies:
// conf/examples/jira-alm.yaml. Both push as they really do: Jira's webhook, and the workflow script of ALM's client.
#include "end_to_end/gateway.hpp"
#include "end_to_end/jira_person.hpp"
#include "support/eventually.hpp"
#include "support/simulator.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace syncservice::end_to_end {
namespace {

using support::eventually;
using support::Simulator;
using testing::HasSubstr;

/// The example, with what its comments ask an administrator to change.
std::string example(const Flavour& flavour, const Simulator& jira, const Simulator& alm) {
  std::string text = support::read_file(SYNCSERVICE_EXAMPLES "/jira-alm.yaml");
  text = replaced(text, "https://acme.atlassian.net", jira.url());
  text = replaced(text, "https://alm.acme.com/qcbin", alm.url("/qcbin"));
  text = replaced(text, "sync.user", "sync");
  text = replaced(text, "# - { source: Customer", "- { source: Customer");
  text = replaced(text, "# - { source: resolution", "- { source: resolution");
  if (flavour.cloud()) return replaced(text, "sync@acme.com", "sync@example.com");
  const std::size_t at = text.find("    username: sync@acme.com");
  return text.erase(at, text.find('\n', at) + 1 - at);
}

/// The same with one project at each side of the first app link, so that pushes may leave it out.
std::string with_one_project(std::string text) {
  text = replaced(text, "application: jira, type: Story", "application: jira, project: QC, type: Story");
  text = replaced(text, "type: requirement }", "project: QualityCenter, type: requirement }");
  const std::size_t at = text.find("    projects:");
  return text.erase(at, text.find("    conflict:", at) - at);
}

/// The first value of a field; empty when it has none.
std::string value(const json& entity, const std::string& field) {
  const json& values = entity.at(field);
  return values.empty() ? std::string{} : values.at(0).get<std::string>();
}

/// Somebody at ALM's desktop client, whose script pushes.
class AlmPerson {
 public:
  explicit AlmPerson(Simulator& alm) : alm_(alm) {}

  /// The number of the new record.
  [[nodiscard]] std::string make(const std::string& type, const json& fields,
                                 const std::string& project = "QualityCenter") const {
    return value(alm_.seed("edit", {{"project", project}, {"type", type}, {"fields", fields}}), "id");
  }
  void edit(const std::string& type, const std::string& id, const json& fields,
            const std::string& project = "QualityCenter") const {
    alm_.seed("edit", {{"project", project}, {"type", type}, {"id", id}, {"fields", fields}});
  }
  void attach(const std::string& type, const std::string& id, const std::string& name, const std::string& text) const {
    alm_.seed("attach", {{"project", "QualityCenter"}, {"type", type}, {"id", id}, {"name", name}, {"text", text}});
  }
  /// Adds a comment as the client does; the memo's history goes before it.
  void comment(const std::string& type, const std::string& id, const std::string& memo, const std::string& text) const {
    std::string all = value(alm_.record("DEFAULT.QualityCenter." + type, id), memo);
    const std::size_t end = all.rfind("</body>");
    all = all.empty() ? "<html><body>" : all.substr(0, end) + "<br /><b>" + std::string(40, '_') + "</b><br />";
    all.append("<b>Anna Alm &lt;anna&gt;, 24/11/2026:</b> ").append(text).append("</body></html>");
    edit(type, id, {{memo, all}});
  }

 private:
  Simulator& alm_;
};

class JiraAndAlm : public testing::TestWithParam<std::string> {
 protected:
  explicit JiraAndAlm(bool one_project = false)
      : gateway_("Jira6QC11Req", {.registry = one_project ? with_one_project(example(flavour_, jira_, alm_))
                                                          : example(flavour_, jira_, alm_),
                                  .environment = {flavour_.cloud() ? "JIRA_TOKEN=sync-secret" : "JIRA_TOKEN=sync-pat",
                                                  "ALM_PASSWORD=sync-secret"}}) {
    for (const char* key : {"QC", "MOB"}) jira_.seed("project", {{"key", key}});
    jira_.seed("user", {{"name", "anna"}, {"display", "Anna Alm"}, {"mail", "anna@example.com"}});
  }
  /// From now on, what people do pushes.
  void listen() {
    for (const char* app_link : {"Jira6QC11Req", "Jira6QC11Defect"}) {
      const std::string url = gateway_.daemon().url() + "/SyncService/push/" + app_link;
      jira_.seed("webhook", {{"url", url + "/source/{project.key}/{issue.key}?apikey=" + gateway_.key()}});
    }
    const auto script = [&](const char* app_link, const char* type, const char* prefix) {
      return json{{"url", gateway_.daemon().url() + "/SyncService/push"},
                  {"headers", {{"apikey", gateway_.key()}}},
                  {"appLinkName", app_link},
                  {"origin", "destination"},
                  {"entities", {type}},
                  {"prefix", prefix}};
    };
    alm_.set("push", {script("Jira6QC11Req", "requirement", ""), script("Jira6QC11Defect", "defect", "defect/")});
  }
  [[nodiscard]] bool calm() const { return gateway_.calm({&jira_, &alm_}); }
  [[nodiscard]] json entities(const std::string& type, const std::string& project = "QualityCenter") const {
    return alm_.record("DEFAULT." + project + "." + type);
  }
  /// The only record of the type, once there is one.
  [[nodiscard]] json entity(const std::string& type, const std::string& project = "QualityCenter") const {
    json all;
    const bool there = eventually([&] { return !(all = entities(type, project)).empty(); }, patience);
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
  [[nodiscard]] json anna() const {
    if (flavour_.cloud()) return {{"accountId", "557058:anna"}};
    return {{"name", "anna"}};
  }
  [[nodiscard]] static json customer() { return {{"customfield_10125", "ACME"}}; }
  /// True once it holds.
  template <class Condition>
  [[nodiscard]] bool soon(Condition condition) const {
    return eventually(condition, patience);
  }
  /// Nothing is written any more at either side, even when both records are pushed once more.
  void expect_silence(const std::string& type) {
    ASSERT_TRUE(calm()) << gateway_.story();
    const json settled_issue = issue(), settled_entity = entity(type);
    jira_.forget_requests();
    alm_.forget_requests();
    const std::string prefix = type == "defect" ? "defect%2F" : "";
    const std::string app_link = type == "defect" ? "Jira6QC11Defect" : "Jira6QC11Req";
    push("/" + app_link + "/source/QC/" + settled_issue.at("key").get<std::string>());
    push("/" + app_link + "/destination/QualityCenter/" + prefix + value(settled_entity, "id"));
    ASSERT_TRUE(calm()) << gateway_.story();
    EXPECT_EQ(writes_of(jira_, "sync"), 0u) << jira_.requests().dump(2);
    EXPECT_EQ(writes_of(alm_, "sync"), 0u) << alm_.requests().dump(2);
    EXPECT_EQ(issue(), settled_issue);
    EXPECT_EQ(entity(type), settled_entity);
    EXPECT_EQ(gateway_.dead_letters(), 0) << gateway_.story();
    EXPECT_EQ(alm_.record("session").at("most"), 1);
    EXPECT_TRUE(entities(type == "defect" ? "requirement" : "defect").empty()) << "of the other app link";
  }
  /// A push by a path form; `path` follows /SyncService/push.
  void push(const std::string& path) {
    const std::string target = "/SyncService/push" + path + "?apikey=" + gateway_.key();
    const support::Answer answer = support::ask(gateway_.daemon().address(), {.method = "POST", .target = target});
    EXPECT_EQ(answer.status, 201) << answer.body;
  }
  /// A push by the body form, with the administrator's credentials.
  [[nodiscard]] support::Answer push_body(const std::string& body) {
    return support::ask(gateway_.daemon().address(), {.method = "POST",
                                                      .target = "/SyncService/push",
                                                      .headers = {{"Authorization", support::basic("admin", "welcome")},
                                                                  {"Content-Type", "application/json"}},
                                                      .body = body});
  }
  /// A story QC-20, as the published example has it.
  void make_published_story() {
    for (int number = 1; number < 20; ++number)
      jira_.seed("issue", {{"project", "QC"}, {"type", "Story"}, {"summary", "another"}, {"fields", customer()}});
    ASSERT_EQ(fred_.make("QC", "Story", "Pay by card", customer()), "QC-20");
  }

  const Flavour flavour_{GetParam()};
  Simulator jira_{"jira.py", {"--flavour", flavour_.name}};
  Simulator alm_{"alm.py"};
  const JiraPerson fred_{jira_, flavour_};
  const AlmPerson anna_{alm_};
  Gateway gateway_;
};

class PublishedExample : public JiraAndAlm {};

class PublishedExampleOfOneProject : public JiraAndAlm {
 protected:
  PublishedExampleOfOneProject() : JiraAndAlm(true) {}
};

constexpr const char* published_answer =
    R"({"Response":"Success", "Message":"Record Jira6QC11Req\\QC-20 successfully pushed into ConnectAll queue! "})";

TEST_P(PublishedExampleOfOneProject, GoesThereByBodyAndBackByPath) {
  make_published_story();
  const support::Answer answer = push_body(R"({"appLinkName":"Jira6QC11Req","origin":"source","id":"QC-20"})");
  EXPECT_EQ(answer.status, 201);
  EXPECT_EQ(answer.body, published_answer);
  const std::string id = value(entity("requirement"), "id");
  EXPECT_EQ(value(entity("requirement"), "name"), "Pay by card");
  ASSERT_TRUE(calm());

  anna_.edit("requirement", id, {{"name", "Pay by any card"}});
  push("/Jira6QC11Req/destination/" + id);
  EXPECT_TRUE(soon([&] { return fred_.fields("QC-20").at("summary") == "Pay by any card"; })) << gateway_.story();
  ASSERT_TRUE(calm());
  fred_.edit("QC-20", {{"summary", "Pay by card or cash"}});
  push("/Jira6QC11Req/source/QC-20");
  EXPECT_TRUE(soon([&] { return value(entity("requirement"), "name") == "Pay by card or cash"; })) << gateway_.story();
  EXPECT_EQ(gateway_.dead_letters(), 0);
}

TEST_P(PublishedExample, OfSeveralProjectsNamesTheProjectInBodyOrPath) {
  make_published_story();
  const support::Answer without = push_body(R"({"appLinkName":"Jira6QC11Req","origin":"source","id":"QC-20"})");
  EXPECT_EQ(without.status, 400);
  EXPECT_THAT(without.body, HasSubstr("project"));
  const support::Answer answer =
      push_body(R"({"appLinkName":"Jira6QC11Req","origin":"source","id":"QC-20","project":"QC"})");
  EXPECT_EQ(answer.status, 201);
  EXPECT_EQ(answer.body, published_answer);
  EXPECT_EQ(value(entity("requirement"), "name"), "Pay by card");

  // Numbers are those of a project, so that each project has its requirement 1.
  ASSERT_EQ(fred_.make("MOB", "Story", "Pay by phone", customer()), "MOB-1");
  push("/Jira6QC11Req/source/MOB/MOB-1");
  const json mobile = entity("requirement", "Mobile");
  EXPECT_EQ(value(mobile, "name"), "Pay by phone");
  EXPECT_EQ(value(mobile, "id"), value(entity("requirement"), "id"));
  ASSERT_TRUE(calm());

  anna_.edit("requirement", value(mobile, "id"), {{"name", "Pay by watch"}}, "Mobile");
  push("/Jira6QC11Req/destination/Mobile/" + value(mobile, "id"));
  EXPECT_TRUE(soon([&] { return fred_.fields("MOB-1").at("summary") == "Pay by watch"; })) << gateway_.story();
  EXPECT_EQ(fred_.fields("QC-20").at("summary"), "Pay by card");
  EXPECT_EQ(
      push_body(R"({"appLinkName":"Jira6QC11Req","origin":"destination","id":1,"project":"QualityCenter"})").status,
      201);
  ASSERT_TRUE(calm());
  EXPECT_EQ(entities("requirement").size(), 1u);
  EXPECT_EQ(gateway_.dead_letters(), 0);
}

TEST_P(JiraAndAlm, TheExampleIsCheckedWithoutAComplaint) {
  for (const char* status : {"To Do", "In Progress", "Done"}) {
    for (const char* project : {"QC", "MOB"})
      jira_.seed("issue", {{"project", project}, {"type", "Bug"}, {"summary", status}, {"status", status}});
  }
  const support::Finished checked = gateway_.daemon().cli({"check"});
  EXPECT_EQ(checked.exit, 0) << checked.out << checked.err;
  EXPECT_THAT(checked.out, testing::Not(HasSubstr("warning"))) << checked.out;
  const support::Finished online = gateway_.daemon().cli({"check", "--online"});
  EXPECT_EQ(online.exit, 0) << online.out << online.err;
}

TEST_P(JiraAndAlm, WhatTheProjectLacksIsFoundByTheCheck) {
  struct Fault {
    const char *what, *by, *said;
  };
  for (const Fault& fault :
       {Fault{"destination: req-priority", "destination: req-prioritty", "did you mean \"req-priority\"?"},
        Fault{"High: 4-Very High", "High: 4-Very-High", "has no option \"4-Very-High\""},
        Fault{"destination: QualityCenter", "destination: QualityCentre", "no project \"QualityCentre\""},
        Fault{"summary,     destination: name", "summary,     destination: id", "\"id\""}}) {
    gateway_.daemon().set_registry(replaced(example(flavour_, jira_, alm_), fault.what, fault.by));
    const support::Finished online = gateway_.daemon().cli({"check", "--online"});
    EXPECT_EQ(online.exit, 1) << fault.by << online.out;
    EXPECT_THAT(online.out, testing::AllOf(HasSubstr("links.yaml:"), HasSubstr(fault.said)));
  }
}

TEST_P(JiraAndAlm, AStoryBecomesARequirement) {
  listen();
  json fields = customer();
  fields.update(
      {{"description", flavour_.rich("Since Monday")}, {"priority", {{"name", "High"}}}, {"assignee", anna()}});
  const std::string key = fred_.make("QC", "Story", "Pay by card", fields);
  fred_.comment(key, "Which cards?");
  fred_.attach(key, "cards.txt", "the cards");
  ASSERT_TRUE(soon([&] {
    const json made = entities("requirement");
    return made.size() == 1 && value(made.at(0), "req-comment").find("Which cards?") != std::string::npos &&
           value(made.at(0), "attachment") == "Y";
  })) << gateway_.story();
  expect_silence("requirement");
  const json made = entity("requirement");
  EXPECT_EQ(value(made, "name"), "Pay by card");
  EXPECT_THAT(value(made, "description"), HasSubstr("Since Monday"));
  EXPECT_EQ(value(made, "req-priority"), "4-Very High");
  EXPECT_EQ(value(made, "owner"), "anna");
  EXPECT_THAT(value(made, "req-comment"), HasSubstr("<b>Sync Service &lt;sync&gt;, "));
}

TEST_P(JiraAndAlm, ARequirementBecomesAStory) {
  listen();
  const std::string id = anna_.make("requirement", {{"name", "Pay by phone"}, {"req-priority", "3-High"}});
  anna_.comment("requirement", id, "req-comment", "Which phones?");
  anna_.comment("requirement", id, "req-comment", "All of them.");
  anna_.attach("requirement", id, "phones.txt", "the phones");
  ASSERT_TRUE(soon([&] {
    const json made = jira_.record("issue");
    return made.size() == 1 && made.at(0).at("comments").size() == 2 &&
           made.at(0).at("fields").at("attachment").size() == 1;
  })) << gateway_.story();
  expect_silence("requirement");
  const json made = issue();
  EXPECT_EQ(made.at("fields").at("summary"), "Pay by phone");
  EXPECT_EQ(made.at("fields").at("priority").at("name"), "Medium");
  EXPECT_EQ(made.at("fields").at("customfield_10125"), "ACME");
  EXPECT_THAT(flavour_.plain(made.at("comments").at(0).at("body")),
              testing::AllOf(HasSubstr("Anna Alm, 2026-11-24"), HasSubstr("Which phones?")));
  EXPECT_THAT(flavour_.plain(made.at("comments").at(1).at("body")), HasSubstr("All of them."));
}

TEST_P(JiraAndAlm, ABugBecomesADefectAndItsEndIsToldBothWays) {
  listen();
  const std::string key = fred_.make("QC", "Bug", "Door sticks", {{"priority", {{"name", "Low"}}}});
  EXPECT_EQ(value(entity("defect"), "severity"), "2-Medium");
  ASSERT_TRUE(calm()) << gateway_.story();
  const json made = entity("defect");
  EXPECT_EQ(value(made, "status"), "New");
  EXPECT_EQ(value(made, "detected-by"), "sync");
  anna_.edit("defect", value(made, "id"), {{"status", "Fixed"}});
  EXPECT_TRUE(soon([&] { return fred_.fields(key).at("status").at("name") == "Done"; })) << gateway_.story();
  expect_silence("defect");
  fred_.move(key, "41");
  EXPECT_TRUE(soon([&] { return value(entity("defect"), "status") == "New"; })) << gateway_.story();
  expect_silence("defect");
}

TEST_P(JiraAndAlm, ADefectBecomesABugAndEditsAtBothSidesMeet) {
  listen();
  const std::string id = anna_.make(
      "defect", {{"name", "Window broken"}, {"severity", "5-Urgent"}, {"status", "Open"}, {"owner", "anna"}});
  const std::string key = issue().at("key");
  ASSERT_TRUE(calm()) << gateway_.story();
  EXPECT_EQ(fred_.fields(key).at("status").at("name"), "In Progress");
  EXPECT_EQ(fred_.fields(key).at("priority").at("name"), "Highest");
  EXPECT_EQ(fred_.fields(key).at("assignee").at("displayName"), "Anna Alm");
  anna_.edit("defect", id, {{"description", "<html><body>Seen by the <b>porter</b></body></html>"}});
  fred_.edit(key, {{"summary", "Front window broken"}, {"priority", {{"name", "Medium"}}}});
  EXPECT_TRUE(soon([&] {
    const json now = entity("defect");
    return value(now, "name") == "Front window broken" && value(now, "severity") == "3-High" &&
           flavour_.plain(fred_.fields(key).at("description")).find("porter") != std::string::npos;
  })) << gateway_.story();
  expect_silence("defect");
}

TEST_P(JiraAndAlm, ALockedRequirementIsWrittenOnceTheLockIsGone) {
  listen();
  const std::string key = fred_.make("QC", "Story", "Pay by card", customer());
  const std::string id = value(entity("requirement"), "id");
  ASSERT_TRUE(calm());
  const json lock{{"project", "QualityCenter"}, {"type", "requirement"}, {"id", id}, {"as", "anna"}};
  alm_.seed("lock", lock);
  fred_.edit(key, {{"summary", "Pay by any card"}});
  ASSERT_TRUE(soon([&] { return gateway_.story().find("locked by user 'anna'") != std::string::npos; }))
      << gateway_.story();
  EXPECT_EQ(value(entity("requirement"), "name"), "Pay by card");
  alm_.seed("unlock", lock);
  EXPECT_TRUE(soon([&] { return value(entity("requirement"), "name") == "Pay by any card"; })) << gateway_.story();
  expect_silence("requirement");
}

TEST_P(JiraAndAlm, ACreationThatWasAnsweredWith500MakesOneDefect) {
  alm_.fault({{"kind", "commit_then_answer"}, {"method", "POST"}, {"path", ".*/defects"}, {"status", 500}});
  listen();
  static_cast<void>(fred_.make("QC", "Bug", "Door sticks"));
  EXPECT_EQ(value(entity("defect"), "name"), "Door sticks");
  ASSERT_TRUE(calm()) << gateway_.story();
  EXPECT_EQ(entities("defect").size(), 1u);
  EXPECT_EQ(gateway_.dead_letters(), 0) << gateway_.story();
}

const auto flavours = testing::Values("cloud", "datacenter");
const auto name_of = [](const auto& flavour) { return flavour.param; };
INSTANTIATE_TEST_SUITE_P(Flavours, JiraAndAlm, flavours, name_of);
INSTANTIATE_TEST_SUITE_P(Flavours, PublishedExample, flavours, name_of);
INSTANTIATE_TEST_SUITE_P(Flavours, PublishedExampleOfOneProject, flavours, name_of);

}  // namespace
}  // namespace syncservice::end_to_end
