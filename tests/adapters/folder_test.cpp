#include "adapters/folder_support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>

using namespace syncservice;
using namespace syncservice::adapter;
using record::Fields;
using record::Value;
using testing::HasSubstr;

namespace {

class FolderAdapterTest : public testing::Test {
 protected:
  Result<record::Record> read(const std::string& id) { return adapter_->read(qc_, RecordId{id}, {}); }
  Result<record::Record> update(const std::string& id, const Fields& patch) {
    return adapter_->update(qc_, RecordId{id}, patch, {});
  }
  Result<record::Record> create(const std::string& marker) {
    return adapter_->create({qc_, "Story", {{"summary", "s"}}, marker}, {});
  }
  std::optional<record::Record> find(const std::string& marker) {
    auto found = adapter_->find_by_marker(qc_, marker, {});
    EXPECT_TRUE(found) << found.error().message;
    return found ? *found : std::nullopt;
  }
  // Permanent, and says so.
  void expect_refused(const Result<record::Record>& result, const char* says) {
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().failure, FailureClass::permanent) << result.error().message;
    EXPECT_THAT(result.error().message, HasSubstr(says));
  }

  RecordFolder folder_;
  std::unique_ptr<Adapter> adapter_ = folder_.adapter();
  ProjectName qc_{"QC"};
};

// Sets a resource limit for as long as it lives.
class Limit {
 public:
  Limit(__rlimit_resource resource, rlim_t soft) : resource_(resource) {
    getrlimit(resource_, &before_);
    rlimit now = before_;
    now.rlim_cur = soft;
    EXPECT_EQ(setrlimit(resource_, &now), 0);
  }
  Limit(const Limit&) = delete;
  Limit& operator=(const Limit&) = delete;
  ~Limit() { setrlimit(resource_, &before_); }

 private:
  __rlimit_resource resource_;
  rlimit before_{};
};

}  // namespace

TEST_F(FolderAdapterTest, ReadsWhatPeopleWrite) {
  folder_.put("QC/QC-20.json", R"({"id":"QC-20","type":"Story","fields":{"summary":"Größe","labels":["a","b"]}})");
  struct stat status {};
  ASSERT_EQ(stat((folder_.path() / "QC/QC-20.json").c_str(), &status), 0);
  const auto record = read("QC-20");
  ASSERT_TRUE(record) << record.error().message;
  EXPECT_EQ(record->type, "Story");
  EXPECT_EQ(record->fields, (Fields{{"summary", "Größe"}, {"labels", record::List{"a", "b"}}}));
  EXPECT_EQ(record->marker, "");
  ASSERT_TRUE(record->updated);
  EXPECT_EQ(to_millis(*record->updated) / 1000, status.st_mtim.tv_sec);

  folder_.put("QC/Übung 7.json", "{}");
  EXPECT_TRUE(read("Übung 7"));
}

TEST_F(FolderAdapterTest, WritesWhatTheDesignShows) {
  const auto created = create("m-1");
  ASSERT_TRUE(created) << created.error().message;
  EXPECT_EQ(created->id, RecordId{"QC-1"});
  EXPECT_EQ(folder_.get("QC/QC-1.json"),
            "{\n  \"id\": \"QC-1\",\n  \"type\": \"Story\",\n  \"fields\": {\n    \"summary\": \"s\"\n  },\n"
            "  \"comments\": [],\n  \"attachments\": [],\n  \"syncMarker\": \"m-1\"\n}\n");
  EXPECT_EQ(folder_.entries("QC"), 3U) << "the record, the index, one marker in it, and nothing left over";
}

TEST_F(FolderAdapterTest, NumbersFollowTheHighest) {
  for (const char* name : {"QC-7", "QC-0041", "QC-9x", "QC-", "QCX-99", "99", "QC-99999999999999999999"})
    folder_.put("QC/" + std::string{name} + ".json", "{}");
  EXPECT_EQ(create("m-1")->id, RecordId{"QC-42"});
  folder_.put("QC/QC-43.json", "{\"id\":\"QC-43\"}");
  folder_.put("QC/QC-50.json", "{}");
  EXPECT_EQ(create("m-2")->id, RecordId{"QC-51"}) << "another process was faster";
  EXPECT_EQ(folder_.get("QC/QC-43.json"), "{\"id\":\"QC-43\"}");
  EXPECT_EQ(find("m-2")->id, RecordId{"QC-51"});
  const auto without = adapter_->create({ProjectName{}, "", {}, "m-3"}, {});
  ASSERT_TRUE(without) << without.error().message;
  EXPECT_EQ(without->id, RecordId{"REC-1"});
}

