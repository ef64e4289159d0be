#include "syncservice/config/settings.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <map>
#include <set>

#include "properties.hpp"
#include "support/temp_folder.hpp"
#include "syncservice/base/clock.hpp"

namespace syncservice::config {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;

LoadedSettings parse(std::string_view text) {
  return parse_settings(text, "/etc/syncservice/ConnectAll.properties");
}

std::string complaints(std::string_view text) {
  std::string out;
  for (const Complaint& complaint : parse(text).complaints) out += to_string(complaint) + '\n';
  return out;
}

TEST(Settings, AreTheDefaultsForAnEmptyFile) {
  const LoadedSettings loaded = parse("");
  ASSERT_TRUE(loaded.settings);
  EXPECT_TRUE(loaded.complaints.empty());
  const Settings& settings = *loaded.settings;
  EXPECT_EQ(settings.listen, "http://0.0.0.0:7070");
  EXPECT_EQ(settings.data_folder, "/etc/syncservice/data");
  EXPECT_EQ(settings.mappings, "/etc/syncservice/app-links");
  EXPECT_EQ(settings.log_file, "");
  EXPECT_EQ(settings.tls_key, "");
  EXPECT_EQ(settings.workers, 8U);
}

TEST(Settings, ReadEveryKindOfValue) {
  const LoadedSettings loaded = parse(
      "push.service.port = https://[::]:7443, 7070\n"
      "push.service.tls.certificate=tls/../tls/cert.pem\n"
      "push.service.tls.key=/secure/key.pem\n"
      "push.service.workers=256\n"
      "push.service.queue.limit=5000000 \n"
      "push.service.http.header.limit=32KiB\n"
      "push.service.http.body.limit=100000\n"
      "push.service.http.discard.limit=1 gib\n"
      "push.service.history.keep=30d\n"
      "push.service.retry.first=250ms\n"
      "push.service.log.level=WARN\n"
      "push.service.log.format=json\n"
      "other.program.key=left alone\n");
  ASSERT_TRUE(loaded.settings) << complaints("");
  EXPECT_TRUE(loaded.complaints.empty());
  const Settings& settings = *loaded.settings;
  EXPECT_EQ(settings.listen, "https://[::]:7443, 7070");
  EXPECT_EQ(settings.tls_certificate, "/etc/syncservice/tls/cert.pem");
  EXPECT_EQ(settings.tls_key, "/secure/key.pem");
  EXPECT_EQ(settings.workers, 256U);
  EXPECT_EQ(settings.queue_limit, 5'000'000);
  EXPECT_EQ(settings.header_limit, 32 * 1024);
  EXPECT_EQ(settings.body_limit, 100'000);
  EXPECT_EQ(settings.discard_limit, 1024 * 1024 * 1024);
  EXPECT_EQ(settings.keep_history, std::chrono::hours{24 * 30});
  EXPECT_EQ(settings.retry_first, milliseconds{250});
  EXPECT_EQ(settings.log_level, "warn");
  EXPECT_EQ(settings.log_format, "json");
}

struct BadValue {
  std::string line, expected;
};

class BadSetting : public testing::TestWithParam<BadValue> {};

TEST_P(BadSetting, IsRefusedWithPlaceAndCure) {
  const LoadedSettings loaded = parse("\n" + GetParam().line + "\n");
  EXPECT_FALSE(loaded.settings);
  ASSERT_EQ(loaded.complaints.size(), 1U) << complaints("\n" + GetParam().line + "\n");
  EXPECT_THAT(to_string(loaded.complaints[0]), HasSubstr(GetParam().expected));
  EXPECT_THAT(to_string(loaded.complaints[0]), HasSubstr("/etc/syncservice/ConnectAll.properties:2:"));
}

INSTANTIATE_TEST_SUITE_P(
    All, BadSetting,
    testing::Values(
        BadValue{"push.service.workers=257",
                 ":22: push.service.workers: \"257\" is not allowed; it takes a number from 0 to 256 (default: 8)"},
        BadValue{"push.service.workers=eight", "\"eight\" is not allowed"},
        BadValue{"push.service.workers=", "push.service.workers has no value"},
        BadValue{"push.service.workers=8   # eight", "A comment must stand on a line of its own"},
        BadValue{"push.service.queue.limit=99999999999999999999", "a number from 1 to 1000000000"},
        BadValue{"push.service.http.header.limit=512", "a size from 1 KiB to 1 MiB"},
        BadValue{"push.service.http.header.limit=16 KB", "as \"64 KiB\""},
        BadValue{"push.service.http.discard.limit=9999999999999 TiB", "a size from 1 KiB to 4 GiB"},
        BadValue{"push.service.http.idle.timeout=75 s", "a time from 100ms to 1d, as \"250ms\""},
        BadValue{"push.service.history.keep=10m", "a time of at least 1h"},
        BadValue{"push.service.log.level=inof", "Did you mean \"info\"?"},
        BadValue{"push.service.data=", "push.service.data has no value"},
        BadValue{"push.service.port=", "write for example http://0.0.0.0:7070"},
        BadValue{"push.service.port=https://0.0.0.0:7070", "asks for https; name the certificate"},
        BadValue{"push.service.tls.key=k.pem", "push.service.tls.key is set but push.service.tls.certificate is not"},
        BadValue{"push.service.admin.user=a:b", "holds a colon"},
        BadValue{"push.service.admin.user=", "push.service.admin.user has no value"},
        BadValue{"push.service.retry.longest=1s", "is 1s, shorter than push.service.retry.first (5s)"},
        BadValue{"push.service.retry.total=4s", "make it at least as long"},
        BadValue{"push.service.data=\\u12", "four hexadecimal digits"}));

TEST(Settings, NeverPrintThePasswordHash) {
  const std::string text = complaints("push.service.admin.password.hash=hunter2\n");
  EXPECT_THAT(text, HasSubstr("no Argon2id hash"));
  EXPECT_EQ(text.find("hunter2"), std::string::npos);
}

TEST(Settings, ReportAllFaultsAtOnce) {
  EXPECT_EQ(parse("push.service.workers=x\npush.service.queue.limit=y\nz=\\u\n").complaints.size(), 3U);
}

TEST(Settings, WarnOfUnknownKeysAndRepetitions) {
  const std::string text =
      "push.service.worker=4\npush.service.zebra.crossing=1\npush.service.workers=4\npush.service.workers=5\n"
      "push.service.data=data   # here\n";
  const LoadedSettings loaded = parse(text);
  ASSERT_TRUE(loaded.settings);
  EXPECT_EQ(loaded.settings->workers, 5U);
  ASSERT_EQ(loaded.complaints.size(), 4U);
  for (const Complaint& complaint : loaded.complaints) EXPECT_TRUE(complaint.warning);
  EXPECT_EQ(
      to_string(loaded.complaints[0]),
      "/etc/syncservice/ConnectAll.properties:1:1: warning: unknown key \"push.service.worker\", ignored; did you "
      "mean \"push.service.workers\"?");
  EXPECT_EQ(loaded.complaints[1].what, "unknown key \"push.service.zebra.crossing\", ignored");
  EXPECT_THAT(loaded.complaints[2].what, HasSubstr("given twice, first in line 3"));
  EXPECT_THAT(loaded.complaints[3].what, HasSubstr("a comment must stand on a line of its own"));
}

TEST(Settings, ComplainAtThePlaceOfAKey) {
  const LoadedSettings loaded = parse_settings("#\npush.service.port = 7070\n", "conf/x.properties");
  ASSERT_TRUE(loaded.settings);
  EXPECT_EQ(to_string(loaded.settings->complain("push.service.port", "taken")), "conf/x.properties:2:21: taken");
  EXPECT_EQ(to_string(loaded.settings->complain("push.service.data", "gone")), "conf/x.properties: gone");
}

TEST(Settings, SayWhenThereIsNoFile) {
  const LoadedSettings loaded = load_settings("/nonexistent/ConnectAll.properties");
  EXPECT_FALSE(loaded.settings);
  ASSERT_EQ(loaded.complaints.size(), 1U);
  EXPECT_EQ(to_string(loaded.complaints[0]),
            "/nonexistent/ConnectAll.properties: can't be read: No such file or directory");
}

TEST(KnownKeys, AreUniqueExplainedAndAllowTheirDefaults) {
  std::set<std::string_view> names;
  for (const KeySpec& key : known_keys()) {
    EXPECT_TRUE(names.insert(key.name).second) << key.name;
    EXPECT_TRUE(key.name.starts_with("push.service.")) << key.name;
    EXPECT_TRUE(key.help.ends_with('.')) << key.name;
    EXPECT_FALSE(key.allowed.empty()) << key.name;
    const std::string line = std::string{key.name} + '=' + key.default_value;
    EXPECT_EQ(complaints(line), "") << line;
  }
}

// "key=value" of each entry, those behind a "#" directly before the key included.
std::map<std::string, std::string> documented(const std::string& text) {
  std::string active;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = text.find('\n', begin);
    std::string line = text.substr(begin, end - begin);
    if (line.starts_with("#push.service.")) line.erase(0, 1);
    active += line + '\n';
    begin = end + 1;
  }
  std::map<std::string, std::string> out;
  for (const Property& entry : parse_properties(active).entries)
    EXPECT_TRUE(out.emplace(entry.key, entry.value).second) << entry.key << " stands there twice";
  return out;
}

TEST(ShippedFile, DocumentsEveryKeyWithItsDefault) {
  const std::map<std::string, std::string> shown = documented(support::read_file(SHIPPED_PROPERTIES));
  const std::vector<KeySpec> keys = known_keys();
  for (const KeySpec& key : keys) {
    const auto found = shown.find(std::string{key.name});
    ASSERT_NE(found, shown.end()) << key.name << " is not documented";
    EXPECT_EQ(found->second, key.default_value) << key.name;
  }
  EXPECT_EQ(shown.size(), keys.size());
}

TEST(ShippedFile, LoadsWithoutComplaint) {
  const LoadedSettings loaded = load_settings(SHIPPED_PROPERTIES);
  ASSERT_TRUE(loaded.settings);
  for (const Complaint& complaint : loaded.complaints) ADD_FAILURE() << to_string(complaint);
}

class WriteProperty : public testing::Test {
 protected:
  std::string written(const std::string& before, std::string_view key, std::string_view value) {
    support::write_file(file_, before);
    const Result<void> result = write_property(file_.string(), key, value);
    EXPECT_TRUE(result) << result.error().message;
    return support::read_file(file_);
  }
  support::TempFolder folder_;
  std::filesystem::path file_ = folder_ / "x.properties";
};

TEST_F(WriteProperty, ReplacesTheLogicalLineOnly) {
  EXPECT_EQ(written("# k = 1\r\n  k : a\\\r\n   b\r\nz=\xFC\r\n", "k", "new"), "# k = 1\r\n  k=new\r\nz=\xFC\r\n");
  EXPECT_EQ(written("k=1\nk=2\n", "k", "3"), "k=1\nk=3\n");
  EXPECT_EQ(written("k=1", "k", " \\x"), "k=\\ \\\\x");
}

TEST_F(WriteProperty, AddsALineAtTheEnd) {
  EXPECT_EQ(written("", "k", "v"), "k=v\n");
  EXPECT_EQ(written("a=b", "k", "v"), "a=b\nk=v\n");
  EXPECT_EQ(written("a=b\r\n#k=v\r\n", "k", "v"), "a=b\r\n#k=v\r\nk=v\r\n");
}

TEST_F(WriteProperty, IsNotSwallowedByAContinuation) {
  for (const char* before : {"a=b\\", "a=b\\\n", "a=b\\\n  ", "#c\\", "a=b\\\\"}) {
    const ParsedProperties parsed = parse_properties(written(before, "k", "v"));
    ASSERT_FALSE(parsed.entries.empty());
    EXPECT_EQ(parsed.entries.back().key, "k") << before;
    EXPECT_EQ(parsed.entries.back().value, "v") << before;
  }
}

TEST_F(WriteProperty, KeepsModeAndSymbolicLink) {
  support::write_file(file_, "k=1\n");
  ASSERT_EQ(chmod(file_.c_str(), 0640), 0);
  const std::filesystem::path link = folder_ / "link.properties";
  std::filesystem::create_symlink("x.properties", link);
  ASSERT_TRUE(write_property(link.string(), "k", "2"));
  EXPECT_TRUE(std::filesystem::is_symlink(link));
  EXPECT_EQ(support::read_file(file_), "k=2\n");
  struct stat status {};
  ASSERT_EQ(stat(file_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0640U);
  const auto begin = std::filesystem::directory_iterator{folder_.path()};
  EXPECT_EQ(std::distance(begin, std::filesystem::directory_iterator{}), 2) << "nothing is left beside the file";
}

TEST_F(WriteProperty, FailsWithoutChangingAnything) {
  const Result<void> missing = write_property((folder_ / "none").string(), "k", "v");
  ASSERT_FALSE(missing);
  EXPECT_THAT(missing.error().message, HasSubstr("none can't be read: No such file"));
  support::write_file(file_, "k=1\n");
  EXPECT_FALSE(write_property(file_.string(), "k", "\xFF"));
  EXPECT_FALSE(write_property(file_.string(), "k", std::string_view{"a\0b", 3}));
  EXPECT_EQ(support::read_file(file_), "k=1\n");
}

}  // namespace
}  // namespace syncservice::config
