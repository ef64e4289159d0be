// When the daemon reads its files again: not while somebody saves them.
#include "watch.hpp"

#include "support/temp_folder.hpp"

#include <gtest/gtest.h>

#include <filesystem>

namespace syncservice::app {
namespace {

using support::write_file;

class Watching : public ::testing::Test {
 protected:
  Watching() {
    std::filesystem::create_directory(links_);
    write_file(properties_, "push.service.port=7070\n");
    write_file(links_ / "a.yaml", "appLinks: []\n");
    write_file(links_ / "b.yaml", "appLinks: []\n");
  }
  [[nodiscard]] Watch watch() const { return {properties_.string(), links_.string()}; }

  support::TempFolder folder_;
  const std::filesystem::path properties_ = folder_ / "ConnectAll.properties";
  const std::filesystem::path links_ = folder_ / "app-links";
};

TEST_F(Watching, NothingChanges) {
  Watch watch = this->watch();
  for (int look = 0; look < 3; ++look) EXPECT_FALSE(watch.changed());
}

TEST_F(Watching, TellsAChangeOnceItRests) {
  Watch watch = this->watch();
  write_file(properties_, "push.service.port=17070\n");
  EXPECT_FALSE(watch.changed()) << "it may be half of what is being saved";
  EXPECT_TRUE(watch.changed());
  EXPECT_FALSE(watch.changed()) << "once";
  std::filesystem::remove(links_ / "b.yaml");
  EXPECT_FALSE(watch.changed());
  EXPECT_TRUE(watch.changed());
}

TEST_F(Watching, LeavesAFileAloneWhileItIsWritten) {
  Watch watch = this->watch();
  std::string text;
  for (int piece = 0; piece < 5; ++piece) {
    write_file(links_ / "a.yaml", text);
    EXPECT_FALSE(watch.changed()) << text;
    text += "# more\n";
  }
  EXPECT_TRUE(watch.changed());
}

TEST_F(Watching, ForgetsWhatIsGoneBeforeItRests) {
  Watch watch = this->watch();
  std::filesystem::rename(links_, folder_ / "aside");
  EXPECT_FALSE(watch.changed());
  std::filesystem::rename(folder_ / "aside", links_);
  for (int look = 0; look < 3; ++look) EXPECT_FALSE(watch.changed());
}

TEST_F(Watching, WhatIsTakenOverIsNoChange) {
  Watch watch = this->watch();
  write_file(properties_, "push.service.port=17070\n");
  EXPECT_FALSE(watch.changed());
  watch.taken();
  for (int look = 0; look < 3; ++look) EXPECT_FALSE(watch.changed());
}

}  // namespace
}  // namespace syncservice::app
