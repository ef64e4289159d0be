// Many workers on one ALM server: one session, whatever happens to it, and no pass lost or doubled when the server goes
// down and comes up again.
#include "end_to_end/gateway.hpp"
#include "support/eventually.hpp"
#include "support/simulator.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <map>
#include <string>

namespace syncservice::end_to_end {
namespace {

using support::eventually;
using support::Simulator;

constexpr int stories = 1'000;
constexpr std::chrono::minutes limit{5};
constexpr const char* calls = "/qcbin/.*";

std::string registry(const Simulator& alm) {
  std::string text = R"(applications:
  jira: { adapter: folder, path: @LEFT@ }
  qc:   { adapter: alm, url: ")";
  text.append(alm.url("/qcbin")).append(R"(", username: sync, password: sync-secret, domain: DEFAULT,
          entities: requirement, markerField: user-01, maxConnections: 32 }
appLinks:
  - name: Jira6QC11Req
    source:      { application: jira, project: QC, type: Story }
    destination: { application: qc, project: QualityCenter, type: requirement }
    comments: none
    attachments: none
    fields:
      - { source: summary, destination: name }
)");
  return text;
}

class ManyWorkersOnOneAlm : public testing::Test {
 protected:
  ManyWorkersOnOneAlm() {
    alm_.set("max_sessions", 1);
    for (int number = 1; number <= stories; ++number) {
      const std::string id = "QC-" + std::to_string(number);
      support::write_record(gateway_.daemon().left(), "QC", id, {{"summary", "Story " + id}});
    }
  }
  void push_all() {
    for (int number = 1; number <= stories; ++number) gateway_.push("source", "QC-" + std::to_string(number));
  }
  [[nodiscard]] json requirements() const { return alm_.record("DEFAULT.QualityCenter.requirement"); }
  /// True once every push is done with.
  [[nodiscard]] bool done() const {
    return eventually(
        [&] {
          const json counts = gateway_.pushes().at("counts");
          return counts.at("waiting") == 0 && counts.at("running") == 0;
        },
        limit);
  }
  void expect_each_once() const {
    std::map<std::string, int> names;
    for (const json& one : requirements()) ++names[one.at("name").at(0).get<std::string>()];
    EXPECT_EQ(names.size(), static_cast<std::size_t>(stories));
    for (const auto& [name, count] : names) EXPECT_EQ(count, 1) << name;
    EXPECT_EQ(gateway_.dead_letters(), 0) << gateway_.story();
  }

  Simulator alm_{"alm.py"};
  Gateway gateway_{"Jira6QC11Req", {.properties = {{"push.service.workers", "32"}}, .registry = registry(alm_)}};
};

TEST_F(ManyWorkersOnOneAlm, ShareOneSessionThatIsSignedOutAtTheEnd) {
  push_all();
  ASSERT_TRUE(done()) << gateway_.story();
  expect_each_once();
  EXPECT_EQ(alm_.record("session").at("most"), 1);
  EXPECT_EQ(alm_.count("POST", "/qcbin/rest/site-session"), 1u);
  EXPECT_EQ(gateway_.daemon().terminate(), 0);
  EXPECT_EQ(alm_.record("session").at("open"), 0);
  EXPECT_EQ(alm_.record("session").at("tokens"), 0);
}

TEST_F(ManyWorkersOnOneAlm, LoseAndDoubleNothingWhenTheServerIsRestarted) {
  // What is under way is done, and its answer gone with the connection; nothing is there for a while; then everything
  // is, but the sessions.
  constexpr int before = stories / 3, under_way = 16, many = 1'000'000;
  alm_.fault({{"kind", "commit_then_cut"}, {"path", calls}, {"after", before}, {"times", under_way}});
  alm_.fault({{"kind", "cut"}, {"path", calls}, {"after", before}, {"times", many}});
  push_all();
  ASSERT_TRUE(gateway_.daemon().logs("circuit opened", limit)) << gateway_.story();
  const std::size_t made = requirements().size();
  EXPECT_GT(made, static_cast<std::size_t>(before) / 2);
  EXPECT_LT(made, static_cast<std::size_t>(stories));
  alm_.expire_tokens();
  alm_.drop_faults();
  // Whoever does not want to wait for the next probe has the configuration read again.
  gateway_.daemon().signal(SIGHUP);
  ASSERT_TRUE(done()) << gateway_.story();
  expect_each_once();
  EXPECT_EQ(alm_.record("session").at("most"), 1);
}

}  // namespace
}  // namespace syncservice::end_to_end
