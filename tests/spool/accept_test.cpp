#include "spool_fixture.hpp"

#include <SQLiteCpp/Database.h>

namespace syncservice::spool {
namespace {

TEST_F(SpoolTest, AReceiptMeansThatThePushIsOnDisk) {
  const PushId id = accept("QC-20");
  SQLite::Database other{folder_ / "syncservice.db", SQLite::OPEN_READONLY};
  EXPECT_EQ(other.execAndGet("SELECT record FROM push WHERE state = 0").getString(), "QC-20");
  open();
  const Push push = find(id);
  EXPECT_EQ(push.state, State::waiting);
  EXPECT_EQ(push.key, (RecordKey{AppLinkName{"Jira6QC11Req"}, Side::source, ProjectName{"QC"}, RecordId{"QC-20"}}));
  EXPECT_EQ(push.accepted, clock_.now());
  EXPECT_EQ(push.due, clock_.now());
  EXPECT_EQ(push.attempts, 0);
  EXPECT_EQ(push.pushed_by, "tester");
  EXPECT_EQ(push.peer, "127.0.0.1");
}

TEST_F(SpoolTest, IdsRiseAlsoOverAReopen) {
  const PushId first = accept("a");
  const PushId second = accept("b");
  open();
  EXPECT_LT(first, second);
  EXPECT_LT(second, accept("c"));
}

TEST_F(SpoolTest, APushForAWaitingRecordJoinsIt) {
  const PushId first = accept("QC-20");
  const Result<Receipt> second = push(ValidPushForTests::make("QC-20"));
  ASSERT_TRUE(second);
  EXPECT_EQ(second->id(), first);
  EXPECT_TRUE(second->joined());
  EXPECT_EQ(counts().waiting, 1);
}

TEST_F(SpoolTest, JoinsAlsoWithinOneBatchAndAfterAReopen) {
  HeldWriter held{*store_};
  TestAcceptance one{ValidPushForTests::make("QC-20")};
  TestAcceptance two{ValidPushForTests::make("QC-20")};
  spool_->accept(one);
  spool_->accept(two);
  held.release();
  const Result<Receipt> first = one.receipt();
  ASSERT_TRUE(first);
  EXPECT_EQ(two.receipt()->id(), first->id());
  open();
  EXPECT_EQ(accept("QC-20"), first->id());
}

TEST_F(SpoolTest, EveryPartOfTheKeyCounts) {
  const PushId base = accept("1", "link", Side::source, "p");
  EXPECT_NE(accept("2", "link", Side::source, "p"), base);
  EXPECT_NE(accept("1", "other", Side::source, "p"), base);
  EXPECT_NE(accept("1", "link", Side::destination, "p"), base);
  EXPECT_NE(accept("1", "link", Side::source, "q"), base);
  EXPECT_EQ(counts().waiting, 5);
}

TEST_F(SpoolTest, APushForARunningRecordWaitsForItsEnd) {
  const PushId first = accept("QC-20");
  Lease lease = claim_one();
  EXPECT_EQ(find(first).state, State::running);
  const PushId second = accept("QC-20");
  EXPECT_NE(second, first);
  EXPECT_EQ(accept("QC-20"), second) << "and takes further ones";
  EXPECT_TRUE(claim().empty());
  synchronize(std::move(lease));
  const std::vector<Lease> next = claim();
  EXPECT_EQ(ids(next), std::vector{second});
}

TEST_F(SpoolTest, APushThatJoinedARecordClaimedBeforeItsCommitRunsAnew) {
  const PushId first = accept("QC-20");
  HeldWriter held{*store_};
  TestAcceptance joining{ValidPushForTests::make("QC-20")};
  std::vector<Lease> leases;
  // Runs in the same batch as the acceptance, after it: by then it has joined, but its receipt is not out.
  class ClaimBetween final : public store::Job {
   public:
    explicit ClaimBetween(std::function<void()> work) : work_(std::move(work)) {}
    void run(store::Transaction&) override { work_(); }
    void finished(const Result<void>&) noexcept override { done_.count_down(); }
    void wait() { done_.wait(); }

   private:
    std::function<void()> work_;
    std::latch done_{1};
  } between{[&] { leases = claim(); }};
  spool_->accept(joining);
  store_->submit(between);
  held.release();
  between.wait();
  const Result<Receipt> receipt = joining.receipt();
  ASSERT_TRUE(receipt);
  ASSERT_EQ(ids(leases), std::vector{first});
  EXPECT_NE(receipt->id(), first);
  EXPECT_FALSE(receipt->joined());
}

TEST_F(SpoolTest, RefusesBeyondTheLimitButLetsJoin) {
  spool_->set_waiting_limit(2);
  (void)accept("a");
  EXPECT_TRUE(spool_->ready());
  (void)accept("b");
  const Result<Receipt> refused = push(ValidPushForTests::make("c"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, make_error_code(Errc::queue_full));
  EXPECT_EQ(refused.error().failure, FailureClass::transient);
  EXPECT_TRUE(refused.error().retry_after);
  EXPECT_THAT(refused.error().message, testing::HasSubstr("2 pushes wait"));
  EXPECT_EQ(spool_->ready().error().code, make_error_code(Errc::queue_full));
  EXPECT_TRUE(push(ValidPushForTests::make("b")));

  synchronize(claim_one());
  EXPECT_TRUE(push(ValidPushForTests::make("c"))) << "there is room again";
}

/// Notes in a list when it is told.
class NotedAcceptance final : public Acceptance {
 public:
  NotedAcceptance(const ValidPush& push, std::vector<std::string>& notes)
      : Acceptance(push, "tester", "127.0.0.1"), notes_(notes) {}

 private:
  void accepted(const Result<Receipt>& receipt) noexcept override {
    notes_.emplace_back(receipt ? "accepted" : "refused");
  }
  std::vector<std::string>& notes_;
};

TEST_F(SpoolTest, SaysWhenABatchWasTold) {
  std::vector<std::string> notes;
  NotedAcceptance first{ValidPushForTests::make("1"), notes};
  NotedAcceptance second{ValidPushForTests::make("2"), notes};
  spool_->after_batch([&notes] { notes.emplace_back("batch"); });
  HeldWriter held{*store_};
  notes.clear();
  spool_->accept(first);
  spool_->accept(second);
  held.release();
  spool_.reset();
  EXPECT_THAT(notes, testing::ElementsAre("batch", "accepted", "accepted", "batch"));
}

TEST_F(SpoolTest, TheLimitHoldsWithinOneBatch) {
  spool_->set_waiting_limit(3);
  HeldWriter held{*store_};
  std::deque<TestAcceptance> acceptances;
  for (int i = 0; i < 10; ++i) spool_->accept(acceptances.emplace_back(ValidPushForTests::make(std::to_string(i))));
  held.release();
  int good = 0;
  for (TestAcceptance& acceptance : acceptances) good += acceptance.receipt() ? 1 : 0;
  EXPECT_EQ(good, 3);
  EXPECT_EQ(counts().waiting, 3);
}

TEST_F(SpoolTest, RefusesWhenTheDiskIsNearlyFull) {
  settings_.disk_reserve_bytes = std::numeric_limits<std::int64_t>::max();
  open();
  const Result<Receipt> refused = push(ValidPushForTests::make("a"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, make_error_code(Errc::disk_full));
  EXPECT_TRUE(refused.error().retry_after);
  EXPECT_EQ(spool_->ready().error().code, make_error_code(Errc::disk_full));
}

TEST_F(SpoolTest, AFailedCommitRefusesTheWholeBatchAndKeepsNothing) {
  const auto limit = [this](const char* sql) {
    ASSERT_TRUE(store_->write([sql](store::Transaction& tx) { (void)tx.prepare(sql).step(); }));
  };
  limit("PRAGMA max_page_count = 1");  // SQLite takes the present size instead
  std::vector<PushId> promised;
  std::optional<Error> refused;
  for (int i = 0; i < 5000 && !refused; ++i) {
    const Result<Receipt> receipt = push(ValidPushForTests::make(std::string(200, 'x') + std::to_string(i)));
    if (receipt) {
      promised.push_back(receipt->id());
    } else {
      refused = receipt.error();
    }
  }
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->code, make_error_code(Errc::disk_full));
  EXPECT_EQ(counts().waiting, static_cast<std::int64_t>(promised.size()));
  EXPECT_FALSE(spool_->ready());
  limit("PRAGMA max_page_count = 1000000");
  promised.push_back(accept("after"));
  EXPECT_TRUE(spool_->ready());
  open();
  EXPECT_EQ(counts().waiting, static_cast<std::int64_t>(promised.size()));
  for (const PushId id : promised) EXPECT_EQ(find(id).state, State::waiting);
}

TEST_F(SpoolTest, ANewAppLinkOfAFailedBatchIsStoredByTheNextOne) {
  HeldWriter held{*store_};
  TestAcceptance first{ValidPushForTests::make("a", "fresh")};
  class Failing final : public store::Job {
   public:
    void run(store::Transaction& tx) override { (void)tx.prepare("nonsense"); }
    void finished(const Result<void>&) noexcept override { done_.count_down(); }
    [[nodiscard]] bool isolated() const noexcept override { return false; }
    void wait() { done_.wait(); }

   private:
    std::latch done_{1};
  } failing;
  spool_->accept(first);
  store_->submit(failing);
  held.release();
  failing.wait();
  EXPECT_EQ(first.receipt().error().code, make_error_code(Errc::unavailable));
  EXPECT_EQ(counts().waiting, 0);
  const PushId second = accept("a", "fresh");
  open();
  EXPECT_EQ(find(second).key.app_link, AppLinkName{"fresh"});
}

TEST_F(SpoolTest, AfterCloseEveryAcceptIsRefusedAndClaimGivesNothing) {
  (void)accept("a");
  spool_->close();
  const Result<Receipt> refused = push(ValidPushForTests::make("b"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, make_error_code(Errc::unavailable));
  EXPECT_EQ(spool_->ready().error().code, make_error_code(Errc::unavailable));
  EXPECT_TRUE(spool_->claim(1, {}, {}, {}, std::chrono::steady_clock::time_point::max()).empty());
}

TEST_F(SpoolTest, IsRefusedWhenTheStoreHasStopped) {
  store_->stop();
  EXPECT_EQ(push(ValidPushForTests::make("a")).error().code, make_error_code(Errc::unavailable));
}

TEST_F(SpoolTest, NotesAreCutBetweenCharacters) {
  class Long final : public Acceptance {
   public:
    Long() : Acceptance(ValidPushForTests::make("a"), std::string(99, 'x') + "ü", std::string(300, 'y')) {}
    std::promise<Result<Receipt>> told;

   private:
    void accepted(const Result<Receipt>& receipt) noexcept override { told.set_value(receipt); }
  } acceptance;
  spool_->accept(acceptance);
  const Push push = find(acceptance.told.get_future().get()->id());
  EXPECT_EQ(push.pushed_by, std::string(99, 'x'));
  EXPECT_EQ(push.peer, std::string(100, 'y'));
}

TEST_F(SpoolTest, CountsWhatItDoes) {
  (void)accept("a");
  (void)accept("a");
  spool_->set_waiting_limit(1);
  EXPECT_FALSE(push(ValidPushForTests::make("b")));
  ASSERT_TRUE(store_->write([](store::Transaction&) {}));  // the batch's numbers are out when the next one runs
  const std::string text = metrics_.text();
  EXPECT_THAT(text, testing::HasSubstr("syncservice_pushes_accepted_total 1"));
  EXPECT_THAT(text, testing::HasSubstr("syncservice_pushes_joined_total 1"));
  EXPECT_THAT(text, testing::HasSubstr("syncservice_pushes_refused_total{reason=\"queue_full\"} 1"));
  EXPECT_THAT(text, testing::HasSubstr("syncservice_pushes_waiting 1"));
}

TEST(States, TextsAreReadBack) {
  for (const State state : {State::waiting, State::running, State::done, State::dead_letter, State::held}) {
    EXPECT_EQ(parse_state(to_string(state)), state);
  }
  for (const Outcome outcome : {Outcome::none, Outcome::synchronized, Outcome::nothing_to_do, Outcome::gone,
                                Outcome::filtered, Outcome::joined, Outcome::superseded, Outcome::discarded}) {
    EXPECT_EQ(parse_outcome(to_string(outcome)), outcome);
  }
  EXPECT_EQ(parse_state("asleep"), std::nullopt);
}

}  // namespace
}  // namespace syncservice::spool
