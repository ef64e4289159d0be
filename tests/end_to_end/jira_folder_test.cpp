// Jira and a folder of records, kept in step by the real binary: Jira's own webhook in, the issue read, the twin
// written, the way back, and no echo.
#include "end_to_end/gateway.hpp"
#include "end_to_end/jira_person.hpp"
#include "support/eventually.hpp"
#include "support/simulator.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace syncservice::end_to_end {
namespace {

using support::eventually;
using support::Simulator;

std::string registry(const Flavour& flavour, const Simulator& jira) {
  std::string text = "applications:\n  jira: { adapter: jira, url: \"";
  text.append(jira.url()).append("\", ").append(flavour.account());
  return text.append(R"(, searchLag: 2s }
  desk: { adapter: folder, path: @RIGHT@ }

appLinks:
  - name: Bugs
    syncType: PUSH
    source:      { application: jira, project: ED, type: Bug }
    destination: { application: desk, project: desk, type: incident }
    direction: both
    fields:
      - { source: summary,     destination: title }
      - { source: description, destination: notes, as: rich-text }
      - { source: priority,    destination: urgency, values: { Highest: 1, High: 2, Medium: 3, Low: 4, Lowest: 5 } }
      - { source: assignee,    destination: owner, users: email }
      - { source: resolution,  destination: closeCode, values: { Fixed: solved, "Won't Do": rejected, Duplicate: known, Done: done } }
      - source: status
        destination: state
        values: { To Do: New, In Progress: Active, In Review: Waiting, Done: Resolved, Rejected: Cancelled }
    comments: both
    attachments: both
)");
}

class JiraAndFolder : public testing::TestWithParam<std::string> {
 protected:
  JiraAndFolder() { jira_.seed("webhook", {{"url", gateway_.push_url("source", "{issue.key}")}}); }

  [[nodiscard]] bool calm() const { return gateway_.calm({&jira_}); }
  [[nodiscard]] std::vector<json> records() const { return support::read_records(gateway_.daemon().right(), "desk"); }
  /// The only record on the desk, once there is one.
  [[nodiscard]] json record() const {
    const bool there = eventually([&] { return !records().empty(); }, patience);
    EXPECT_TRUE(there && records().size() == 1) << gateway_.story();
    return there ? records().front() : json{{"id", ""}, {"fields", json::object()}};
  }
  void write(const json& record) const {
    const std::string id = record.at("id");
    support::write_file(gateway_.daemon().right() / "desk" / (id + ".json"), record.dump(2));
  }

