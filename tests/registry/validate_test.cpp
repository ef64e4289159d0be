#include <gtest/gtest.h>

#include "registry_fixture.hpp"

namespace syncservice::registry {
namespace {

constexpr std::string_view links = R"(appLinks:
  - { name: Jira6QC11Req, source: { application: left, project: QC }, destination: { application: right, project: Q },
      fields: [ { source: a, destination: b } ] }
  - { name: Many, source: { application: left }, destination: { application: right },
      projects: [ { source: A, destination: X }, { source: B, destination: Y }, { source: Alpha, destination: Z } ],
      fields: [ { source: a, destination: b } ] }
  - { name: Free, source: { application: left }, destination: { application: right },
      fields: [ { source: a, destination: b } ] }
  - { name: FromQc, source: { application: qc }, destination: { application: left }, direction: to-destination,
      fields: [ { source: a, destination: b } ] }
  - { name: Off, enabled: false, source: { application: left }, destination: { application: right },
      fields: [ { source: a, destination: b } ] }
  - { name: Polled, syncType: POLL, source: { application: left }, destination: { application: right },
      fields: [ { source: a, destination: b } ] }
  - { name: Timed, syncType: SCHEDULED, source: { application: left }, destination: { application: right },
      fields: [ { source: a, destination: b } ] }
  - { name: OneWay, source: { application: left }, destination: { application: right }, direction: to-source,
      fields: [ { source: a, destination: b } ] }
  - { name: HalfProject, source: { application: left, project: P }, destination: { application: right },
      fields: [ { source: a, destination: b } ] }
)";

class Validate : public testing::Test {
 protected:
  void SetUp() override {
    folder_.write("a.yaml", std::string{applications} + std::string{links});
    ASSERT_EQ(folder_.complaints(), "");
    snapshot_ = folder_.load().snapshot;
    ASSERT_NE(snapshot_, nullptr);
  }

  // "link/side/project/id" of the valid push, or the code and message of the refusal.
  std::string validate(const std::string& link, Side side, std::optional<std::string> project = std::nullopt) const {
    PushRequest request{AppLinkName{link}, side, RecordId{"QC-20"}, std::nullopt};
    if (project) request.project = ProjectName{*project};
    const Result<ValidPush> result = snapshot_->validate(request);
    if (!result) {
      EXPECT_EQ(result.error().failure, FailureClass::permanent);
      EXPECT_EQ(&result.error().code.category(), &refusal_category());
      return std::to_string(result.error().code.value()) + ": " + result.error().message;
    }
    const RecordKey& key = result->key();
    return key.app_link.str() + '/' + std::string{to_string(key.side)} + '/' + key.project.str() + '/' + key.id.str();
  }

