#include "store_fixture.hpp"

#include <unistd.h>

namespace syncservice::store {
namespace {

TEST_F(StoreTest, KeepsWhatWasWrittenOverAReopen) {
  ASSERT_TRUE(store_->write([](Transaction& tx) { add(tx, "one"); }));
  store_.reset();
  store_ = open_store(folder_.path());
  EXPECT_EQ(count(), 1);
}

TEST_F(StoreTest, RunsWithWalAndFullSync) {
  const auto modes = store_->write([](Transaction& tx) {
    Statement journal = tx.prepare("PRAGMA journal_mode");
    Statement synchronous = tx.prepare("PRAGMA synchronous");
    EXPECT_TRUE(journal.step() && synchronous.step());
    return std::pair{journal.text(0), synchronous.integer(0)};
  });
  EXPECT_EQ(modes.value(), std::pair(std::string{"wal"}, std::int64_t{2}));
}

TEST_F(StoreTest, BelongsToOneHolderAndNamesItsPid) {
  const auto second = Store::open(Settings{.folder = folder_.path()});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, make_error_code(Errc::locked));
  EXPECT_THAT(second.error().message, testing::HasSubstr("process " + std::to_string(::getpid())));
  store_.reset();
  EXPECT_TRUE(Store::open(Settings{.folder = folder_.path()}));
}

TEST_F(StoreTest, TwoFoldersAreTwoStores) {
  const support::TempFolder other;
  const auto second = open_store(other.path());
  ASSERT_TRUE(store_->write([](Transaction& tx) { add(tx, "here"); }));
  const auto tables = second->read([](Connection& c) {
    Statement s = c.prepare("SELECT count(*) FROM sqlite_schema WHERE name = 'note'");
    return s.step() ? s.integer(0) : -1;
  });
  EXPECT_EQ(tables.value(), 0);
}

TEST_F(StoreTest, CreatesTheFolderForItsOwnerAlone) {
  const auto path = folder_ / "deep" / "data";
  (void)open_store(path);
  EXPECT_EQ(std::filesystem::status(path).permissions(), std::filesystem::perms::owner_all);
}

TEST_F(StoreTest, BindsAndReadsEveryType) {
  const std::string bytes{"a\0b", 3};
  ASSERT_TRUE(store_->write([&](Transaction& tx) {
    Statement s = tx.prepare("SELECT ?, ?, ?, ?, ?, ?");
    s.bind(1, std::int64_t{-7}).bind(2, "text").bind_blob(3, bytes).bind_null(4);
    s.bind(5, std::optional<std::int64_t>{}).bind(6, std::string_view{});
    ASSERT_TRUE(s.step());
    EXPECT_EQ(s.integer(0), -7);
    EXPECT_EQ(s.text(1), "text");
    EXPECT_EQ(s.blob(2), bytes);
    EXPECT_TRUE(s.is_null(3) && s.is_null(4));
    EXPECT_FALSE(s.is_null(5));
    EXPECT_FALSE(s.step());
  }));
}

TEST_F(StoreTest, OneStatementMayBeUsedTwiceAtATime) {
  ASSERT_TRUE(store_->write([](Transaction& tx) {
    static const char* const sql = "SELECT ?";
    Statement outer = tx.prepare(sql);
    ASSERT_TRUE(outer.bind(1, std::int64_t{1}).step());
    {
      Statement inner = tx.prepare(sql);
      ASSERT_TRUE(inner.bind(1, std::int64_t{2}).step());
      EXPECT_EQ(inner.integer(0), 2);
    }
    EXPECT_EQ(outer.integer(0), 1);
  }));
}

TEST_F(StoreTest, AReadSeesOneStateThroughout) {
  const auto seen = store_->read([&](Connection& c) {
    const auto rows = [&c] {
      Statement s = c.prepare("SELECT count(*) FROM note");
      return s.step() ? s.integer(0) : -1;
    };
    const std::int64_t before = rows();
    EXPECT_TRUE(store_->write([](Transaction& tx) { add(tx, "meanwhile"); }));
    return std::pair{before, rows()};
  });
  EXPECT_EQ(seen.value(), std::pair(std::int64_t{0}, std::int64_t{0}));
  EXPECT_EQ(count(), 1);
}

TEST_F(StoreTest, FailuresComeBackAsErrors) {
  const auto nonsense = store_->read([](Connection& c) { (void)c.prepare("SELECT nonsense"); });
  ASSERT_FALSE(nonsense);
  EXPECT_EQ(nonsense.error().code, make_error_code(Errc::other));
  EXPECT_THAT(nonsense.error().message, testing::HasSubstr("no such column"));

  const auto thrown = store_->read([](Connection&) { throw std::runtime_error("boom"); });
  ASSERT_FALSE(thrown);
  EXPECT_EQ(thrown.error().failure, FailureClass::internal);

  const auto written = store_->read([](Connection& c) { c.prepare("DELETE FROM note").run(); });
  EXPECT_FALSE(written);
}

TEST_F(StoreTest, MoreReadsThanConnectionsWaitTheirTurn) {
  std::vector<std::jthread> threads;
  std::atomic<int> good = 0;
  for (int i = 0; i < 16; ++i) threads.emplace_back([&] { good += count() == 0 ? 1 : 0; });
  threads.clear();
  EXPECT_EQ(good, 16);
}

}  // namespace
}  // namespace syncservice::store
