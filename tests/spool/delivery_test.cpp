// A delivery that is sent again is one push.
#include "deliveries.hpp"
#include "spool/spool_fixture.hpp"

namespace syncservice::spool {
namespace {

class Delivery : public SpoolTest {
 protected:
  PushId delivered(const std::string& delivery, const std::string& id = "QC-20", const std::string& link = "link") {
    const Result<Receipt> receipt = push(ValidPushForTests::make(id, link), delivery);
    EXPECT_TRUE(receipt) << receipt.error().message;
    return receipt ? receipt->id() : PushId{};
  }
};

TEST_F(Delivery, SentAgainWhateverBecameOfItsPush) {
  const PushId first = delivered("d-1");
  Lease lease = claim_one();
  EXPECT_EQ(delivered("d-1"), first) << "while it runs";
  synchronize(std::move(lease));
  EXPECT_EQ(delivered("d-1"), first) << "when it is done";
  EXPECT_EQ(counts().waiting, 0);
  EXPECT_TRUE(push(ValidPushForTests::make("QC-20", "link"), "d-1")->joined());
}

TEST_F(Delivery, AnotherOneIsAPushAnew) {
  const PushId first = delivered("d-1");
  synchronize(claim_one());
  const PushId second = delivered("d-2");
  EXPECT_NE(second, first);
  synchronize(claim_one());
  EXPECT_NE(delivered(""), second) << "nor does one without a name repeat any";
}

TEST_F(Delivery, OneEventMayConcernSeveralRecordsAndAppLinks) {
  const PushId first = delivered("d-1", "QC-20", "one");
  EXPECT_NE(delivered("d-1", "QC-20", "other"), first);
  EXPECT_NE(delivered("d-1", "QC-21", "one"), first);
  EXPECT_EQ(counts().waiting, 3);
}

TEST_F(Delivery, IsKnownAfterARestart) {
  const PushId first = delivered("d-1");
  synchronize(claim_one());
  open();
  EXPECT_EQ(delivered("d-1"), first);
  EXPECT_EQ(counts().waiting, 0);
}

TEST_F(Delivery, OneThatJoinedJoinsAgainAfterARestart) {
  const PushId first = delivered("d-1");
  EXPECT_EQ(delivered("d-2"), first);
  EXPECT_EQ(delivered("d-2"), first);
  open();
  EXPECT_EQ(delivered("d-2"), first);
  EXPECT_EQ(counts().waiting, 1);
}

TEST_F(Delivery, AFullQueueDoesNotRefuseWhatItHasTaken) {
  spool_->set_waiting_limit(1);
  const PushId first = delivered("d-1");
  EXPECT_FALSE(push(ValidPushForTests::make("QC-21"), "d-2"));
  EXPECT_EQ(delivered("d-1"), first);
  spool_->set_waiting_limit(2);
  EXPECT_NE(delivered("d-2", "QC-21"), first) << "what was refused was not accepted before";
}

TEST(Deliveries, ForgetsTheOldest) {
  Deliveries deliveries;
  const RecordKey key{AppLinkName{"link"}, Side::source, ProjectName{"P"}, RecordId{"1"}};
  for (std::size_t i = 0; i <= Deliveries::most; ++i)
    deliveries.note("d" + std::to_string(i), 1, key, static_cast<std::int64_t>(i));
  EXPECT_FALSE(deliveries.find("d0", 1, key));
  EXPECT_EQ(deliveries.find("d1", 1, key), 1);
  EXPECT_FALSE(deliveries.find("d1", 2, key));
  EXPECT_FALSE(deliveries.find("d1", 1, RecordKey{key.app_link, Side::destination, key.project, key.id}));
}

}  // namespace
}  // namespace syncservice::spool
