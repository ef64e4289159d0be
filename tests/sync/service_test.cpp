// The Service with its threads: from a push in the spool to its end.
#include "service_fixture.hpp"

#include <gmock/gmock.h>

namespace syncservice::sync {
namespace {

using spool::Outcome;
using spool::State;
using std::chrono::milliseconds;
using std::chrono::seconds;
using support::eventually;
using testing::ElementsAre;
using testing::HasSubstr;

class ServiceTest : public ServiceFixture {};

TEST_F(ServiceTest, SynchronizesAndItsEchoIsNothingToDo) {
  service->start();
  left.put("L-9", {{"title", "one"}});
  const PushId first = push(Side::source, "L-9");
  EXPECT_EQ(await(first, State::done).outcome, Outcome::synchronized);
  EXPECT_EQ(await(push(Side::destination, "R-1"), State::done).outcome, Outcome::nothing_to_do);
  left.set("L-9", "title", "two");
  EXPECT_EQ(await(push(Side::source, "L-9"), State::done).outcome, Outcome::synchronized);
  EXPECT_EQ(right.fields("R-1").at("name"), record::Value{"two"});
  EXPECT_EQ(passes(*store, first).value().at(0).outcome, "synchronized");
  EXPECT_EQ(passes(*store, RecordId{"L-9"}).value().size(), 3U);
  EXPECT_THAT(metrics.text(), HasSubstr("syncservice_passes_total{outcome=\"nothing_to_do\"} 1"));
}

TEST_F(ServiceTest, RunsWhatWasPushedBeforeItsStart) {
  left.put("L-9", {{"title", "one"}});
  const PushId id = push(Side::source, "L-9");
  EXPECT_EQ(find(id).state, State::waiting);
  service->start();
  EXPECT_EQ(await(id, State::done).outcome, Outcome::synchronized);
}

TEST_F(ServiceTest, TriesATransientFailureAgain) {
  service->start();
  left.put("L-9", {{"title", "one"}});
  right.fail(Op::create, failure(FailureClass::transient, "Connection refused."));
  right.fail(Op::find, failure(FailureClass::transient, "Connection refused."));
  const spool::Push ended = await_moving(push(Side::source, "L-9"), State::done, seconds{1});
  EXPECT_EQ(ended.outcome, Outcome::synchronized);
  EXPECT_EQ(ended.attempts, 2);
  EXPECT_EQ(right.calls(Op::create), 2);
}

TEST_F(ServiceTest, GivesUpAfterADay) {
  service->start();
  left.put("L-9", {{"title", "one"}});
  for (int i = 0; i < 1000; ++i) left.fail(Op::read, failure(FailureClass::transient, "Connection refused."));
  const spool::Push ended = await_moving(push(Side::source, "L-9"), State::dead_letter, std::chrono::minutes{10});
  EXPECT_THAT(ended.reason, HasSubstr("Given up after failing since"));
  left.mend();
  // Its lease ends a moment after the commit that made it a dead letter.
  ASSERT_TRUE(eventually([&] { return spool->retry(ended.id, "admin").has_value(); }));
  EXPECT_EQ(await_moving(ended.id, State::done, seconds{1}).outcome, Outcome::synchronized);
}

TEST_F(ServiceTest, AnAuthFailureStopsTheApplicationUntilAProbeSucceeds) {
  service->start();
  left.put("L-1", {{"title", "one"}});
  left.put("L-2", {{"title", "two"}});
  right.fail(Op::create, failure(FailureClass::auth, "401"));
  right.fail(Op::ping, failure(FailureClass::auth, "401"));
  const PushId first = push(Side::source, "L-1");
  ASSERT_TRUE(eventually([&] { return service->health().at(1).circuit_open; }));
  EXPECT_EQ(await(first, State::waiting).attempts, 0);
  const PushId second = push(Side::source, "L-2");
  EXPECT_EQ(right.calls(Op::create), 1);

  service->nudge();
  ASSERT_TRUE(eventually([&] { return right.calls(Op::ping) == 1; }));
  EXPECT_TRUE(service->health().at(1).circuit_open);
  EXPECT_EQ(find(second).state, State::waiting);
  EXPECT_EQ(right.calls(Op::create), 1);

  ASSERT_TRUE(eventually([&] {
    clock.advance(seconds{10});
    return right.calls(Op::ping) == 2;
  }));
  EXPECT_EQ(await(first, State::done).outcome, Outcome::synchronized);
  EXPECT_EQ(await(second, State::done).outcome, Outcome::synchronized);
  EXPECT_FALSE(service->health().at(1).circuit_open);
  EXPECT_EQ(right.ids().size(), 2U);
}

TEST_F(ServiceTest, AThrottledApplicationWaitsAsTold) {
  service->start();
  left.put("L-1", {{"title", "one"}});
  left.put("L-2", {{"title", "two"}});
  right.fail(Op::create, failure(FailureClass::throttled, "429", seconds{60}));
  const PushId first = push(Side::source, "L-1");
  ASSERT_TRUE(eventually([&] { return find(first).state == State::waiting && !find(first).reason.empty(); }));
  EXPECT_EQ(find(first).due, clock.now() + seconds{60});
  EXPECT_EQ(service->health().at(1).blocked_until, clock.now() + seconds{60});
  const PushId second = push(Side::source, "L-2");
  spool->nudge();
  clock.advance(seconds{60});
  spool->nudge();
  EXPECT_EQ(await(first, State::done).attempts, 0);
  await(second, State::done);
  EXPECT_EQ(right.calls(Op::create), 3);
}

TEST_F(ServiceTest, ADisabledAppLinkWaitsUntilItIsEnabled) {
  left.put("L-9", {{"title", "one"}});
  const PushId id = push(Side::source, "L-9");
  const std::string disabled = std::string{app_link} + "    enabled: false\n";
  load(disabled);
  service->start();
  load(app_link);
  service->nudge();
  EXPECT_EQ(await(id, State::done).outcome, Outcome::synchronized);
}

TEST_F(ServiceTest, AnAppLinkThatIsGoneMakesADeadLetter) {
  const PushId id = push(Side::source, "L-9");
  std::string renamed = app_link;
  renamed.replace(renamed.find("Demo"), 4, "Other");
  load(renamed);
  service->start();
  EXPECT_THAT(await(id, State::dead_letter).reason, HasSubstr("\"Demo\" is no longer configured"));
}

TEST_F(ServiceTest, APassThatThrowsIsNotLost) {
  service->start();
  left.throw_on(Op::read);
  const spool::Push ended = await(push(Side::source, "L-9"), State::dead_letter);
  EXPECT_THAT(ended.reason, HasSubstr("under incident "));
  EXPECT_EQ(passes(*store, ended.id).value().at(0).outcome, "dead letter");
}

TEST_F(ServiceTest, StopLetsARunningPassEndWithinItsGrace) {
  service->start();
  left.put("L-9", {{"title", "one"}});
  right.hold(Op::create);
  const PushId id = push(Side::source, "L-9");
  right.await_held();
  std::jthread stopping([&] { service->stop(seconds{60}); });
  right.release();
  stopping.join();
  EXPECT_EQ(find(id).outcome, Outcome::synchronized);
}

TEST_F(ServiceTest, StopInterruptsWhatOutlastsItsGraceAndLosesNothing) {
  service->start();
  left.put("L-9", {{"title", "one"}});
  right.hold(Op::create);
  const PushId id = push(Side::source, "L-9");
  right.await_held();
  service->stop(milliseconds{0});
  service->stop(milliseconds{0});
  EXPECT_EQ(find(id).state, State::waiting);
  EXPECT_EQ(find(id).attempts, 0);
  close();
  right.release();
  open();
  service->start();
  EXPECT_EQ(await(id, State::done).outcome, Outcome::synchronized);
  EXPECT_THAT(right.ids(), ElementsAre("R-1"));
}

TEST_F(ServiceTest, ACreationWhoseAnswerWasLostHasOneTwinAfterARestart) {
  service->start();
  left.put("L-9", {{"title", "one"}});
  right.fail(Op::create, failure(FailureClass::transient, "Timeout."), Strikes::after);
  const PushId id = push(Side::source, "L-9");
  ASSERT_TRUE(eventually([&] { return find(id).attempts == 1; }));
  close();
  open();
  service->start();
  const PushId twins = push(Side::destination, "R-1");
  await_moving(id, State::done, seconds{1});
  await_moving(twins, State::done, seconds{1});
  EXPECT_THAT(right.ids(), ElementsAre("R-1"));
  EXPECT_THAT(left.ids(), ElementsAre("L-9"));
  EXPECT_EQ(record_links(*store, RecordId{"L-9"}).value().size(), 1U);
}

TEST_F(ServiceTest, PrunesOldPushesAndPasses) {
  service->start();
  left.put("L-1", {{"title", "one"}});
  left.put("L-2", {{"title", "two"}});
  const PushId old = push(Side::source, "L-1");
  await(old, State::done);
  service->stop(seconds{10});
  service = std::make_unique<Service>(*store, *spool, registry, clock, settings, log, metrics);
  clock.advance(settings.keep_history + seconds{1});
  const PushId fresh = push(Side::source, "L-2");
  service->start();
  await(fresh, State::done);
  EXPECT_TRUE(eventually([&] { return passes(*store, old).value().empty() && !spool->find(old).has_value(); }));
  EXPECT_EQ(passes(*store, fresh).value().size(), 1U);
  EXPECT_EQ(record_links(*store, RecordId{"L-1"}).value().size(), 1U);
}

TEST_F(ServiceTest, ReportsTheHealthOfEveryApplication) {
  service->start();
  left.put("L-9", {{"title", "one"}});
  await(push(Side::source, "L-9"), State::done);
  const std::vector<Health> health = service->health();
  ASSERT_EQ(health.size(), 3U);
  EXPECT_EQ(health[0].application.str(), "left");
  EXPECT_EQ(health[1].application.str(), "right");
  EXPECT_EQ(health[1].last_success, clock.now());
  EXPECT_FALSE(health[1].circuit_open);
  EXPECT_FALSE(health[1].blocked_until.has_value());
}

}  // namespace
}  // namespace syncservice::sync
