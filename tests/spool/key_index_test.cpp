#include "key_index.hpp"

#include "spool_fixture.hpp"

namespace syncservice::spool {
namespace {

constexpr std::int64_t run = std::int64_t{1} << KeyIndex::run_bits;

class KeyIndexTest : public SpoolTest {
 protected:
  static KeyHash hash(std::int64_t n) { return hash_key(1, 0, "p", "record-" + std::to_string(n)); }
  static bool any(std::int64_t) { return true; }

  template <class Work>
  void in_store(Work work) {
    const auto done = store_->write([&](store::Transaction& tx) { work(tx); });
    ASSERT_TRUE(done) << done.error().message;
  }
  void write_run(KeyIndex& index) {
    in_store([&](store::Transaction& tx) { index.write_run(tx); });
    index.run_written();
  }
};

TEST_F(KeyIndexTest, FindsInMemoryAndOnDisk) {
  KeyIndex index;
  std::int64_t id = 1;
  for (; !index.run_complete(id); ++id) index.add(id, hash(id));
  for (; id < run + 1000; ++id) index.add(id, hash(id));
  write_run(index);
  EXPECT_FALSE(index.run_complete(id));
  in_store([&](store::Transaction& tx) {
    for (std::int64_t n = 1; n < id; n += 61) ASSERT_EQ(index.find(tx, hash(n), any), n);
    int false_hits = 0;
    for (std::int64_t n = 0; n < 2000; ++n) false_hits += index.find(tx, hash(-1 - n), any) ? 1 : 0;
    EXPECT_EQ(false_hits, 0);
  });
}

TEST_F(KeyIndexTest, ForgetsWhatDoesNotWaitAndPrefersTheNewest) {
  KeyIndex index;
  index.add(1, hash(1));
  index.add(2, hash(2));
  index.forget(1, hash(1));
  index.add(3, hash(2));
  for (std::int64_t id = 4; !index.run_complete(id); ++id) index.add(id, hash(id));
  const auto check = [&] {
    in_store([&](store::Transaction& tx) {
      EXPECT_EQ(index.find(tx, hash(1), any), std::nullopt);
      EXPECT_EQ(index.find(tx, hash(2), any), 3);
    });
  };
  check();
  write_run(index);
  check();
  index.remember(1, hash(1));
  in_store([&](store::Transaction& tx) { EXPECT_EQ(index.find(tx, hash(1), any), 1); });
}

TEST_F(KeyIndexTest, ARunWhoseCommitFailedIsWrittenAgain) {
  KeyIndex index;
  for (std::int64_t id = 1; !index.run_complete(id); ++id) index.add(id, hash(id));
  ASSERT_FALSE(store_->write([&](store::Transaction& tx) {
    index.write_run(tx);
    throw std::runtime_error("rolled back");
  }));
  in_store([&](store::Transaction& tx) { EXPECT_EQ(index.find(tx, hash(7), any), 7); });
  write_run(index);
  in_store([&](store::Transaction& tx) { EXPECT_EQ(index.find(tx, hash(7), any), 7); });
}

TEST_F(KeyIndexTest, DropsTheFilterOfARunInWhichNothingWaits) {
  KeyIndex index;
  for (std::int64_t id = 1; !index.run_complete(id); ++id) index.add(id, hash(id));
  write_run(index);
  index.drop_filters([](std::int64_t) { return true; });
  in_store([&](store::Transaction& tx) { EXPECT_EQ(index.find(tx, hash(7), any), 7); });
  index.drop_filters([](std::int64_t) { return false; });
  in_store([&](store::Transaction& tx) { EXPECT_EQ(index.find(tx, hash(7), any), std::nullopt); });
}

TEST_F(SpoolTest, CoalescesAndTellsStoriesAcrossRunsAndReopens) {
  // Two pushes of other records, then enough to complete a run, then again the first records.
  settings_.waiting_limit = 4 * run;
  open();
  const PushId waiting = accept("first");
  const PushId ended = accept("second");
  std::vector<Lease> leases = claim(2);
  synchronize(std::move(leases.at(1)));
  leases.clear();
  struct Counted final : Acceptance {
    Counted(std::string id, std::latch& left)
        : Acceptance(ValidPushForTests::make(std::move(id)), "", ""), left_(left) {}
    void accepted(const Result<Receipt>& receipt) noexcept override {
      EXPECT_TRUE(receipt);
      left_.count_down();
    }
    std::latch& left_;
  };
  std::latch left{run + 10};
  std::deque<Counted> all;
  for (std::int64_t n = 0; n < run + 10; ++n) spool_->accept(all.emplace_back("filler-" + std::to_string(n), left));
  left.wait();
  EXPECT_EQ(accept("first"), waiting);
  open();
  EXPECT_EQ(accept("first"), waiting);
  EXPECT_EQ(accept("filler-17"), spool_->story(RecordId{"filler-17"})->at(0).id);
  const PushId again = accept("second");
  EXPECT_NE(again, ended);
  EXPECT_EQ(ids(spool_->story(RecordId{"second"}).value()), (std::vector{again, ended}));
  Query query;
  query.record = RecordId{"second"};
  query.before = again;
  EXPECT_EQ(ids(spool_->list(query).value()), std::vector{ended});
  EXPECT_EQ(counts().waiting, run + 12);
}

}  // namespace
}  // namespace syncservice::spool
