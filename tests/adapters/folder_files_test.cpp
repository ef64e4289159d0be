// Comments and attachments of the folder adapter as files, written by us and by people.
#include "adapters/folder_support.hpp"

#include "syncservice/record/rich_text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <set>

using namespace syncservice;
using namespace syncservice::adapter;
using testing::HasSubstr;
using testing::SizeIs;

namespace {

class FolderFilesTest : public testing::Test {
 protected:
  Result<Attachment> upload(const std::string& name, std::string content) {
    auto source = [content = std::move(content), at = std::size_t{0}](std::span<char> piece) mutable {
      const std::size_t count = std::min(piece.size(), content.size() - at);
      std::copy_n(content.data() + at, count, piece.data());
      at += count;
      return Result<std::size_t>{count};
    };
    const std::uint64_t size = content_size_;
    return adapter_->upload(qc_, RecordId{"QC-1"}, {name, "text/plain", size}, source, {});
  }
  std::set<std::string> contents() {
    std::set<std::string> out;
    for (const auto& entry : std::filesystem::directory_iterator{folder_.path() / "QC/QC-1.files"})
      out.insert(entry.path().filename().string());
    return out;
  }
  Result<std::vector<Comment>> comments() { return adapter_->comments(qc_, RecordId{"QC-1"}, {}); }
  Result<std::vector<Attachment>> attachments() { return adapter_->attachments(qc_, RecordId{"QC-1"}, {}); }

  RecordFolder folder_;
  std::unique_ptr<Adapter> adapter_ = folder_.adapter();
  ProjectName qc_{"QC"};
  std::uint64_t content_size_ = 7;
};

}  // namespace

TEST_F(FolderFilesTest, PeopleWriteComments) {
  folder_.put("QC/QC-1.json", R"({"comments":[
    {"id":"2","author":{"id":"u","name":"Jane","email":"j@x.org"},"created":"2026-11-24T11:00:00+01:00",
     "edited":"2026-11-24T12:00:00Z","body":"<p>two<script>x</script></p>","private":true},
    {"id":1,"author":"Jim","created":"2026-11-24T09:00:00Z","body":"one"},
    {"body":"no id"},{"body":"no id"},{"id":"2","body":"twice","created":"2026-11-24T13:00:00Z"}]})");
  const auto read = comments();
  ASSERT_TRUE(read) << read.error().message;
  ASSERT_THAT(*read, SizeIs(5));
  EXPECT_EQ(read->at(0).id.str(), "1");
  EXPECT_EQ(read->at(0).author.name, "Jim");
  EXPECT_FALSE(read->at(0).is_private);
  EXPECT_EQ(read->at(1).author, (record::User{"u", "Jane", "j@x.org"}));
  EXPECT_EQ(to_rfc3339(read->at(1).created), "2026-11-24T10:00:00.000Z");
  EXPECT_TRUE(read->at(1).edited);
  EXPECT_TRUE(read->at(1).is_private);
  EXPECT_EQ(record::to_plain(read->at(1).body), "two");
  std::set<CommentId> ids;
  for (const Comment& comment : *read) ids.insert(comment.id);
  EXPECT_THAT(ids, SizeIs(5)) << "each has an id of its own";

  for (const CommentId& id : ids) {
    const auto changed = adapter_->update_comment(qc_, RecordId{"QC-1"}, id, record::from_plain("new"), {});
    ASSERT_TRUE(changed) << id.str() << ": " << changed.error().message;
    EXPECT_EQ(changed->id, id);
  }
  for (const CommentId& id : ids) EXPECT_TRUE(adapter_->remove_comment(qc_, RecordId{"QC-1"}, id, {}));
  EXPECT_THAT(*comments(), SizeIs(0));
}

TEST_F(FolderFilesTest, BrokenCommentsAreNamed) {
  for (const auto& [text, says] :
       {std::pair{R"({"comments":{}})", "must be a list"}, std::pair{R"({"comments":["x"]})", "must be an object"},
        std::pair{R"({"comments":[{"created":"soon"}]})", "\"soon\""}}) {
    folder_.put("QC/QC-1.json", text);
    const auto read = comments();
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().failure, FailureClass::permanent);
    EXPECT_THAT(read.error().message, HasSubstr("QC-1.json"));
    EXPECT_THAT(read.error().message, HasSubstr(says));
  }
}

