#include "simulated.hpp"
#include "course.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <tuple>

namespace syncservice::model {
namespace {

using mapping::ConflictPolicy;

// Each course is some hundred calls over real sockets.
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
constexpr int sequences = 5;
#else
constexpr int sequences = 10;
#endif

class SimulatedModel : public testing::TestWithParam<ConflictPolicy> {
 protected:
  template <class Left, class Right>
  void check(Left& left, Right& right) {
    check_courses(GetParam(), sequences, [&]() -> Systems {
      left.reset();
      right.reset();
      return {left, right};
    });
  }
};

TEST_P(SimulatedModel, JiraCloudToServiceNow) {
  support::Simulator jira_simulator{"jira.py", Jira::arguments(JiraFlavour::cloud)};
  support::Simulator servicenow_simulator{"servicenow.py"};
  Jira jira{jira_simulator, JiraFlavour::cloud};
  ServiceNow servicenow{servicenow_simulator};
  check(jira, servicenow);
}

TEST_P(SimulatedModel, ServiceNowToJiraDataCenter) {
  support::Simulator jira_simulator{"jira.py", Jira::arguments(JiraFlavour::data_center)};
  support::Simulator servicenow_simulator{"servicenow.py"};
  Jira jira{jira_simulator, JiraFlavour::data_center};
  ServiceNow servicenow{servicenow_simulator};
  check(servicenow, jira);
}

TEST_P(SimulatedModel, JiraCloudToAlm) {
  support::Simulator jira_simulator{"jira.py", Jira::arguments(JiraFlavour::cloud)};
  support::Simulator alm_simulator{"alm.py"};
  Jira jira{jira_simulator, JiraFlavour::cloud};
  Alm alm{alm_simulator};
  check(jira, alm);
}

TEST_P(SimulatedModel, AlmToJiraDataCenter) {
  support::Simulator jira_simulator{"jira.py", Jira::arguments(JiraFlavour::data_center)};
  support::Simulator alm_simulator{"alm.py"};
  Jira jira{jira_simulator, JiraFlavour::data_center};
  Alm alm{alm_simulator};
  check(alm, jira);
}

TEST_P(SimulatedModel, ServiceNowToHelixAlm) {
  support::Simulator servicenow_simulator{"servicenow.py"}, helix_simulator{"helix_alm.py"};
  ServiceNow servicenow{servicenow_simulator};
  Helix helix{helix_simulator};
  check(servicenow, helix);
}

TEST_P(SimulatedModel, HelixAlmToServiceNow) {
  support::Simulator servicenow_simulator{"servicenow.py"}, helix_simulator{"helix_alm.py"};
  ServiceNow servicenow{servicenow_simulator};
  Helix helix{helix_simulator};
  check(helix, servicenow);
}

INSTANTIATE_TEST_SUITE_P(Policies, SimulatedModel,
                         testing::Values(ConflictPolicy::source, ConflictPolicy::destination, ConflictPolicy::newest,
                                         ConflictPolicy::oldest, ConflictPolicy::pusher, ConflictPolicy::hold));

}  // namespace
}  // namespace syncservice::model
