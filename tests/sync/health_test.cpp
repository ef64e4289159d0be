#include "health.hpp"

#include "fake_system.hpp"
#include "helpers.hpp"
#include "support/fake_clock.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace syncservice::sync {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class ApplicationsTest : public testing::Test {
 protected:
  support::FakeClock clock;
  telemetry::Log log{quiet()};
  telemetry::Metrics metrics;
  Applications applications{clock, seconds{30}, log, metrics};
  ApplicationName jira{"jira"}, qc{"qc"};
};

TEST_F(ApplicationsTest, ThrottleEndsByItself) {
  applications.failed(jira, failure(FailureClass::throttled, "429", seconds{10}));
  EXPECT_TRUE(applications.blocked(jira));
  EXPECT_FALSE(applications.blocked(qc));
  EXPECT_EQ(applications.next_release(), clock.now() + seconds{10});
  EXPECT_EQ(applications.report(jira).blocked_until, clock.now() + seconds{10});
  clock.advance(seconds{10});
  EXPECT_FALSE(applications.blocked(jira));
  EXPECT_EQ(applications.next_release(), std::nullopt);
  EXPECT_EQ(applications.report(jira).blocked_until, std::nullopt);
}

TEST_F(ApplicationsTest, AShorterThrottleDoesNotCutALongerOne) {
  applications.failed(jira, failure(FailureClass::throttled, "429", seconds{60}));
  applications.failed(jira, failure(FailureClass::throttled, "429", seconds{5}));
  EXPECT_EQ(applications.throttled_until(jira), clock.now() + seconds{60});
}

TEST_F(ApplicationsTest, AThrottleWithoutATimeStillWaits) {
  applications.failed(jira, failure(FailureClass::throttled, "429"));
  EXPECT_EQ(applications.throttled_until(jira), clock.now() + seconds{30});
}

TEST_F(ApplicationsTest, OnlyAProbeClosesACircuit) {
  applications.failed(jira, failure(FailureClass::auth, "401"));
  EXPECT_TRUE(applications.blocked(jira));
  applications.succeeded(jira);
  EXPECT_TRUE(applications.blocked(jira));
  EXPECT_THAT(metrics.text(), HasSubstr("syncservice_circuit_open{application=\"jira\"} 1"));
  EXPECT_THAT(applications.due_probes(), IsEmpty());
  clock.advance(seconds{30});
  EXPECT_THAT(applications.due_probes(), ElementsAre(jira));
  applications.probe_succeeded(jira);
  EXPECT_FALSE(applications.blocked(jira));
  EXPECT_THAT(metrics.text(), HasSubstr("syncservice_circuit_open{application=\"jira\"} 0"));
}

TEST_F(ApplicationsTest, ProbesDoubleUpToAQuarterOfAnHour) {
  applications.failed(jira, failure(FailureClass::auth, "401"));
  std::chrono::milliseconds expected = seconds{30};
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(applications.next_probe(), clock.now() + expected);
    clock.advance(expected);
    applications.probe_failed(jira, failure(FailureClass::auth, "still 401"));
    expected = std::min<std::chrono::milliseconds>(expected * 2, minutes{15});
  }
  EXPECT_EQ(expected, minutes{15});
  EXPECT_EQ(applications.report(jira).last_error, "still 401");
}

TEST_F(ApplicationsTest, FurtherAuthFailuresDoNotPutOffTheProbe) {
  applications.failed(jira, failure(FailureClass::auth, "401"));
  const auto due = applications.next_probe();
  clock.advance(seconds{10});
  applications.failed(jira, failure(FailureClass::auth, "401"));
  EXPECT_EQ(applications.next_probe(), due);
}

TEST_F(ApplicationsTest, ANudgeProbesAtOnce) {
  applications.failed(jira, failure(FailureClass::auth, "401"));
  applications.probe_all_now();
  EXPECT_THAT(applications.due_probes(), ElementsAre(jira));
}

TEST_F(ApplicationsTest, AForgottenOneIsHealthy) {
  applications.failed(jira, failure(FailureClass::auth, "401"));
  applications.forget(jira);
  EXPECT_FALSE(applications.blocked(jira));
  EXPECT_FALSE(applications.report(jira).circuit_open);
}

}  // namespace
}  // namespace syncservice::sync