TEST_F(FolderFilesTest, ContentsLieBesideTheRecordUnderHarmlessNames) {
  folder_.put("QC/QC-1.json", "{}");
  for (const char* name : {"a.txt", "bad name;&|%.txt", "übung.txt", ".hidden"}) {
    const auto sent = upload(name, "content");
    ASSERT_TRUE(sent) << sent.error().message;
    EXPECT_EQ(sent->name, name);
  }
  ASSERT_TRUE(upload(std::string(125, 'x') + "ü.txt", "content"));
  EXPECT_THAT(contents(), testing::UnorderedElementsAre(testing::MatchesRegex("[0-9a-f]{16}-a\\.txt"),
                                                        testing::MatchesRegex("[0-9a-f]{16}-bad_name____\\.txt"),
                                                        testing::EndsWith("-übung.txt"), testing::EndsWith("-.hidden"),
                                                        testing::EndsWith("-" + std::string(94, 'x') + "ü.txt")));
  EXPECT_THAT(*attachments(), SizeIs(5));
  for (const Attachment& attachment : *attachments()) {
    EXPECT_EQ(attachment.size, 7U);
    EXPECT_TRUE(adapter_->remove_attachment(qc_, RecordId{"QC-1"}, attachment.id, {}));
  }
  EXPECT_TRUE(contents().empty());
}

TEST_F(FolderFilesTest, PeopleWriteAttachments) {
  std::ofstream{folder_.root() / "outside"} << "secret";
  folder_.put("QC/QC-1.files/plan.pdf", "0123456789");
  folder_.put("QC/QC-1.json", R"({"attachments":[{"file":"plan.pdf"},{"id":"7","file":"missing.pdf"},
    {"id":"8","file":"../QC-1.json"},{"id":"9","file":"../../../outside"},{"id":"10","file":"link"}]})");
  std::filesystem::create_symlink(folder_.root() / "outside", folder_.path() / "QC/QC-1.files/link");
  const auto read = attachments();
  ASSERT_TRUE(read) << read.error().message;
  ASSERT_THAT(*read, SizeIs(1)) << "neither what is missing nor what is elsewhere";
  EXPECT_EQ(read->at(0).id.str(), "plan.pdf");
  EXPECT_EQ(read->at(0).name, "plan.pdf");
  EXPECT_EQ(read->at(0).size, 10U);
}

TEST_F(FolderFilesTest, AFailedUploadLeavesNoFile) {
  folder_.put("QC/QC-1.json", "{}");
  content_size_ = 8;
  const auto sent = upload("a.txt", "content");
  ASSERT_FALSE(sent);
  EXPECT_THAT(sent.error().message, HasSubstr("fewer"));
  EXPECT_TRUE(contents().empty());
  EXPECT_EQ(folder_.get("QC/QC-1.json"), "{}");
}

TEST_F(FolderFilesTest, ARecordTakesItsFilesWithIt) {
  folder_.put("QC/QC-1.json", "{}");
  ASSERT_TRUE(upload("a.txt", "content"));
  folder_.put("QC/QC-1.files/.new-0123456789abcdef", "left by a crash");
  ASSERT_TRUE(adapter_->remove(qc_, RecordId{"QC-1"}, {}));
  EXPECT_FALSE(folder_.has("QC/QC-1.json"));
  EXPECT_FALSE(folder_.has("QC/QC-1.files"));
}

TEST_F(FolderFilesTest, LeftoversOfACrashedUploadGo) {
  folder_.put("QC/QC-1.json", "{}");
  folder_.put("QC/QC-1.files/.new-0123456789abcdef", "half a file");
  std::filesystem::last_write_time(folder_.path() / "QC/QC-1.files/.new-0123456789abcdef",
                                   std::filesystem::file_time_type::clock::now() - std::chrono::hours{2});
  ASSERT_TRUE(upload("a.txt", "content"));
  EXPECT_THAT(contents(), SizeIs(1));
}

TEST_F(FolderFilesTest, AVeryLargeAttachmentTakesNoMemory) {
  constexpr std::uint64_t size = 200ULL * 1024 * 1024;
  folder_.put("QC/QC-1.json", "{}");
  const auto peak = [] {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;  // KiB
  };
  const long before = peak();
  std::uint64_t left = size;
  const auto sent = adapter_->upload(qc_, RecordId{"QC-1"}, {"large.bin", "", size},
                                     [&](std::span<char> piece) -> Result<std::size_t> {
                                       const auto count =
                                           static_cast<std::size_t>(std::min<std::uint64_t>(piece.size(), left));
                                       std::fill_n(piece.data(), count, 'x');
                                       left -= count;
                                       return count;
                                     },
                                     {});
  ASSERT_TRUE(sent) << sent.error().message;
  std::uint64_t got = 0;
  ASSERT_TRUE(adapter_->download(qc_, RecordId{"QC-1"}, sent->id,
                                 [&](std::string_view piece) -> Result<void> {
                                   got += piece.size();
                                   return {};
                                 },
                                 {}));
  EXPECT_EQ(got, size);
  EXPECT_LT(peak() - before, 16 * 1024) << "KiB";
}
