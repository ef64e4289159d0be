#include "syncservice/telemetry/log.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace syncservice::telemetry {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

class LogTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "syncservice-log-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  [[nodiscard]] std::string path(const char* name) const { return (folder_ / name).string(); }

  [[nodiscard]] std::vector<std::string> lines(const char* name) const {
    std::ifstream in{path(name)};
    std::vector<std::string> out;
    for (std::string line; std::getline(in, line);) out.push_back(line);
    return out;
  }

 private:
  std::filesystem::path folder_;
};

TEST_F(LogTest, WritesFromTheLevelUpward) {
  Log log{{Level::info, Format::text, path("a.log")}};
  log.debug("hidden");
  log.info("shown", {{"n", 1}});
  log.set_level(Level::debug);
  log.debug("shown too");
  log.set_level(Level::off);
  log.error("hidden again");
  EXPECT_FALSE(log.enabled(Level::error));
  EXPECT_THAT(lines("a.log"), ElementsAre(HasSubstr("info  shown n=1"), HasSubstr("debug shown too")));
}

TEST_F(LogTest, AppendsToAnExistingFile) {
  const LogSettings settings{Level::info, Format::json, path("a.log")};
  Log{settings}.info("first");
  Log{settings}.info("second");
  EXPECT_THAT(lines("a.log"), ElementsAre(HasSubstr(R"("message":"first")"), HasSubstr(R"("message":"second")")));
}

TEST_F(LogTest, ReopenFollowsTheNameAfterARotation) {
  const Log log{{Level::info, Format::text, path("a.log")}};
  log.info("old");
  std::filesystem::rename(path("a.log"), path("a.log.1"));
  log.info("still old");
  ASSERT_TRUE(log.reopen().has_value());
  log.info("new");
  EXPECT_THAT(lines("a.log.1"), ElementsAre(HasSubstr("old"), HasSubstr("still old")));
  EXPECT_THAT(lines("a.log"), ElementsAre(HasSubstr("new")));
}

TEST_F(LogTest, AFailedReopenKeepsTheOldFile) {
  const Log log{{Level::info, Format::text, path("a.log")}};
  std::filesystem::rename(path("a.log"), path("a.log.1"));
  std::filesystem::create_directory(path("a.log"));
  const auto reopened = log.reopen();
  ASSERT_FALSE(reopened.has_value());
  EXPECT_THAT(reopened.error().message, HasSubstr("\"" + path("a.log") + "\""));
  log.info("kept");
  EXPECT_THAT(lines("a.log.1"), ElementsAre(HasSubstr("kept")));
}

TEST_F(LogTest, AFileThatCannotBeOpenedIsNamed) {
  try {
    const Log log{{Level::info, Format::text, path("a.log") + "/b/"}};
    FAIL() << "opened";
  } catch (const std::runtime_error& e) {
    EXPECT_THAT(e.what(), HasSubstr("a.log/b/"));
  }
}

TEST_F(LogTest, LinesOfSeveralThreadsDoNotMix) {
  const Log log{{Level::info, Format::text, path("a.log")}};
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&log] {
        for (int i = 0; i < 100; ++i) log.info("line of fixed text", {{"end", true}});
      });
    }
  }
  const auto written = lines("a.log");
  EXPECT_THAT(written, SizeIs(400));
  EXPECT_THAT(written, testing::Each(testing::EndsWith(" info  line of fixed text end=true")));
}

}  // namespace
}  // namespace syncservice::telemetry
