#include "spool_fixture.hpp"

#include <thread>

namespace syncservice::spool {
namespace {

TEST_F(SpoolTest, ClaimsOldestFirstWithinAnAppLink) {
  std::vector<PushId> order;
  for (const char* id : {"c", "a", "b"}) {
    order.push_back(accept(id));
    clock_.advance(milliseconds{1});
  }
  EXPECT_EQ(ids(claim()), order);
}

TEST_F(SpoolTest, TakesAppLinksInTurn) {
  std::vector<PushId> big;
  for (int i = 0; i < 4; ++i) big.push_back(accept(std::to_string(i), "big"));
  const PushId small = accept("x", "small");
  EXPECT_EQ(ids(claim(3)), (std::vector{big[0], small, big[1]}));
}

TEST_F(SpoolTest, GoesOnWhereItLeftOff) {
  for (int i = 0; i < 3; ++i) {
    for (const char* link : {"a", "b", "c"}) (void)accept(std::to_string(i), link);
  }
  std::string turns;
  std::vector<Lease> leases;
  for (int i = 0; i < 6; ++i) {
    leases.push_back(claim_one());
    turns += leases.back().push().key.app_link.str();
  }
  EXPECT_EQ(turns, "abcabc");
}

TEST_F(SpoolTest, ReachesEveryPushThroughItsWindow) {
  constexpr int many = 1500;
  for (int i = 0; i < many; ++i) (void)accept(std::to_string(i));
  int seen = 0;
  while (true) {
    std::vector<Lease> leases = claim(7);
    if (leases.empty()) break;
    ASSERT_TRUE(store_->write([&](store::Transaction& tx) {
      for (const Lease& lease : leases) spool_->finish(tx, lease, done());
    }));
    for (Lease& lease : leases) spool_->settle(std::move(lease));
    seen += static_cast<int>(leases.size());
  }
  EXPECT_EQ(seen, many);
  EXPECT_EQ(counts().waiting, 0);
}

TEST_F(SpoolTest, WhatIsDueStaysClaimableWhenANewerPushGoesOnForAnother) {
  (void)accept("a");
  Lease first = claim_one();
  (void)accept("a");
  (void)accept("b");
  const PushId last = accept("c");
  const Lease second = claim_one();  // leaves the newer push of a, and c, in the window
  finish(std::move(first), again(seconds{5}));
  EXPECT_EQ(ids(claim()), std::vector{last});
}

TEST_F(SpoolTest, BothEndsOfAPairShareOneLease) {
  const RecordKey left{AppLinkName{"link"}, Side::source, ProjectName{"p"}, RecordId{"1"}};
  const RecordKey right{AppLinkName{"link"}, Side::destination, ProjectName{"q"}, RecordId{"9"}};
  const TwinLookup twin = [&](const RecordKey& end) {
    return end == left ? std::optional{right} : end == right ? std::optional{left} : std::nullopt;
  };
  ASSERT_TRUE(push(ValidPushForTests::make(left)));
  ASSERT_TRUE(push(ValidPushForTests::make(right)));
  std::vector<Lease> first = claim(10, twin);
  ASSERT_EQ(first.size(), 1U);
  EXPECT_EQ(first[0].push().key, left);
  EXPECT_TRUE(claim(10, twin).empty());
  synchronize(std::move(first[0]));
  EXPECT_EQ(claim(10, twin).size(), 1U);
}

TEST_F(SpoolTest, ALeaseTakesInTheTwinItFinds) {
  const RecordKey right{AppLinkName{"Jira6QC11Req"}, Side::destination, ProjectName{"q"}, RecordId{"9"}};
  (void)accept("1");
  Lease lease = claim_one();
  EXPECT_TRUE(lease.extend(right));
  EXPECT_TRUE(lease.extend(right)) << "it has it already";
  ASSERT_TRUE(push(ValidPushForTests::make(right)));
  EXPECT_TRUE(claim().empty());
  synchronize(std::move(lease));

  Lease other = claim_one();
  EXPECT_EQ(other.push().key, right);
  (void)accept("2");
  Lease second = claim_one();
  EXPECT_FALSE(second.extend(right)) << "another pass has it";
}

TEST_F(SpoolTest, ALeaseGivenUpWaitsAgain) {
  const PushId id = accept("a");
  { const Lease lease = claim_one(); }
  EXPECT_EQ(find(id).state, State::waiting);
  EXPECT_EQ(claim_one().push().id, id);
}

TEST_F(SpoolTest, AfterACrashWhatWasRunningWaits) {
  const PushId id = accept("a");
  std::vector<Lease> leases = claim();
  const PushId later = accept("a");
  leases.clear();  // what a crash leaves on disk is the same: a claim writes nothing
  open();
  EXPECT_EQ(counts().waiting, 2);
  Lease lease = claim_one();
  EXPECT_EQ(lease.push().id, id);
  EXPECT_TRUE(claim().empty()) << "one pass at a time for the record";
  synchronize(std::move(lease));
  EXPECT_EQ(claim_one().push().id, later);
}

TEST_F(SpoolTest, LeavesBlockedAppLinksAlone) {
  (void)accept("a", "blocked");
  const PushId open_one = accept("b", "open");
  std::atomic<bool> blocked = true;
  const Blocked ask = [&](const AppLinkName& link) { return blocked && link.str() == "blocked"; };
  const std::vector<Lease> leases = claim(10, {}, ask);
  EXPECT_EQ(ids(leases), std::vector{open_one});

  std::atomic<int> asked = 0;
  std::vector<Lease> late;
  std::latch waiting{1};
  std::jthread claimer{[&] {
    late = spool_->claim(
        10, {},
        [&](const AppLinkName& link) {
          if (++asked == 1) waiting.count_down();
          return ask(link);
        },
        {}, std::chrono::steady_clock::time_point::max());
  }};
  waiting.wait();
  blocked = false;
  spool_->nudge();
  claimer.join();
  EXPECT_EQ(late.size(), 1U);
  EXPECT_LE(asked, 3) << "it waits instead of asking again and again";
}

TEST_F(SpoolTest, AWaitingClaimSeesANewPush) {
  std::vector<Lease> leases;
  std::jthread claimer{[&] { leases = spool_->claim(1, {}, {}, {}, std::chrono::steady_clock::time_point::max()); }};
  const PushId id = accept("a");
  claimer.join();
  EXPECT_EQ(ids(leases), std::vector{id});
}

TEST_F(SpoolTest, AWaitingClaimSeesTheEndOfAPassOfItsRecord) {
  (void)accept("a");
  Lease running = claim_one();
  const PushId next = accept("a");
  std::vector<Lease> leases;
  std::jthread claimer{[&] { leases = spool_->claim(1, {}, {}, {}, std::chrono::steady_clock::time_point::max()); }};
  synchronize(std::move(running));
  claimer.join();
  EXPECT_EQ(ids(leases), std::vector{next});
}

TEST_F(SpoolTest, AWaitingClaimEndsOnStopAndOnClose) {
  std::jthread stopped{[&](const std::stop_token& stop) {
    EXPECT_TRUE(spool_->claim(1, {}, {}, stop, std::chrono::steady_clock::time_point::max()).empty());
  }};
  stopped.request_stop();
  stopped.join();
  std::jthread closed{
      [&] { EXPECT_TRUE(spool_->claim(1, {}, {}, {}, std::chrono::steady_clock::time_point::max()).empty()); }};
  spool_->close();
}

TEST_F(SpoolTest, OthersAreClaimedWhileOldRowsOfALeasedRecordAreInTheWindow) {
  (void)accept("a");
  Lease first = claim_one();
  const PushId stuck = accept("a");
  EXPECT_TRUE(claim().empty());
  const PushId fresh = accept("b");
  const std::vector<Lease> second = claim();
  EXPECT_EQ(ids(second), std::vector{fresh});
  synchronize(std::move(first));
  EXPECT_EQ(ids(claim()), std::vector{stuck});
}

}  // namespace
}  // namespace syncservice::spool
