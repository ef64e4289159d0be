#include "spool_fixture.hpp"

namespace syncservice::spool {
namespace {

TEST_F(SpoolTest, ADonePushKeepsItsOutcome) {
  const PushId id = accept("a");
  clock_.advance(seconds{3});
  finish(claim_one(), done(Outcome::nothing_to_do));
  const Push push = find(id);
  EXPECT_EQ(push.state, State::done);
  EXPECT_EQ(push.outcome, Outcome::nothing_to_do);
  EXPECT_EQ(push.reason, "well");
  EXPECT_EQ(push.changed - push.accepted, seconds{3});
  EXPECT_EQ(counts().waiting, 0);
  EXPECT_EQ(counts().running, 0);
}

TEST_F(SpoolTest, TheEndIsTheTransactionsOwn) {
  const PushId id = accept("a");
  Lease lease = claim_one();
  const auto failed = store_->write([&](store::Transaction& tx) {
    spool_->finish(tx, lease, done());
    throw std::runtime_error("the pass could not be stored");
  });
  ASSERT_FALSE(failed);
  EXPECT_EQ(find(id).state, State::running);
  { const Lease dropped = std::move(lease); }
  EXPECT_EQ(find(id).state, State::waiting);
  EXPECT_EQ(accept("a"), id) << "and takes further pushes";
  synchronize(claim_one());
  EXPECT_EQ(find(id).state, State::done);
}

TEST_F(SpoolTest, AgainWaitsUntilItIsDue) {
  const PushId id = accept("a");
  const Timestamp began = clock_.now();
  finish(claim_one(), again(seconds{5}));
  Push push = find(id);
  EXPECT_EQ(push.state, State::waiting);
  EXPECT_EQ(push.attempts, 1);
  EXPECT_EQ(push.reason, "connection refused");
  EXPECT_EQ(push.due, clock_.now() + seconds{5});
  EXPECT_TRUE(claim().empty());

  clock_.advance(milliseconds{4999});
  EXPECT_TRUE(claim().empty());
  clock_.advance(milliseconds{1});
  Lease lease = claim_one();
  EXPECT_EQ(lease.failing_since(), began);
  finish(std::move(lease), again(seconds{10}, false));
  push = find(id);
  EXPECT_EQ(push.attempts, 1) << "throttling uses up no attempt";
  open();
  EXPECT_TRUE(claim().empty());
  clock_.advance(seconds{10});
  EXPECT_EQ(claim_one().push().id, id);
}

TEST_F(SpoolTest, ThrottlingAloneIsNoFailure) {
  (void)accept("a");
  finish(claim_one(), again(seconds{1}, false));
  clock_.advance(seconds{1});
  EXPECT_EQ(claim_one().failing_since(), std::nullopt);
}

TEST_F(SpoolTest, APushJoinsOneThatWaitsForItsNextTry) {
  const PushId id = accept("a");
  finish(claim_one(), again(seconds{5}));
  EXPECT_EQ(accept("a"), id);
  EXPECT_EQ(counts().waiting, 1);
}

TEST_F(SpoolTest, ANewerPushGoesOnForOneThatFailed) {
  const PushId first = accept("a");
  const Timestamp began = clock_.now();
  Lease lease = claim_one();
  clock_.advance(seconds{1});
  const PushId second = accept("a");
  finish(std::move(lease), again(seconds{5}));
  const Push ended = find(first);
  EXPECT_EQ(ended.state, State::done);
  EXPECT_EQ(ended.outcome, Outcome::joined);
  EXPECT_THAT(ended.reason, testing::HasSubstr("push " + to_string(second)));
  const Push next = find(second);
  EXPECT_EQ(next.state, State::waiting);
  EXPECT_EQ(next.attempts, 1);
  EXPECT_EQ(next.due, clock_.now() + seconds{5}) << "pushing often does not get round the backoff";
  EXPECT_TRUE(claim().empty());
  clock_.advance(seconds{5});
  lease = claim_one();
  EXPECT_EQ(lease.push().id, second);
  EXPECT_EQ(lease.failing_since(), began + seconds{1});
}

TEST_F(SpoolTest, DeadLettersAndHeldPushesStayAside) {
  const PushId letter = accept("a");
  finish(claim_one(), dead());
  const PushId conflict = accept("b");
  finish(claim_one(), held());
  EXPECT_EQ(find(letter).state, State::dead_letter);
  EXPECT_EQ(find(letter).reason, "unknown field");
  EXPECT_EQ(find(letter).attempts, 1);
  EXPECT_EQ(find(conflict).state, State::held);
  const Counts now = counts();
  EXPECT_EQ(now.dead_letters, 1);
  EXPECT_EQ(now.held, 1);
  EXPECT_EQ(now.waiting, 0);
  EXPECT_TRUE(claim().empty());
  EXPECT_NE(accept("a"), letter) << "a new push is a new one";
}

TEST_F(SpoolTest, OfARecordOnlyTheNewestPushIsHeld) {
  const PushId letter = accept("a");
  finish(claim_one(), dead());
  const PushId first = accept("a");
  finish(claim_one(), held());
  const PushId other = accept("b");
  finish(claim_one(), held());
  const PushId second = accept("a");
  finish(claim_one(), held());
  EXPECT_EQ(find(first).outcome, Outcome::superseded);
  EXPECT_THAT(find(first).reason, testing::HasSubstr("push " + to_string(second)));
  EXPECT_EQ(find(second).state, State::held);
  EXPECT_EQ(find(other).state, State::held);
  EXPECT_EQ(find(letter).state, State::dead_letter);
}

TEST_F(SpoolTest, ALaterSuccessSupersedesOlderFailuresOfItsRecordOnly) {
  const PushId letter = accept("a");
  finish(claim_one(), dead());
  const PushId conflict = accept("a");
  finish(claim_one(), held());
  const PushId other = accept("b");
  finish(claim_one(), dead());
  (void)accept("a");
  finish(claim_one(), done(Outcome::filtered));
  EXPECT_EQ(find(letter).state, State::dead_letter) << "only success supersedes";
  (void)accept("a");
  finish(claim_one(), done(Outcome::nothing_to_do));
  EXPECT_EQ(find(letter).outcome, Outcome::superseded);
  EXPECT_EQ(find(conflict).outcome, Outcome::superseded);
  EXPECT_EQ(find(other).state, State::dead_letter);
}

TEST_F(SpoolTest, CountsTheOldestThatWaits) {
  EXPECT_EQ(counts().oldest_waiting, std::nullopt);
  const Timestamp first = clock_.now();
  (void)accept("a", "one");
  clock_.advance(seconds{1});
  (void)accept("b", "two");
  EXPECT_EQ(counts().oldest_waiting, first);
  const Lease running = claim_one();
  EXPECT_EQ(counts().oldest_waiting, first + seconds{1});
  EXPECT_EQ(counts().running, 1);
  EXPECT_EQ(counts().waiting, 1);
}

}  // namespace
}  // namespace syncservice::spool
