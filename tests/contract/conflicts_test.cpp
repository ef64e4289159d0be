// Held conflicts, as an administrator meets them: listed, decided, discarded and unlinked through the command line
// while the daemon runs.
#include "contract/contract.hpp"

namespace syncservice::contract {
namespace {

using nlohmann::json;
using support::Finished;

constexpr const char* holding_registry = R"(applications:
  jira: { adapter: folder, path: @LEFT@ }
  qc:   { adapter: folder, path: @RIGHT@ }
appLinks:
  - name: Hold
    source: { application: jira, project: QC, type: Story }
    destination: { application: qc, project: QualityCenter, type: requirement }
    conflict: hold
    fields:
      - { source: summary, destination: name }
      - { source: priority, destination: req-priority }
)";

/// One pair, linked, then edited at both ends in both fields and pushed.
class Conflicts : public ::testing::Test {
 protected:
  Conflicts() : daemon_({.registry = holding_registry}) {
    daemon_.start();
    put_left("Pay", "High");
    push("source", "QC-20");
    EXPECT_TRUE(eventually([&] { return right().contains("id"); })) << daemon_.log();
    twin_ = right().value("id", "");
    EXPECT_TRUE(eventually([&] { return called("queue", {"list"}).at("counts").at("running") == 0; }));
    put_left("Pay by card", "Highest");
    json fields = right().at("fields");
    fields["name"] = "Pay by phone";
    fields["req-priority"] = "Low";
    support::write_record(daemon_.right(), "QualityCenter", twin_, fields, "requirement");
    push("source", "QC-20");
    EXPECT_TRUE(eventually([&] { return list().size() == 2; })) << daemon_.log();
    if (!list().empty()) link_ = std::to_string(list().at(0).at("link").get<long>());
  }

  void put_left(const char* summary, const char* priority) {
    support::write_record(daemon_.left(), "QC", "QC-20", {{"summary", summary}, {"priority", priority}});
  }
  void push(const std::string& origin, const std::string& id) {
    const json body{{"appLinkName", "Hold"}, {"origin", origin}, {"id", id}};
    EXPECT_EQ(ask(daemon_.address(), body_form(body.dump())).status, 201);
  }
  [[nodiscard]] json right() const {
    const std::vector<json> all = support::read_records(daemon_.right(), "QualityCenter");
    return all.empty() ? json::object() : all.front();
  }
  [[nodiscard]] json left() const { return support::read_record(daemon_.left(), "QC", "QC-20").value_or(json{}); }
  [[nodiscard]] json called(const std::string& command, std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), command);
    arguments.emplace_back("--json");
    const Finished done = daemon_.cli(std::move(arguments));
    EXPECT_EQ(done.exit, 0) << done.err;
    return json::parse(done.out, nullptr, false);
  }
  [[nodiscard]] json list() const { return called("conflicts", {"list"}).at("conflicts"); }
  [[nodiscard]] std::size_t held() const { return called("queue", {"list", "--state", "held"}).at("pushes").size(); }

  Daemon daemon_;
  std::string twin_, link_;
};

TEST_F(Conflicts, AreDecidedFieldByField) {
  EXPECT_EQ(held(), 1U);
  const Finished shown = daemon_.cli({"conflicts", "show", link_});
  for (const char* part : {"Pay by card", "Pay by phone", "Highest", "Low"})
    EXPECT_NE(shown.out.find(part), std::string::npos) << part << " in: " << shown.out;

  EXPECT_EQ(daemon_.cli({"conflicts", "resolve", link_, "--winner", "source", "--field", "summary"}).exit, 0);
  EXPECT_EQ(held(), 1U) << "one field is undecided";
  EXPECT_EQ(daemon_.cli({"conflicts", "resolve", link_, "--winner", "destination", "--field", "priority"}).exit, 0);
  EXPECT_TRUE(eventually([&] {
    return right().at("fields").at("name") == "Pay by card" && left().at("fields").at("priority") == "Low";
  })) << right().dump()
      << left().dump() << daemon_.log();
  EXPECT_TRUE(eventually([&] { return list().empty() && held() == 0; })) << list().dump();
  EXPECT_EQ(right().at("fields").at("req-priority"), "Low");

  const Finished again = daemon_.cli({"conflicts", "resolve", link_, "--winner", "source"});
  EXPECT_EQ(again.exit, 1);
  EXPECT_NE(again.err.find(link_), std::string::npos) << again.err;
}

