#include "history.hpp"

#include "helpers.hpp"
#include "support/temp_folder.hpp"

#include "syncservice/base/text.hpp"
#include "syncservice/store/store.hpp"
#include "syncservice/sync/sync.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

namespace syncservice::sync {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class History : public testing::Test {
 protected:
  History() : store(std::move(store::Store::open(in_folder(folder.path())).value())) {}

  PassRecord add(std::int64_t push, const std::string& record, const std::string& twin, Timestamp ended) {
    PassRecord pass;
    pass.push = PushId{push};
    pass.record = {AppLinkName{"Demo"}, Side::destination, ProjectName{"P"}, RecordId{record}};
    if (!twin.empty()) pass.twin = RecordKey{AppLinkName{"Demo"}, Side::source, ProjectName{"Q"}, RecordId{twin}};
    pass.started = ended - std::chrono::milliseconds{5};
    pass.ended = ended;
    pass.outcome = "synchronized";
    pass.reason = "because";
    pass.changes = {{Side::source, "title", "a", "b", "changed"}, {Side::destination, "text", "", "c", "constant"}};
    EXPECT_TRUE(store->write([&](store::Transaction& tx) { write_pass(tx, pass); }).has_value());
    return pass;
  }
  std::vector<std::int64_t> pushes_of(const std::string& record, int limit = 100) {
    std::vector<std::int64_t> pushes;
    for (const PassRecord& pass : passes(*store, RecordId{record}, limit).value()) {
      pushes.push_back(static_cast<std::int64_t>(pass.push));
    }
    return pushes;
  }

  support::TempFolder folder;
  std::unique_ptr<store::Store> store;
  Timestamp start = from_millis(1'800'000'000'000);
};

TEST_F(History, GivesBackWhatWasWritten) {
  const PassRecord written = add(7, "R-1", "L-9", start);
  const std::vector<PassRecord> read = passes(*store, PushId{7}).value();
  ASSERT_EQ(read.size(), 1U);
  EXPECT_EQ(read[0].record, written.record);
  EXPECT_EQ(read[0].twin, written.twin);
  EXPECT_EQ(read[0].started, written.started);
  EXPECT_EQ(read[0].ended, written.ended);
  EXPECT_EQ(read[0].outcome, "synchronized");
  EXPECT_EQ(read[0].reason, "because");
  ASSERT_EQ(read[0].changes.size(), 2U);
  EXPECT_EQ(read[0].changes[0].side, Side::source);
  EXPECT_EQ(read[0].changes[1].side, Side::destination);
  EXPECT_EQ(read[0].changes[1].field, "text");
  EXPECT_EQ(read[0].changes[1].from, "");
  EXPECT_EQ(read[0].changes[1].to, "c");
  EXPECT_EQ(read[0].changes[1].because, "constant");
}

TEST_F(History, FindsARecordFromBothEndsNewestFirst) {
  add(1, "R-1", "L-9", start);
  add(2, "R-2", "", start);
  add(3, "R-1", "L-9", start);
  EXPECT_THAT(pushes_of("R-1"), ElementsAre(3, 1));
  EXPECT_THAT(pushes_of("L-9"), ElementsAre(3, 1));
  EXPECT_THAT(pushes_of("R-2"), ElementsAre(2));
  EXPECT_THAT(pushes_of("R-1", 1), ElementsAre(3));
  EXPECT_THAT(pushes_of("R-1", -4), ElementsAre(3));
  EXPECT_THAT(pushes_of("nothing"), IsEmpty());
}

TEST_F(History, LongValuesAreCutBetweenCharacters) {
  EXPECT_EQ(kept_of(std::string(4096, 'x')), std::string(4096, 'x'));
  const std::string kept(4095, 'x');
  const std::string cut = kept_of(kept + "äöü");
  EXPECT_EQ(cut, kept + "… (4101 bytes in all)");
  EXPECT_TRUE(text::is_utf8(cut));
}

TEST_F(History, PrunesTheOldestInSmallSteps) {
  for (int i = 0; i < 5; ++i) add(i, "R-1", "L-9", start + std::chrono::seconds{i});
  const Timestamp before = start + std::chrono::seconds{3};
  EXPECT_EQ(prune_passes(*store, before, 2).value(), 2);
  EXPECT_THAT(pushes_of("R-1"), ElementsAre(4, 3, 2));
  EXPECT_EQ(prune_passes(*store, before, 2).value(), 1);
  EXPECT_EQ(prune_passes(*store, before, 2).value(), 0);
  EXPECT_THAT(pushes_of("R-1"), ElementsAre(4, 3));
  const auto orphans = store->read([](store::Connection& connection) {
    store::Statement row = connection.prepare("SELECT count(*) FROM field_change");
    row.step();
    return row.integer(0);
  });
  EXPECT_EQ(orphans.value(), 4);
}

}  // namespace
}  // namespace syncservice::sync
