#include "syncservice/telemetry/metrics.hpp"

#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace syncservice::telemetry {
namespace {

using testing::HasSubstr;

TEST(Metrics, PrintsEachKindWithHelpAndType) {
  Metrics metrics;
  metrics.counter("pushes_total", "Pushes accepted", {{"form", "body"}}).add();
  metrics.gauge("waiting", "Pushes waiting").set(7);
  metrics.histogram("seconds", "Time taken", {0.1, 1}).observe(0.5);
  const std::string text = metrics.text();
  EXPECT_THAT(text, HasSubstr("# HELP pushes_total Pushes accepted\n# TYPE pushes_total counter\n"));
  EXPECT_THAT(text, HasSubstr("pushes_total{form=\"body\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("waiting 7\n"));
  EXPECT_THAT(text, HasSubstr("seconds_bucket{le=\"0.1\"} 0\nseconds_bucket{le=\"1\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("seconds_bucket{le=\"+Inf\"} 1\n"));
}

TEST(Metrics, TheSameNameAndLabelsAreTheSameMetric) {
  Metrics metrics;
  metrics.gauge("g", "help", {{"a", "1"}}).add(2);
  metrics.gauge("g", "help", {{"a", "1"}}).add(-0.5);
  metrics.gauge("g", "help", {{"a", "2"}}).set(9);
  EXPECT_THAT(metrics.text(), HasSubstr("g{a=\"1\"} 1.5\n"));
  EXPECT_THAT(metrics.text(), HasSubstr("g{a=\"2\"} 9\n"));
}

TEST(Metrics, CountsFromSeveralThreads) {
  Metrics metrics;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&metrics] {
        Counter counter = metrics.counter("c", "help");
        for (int i = 0; i < 1000; ++i) counter.add();
      });
    }
  }
  EXPECT_THAT(metrics.text(), HasSubstr("c 4000\n"));
}

}  // namespace
}  // namespace syncservice::telemetry
