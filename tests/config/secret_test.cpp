#include <gtest/gtest.h>

#include <cstdlib>

#include "support/temp_folder.hpp"
#include "syncservice/config/registry_file.hpp"

namespace syncservice::config {
namespace {

class Secret : public testing::Test {
 protected:
  std::string resolve(std::string_view text) const {
    const Result<std::string> value = resolve_secret(text, folder_.path().string());
    return value ? *value : "error: " + value.error().message;
  }
  support::TempFolder folder_;
};

TEST_F(Secret, LeavesPlainTextAlone) {
  EXPECT_EQ(resolve("pa$$w$ord{}"), "pa$$w$ord{}");
  EXPECT_EQ(resolve(""), "");
  EXPECT_EQ(resolve("a$${env:X}b"), "a${env:X}b");
}

TEST_F(Secret, ReadsEnvironmentAndFiles) {
  ASSERT_EQ(setenv("SYNCSERVICE_TEST_SECRET", "s3cr${et}", 1), 0);
  support::write_file(folder_ / "token", "from file\r\n");
  EXPECT_EQ(resolve("a ${env:SYNCSERVICE_TEST_SECRET}, ${file:token}!"), "a s3cr${et}, from file!");
  EXPECT_EQ(resolve("${file:" + (folder_ / "token").string() + "}"), "from file");
  unsetenv("SYNCSERVICE_TEST_SECRET");
}

TEST_F(Secret, StripsOneLineEndOnly) {
  support::write_file(folder_ / "two", " x \n\n");
  EXPECT_EQ(resolve("${file:two}"), " x \n");
}

TEST_F(Secret, NamesWhatIsMissingAndNeverAValue) {
  unsetenv("SYNCSERVICE_TEST_MISSING");
  EXPECT_EQ(resolve("hunter2${env:SYNCSERVICE_TEST_MISSING}"),
            "error: the environment variable SYNCSERVICE_TEST_MISSING is not set; set it for the service");
  EXPECT_EQ(resolve("${file:nowhere}"),
            "error: the file " + (folder_ / "nowhere").string() + " can't be read: No such file or directory");
  support::write_file(folder_ / "empty", "\n");
  EXPECT_NE(resolve("${file:empty}").find("is empty"), std::string::npos);
  support::write_file(folder_ / "binary", "hunter2\xFF");
  EXPECT_EQ(resolve("${file:binary}"),
            "error: the file " + (folder_ / "binary").string() + " does not hold UTF-8 text");
  support::write_file(folder_ / "large", std::string(100'000, 'x'));
  EXPECT_NE(resolve("${file:large}").find("more than 64 KiB"), std::string::npos);
  for (const char* bad : {"hunter${2}", "${env:}", "${vault:hunter2}"}) {
    EXPECT_EQ(resolve(bad), "error: a ${…} is neither ${env:NAME} nor ${file:/path}; write $${ for a plain ${") << bad;
  }
  EXPECT_EQ(resolve("${env:hunter2"), "error: a ${ is not closed by }; write $${ for a plain ${");
}

TEST_F(Secret, KnowsWhereThereIsOne) {
  EXPECT_TRUE(has_secret("x${env:A}"));
  EXPECT_FALSE(has_secret("x$${env:A}"));
  EXPECT_FALSE(has_secret("plain $ {"));
}

}  // namespace
}  // namespace syncservice::config
