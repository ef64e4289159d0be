#include "store_fixture.hpp"

#include <atomic>
#include <deque>
#include <latch>
#include <thread>

namespace syncservice::store {
namespace {

/// Keeps the writer inside a job, so that what is submitted meanwhile becomes one batch.
class Held {
 public:
  explicit Held(Store& store) {
    store.submit(job_);
    inside_.wait();
  }
  void release() {
    go_.count_down();
    EXPECT_TRUE(job_.outcome());
  }

 private:
  std::latch inside_{1}, go_{1};
  TestJob job_{[this](Transaction&) {
    inside_.count_down();
    go_.wait();
  }};
};

TEST_F(StoreTest, WhatWaitsBecomesOneBatch) {
  std::promise<Batch> second;
  int batches = 0;
  store_->observe([&](const Batch& batch) {
    if (++batches == 3) second.set_value(batch);  // after the observer's own batch and the held one
  });
  Held held{*store_};
  TestJob one{[](Transaction& tx) { add(tx, "one"); }};
  TestJob two{[](Transaction& tx) {
    Statement s = tx.prepare("SELECT count(*) FROM note");
    EXPECT_TRUE(s.step());
    EXPECT_EQ(s.integer(0), 1) << "jobs of one batch see each other's changes";
    add(tx, "two");
  }};
  store_->submit(one);
  store_->submit(two);
  held.release();
  EXPECT_TRUE(one.outcome());
  EXPECT_TRUE(two.outcome());
  const Batch batch = second.get_future().get();
  EXPECT_EQ(batch.jobs, 2U);
  EXPECT_TRUE(batch.committed);
  EXPECT_EQ(count(), 2);
  store_->observe(nullptr);
}

TEST_F(StoreTest, AnIsolatedJobFailsAlone) {
  Held held{*store_};
  TestJob good{[](Transaction& tx) { add(tx, "good"); }};
  TestJob bad{[](Transaction& tx) {
    add(tx, "undone");
    add(tx, "good");
  }};
  TestJob after{[](Transaction& tx) { add(tx, "after"); }};
  for (TestJob* job : {&good, &bad, &after}) store_->submit(*job);
  held.release();
  EXPECT_TRUE(good.outcome());
  EXPECT_TRUE(after.outcome());
  const auto outcome = bad.outcome();
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, make_error_code(Errc::constraint));
  EXPECT_EQ(count(), 2);
}

TEST_F(StoreTest, AJobThatIsNotIsolatedFailsItsBatch) {
  Held held{*store_};
  TestJob good{[](Transaction& tx) { add(tx, "good"); }};
  TestJob bad{[](Transaction& tx) { add(tx, "good"); }, false};
  store_->submit(good);
  store_->submit(bad);
  held.release();
  EXPECT_FALSE(good.outcome());
  EXPECT_FALSE(bad.outcome());
  EXPECT_EQ(count(), 0);
  EXPECT_TRUE(store_->write([](Transaction& tx) { add(tx, "next"); }));
}

TEST_F(StoreTest, AFullDatabaseIsToldAndRecovers) {
  const auto limit = [this](const char* sql) {
    ASSERT_TRUE(store_->write([sql](Transaction& tx) { (void)tx.prepare(sql).step(); }));
  };
  limit("PRAGMA max_page_count = 1");  // SQLite takes the present size instead
  const std::string big(200'000, 'x');
  const auto full = store_->write([&](Transaction& tx) { add(tx, big); });
  ASSERT_FALSE(full);
  EXPECT_EQ(full.error().code, make_error_code(Errc::full));
  EXPECT_EQ(full.error().failure, FailureClass::transient);
  EXPECT_EQ(count(), 0);

  Held held{*store_};
  TestJob small{[](Transaction&) {}};
  TestJob large{[&](Transaction& tx) { add(tx, big); }};
  store_->submit(large);
  store_->submit(small);
  held.release();
  EXPECT_FALSE(large.outcome());
  (void)small.outcome();  // told either way

  limit("PRAGMA max_page_count = 1000000");
  EXPECT_TRUE(store_->write([&](Transaction& tx) { add(tx, big); }));
  EXPECT_EQ(count(), 1);
}

TEST_F(StoreTest, FinishesWhatWasSubmittedAndRefusesTheRest) {
  Held held{*store_};
  TestJob before{[](Transaction& tx) { add(tx, "before"); }};
  store_->submit(before);
  held.release();
  store_->stop();
  store_->stop();
  EXPECT_TRUE(before.outcome());
  TestJob after{[](Transaction& tx) { add(tx, "after"); }};
  store_->submit(after);
  const auto outcome = after.outcome();
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, make_error_code(Errc::closed));
  EXPECT_EQ(count(), 1) << "reading goes on after stop()";
}

class CountedJob final : public Job {
 public:
  CountedJob(std::atomic<int>& good, std::atomic<int>& told) : good_(good), told_(told) {}
  void run(Transaction& tx) override { tx.prepare("INSERT INTO note(body) VALUES(NULL)").run(); }
  void finished(const Result<void>& outcome) noexcept override {
    if (outcome) ++good_;
    ++told_;
  }
  [[nodiscard]] bool isolated() const noexcept override { return false; }

 private:
  std::atomic<int>& good_;
  std::atomic<int>& told_;
};

TEST_F(StoreTest, EveryJobIsToldOnceWhenStoppedUnderLoad) {
  constexpr int threads = 4;
  constexpr int each = 2000;
  std::atomic<int> good = 0;
  std::atomic<int> told = 0;
  std::deque<CountedJob> jobs;
  for (int i = 0; i < threads * each; ++i) jobs.emplace_back(good, told);
  {
    std::vector<std::jthread> submitters;
    std::latch half{threads};
    for (int t = 0; t < threads; ++t) {
      submitters.emplace_back([&, t] {
        for (int i = 0; i < each; ++i) {
          if (i == each / 2) half.count_down();
          store_->submit(jobs[static_cast<std::size_t>(t * each + i)]);
        }
      });
    }
    half.wait();
    store_->stop();
  }
  EXPECT_EQ(told, threads * each);
  EXPECT_EQ(count(), good);
  EXPECT_GE(good, threads * each / 2);
}

TEST_F(StoreTest, TheLogStaysBounded) {
  const std::string bytes(4'000'000, 'x');
  std::uintmax_t longest = 0;
  for (std::int64_t round = 0; round < 80; ++round) {
    ASSERT_TRUE(store_->write([&](Transaction& tx) {
      tx.prepare("INSERT OR REPLACE INTO note(id, body) VALUES(?, ? || ?)")
          .bind(1, round % 4)
          .bind(2, bytes)
          .bind(3, round)
          .run();
    }));
    longest = std::max(longest, std::filesystem::file_size(folder_ / "syncservice.db-wal"));
  }
  EXPECT_LT(longest, 150'000'000U);
  EXPECT_EQ(count(), 4);
}

}  // namespace
}  // namespace syncservice::store