  RegistryFolder folder_;
  std::shared_ptr<const Snapshot> snapshot_;
};

TEST_F(Validate, ResolvesTheProject) {
  EXPECT_EQ(validate("Jira6QC11Req", Side::source), "Jira6QC11Req/source/QC/QC-20");
  EXPECT_EQ(validate("Jira6QC11Req", Side::destination), "Jira6QC11Req/destination/Q/QC-20");
  EXPECT_EQ(validate("Jira6QC11Req", Side::source, "QC"), "Jira6QC11Req/source/QC/QC-20");
  EXPECT_EQ(validate("Many", Side::source, "B"), "Many/source/B/QC-20");
  EXPECT_EQ(validate("Many", Side::destination, "Z"), "Many/destination/Z/QC-20");
  EXPECT_EQ(validate("Free", Side::source), "Free/source//QC-20");
  EXPECT_EQ(validate("FromQc", Side::source, "Any"), "FromQc/source/Any/QC-20");
  EXPECT_EQ(validate("HalfProject", Side::source), "HalfProject/source/P/QC-20");
  EXPECT_EQ(validate("HalfProject", Side::destination), "HalfProject/destination//QC-20");
}

TEST_F(Validate, RefusesProjects) {
  EXPECT_EQ(validate("Jira6QC11Req", Side::source, "XY"),
            "6: App link \"Jira6QC11Req\" does not know the project \"XY\" at its source; it must be \"QC\"");
  EXPECT_EQ(validate("Many", Side::source),
            "5: App link \"Many\" has several projects, so \"project\" must be given; it "
            "must be \"A\", \"Alpha\" or \"B\"");
  EXPECT_EQ(
      validate("Many", Side::destination, "A"),
      "6: App link \"Many\" does not know the project \"A\" at its destination; it must be \"X\", \"Y\" or \"Z\"");
  EXPECT_EQ(validate("Free", Side::source, "P"),
            "6: App link \"Free\" does not know the project \"P\" at its source; it "
            "has no projects there, leave \"project\" out");
  EXPECT_EQ(validate("HalfProject", Side::destination, "P"),
            "6: App link \"HalfProject\" does not know the project \"P\" at its destination; it has no projects there, "
            "leave \"project\" out");
  EXPECT_EQ(validate("FromQc", Side::source),
            "5: App link \"FromQc\" needs \"project\" with a push from its source, since "
            "\"qc\" can't be signed in to without one");
}

TEST_F(Validate, RefusesLinks) {
  EXPECT_EQ(validate("jira6qc11req", Side::source),
            "1: There is no app link \"jira6qc11req\"; did you mean \"Jira6QC11Req\"?");
  EXPECT_EQ(validate("Completely different", Side::source),
            "1: There is no app link \"Completely different\"; its name must be given exactly as it is configured");
  EXPECT_EQ(validate("a\nb", Side::source).substr(0, 33), "1: There is no app link \"a\\x0Ab\";");
  EXPECT_EQ(validate("Off", Side::source), "2: App link \"Off\" is disabled; it takes pushes again when it is enabled");
  EXPECT_EQ(validate("Polled", Side::source),
            "3: App link \"Polled\" has sync type POLL and takes no pushes; only app links "
            "with sync type PUSH do");
  EXPECT_EQ(validate("Timed", Side::destination),
            "3: App link \"Timed\" has sync type SCHEDULED and takes no pushes; only app links with sync type PUSH do");
  EXPECT_EQ(validate("OneWay", Side::source),
            "4: App link \"OneWay\" does not synchronize from its source; \"origin\" must be \"destination\"");
  EXPECT_EQ(validate("OneWay", Side::destination), "OneWay/destination//QC-20");
  EXPECT_EQ(validate("FromQc", Side::destination, "P"),
            "4: App link \"FromQc\" does not synchronize from its destination; \"origin\" must be \"source\"");
}

TEST_F(Validate, FindsTwinProjects) {
  const std::shared_ptr<const AppLink> many = snapshot_->find(AppLinkName{"Many"});
  ASSERT_NE(many, nullptr);
  EXPECT_EQ(many->twin_project(Side::source, ProjectName{"B"}).str(), "Y");
  EXPECT_EQ(many->twin_project(Side::destination, ProjectName{"Z"}).str(), "Alpha");
  EXPECT_TRUE(many->twin_project(Side::source, ProjectName{"Y"}).empty());
  EXPECT_EQ(snapshot_->find(AppLinkName{"HalfProject"})->twin_project(Side::destination, ProjectName{}).str(), "P");
  EXPECT_TRUE(snapshot_->find(AppLinkName{"Free"})->twin_project(Side::source, ProjectName{}).empty());
  EXPECT_EQ(snapshot_->find(AppLinkName{"many"}), nullptr);
}

TEST(RefusalCategory, NamesEveryRefusal) {
  EXPECT_EQ(make_error_code(Refusal::disabled).message(), "app link disabled");
  EXPECT_STREQ(refusal_category().name(), "syncservice.registry");
  for (int refusal = 1; refusal <= 6; ++refusal) EXPECT_NE(refusal_category().message(refusal), "unknown refusal");
}

}  // namespace
}  // namespace syncservice::registry