TEST_F(FolderAdapterTest, TheNumberOfADeletedRecordIsNotGivenAgain) {
  ASSERT_TRUE(create("m-1"));
  ASSERT_EQ(create("m-2")->id, RecordId{"QC-2"});
  ASSERT_TRUE(adapter_->remove(qc_, RecordId{"QC-2"}, {}));
  EXPECT_EQ(folder_.adapter()->create({qc_, "Story", {}, "m-3"}, {})->id, RecordId{"QC-3"}) << "after a restart";
}

TEST_F(FolderAdapterTest, WhatIsNotOursSurvivesAnUpdate) {
  folder_.put("QC/QC-1.json",
              R"({"zeta":{"deep":[{"x":1}]},"id":"QC-1","fields":{"b":1,"a":2.0},"comments":[{"text":"hi"}],"n":1e2})");
  ASSERT_EQ(chmod((folder_.path() / "QC/QC-1.json").c_str(), 0640), 0);
  const auto updated = update("QC-1", {{"a", "new"}, {"c", Value{}}});
  ASSERT_TRUE(updated) << updated.error().message;
  EXPECT_EQ(updated->fields, (Fields{{"b", 1}, {"a", "new"}, {"c", Value{}}}));
  std::string text = folder_.get("QC/QC-1.json");
  text.erase(std::remove_if(text.begin(), text.end(), [](char c) { return c == ' ' || c == '\n'; }), text.end());
  EXPECT_EQ(text, R"({"zeta":{"deep":[{"x":1}]},"id":"QC-1","fields":{"b":1,"a":"new","c":null},)"
                  R"("comments":[{"text":"hi"}],"n":100.0})");
  struct stat status {};
  ASSERT_EQ(stat((folder_.path() / "QC/QC-1.json").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0640U);
}

TEST_F(FolderAdapterTest, AnUpdateThatChangesNothingWritesNothing) {
  const std::string text = R"({"fields":{"a":1}})";
  folder_.put("QC/QC-1.json", text);
  const auto before = read("QC-1");
  EXPECT_EQ(*update("QC-1", {{"a", 1}}), *before);
  EXPECT_EQ(folder_.get("QC/QC-1.json"), text);
}

TEST_F(FolderAdapterTest, NoIdLeavesTheFolder) {
  std::ofstream{folder_.root() / "outside.json"} << R"({"fields":{"secret":1}})";
  folder_.put("plain.json", R"({"fields":{}})");
  folder_.put("QC/x.json", "{}");
  for (const std::string id : {"../outside", "../../outside", "../../../etc/passwd", "/etc/passwd", ".", "..", "a/b",
                               "../QC/x", "./x", ".markers", "%2e%2e/outside"}) {
    const auto result = read(id);
    ASSERT_FALSE(result) << id;
    EXPECT_EQ(result.error().failure, FailureClass::gone) << result.error().message;
    EXPECT_EQ(update(id, {{"a", 1}}).error().failure, FailureClass::gone);
    EXPECT_EQ(adapter_->read(ProjectName{id}, RecordId{"outside"}, {}).error().failure, FailureClass::gone);
  }
  EXPECT_EQ(read(std::string{"x\0.json", 7}).error().failure, FailureClass::gone);
  EXPECT_EQ(read(std::string{"x.json\0", 7}).error().failure, FailureClass::gone);

  for (const std::string project : {"..", "../up", "a/b", ".markers"}) {
    const auto created = adapter_->create({ProjectName{project}, "", {}, "m"}, {});
    ASSERT_TRUE(created) << created.error().message;
    EXPECT_EQ(created->id, RecordId{project + "-1"});
    EXPECT_EQ(*adapter_->read(ProjectName{project}, created->id, {}), *created);
  }
  EXPECT_TRUE(folder_.has("%2E./%2E.-1.json"));
  EXPECT_TRUE(folder_.has("a%2Fb/a%2Fb-1.json"));
  std::size_t outside = 0;
  for (const auto& entry : std::filesystem::directory_iterator{folder_.root()}) outside += entry.exists() ? 1U : 0U;
  EXPECT_EQ(outside, 2U) << "records and outside.json";
}

TEST_F(FolderAdapterTest, ANameThatIsTooLongIsRefused) {
  folder_.put("QC/" + std::string(250, 'a') + ".json", "{}");
  EXPECT_TRUE(read(std::string(250, 'a')));
  EXPECT_TRUE(update(std::string(250, 'a'), {{"x", 1}}));
  expect_refused(read(std::string(251, 'a')), "too long");
  expect_refused(read(std::string(255, '/')), "too long");
  expect_refused(adapter_->create({ProjectName{std::string(250, 'p')}, "", {}, "m"}, {}), "too long");
  expect_refused(create(std::string(256, 'm')), "too long");
  expect_refused(read(""), "empty id");
  expect_refused(create(""), "needs a marker");
}

TEST_F(FolderAdapterTest, LinksAndPipesAreNotFollowed) {
  std::ofstream{folder_.root() / "outside.json"} << R"({"fields":{"secret":1}})";
  std::filesystem::create_directory(folder_.root() / "elsewhere");
  folder_.put("QC/QC-1.json", "{}");
  std::filesystem::create_symlink(folder_.root() / "outside.json", folder_.path() / "QC/link.json");
  std::filesystem::create_directory_symlink(folder_.root() / "elsewhere", folder_.path() / "P");
  ASSERT_EQ(mkfifo((folder_.path() / "QC/pipe.json").c_str(), 0600), 0);
  std::filesystem::create_directory(folder_.path() / "QC/dir.json");

  expect_refused(read("link"), "symbolic link");
  expect_refused(update("link", {{"a", 1}}), "symbolic link");
  expect_refused(read("pipe"), "no regular file");
  expect_refused(read("dir"), "no regular file");
  expect_refused(adapter_->create({ProjectName{"P"}, "", {}, "m"}, {}), "may not be a symbolic link");
  EXPECT_TRUE(std::filesystem::is_empty(folder_.root() / "elsewhere"));
}

TEST_F(FolderAdapterTest, BrokenFilesAreNamedWithThePlace) {
  struct Row {
    const char* text;
    const char* says;
  };
  const Row rows[] = {{"", "ends too early"},
                      {"{\n \"fields\": {\"a\" 1}}", "line 2, column 17"},
                      {"[]", "must be an object"},
                      {R"({"fields":[]})", "\"fields\" must be an object"},
                      {R"({"fields":{"a":{}}})", "Field \"a\""},
                      {R"({"fields":{"a":1,"a":2}})", "stands twice"},
                      {R"({"fields":{"a":123456789012345678901234567890}})", "beyond 64 bits"},
                      {R"({"type":7})", "\"type\" must be text"},
                      {R"({"syncMarker":[]})", "\"syncMarker\" must be text"},
                      {R"({"id":"QC-9"})", "the file's name says \"QC-1\""}};
  for (const Row& row : rows) {
    folder_.put("QC/QC-1.json", row.text);
    expect_refused(read("QC-1"), row.says);
    expect_refused(read("QC-1"), "QC/QC-1.json");
    expect_refused(update("QC-1", {{"a", 1}}), row.says);
    EXPECT_EQ(folder_.get("QC/QC-1.json"), row.text);
  }
}

TEST_F(FolderAdapterTest, AMissingFolderIsTransientAndNamed) {
  std::filesystem::remove_all(folder_.path());
  const auto expect = [&](const auto& result) {
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().failure, FailureClass::transient);
    EXPECT_THAT(result.error().message, HasSubstr(folder_.path().string()));
  };
  expect(read("QC-1"));
  expect(update("QC-1", {}));
  expect(create("m-1"));
  expect(adapter_->find_by_marker(qc_, "m-1", {}));
  expect(adapter_->ping({}));
  std::ofstream{folder_.path()} << "a file";
  expect(read("QC-1"));
}

