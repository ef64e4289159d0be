#include "support/simulator.hpp"

#include "support/eventually.hpp"

#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>

#include <optional>

namespace syncservice::support {
namespace {

TEST(SimulatorProcess, ListensOnItsOwnPort) {
  const Simulator simulator("shelf.py");
  EXPECT_NE(simulator.port(), 0);
  EXPECT_EQ(ask({.port = simulator.port()}, {.method = "GET", .target = "/item/none"}).status, 404);
  EXPECT_EQ(simulator.url("/item"), "http://127.0.0.1:" + std::to_string(simulator.port()) + "/item");
}

TEST(SimulatorProcess, RefusesToStartWithItsOwnWords) {
  try {
    const Simulator simulator("shelf.py", {"--unheard-of"});
    FAIL() << "it started";
  } catch (const std::runtime_error& error) {
    EXPECT_NE(std::string(error.what()).find("unrecognized arguments: --unheard-of"), std::string::npos)
        << error.what();
  }
}

TEST(SimulatorProcess, AnUndocumentedRequestFailsTheTest) {
  std::optional<Simulator> simulator;
  simulator.emplace("shelf.py");
  EXPECT_EQ(ask({.port = simulator->port()}, {.method = "GET", .target = "/item/a?colour=red"}).status, 400);
  EXPECT_EQ(simulator->violations(),
            std::vector<std::string>{"GET /item/a?colour=red: unknown query parameter 'colour'"});
  EXPECT_NONFATAL_FAILURE(simulator.reset(), "unknown query parameter 'colour'");
}

TEST(SimulatorProcess, AProvokedViolationCanBeTaken) {
  Simulator simulator("shelf.py");
  static_cast<void>(ask({.port = simulator.port()}, {.method = "GET", .target = "/nowhere"}));
  EXPECT_EQ(simulator.take_violations(), std::vector<std::string>{"GET /nowhere: no such path: /nowhere"});
  EXPECT_TRUE(simulator.violations().empty());
}

TEST(SimulatorProcess, ControlsWhatItDoes) {
  Simulator simulator("shelf.py");
  simulator.seed("item", {{"id", "a b"}});
  EXPECT_EQ(simulator.record("item", "a b"), nlohmann::json({{"id", "a b"}}));
  EXPECT_EQ(simulator.record("item").size(), 1u);
  simulator.fault({{"kind", "answer"}, {"path", "/item/.*"}, {"status", 503}});
  const Request request{.method = "GET", .target = "/item/a%20b"};
  EXPECT_EQ(ask({.port = simulator.port()}, request).status, 503);
  EXPECT_EQ(ask({.port = simulator.port()}, request).status, 200);
  EXPECT_EQ(simulator.count("GET", "/item/.*"), 2u);
  EXPECT_EQ(simulator.requests().at("connections"), 2);
  simulator.forget_requests();
  EXPECT_EQ(simulator.count(), 0u);
  const double before = simulator.now();
  simulator.advance_clock(3600);
  EXPECT_GE(simulator.now(), before + 3600);
  EXPECT_THROW(simulator.set("colour", "red"), std::runtime_error);
  simulator.reset();
  EXPECT_TRUE(simulator.record("item").empty());
}

}  // namespace
}  // namespace syncservice::support
