// changed_since of the folder adapter: what only files can do.
#include "adapters/folder_support.hpp"

#include "folder_adapter.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

using namespace syncservice;
using namespace syncservice::adapter;

namespace {

std::unique_ptr<Adapter> paging(const RecordFolder& folder, std::size_t page) {
  return std::make_unique<folder::FolderAdapter>(folder.path().string(), "syncMarker", page);
}

// "project/id" of all pages from the cursor on.
std::set<std::string> changes(Adapter& adapter, const Selection& selection, std::string& cursor) {
  std::set<std::string> seen;
  for (bool more = true; more;) {
    const auto page = adapter.changed_since(selection, cursor, {});
    if (!page) {
      ADD_FAILURE() << page.error().message;
      break;
    }
    for (const ChangedRecord& record : page->records) seen.insert(record.project.str() + '/' + record.id.str());
    cursor = page->cursor;
    more = page->more;
  }
  return seen;
}

}  // namespace

TEST(FolderChanges, WithoutAProjectAllAreListed) {
  const RecordFolder folder;
  folder.put("REC-1.json", "{}");
  folder.put("P/P-1.json", "{}");
  folder.put("a%2Fb/x.json", "{}");
  folder.put("P/notes.txt", "");
  folder.put("P/P-1.files/y.json", "{}");
  folder.put("REC-1.files/z.json", "{}");
  folder.put(".hidden/h.json", "{}");
  std::string cursor;
  EXPECT_THAT(changes(*paging(folder, 1), {}, cursor), testing::UnorderedElementsAre("/REC-1", "P/P-1", "a/b/x"));
}

TEST(FolderChanges, AnOldFileMovedInIsAChange) {
  const RecordFolder folder;
  folder.put("P/P-1.json", "{}");
  const auto adapter = paging(folder, 10);
  std::string cursor;
  const Selection selection{
      ProjectName{"P"},
      {},
      std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now()) - std::chrono::minutes{1},
      {}};
  EXPECT_THAT(changes(*adapter, selection, cursor), testing::SizeIs(1));
  std::ofstream{folder.root() / "old.json"} << "{}";
  std::filesystem::last_write_time(folder.root() / "old.json",
                                   std::filesystem::file_time_type::clock::now() - std::chrono::hours{24 * 365});
  std::filesystem::rename(folder.root() / "old.json", folder.path() / "P/P-2.json");
  EXPECT_THAT(changes(*adapter, selection, cursor), testing::Contains("P/P-2"));
}

TEST(FolderChanges, AFolderThatIsNotThereYetHasNone) {
  const RecordFolder folder;
  const auto adapter = paging(folder, 10);
  std::string cursor;
  EXPECT_TRUE(changes(*adapter, {ProjectName{"P"}, {}, {}, {}}, cursor).empty());
  folder.put("P/P-1.json", "{}");
  EXPECT_THAT(changes(*adapter, {ProjectName{"P"}, {}, {}, {}}, cursor), testing::ElementsAre("P/P-1"));
}

TEST(FolderChanges, ManyRecordsComeInBoundedPages) {
  constexpr std::size_t records = 500, page = 7;
  const RecordFolder folder;
  for (std::size_t i = 0; i < records; ++i) folder.put("P/P-" + std::to_string(i) + ".json", "{}");
  const auto adapter = paging(folder, page);
  std::string cursor;
  std::set<RecordId> seen;
  std::size_t total = 0;
  for (bool more = true; more;) {
    const auto changes = adapter->changed_since({ProjectName{"P"}, {}, {}, {}}, cursor, {});
    ASSERT_TRUE(changes) << changes.error().message;
    EXPECT_LE(changes->records.size(), page);
    for (const ChangedRecord& record : changes->records) seen.insert(record.id);
    total += changes->records.size();
    cursor = changes->cursor;
    more = changes->more;
  }
  EXPECT_EQ(seen.size(), records);
  EXPECT_EQ(total, records) << "nothing changed, so each came once";
}