  const Flavour flavour_{GetParam()};
  Simulator jira_{"jira.py", {"--flavour", flavour_.name}};
  const JiraPerson fred_{jira_, flavour_};
  Gateway gateway_{"Bugs", {.registry = registry(flavour_, jira_)}};
};

TEST_P(JiraAndFolder, AReportedBugBecomesARecord) {
  const json me = flavour_.cloud() ? json{{"accountId", "5b10ac8d82e05b22cc7d4ef5"}} : json{{"name", "fred"}};
  const std::string key = fred_.report(
      "Door sticks",
      {{"description", flavour_.rich("Since Monday")}, {"priority", {{"name", "High"}}}, {"assignee", me}});
  const json fields = record().at("fields");
  EXPECT_EQ(fields.at("title"), "Door sticks");
  EXPECT_EQ(fields.at("notes").at("$rich"), "<p>Since Monday</p>");
  EXPECT_EQ(fields.at("urgency"), "2");
  EXPECT_EQ(fields.at("state"), "New");
  EXPECT_EQ(fields.at("owner").at("email"), "fred@example.com");
  ASSERT_TRUE(calm()) << gateway_.story();
  EXPECT_EQ(jira_.record("issue").size(), 1u);
  for (const json& delivery : jira_.deliveries()) EXPECT_EQ(delivery.at("status"), 201) << delivery.dump(2);
  EXPECT_EQ(gateway_.dead_letters(), 0);
}

TEST_P(JiraAndFolder, EditsGoBothWaysAndNoneComesBack) {
  const std::string key = fred_.report("Door sticks");
  json twin = record();
  ASSERT_TRUE(calm());

  twin = record();
  twin["fields"]["title"] = "Front door sticks";
  twin["fields"]["state"] = "Resolved";
  twin["fields"]["closeCode"] = "solved";
  write(twin);
  gateway_.push("destination", twin.at("id"));
  EXPECT_TRUE(eventually([&] { return fred_.fields(key).at("status").at("name") == "Done"; }, patience))
      << gateway_.story();
  ASSERT_TRUE(calm());
  json issue = fred_.fields(key);
  EXPECT_EQ(issue.at("summary"), "Front door sticks");
  EXPECT_EQ(issue.at("resolution").at("name"), "Fixed");

  fred_.move(key, "41");
  fred_.edit(key, {{"summary", "Side door sticks"}});
  EXPECT_TRUE(eventually([&] { return record().at("fields").at("title") == "Side door sticks"; }, patience));
  ASSERT_TRUE(calm());
  EXPECT_EQ(record().at("fields").at("state"), "New");

  const json settled = record();
  jira_.forget_requests();
  gateway_.push("destination", twin.at("id"));
  ASSERT_TRUE(calm());
  EXPECT_EQ(writes_of(jira_, "sync"), 0u) << jira_.requests().dump(2);
  EXPECT_EQ(record(), settled);
}

TEST_P(JiraAndFolder, CommentsAndAttachmentsGoAcrossOnceEach) {
  const std::string key = fred_.report("Door sticks");
  json twin = record();
  fred_.comment(key, "Have you tried the key?");
  fred_.attach(key, "plan.txt", "the plan");
  ASSERT_TRUE(eventually(
      [&] {
        const json now = record();
        return now.at("comments").size() == 1 && now.at("attachments").size() == 1;
      },
      patience))
      << gateway_.story();
  ASSERT_TRUE(calm());
  twin = record();
  EXPECT_NE(twin.at("comments").dump().find("Have you tried the key?"), std::string::npos);
  EXPECT_EQ(twin.at("attachments").at(0).at("name"), "plan.txt");

  twin["comments"].push_back(
      {{"author", "Jane"}, {"created", "2026-11-24T10:00:00Z"}, {"body", "<p>It <b>broke</b></p>"}});
  const std::string id = twin.at("id");
  support::write_file(gateway_.daemon().right() / "desk" / (id + ".files") / "photo.txt", "a photo");
  twin["attachments"].push_back({{"name", "photo.txt"}, {"file", "photo.txt"}, {"mediaType", "text/plain"}});
  write(twin);
  gateway_.push("destination", id);
  ASSERT_TRUE(eventually(
      [&] {
        const json issue = jira_.record("issue", key);
        return issue.at("comments").size() == 2 && issue.at("fields").at("attachment").size() == 2;
      },
      patience))
      << gateway_.story();
  ASSERT_TRUE(calm());
  const json issue = jira_.record("issue", key);
  EXPECT_EQ(issue.at("comments").size(), 2u);
  const std::string copy = flavour_.plain(issue.at("comments").at(1).at("body"));
  EXPECT_NE(copy.find("Jane"), std::string::npos) << copy;
  EXPECT_NE(copy.find("broke"), std::string::npos) << copy;
  EXPECT_EQ(issue.at("fields").at("attachment").at(1).at("filename"), "photo.txt");
  EXPECT_EQ(record().at("comments").size(), 2u);
  EXPECT_EQ(record().at("attachments").size(), 2u);
}

TEST_P(JiraAndFolder, ACreationWhoseAnswerIsLostMakesOneIssue) {
  jira_.set("index_lag", 1.0);
  jira_.fault(
      {{"kind", "commit_then_answer"}, {"method", "POST"}, {"path", flavour_.api() + "/issue"}, {"status", 500}});
  support::write_record(gateway_.daemon().right(), "desk", "desk-1", {{"title", "Window"}, {"state", "New"}},
                        "incident");
  gateway_.push("destination", "desk-1");
  ASSERT_TRUE(calm()) << gateway_.story();
  ASSERT_EQ(jira_.record("issue").size(), 1u) << gateway_.story();
  EXPECT_EQ(jira_.record("issue").at(0).at("fields").at("summary"), "Window");
  EXPECT_EQ(gateway_.dead_letters(), 0) << gateway_.story();
}

TEST_P(JiraAndFolder, AThrottledPassIsDoneLater) {
  jira_.fault({{"kind", "answer"},
               {"path", flavour_.api() + "/issue/.*"},
               {"status", 429},
               {"headers", {{"Retry-After", "1"}}}});
  static_cast<void>(fred_.report("Door sticks"));
  EXPECT_EQ(record().at("fields").at("title"), "Door sticks");
}

INSTANTIATE_TEST_SUITE_P(Flavours, JiraAndFolder, testing::Values("cloud", "datacenter"),
                         [](const auto& flavour) { return flavour.param; });

}  // namespace
}  // namespace syncservice::end_to_end
