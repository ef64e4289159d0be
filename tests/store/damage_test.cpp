#include "store_fixture.hpp"

#include <SQLiteCpp/Database.h>

#include <fstream>

namespace syncservice::store {
namespace {

class Damage : public StoreTest {
 protected:
  std::filesystem::path file_ = folder_ / "syncservice.db";

  void SetUp() override {
    StoreTest::SetUp();
    ASSERT_TRUE(store_->write([](Transaction& tx) {
      for (int i = 0; i < 2000; ++i) add(tx, "a note that takes some room, number " + std::to_string(i));
    }));
    store_.reset();
    ASSERT_FALSE(std::filesystem::exists(folder_ / "syncservice.db-wal")) << "a clean end leaves no log";
  }

  void overwrite(std::streamoff at, std::size_t length) const {
    std::fstream file{file_, std::ios::in | std::ios::out | std::ios::binary};
    file.seekp(at);
    file << std::string(length, '\x5a');
  }

  void expect_refused() const {
    const std::string before = support::read_file(file_);
    const auto store = Store::open(Settings{.folder = folder_.path()});
    ASSERT_FALSE(store);
    EXPECT_EQ(store.error().code, make_error_code(Errc::corrupt)) << store.error().message;
    EXPECT_THAT(store.error().message, testing::HasSubstr(file_.string()));
    EXPECT_THAT(store.error().message, testing::HasSubstr(".backup"));
    EXPECT_EQ(support::read_file(file_), before) << "a damaged database is left as it is";
  }
};

TEST_F(Damage, OverwrittenHeader) {
  overwrite(0, 16);
  expect_refused();
}

TEST_F(Damage, TruncatedFile) {
  std::filesystem::resize_file(file_, 8192);
  expect_refused();
}

TEST_F(Damage, EmptiedFile) {
  std::filesystem::resize_file(file_, 0);
  expect_refused();
}

TEST_F(Damage, OverwrittenPages) {
  overwrite(4096, 4096 * 4);
  expect_refused();
}

TEST_F(Damage, AnotherKindOfFile) {
  support::write_file(file_, "these are not the bytes you are looking for");
  expect_refused();
}

TEST_F(Damage, LostFileBesideItsLog) {
  std::filesystem::remove(file_);
  support::write_file(folder_ / "syncservice.db-wal", "log");
  const auto store = Store::open(Settings{.folder = folder_.path()});
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().code, make_error_code(Errc::corrupt));
  EXPECT_FALSE(std::filesystem::exists(file_)) << "it is not silently made anew";
}

TEST_F(Damage, MetWhileRunning) {
  store_ = open_store(folder_.path());
  overwrite(4096, std::filesystem::file_size(file_) - 4096);
  const auto read = store_->read([](Connection& c) {
    Statement s = c.prepare("SELECT body FROM note");
    while (s.step()) (void)s.text(0);
  });
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, make_error_code(Errc::corrupt));
}

TEST_F(Damage, AnUnfinishedCreationIsBegunAnew) {
  const support::TempFolder other;
  support::write_file(other / "syncservice.db.new", "half a database");
  EXPECT_TRUE(Store::open(Settings{.folder = other.path()}));
}

TEST_F(Damage, ANewerSchemaIsRefused) {
  SQLite::Database{file_.string(), SQLite::OPEN_READWRITE}.exec("PRAGMA user_version = 999");
  const auto store = Store::open(Settings{.folder = folder_.path()});
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().code, make_error_code(Errc::newer_schema));
  EXPECT_THAT(store.error().message, testing::HasSubstr("999"));
}

TEST_F(Damage, AnotherProgramsDatabaseIsRefused) {
  SQLite::Database{file_.string(), SQLite::OPEN_READWRITE}.exec("PRAGMA application_id = 1");
  const auto store = Store::open(Settings{.folder = folder_.path()});
  ASSERT_FALSE(store);
  EXPECT_THAT(store.error().message, testing::HasSubstr("another program"));
}

}  // namespace
}  // namespace syncservice::store