TEST_F(FolderAdapterTest, WhatCantBeReadNowIsTransient) {
  folder_.put("QC/QC-1.json", "{}");
  const auto result = [this] {
    const Limit no_descriptors{RLIMIT_NOFILE, 0};
    return read("QC-1");
  }();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().failure, FailureClass::transient);
  EXPECT_EQ(result.error().code, Failure::unavailable);
  EXPECT_TRUE(read("QC-1"));
}

TEST_F(FolderAdapterTest, AFailedWriteLeavesEverythingAsItWas) {
  const auto before = create("m-1");
  const std::string text = folder_.get("QC/QC-1.json");
  const std::size_t entries = folder_.entries("QC");
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  {
    const Limit full{RLIMIT_FSIZE, 10};
    for (const auto& result : {update("QC-1", {{"summary", "x"}}), create("m-2")}) {
      EXPECT_FALSE(result);
      if (!result) {
        EXPECT_EQ(result.error().failure, FailureClass::transient);
      }
    }
  }
  std::signal(SIGXFSZ, handler);
  EXPECT_EQ(folder_.get("QC/QC-1.json"), text);
  EXPECT_EQ(folder_.entries("QC"), entries);
  EXPECT_FALSE(find("m-2"));
  EXPECT_TRUE(create("m-2"));
}

