#include "spool_fixture.hpp"

namespace syncservice::spool {
namespace {

TEST_F(SpoolTest, RetryMakesADeadLetterWaitAgain) {
  const PushId id = accept("a");
  finish(claim_one(), dead());
  clock_.advance(seconds{60});
  EXPECT_EQ(spool_->retry(id, "admin").value(), id);
  const Push push = find(id);
  EXPECT_EQ(push.state, State::waiting);
  EXPECT_EQ(push.attempts, 1) << "attempts are kept";
  EXPECT_EQ(push.due, clock_.now());
  EXPECT_THAT(push.reason, testing::HasSubstr("admin"));
  EXPECT_EQ(accept("a"), id) << "a push joins it";
  Lease lease = claim_one();
  EXPECT_EQ(lease.failing_since(), std::nullopt) << "it has its full time to succeed";
  synchronize(std::move(lease));
  EXPECT_EQ(counts().waiting, 0);
}

TEST_F(SpoolTest, RetryBringsAWaitingPushForward) {
  const PushId id = accept("a");
  finish(claim_one(), again(std::chrono::hours{1}));
  EXPECT_TRUE(claim().empty());
  EXPECT_EQ(spool_->retry(id, "admin").value(), id);
  EXPECT_EQ(claim_one().push().id, id);
}

TEST_F(SpoolTest, RetryJoinsThePushThatWaitsForTheRecordAlready) {
  const PushId letter = accept("a");
  finish(claim_one(), dead());
  const PushId waiting = accept("a");
  EXPECT_EQ(spool_->retry(letter, "admin").value(), waiting);
  EXPECT_EQ(find(letter).outcome, Outcome::joined);
  EXPECT_EQ(counts().waiting, 1);
  EXPECT_EQ(ids(claim()), std::vector{waiting});
}

TEST_F(SpoolTest, RetryAndDiscardAreRefusedInOtherStates) {
  EXPECT_EQ(spool_->retry(PushId{4711}, "admin").error().code, make_error_code(Errc::no_such_push));
  EXPECT_EQ(spool_->discard(PushId{4711}, "admin").error().failure, FailureClass::gone);
  const PushId id = accept("a");
  Lease lease = claim_one();
  EXPECT_EQ(spool_->retry(id, "admin").error().code, make_error_code(Errc::wrong_state));
  EXPECT_EQ(spool_->discard(id, "admin").error().code, make_error_code(Errc::wrong_state));
  synchronize(std::move(lease));
  const auto refused = spool_->discard(id, "admin");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, make_error_code(Errc::wrong_state));
  EXPECT_THAT(refused.error().message, testing::HasSubstr("is done"));
}

TEST_F(SpoolTest, ADiscardedPushIsNotRunEvenFromTheWindow) {
  const PushId first = accept("a");
  const PushId second = accept("b");
  const PushId third = accept("c");
  const Lease running = claim_one();  // the others are in the window now
  EXPECT_EQ(running.push().id, first);
  ASSERT_TRUE(spool_->discard(second, "admin"));
  EXPECT_EQ(find(second).outcome, Outcome::discarded);
  EXPECT_EQ(ids(claim()), std::vector{third});
  EXPECT_NE(accept("b"), second);
}

TEST_F(SpoolTest, DiscardEndsDeadLettersAndHeldPushes) {
  const PushId letter = accept("a");
  finish(claim_one(), dead());
  const PushId conflict = accept("b");
  finish(claim_one(), held());
  ASSERT_TRUE(spool_->discard(letter, "admin"));
  ASSERT_TRUE(spool_->discard(conflict, "admin"));
  EXPECT_EQ(counts().dead_letters + counts().held + counts().waiting, 0);
}

TEST_F(SpoolTest, ListsNewestFirstInPages) {
  std::vector<PushId> all;
  for (int i = 0; i < 10; ++i) all.insert(all.begin(), accept(std::to_string(i), i % 2 == 0 ? "even" : "odd"));
  EXPECT_EQ(ids(spool_->list({}).value()), all);
  Query query;
  query.limit = 4;
  std::vector<PushId> paged;
  while (true) {
    const std::vector<PushId> page = ids(spool_->list(query).value());
    if (page.empty()) break;
    EXPECT_LE(page.size(), 4U);
    paged.insert(paged.end(), page.begin(), page.end());
    query.before = page.back();
  }
  EXPECT_EQ(paged, all);

  Query odd;
  odd.app_link = AppLinkName{"odd"};
  EXPECT_EQ(spool_->list(odd)->size(), 5U);
  odd.app_link = AppLinkName{"unheard of"};
  EXPECT_TRUE(spool_->list(odd)->empty());
}

TEST_F(SpoolTest, ListsByState) {
  const PushId ended = accept("a");
  synchronize(claim_one());
  const PushId letter = accept("b");
  finish(claim_one(), dead());
  const PushId running = accept("c");
  const Lease lease = claim_one();
  const PushId waiting = accept("d");
  const auto listed = [&](State state) {
    Query query;
    query.state = state;
    return ids(spool_->list(query).value());
  };
  EXPECT_EQ(listed(State::done), std::vector{ended});
  EXPECT_EQ(listed(State::dead_letter), std::vector{letter});
  EXPECT_EQ(listed(State::running), std::vector{running});
  EXPECT_EQ(listed(State::waiting), std::vector{waiting});
  EXPECT_TRUE(listed(State::held).empty());
}

TEST_F(SpoolTest, TheStoryOfARecordSpansAppLinksAndProjects) {
  const PushId first = accept("QC-20", "one", Side::source, "p");
  (void)accept("QC-21", "one", Side::source, "p");
  const PushId second = accept("QC-20", "two", Side::destination, "q");
  EXPECT_EQ(ids(spool_->story(RecordId{"QC-20"}).value()), (std::vector{second, first}));
  EXPECT_EQ(ids(spool_->story(RecordId{"QC-20"}, 1).value()), std::vector{second});
  EXPECT_TRUE(spool_->story(RecordId{"QC-2"})->empty());
}

TEST_F(SpoolTest, PrunesOldDonePushesInSteps) {
  std::vector<PushId> old;
  for (int i = 0; i < 5; ++i) old.push_back(accept(std::to_string(i)));
  for (Lease& lease : claim()) synchronize(std::move(lease));
  const PushId letter = accept("letter");
  finish(claim_one(), dead());
  clock_.advance(std::chrono::hours{1});
  const Timestamp now = clock_.now();
  const PushId newest = accept("new");
  synchronize(claim_one());
  EXPECT_EQ(spool_->prune(now, 3).value(), 3);
  EXPECT_EQ(spool_->prune(now, 3).value(), 2);
  EXPECT_EQ(spool_->prune(now, 3).value(), 0);
  EXPECT_EQ(spool_->find(old[0]).error().code, make_error_code(Errc::no_such_push));
  EXPECT_EQ(find(letter).state, State::dead_letter);
  EXPECT_EQ(find(newest).state, State::done);
}

TEST_F(SpoolTest, TheNewestIdIsNeverPrunedSoThatIdsRiseForEver) {
  const PushId id = accept("a");
  synchronize(claim_one());
  EXPECT_EQ(spool_->prune(clock_.now() + seconds{1}, 10).value(), 0);
  open();
  EXPECT_GT(accept("b"), id);
}

}  // namespace
}  // namespace syncservice::spool
