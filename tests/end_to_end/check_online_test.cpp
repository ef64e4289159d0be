// `syncservice check --online` finds what only the applications can tell, each at its place in the file.
#include "support/daemon.hpp"
#include "support/simulator.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

namespace syncservice::end_to_end {
namespace {

using support::Simulator;
using testing::AllOf;
using testing::HasSubstr;

constexpr const char* registry =
    "applications:\n"                                                                                    // 1
    "  jira:       { adapter: jira, url: JIRA, username: sync@example.com, token: \"${env:TOKEN}\" }\n"  // 2
    "  servicenow: { adapter: servicenow, url: DESK, username: sync.user, password: \"${env:WORD}\" }\n"
    "appLinks:\n"
    "  - name: Online\n"  // 5
    "    syncType: PUSH\n"
    "    source:      { application: jira, project: ED, type: Bug }\n"  // 7
    "    destination: { application: servicenow, type: incident }\n"    // 8
    "    fields:\n"
    "      - { source: summary, destination: short_description, maxLength: 160 }\n"                 // 10
    "      - { source: description, destination: description, as: text, maxLength: 4000 }\n"        // 11
    "      - { source: status, destination: state, values: { To Do: New, Done: In Progress } }\n";  // 12

class CheckOnline : public testing::Test {
 protected:
  CheckOnline() {
    // Where an issue can get to is told by the issues that are there.
    for (const char* status : {"To Do", "In Progress", "In Review", "Done", "Rejected"}) {
      jira_.seed("issue", {{"project", "ED"}, {"type", "Bug"}, {"summary", status}, {"status", status}});
    }
  }

  /// What it prints about the app link above, after the changes.
  [[nodiscard]] support::Finished check(const std::vector<std::pair<std::string, std::string>>& changes,
                                        std::vector<std::string> environment = {"TOKEN=sync-secret",
                                                                                "WORD=sync-password"}) {
    std::string yaml = registry;
    for (const auto& [what, by] : changes) replace(yaml, what, by);
    for (const auto& [what, by] : {std::pair{"JIRA", jira_.url()}, std::pair{"DESK", desk_.url()}}) {
      if (yaml.find(what) != std::string::npos) replace(yaml, what, by);
    }
    const support::Daemon installation({.registry = yaml, .environment = std::move(environment)});
    return installation.cli({"check", "--online"});
  }

  static void replace(std::string& text, const std::string& what, const std::string& by) {
    const std::size_t at = text.find(what);
    if (at == std::string::npos) throw std::runtime_error("there is no " + what);
    text.replace(at, what.size(), by);
  }

  Simulator jira_{"jira.py", {"--flavour", "cloud"}};
  Simulator desk_{"servicenow.py"};
};

TEST_F(CheckOnline, FindsNothingWhereAllIsWell) {
  const support::Finished checked = check({});
  EXPECT_EQ(checked.exit, 0) << checked.out << checked.err;
}

TEST_F(CheckOnline, AWrongPassword) {
  const support::Finished jira = check({}, {"TOKEN=wrong", "WORD=sync-password"});
  EXPECT_EQ(jira.exit, 1);
  EXPECT_THAT(jira.out, AllOf(HasSubstr("links.yaml:7:"), HasSubstr("did not accept the credentials")));
  const support::Finished desk = check({}, {"TOKEN=sync-secret", "WORD=wrong"});
  EXPECT_EQ(desk.exit, 1);
  EXPECT_THAT(desk.out, AllOf(HasSubstr("links.yaml:8:"), HasSubstr("Check user name and password")));
}

TEST_F(CheckOnline, AHostThatCantBeReached) {
  const support::Finished checked = check({{"url: JIRA", "url: \"http://no-such-host.invalid\""}});
  EXPECT_EQ(checked.exit, 1);
  EXPECT_THAT(checked.out, AllOf(HasSubstr("links.yaml:7:"), HasSubstr("no-such-host.invalid")));
}

TEST_F(CheckOnline, ACertificateOfNobodyKnown) {
  const support::TempFolder folder;
  const std::string key = folder / "key.pem", certificate = folder / "certificate.pem";
  const support::Finished made =
      support::run({{"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                     "-keyout", key, "-out", certificate, "-subj", "/CN=localhost"}});
  ASSERT_EQ(made.exit, 0) << made.err;
  const Simulator secured{"jira.py", {"--flavour", "cloud", "--cert", certificate, "--key", key}};
  const support::Finished checked = check({{"JIRA", secured.url()}});
  EXPECT_EQ(checked.exit, 1);
  EXPECT_THAT(checked.out, AllOf(HasSubstr("links.yaml:7:"), HasSubstr("certificate")));
}

TEST_F(CheckOnline, AProjectThatIsNotThere) {
  const support::Finished checked = check({{"project: ED", "project: NOPE"}});
  EXPECT_EQ(checked.exit, 1);
  EXPECT_THAT(checked.out, AllOf(HasSubstr("links.yaml:7:"), HasSubstr("no project \"NOPE\""), HasSubstr("\"ED\"")));
}

TEST_F(CheckOnline, AFieldThatIsNotThere) {
  const support::Finished checked = check({{"source: description", "source: descripton"}});
  EXPECT_EQ(checked.exit, 1);
  EXPECT_THAT(checked.out, AllOf(HasSubstr("links.yaml:11:"), HasSubstr("did you mean \"description\"?")));
}

TEST_F(CheckOnline, AFieldOfTheWrongType) {
  const support::Finished checked =
      check({{"destination: short_description, maxLength: 160", "destination: u_number"}});
  EXPECT_EQ(checked.exit, 1);
  EXPECT_THAT(checked.out, AllOf(HasSubstr("links.yaml:10:"), HasSubstr("takes integer, and is given text")));
}

TEST_F(CheckOnline, AnOptionThatTheOtherSideLacks) {
  const support::Finished checked = check({{"To Do: New", "To Do: Nwe"}});
  EXPECT_EQ(checked.exit, 1);
  EXPECT_THAT(checked.out, AllOf(HasSubstr("links.yaml:12:"), HasSubstr("has no option \"Nwe\"")));
}

TEST_F(CheckOnline, AStatusThatNoTransitionLeadsTo) {
  const support::Finished checked = check({{"Done: In Progress", "Blocked: In Progress"}});
  EXPECT_EQ(checked.exit, 1);
  EXPECT_THAT(checked.out, AllOf(HasSubstr("links.yaml:12:"), HasSubstr("has no option \"Blocked\"")));
}

}  // namespace
}  // namespace syncservice::end_to_end