TEST_F(FolderAdapterTest, ACrashBetweenMarkerAndRecordFindsNothing) {
  ASSERT_TRUE(create("m-1"));
  // As a crash leaves it: the marker is noted for a record that was never made.
  std::filesystem::create_symlink("../QC-2.json", folder_.path() / "QC/.markers/m-2");
  EXPECT_FALSE(find("m-2"));
  // Another record gets that id, and the marker must not find it either.
  folder_.put("QC/QC-2.json", R"({"syncMarker":"m-9"})");
  EXPECT_FALSE(find("m-2"));
  EXPECT_EQ(create("m-2")->id, RecordId{"QC-3"});
  EXPECT_EQ(find("m-2")->id, RecordId{"QC-3"});
}

TEST_F(FolderAdapterTest, AForgedMarkerLinkLeadsNowhere) {
  ASSERT_TRUE(create("m-1"));
  folder_.put("P/P-1.json", R"({"syncMarker":"m-2"})");
  std::filesystem::create_symlink("../../P/P-1.json", folder_.path() / "QC/.markers/m-2");
  std::filesystem::create_symlink("/etc/passwd", folder_.path() / "QC/.markers/m-3");
  EXPECT_FALSE(find("m-2"));
  EXPECT_FALSE(find("m-3"));
  EXPECT_FALSE(find("../QC-1.json"));
  EXPECT_FALSE(find(""));
}

TEST_F(FolderAdapterTest, AMissingIndexIsMadeAnew) {
  for (const char* marker : {"m-1", "m/2", "m-3"}) ASSERT_TRUE(create(marker));
  std::filesystem::remove_all(folder_.path() / "QC/.markers");
  folder_.put("QC/broken.json", "{\"syncMarker\":");
  folder_.put("QC/.hidden.json", R"({"syncMarker":"m-4"})");
  EXPECT_EQ(find("m/2")->id, RecordId{"QC-2"});
  EXPECT_EQ(find("m-3")->id, RecordId{"QC-3"});
  EXPECT_FALSE(find("m-4"));
  EXPECT_TRUE(folder_.has("QC/.markers/m%2F2"));
}

TEST_F(FolderAdapterTest, LeftoversOfACrashGo) {
  folder_.put("QC/.new-0123456789abcdef", "{}");
  folder_.put("QC/.new-fedcba9876543210/m", "");
  folder_.put("QC/.new-1111111111111111", "{}");
  for (const char* old : {"QC/.new-0123456789abcdef", "QC/.new-fedcba9876543210"})
    std::filesystem::last_write_time(folder_.path() / old,
                                     std::filesystem::file_time_type::clock::now() - std::chrono::hours{2});
  ASSERT_TRUE(create("m-1"));
  EXPECT_FALSE(folder_.has("QC/.new-0123456789abcdef"));
  EXPECT_FALSE(folder_.has("QC/.new-fedcba9876543210"));
  EXPECT_TRUE(folder_.has("QC/.new-1111111111111111")) << "it may be in the making";
}

TEST_F(FolderAdapterTest, TheMarkerCanHaveAnotherName) {
  adapter_ = folder_.adapter("mark");
  ASSERT_TRUE(create("m-1"));
  EXPECT_THAT(folder_.get("QC/QC-1.json"), HasSubstr("\"mark\": \"m-1\""));
  EXPECT_EQ(find("m-1")->id, RecordId{"QC-1"});
}

TEST(FolderKind, ChecksItsSettings) {
  const Kind kind = folder_kind();
  EXPECT_EQ(kind.name, "folder");
  EXPECT_FALSE(kind.needs_project);
  const auto failing = [&](const Settings& settings) {
    const auto made = kind.make(settings);
    EXPECT_FALSE(made);
    return made ? std::string{} : made.error().message;
  };
  EXPECT_THAT(failing({}), HasSubstr("path is missing"));
  EXPECT_THAT(failing({{{"path", "x"}, {"marker", "fields"}}, ""}), HasSubstr("marker \"fields\""));
  EXPECT_TRUE(kind.make({{{"path", "/nowhere/at/all"}}, "/base"})) << "no I/O";
}