TEST_F(Conflicts, EndWithTheDiscardedPush) {
  const json push = called("queue", {"list", "--state", "held"}).at("pushes").at(0).at("push");
  EXPECT_EQ(daemon_.cli({"queue", "discard", push.dump()}).exit, 0);
  EXPECT_TRUE(list().empty()) << list().dump();
  EXPECT_EQ(daemon_.cli({"conflicts", "resolve", link_, "--winner", "source"}).exit, 1);
  EXPECT_EQ(left().at("fields").at("summary"), "Pay by card");
  EXPECT_EQ(right().at("fields").at("name"), "Pay by phone");
}

TEST_F(Conflicts, EndWhenTheOtherEndTakesItsEditBack) {
  json fields = right().at("fields");
  fields["name"] = "Pay";
  fields["req-priority"] = "High";
  support::write_record(daemon_.right(), "QualityCenter", twin_, fields, "requirement");
  push("destination", twin_);
  EXPECT_TRUE(eventually([&] { return list().empty() && held() == 0; })) << list().dump() << daemon_.log();
  EXPECT_EQ(right().at("fields").at("name"), "Pay by card");
  EXPECT_EQ(right().at("fields").at("req-priority"), "Highest");
  for (const json& one : called("queue", {"list"}).at("pushes")) EXPECT_NE(one.at("state"), "held") << one.dump();
}

TEST_F(Conflicts, EndWhenTheSameEndTakesItsEditBack) {
  put_left("Pay", "High");
  push("source", "QC-20");
  EXPECT_TRUE(eventually([&] { return list().empty() && held() == 0; })) << list().dump() << daemon_.log();
  EXPECT_EQ(left().at("fields").at("summary"), "Pay by phone");
  EXPECT_EQ(left().at("fields").at("priority"), "Low");
}

TEST_F(Conflicts, StayWithTheOtherPushWhenOneIsDiscarded) {
  push("destination", twin_);
  EXPECT_TRUE(eventually([&] { return held() == 2; })) << daemon_.log();
  const json pushes = called("queue", {"list", "--state", "held"}).at("pushes");
  EXPECT_EQ(daemon_.cli({"queue", "discard", pushes.at(0).at("push").dump()}).exit, 0);
  EXPECT_EQ(list().size(), 2U);
  EXPECT_EQ(daemon_.cli({"queue", "discard", pushes.at(1).at("push").dump()}).exit, 0);
  EXPECT_TRUE(list().empty()) << list().dump();
}

TEST_F(Conflicts, OfAPausedAppLinkAreDecidedForLater) {
  EXPECT_EQ(daemon_.cli({"pause", "Hold"}).exit, 0);
  const Finished decided = daemon_.cli({"conflicts", "resolve", link_, "--winner", "source"});
  EXPECT_EQ(decided.exit, 0);
  EXPECT_NE(decided.out.find("settled; what was held runs later: paused"), std::string::npos) << decided.out;
}

TEST_F(Conflicts, EndWithTheRecordLink) {
  EXPECT_EQ(daemon_.cli({"links", "remove", link_}).exit, 0);
  EXPECT_TRUE(list().empty()) << list().dump();
  EXPECT_EQ(held(), 0U);
  const json pushes = called("queue", {"list"}).at("pushes");
  EXPECT_EQ(pushes.at(0).value("outcome", ""), "discarded") << pushes.dump(2);
}

}  // namespace
}  // namespace syncservice::contract
