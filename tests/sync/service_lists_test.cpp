// The Service beside its passes: fair workers, pauses, sweeps, POLL app links and runs.
#include "in_flight.hpp"
#include "lister.hpp"
#include "service_fixture.hpp"

#include "syncservice/sync/admin.hpp"

#include <gmock/gmock.h>

namespace syncservice::sync {
namespace {

using spool::Outcome;
using spool::State;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using support::eventually;

constexpr const char* hung_link =
    "  - name: Hung\n"
    "    source: { application: left, project: L }\n"
    "    destination: { application: third, project: T }\n"
    "    fields: [{ source: title, destination: name }]\n"
    "  - name: Fine\n"
    "    source: { application: right, project: R }\n"
    "    destination: { application: right, project: Q }\n"
    "    direction: to-destination\n"
    "    fields: [{ source: name, destination: copy }]\n";

class ServiceLists : public ServiceFixture {
 protected:
  ServiceLists() {
    for (FakeSystem* system : {&left, &right, &third}) system->clock = &clock;
  }
};

TEST_F(ServiceLists, AHangingApplicationHoldsUpNobodyElse) {
  load(hung_link);
  service->start();
  third.hold(Op::create);
  for (int i = 0; i < 40; ++i) {
    left.put("L-" + std::to_string(i), {{"title", "x"}});
    push(Side::source, "L-" + std::to_string(i), "Hung");
  }
  third.await_held();
  right.put("R-100", {{"name", "y"}});
  const PushId fine = push(Side::source, "R-100", "Fine");
  EXPECT_TRUE(eventually([&] { return find(fine).state == State::done; }, seconds{20}));
  EXPECT_LT(third.calls(Op::create), 40);  // what it may have at once, and no more
  third.release();
  EXPECT_TRUE(eventually([&] { return spool->counts().value().waiting == 0; }, seconds{20}));
  EXPECT_TRUE(eventually([&] { return third.ids().size() == 40; }, seconds{20}));
}

// One link reads from the hanging application and writes to another, which a second link writes to as well.
TEST_F(ServiceLists, AHangingApplicationHoldsUpNoLinkThatDoesNotTouchIt) {
  load(
      "  - name: Hung\n"
      "    source: { application: left, project: L }\n"
      "    destination: { application: right, project: R }\n"
      "    fields: [{ source: title, destination: name }]\n"
      "  - name: Shared\n"
      "    source: { application: third, project: T }\n"
      "    destination: { application: right, project: Q }\n"
      "    fields: [{ source: name, destination: name }]\n");
  service->start();
  left.hold(Op::read);
  for (int i = 0; i < 40; ++i) {
    left.put("L-" + std::to_string(i), {{"title", "x"}});
    push(Side::source, "L-" + std::to_string(i), "Hung");
  }
  left.await_held();
  for (int i = 0; i < 20; ++i) {
    third.put("T-" + std::to_string(i), {{"name", "y"}});
    push(Side::source, "T-" + std::to_string(i), "Shared");
  }
  EXPECT_TRUE(eventually([&] { return right.ids().size() == 20; }, seconds{20}));
  EXPECT_LT(left.calls(Op::read), 40);
  left.release();
  EXPECT_TRUE(eventually([&] { return right.ids().size() == 60; }, seconds{20}));
}

// Passes that were stalled and go on may be more than the other application's share.
TEST(InFlight, NoMoreCallsBeginAtOnceThanMay) {
  InFlight calls;
  const ApplicationName name{"right"};
  const auto now = InFlight::Steady::now();
  InFlight::Call waits(calls, name);
  {
    InFlight::Call first(calls, name);
    EXPECT_TRUE(first.begin(1, {}, now));
    EXPECT_FALSE(waits.begin(1, {}, now));
    InFlight::Call elsewhere(calls, ApplicationName{"left"});
    EXPECT_TRUE(elsewhere.begin(1, {}, now));
    EXPECT_EQ(calls.older(std::chrono::milliseconds{0}).size(), 3U);
  }
  EXPECT_TRUE(waits.begin(1, {}, now));
}

TEST_F(ServiceLists, APausedAppLinkKeepsItsPushes) {
  service->start();
  ASSERT_TRUE(put_pause(*store, {false, "Demo", "jane", clock.now()}).has_value());
  service->nudge();
  left.put("L-1", {{"title", "one"}});
  const PushId kept = push(Side::source, "L-1");
  left.put("L-2", {{"title", "two"}});
  EXPECT_EQ(find(kept).state, State::waiting);
  ASSERT_TRUE(remove_pause(*store, false, "Demo").has_value());
  service->nudge();
  EXPECT_EQ(await(kept, State::done).outcome, Outcome::synchronized);
}

TEST_F(ServiceLists, ASweepCatchesWhatNoPushToldOf) {
  std::string yaml = app_link;
  yaml += "    sweep: 1h\n";
  load(yaml);
  service->start();
  ASSERT_TRUE(eventually([&] { return show_run(*store, 0).value().size() == 2; }));
  clock.advance(minutes{1});
  left.put("L-1", {{"title", "one"}});
  clock.advance(hours{1});
  service->nudge();
  EXPECT_TRUE(eventually([&] { return right.ids().size() == 1; }));
  EXPECT_TRUE(eventually([&] { return !spool->story(RecordId{"L-1"}).value().empty(); }));
  EXPECT_EQ(spool->story(RecordId{"L-1"}).value().at(0).pushed_by, "sweep");
}

TEST_F(ServiceLists, APollLinkGoesOnWhereItStopped) {
  std::string yaml = app_link;
  yaml.replace(yaml.find("PUSH"), 4, "POLL");
  yaml += "    every: 5m\n";
  load(yaml);
  service->start();
  ASSERT_TRUE(eventually([&] { return show_run(*store, 0).value().size() == 2; }));
  for (int i = 1; i <= 5; ++i) {
    clock.advance(seconds{1});
    left.put("L-" + std::to_string(i), {{"title", "x"}});
  }
  clock.advance(minutes{5});
  service->nudge();
  EXPECT_TRUE(eventually([&] { return right.ids().size() == 5; }));
  await_idle(seconds{0});
  close();
  open();
  service->start();
  clock.advance(minutes{5});
  left.set("L-3", "title", "changed");
  clock.advance(minutes{5});
  service->nudge();
  EXPECT_TRUE(eventually([&] {
    for (const std::string& id : right.ids()) {
      if (right.fields(id).at("name") == record::Value{"changed"}) return true;
    }
    return false;
  }));
  EXPECT_EQ(right.ids().size(), 5U);
}

TEST_F(ServiceLists, AFailingListingIsTriedAgainAndSaysWhy) {
  std::string yaml = app_link;
  yaml += "    sweep: 1h\n    direction: to-destination\n";
  yaml.erase(yaml.find("    direction: both\n"), std::string("    direction: both\n").size());
  load(yaml);
  left.fail(Op::changes, failure(FailureClass::transient, "Connection refused."));
  service->start();
  ASSERT_TRUE(eventually([&] { return show_run(*store, 0).value().size() == 1; }));
  left.put("L-1", {{"title", "one"}});
  clock.advance(hours{1});
  service->nudge();
  EXPECT_TRUE(eventually([&] { return show_run(*store, 0).value().at(0).problem == "Connection refused."; }));
  clock.advance(minutes{2});
  service->nudge();
  EXPECT_TRUE(eventually([&] { return right.ids().size() == 1; }));
}

TEST_F(ServiceLists, AQueryThatCantBeUnderstoodIsRefusedAtOnce) {
  RunRequest request;
  request.app_link = AppLinkName{"Demo"};
  request.query = "title ==";
  const Result<std::int64_t> faulty = start_run(*store, *registry.current(), request, "jane", clock.now());
  ASSERT_FALSE(faulty.has_value());
  EXPECT_EQ(faulty.error().code, make_error_code(Refusal::wrong_request));
  EXPECT_THAT(faulty.error().message, testing::HasSubstr("The query can't be understood"));
}

TEST_F(ServiceLists, AQueryForTwoLanguagesAsksForTheOrigin) {
  right.can.native_query = true;
  RunRequest request;
  request.app_link = AppLinkName{"Demo"};
  request.query = "title == \"x\"";
  const Result<std::int64_t> both = start_run(*store, *registry.current(), request, "jane", clock.now());
  ASSERT_FALSE(both.has_value());
  EXPECT_EQ(both.error().code, make_error_code(Refusal::wrong_request));
  EXPECT_THAT(both.error().message, testing::HasSubstr("--origin"));
  request.side = Side::source;
  EXPECT_TRUE(start_run(*store, *registry.current(), request, "jane", clock.now()).has_value());
  request.side = Side::destination;
  request.query = "known to the system alone";
  EXPECT_TRUE(start_run(*store, *registry.current(), request, "jane", clock.now()).has_value());
}

TEST_F(ServiceLists, ARunThatItsSystemRefusesEndsAndSaysWhy) {
  right.can.native_query = true;
  right.fail(Op::changes, failure(FailureClass::permanent, "Invalid query: no such column."));
  service->start();
  RunRequest request;
  request.app_link = AppLinkName{"Demo"};
  request.side = Side::destination;
  request.query = "nosuch=1";
  const std::int64_t run = start_run(*store, *registry.current(), request, "jane", clock.now()).value();
  service->nudge();
  EXPECT_TRUE(eventually([&] { return !show_run(*store, run).value().at(0).next; }, seconds{20}));
  EXPECT_EQ(show_run(*store, run).value().at(0).problem, "Invalid query: no such column.");
}

TEST_F(ServiceLists, ARunPushesEveryRecordThatItsQueryAdmits) {
  for (int i = 0; i < 50; ++i) {
    left.put("L-" + std::to_string(i), {{"title", i % 2 == 0 ? "even" : "odd"}});
  }
  service->start();
  RunRequest request;
  request.app_link = AppLinkName{"Demo"};
  request.side = Side::source;
  request.query = "title == \"even\"";
  const Result<std::int64_t> run = start_run(*store, *registry.current(), request, "jane", clock.now());
  ASSERT_TRUE(run.has_value()) << run.error().message;
  service->nudge();
  EXPECT_TRUE(eventually([&] { return !show_run(*store, *run).value().at(0).next; }, seconds{30}));
  EXPECT_TRUE(eventually([&] { return count_run(*store, *run).value().open() == 0; }, seconds{30}));
  const Listing ended = show_run(*store, *run).value().at(0);
  EXPECT_EQ(ended.problem, "");
  EXPECT_EQ(ended.found, 50);
  EXPECT_EQ(ended.queued, 25);
  EXPECT_TRUE(eventually([&] { return right.ids().size() == 25; }));
  EXPECT_EQ(cancel_run(*store, *run, clock.now()).error().failure, FailureClass::gone);
}

TEST_F(ServiceLists, ARunKnowsItsSizeEarlyAndWhatBecameOfEachRecord) {
  for (int i = 0; i < 60; ++i) left.put("L-" + std::to_string(i), {{"title", "same"}});
  service->start();
  right.hold(Op::create);
  RunRequest request;
  request.app_link = AppLinkName{"Demo"};
  request.side = Side::source;
  const Result<std::int64_t> run = start_run(*store, *registry.current(), request, "jane", clock.now());
  ASSERT_TRUE(run.has_value()) << run.error().message;
  service->nudge();
  right.await_held();
  // The listing ends long before the pushes do, and the queue holds a few of them at a time.
  EXPECT_TRUE(eventually([&] { return !show_run(*store, *run).value().at(0).next; }, seconds{30}));
  EXPECT_EQ(count_run(*store, *run).value().records, 60);
  EXPECT_GT(count_run(*store, *run).value().to_push, 0);
  EXPECT_LT(spool->counts().value().waiting, 60);
  right.release();
  EXPECT_TRUE(eventually([&] { return count_run(*store, *run).value().open() == 0; }, seconds{30}));
  EXPECT_EQ(count_run(*store, *run).value().synchronized, 60);

  left.put("L-1", {{"title", "other"}});
  right.fail(Op::update, failure(FailureClass::permanent, "No."));
  const Result<std::int64_t> again = start_run(*store, *registry.current(), request, "jane", clock.now());
  ASSERT_TRUE(again.has_value()) << again.error().message;
  service->nudge();
  EXPECT_TRUE(eventually(
      [&] {
        const RunCounts counts = count_run(*store, *again).value();
        return counts.records == 60 && counts.open() == 0;
      },
      seconds{30}));
  EXPECT_EQ(count_run(*store, *again).value().dead_letters, 1);
  EXPECT_EQ(count_run(*store, *again).value().nothing_to_do, 59);
}

TEST_F(ServiceLists, ARunThatIsEndedPushesNothingMore) {
  for (int i = 0; i < 60; ++i) left.put("L-" + std::to_string(i), {{"title", "same"}});
  service->start();
  right.hold(Op::create);
  RunRequest request;
  request.app_link = AppLinkName{"Demo"};
  request.side = Side::source;
  const Result<std::int64_t> run = start_run(*store, *registry.current(), request, "jane", clock.now());
  ASSERT_TRUE(run.has_value()) << run.error().message;
  service->nudge();
  right.await_held();
  EXPECT_TRUE(eventually([&] { return !show_run(*store, *run).value().at(0).next; }, seconds{30}));
  ASSERT_TRUE(cancel_run(*store, *run, clock.now()).has_value());
  EXPECT_EQ(count_run(*store, *run).value().to_push, 0);
  right.release();
  EXPECT_TRUE(eventually([&] { return count_run(*store, *run).value().open() == 0; }, seconds{30}));
  EXPECT_LT(right.ids().size(), 60U);
  EXPECT_EQ(cancel_run(*store, *run, clock.now()).error().failure, FailureClass::gone);
}

TEST_F(ServiceLists, WhatWaitsSaysWhy) {
  EXPECT_EQ(service->waits_because(AppLinkName{"Demo"}), "");
  service->start();
  ASSERT_TRUE(put_pause(*store, {false, "Demo", "jane", clock.now()}).has_value());
  service->nudge();
  EXPECT_EQ(service->waits_because(AppLinkName{"Demo"}), "paused: app link Demo");
  ASSERT_TRUE(remove_pause(*store, false, "Demo").has_value());
  ASSERT_TRUE(put_pause(*store, {true, "right", "jane", clock.now()}).has_value());
  service->nudge();
  EXPECT_EQ(service->waits_because(AppLinkName{"Demo"}), "paused: application right");
  ASSERT_TRUE(remove_pause(*store, true, "right").has_value());
  service->nudge();

  left.put("L-1", {{"title", "one"}});
  Error throttled = failure(FailureClass::throttled, "Slow down.");
  throttled.retry_after = seconds{60};
  left.fail(Op::read, throttled);
  push(Side::source, "L-1");
  EXPECT_TRUE(eventually([&] { return !service->waits_because(AppLinkName{"Demo"}).empty(); }));
  EXPECT_EQ(service->waits_because(AppLinkName{"Demo"}),
            "application left is throttled until " + to_rfc3339(clock.now() + seconds{60}));
  clock.advance(seconds{61});
  left.fail(Op::read, failure(FailureClass::auth, "Wrong password."));
  service->nudge();
  const auto why = [&] { return service->waits_because(AppLinkName{"Demo"}); };
  EXPECT_TRUE(eventually([&] { return why().starts_with("application left: circuit open until "); })) << why();
  EXPECT_TRUE(why().ends_with(", last error: Wrong password.")) << why();
}

TEST_F(ServiceLists, TheRecordsOfARunAreNamedWithoutPushingThem) {
  for (int i = 0; i < 5; ++i) left.put("L-" + std::to_string(i), {{"title", i % 2 == 0 ? "even" : "odd"}});
  right.put("R-9", {{"name", "right"}});
  RunRequest request;
  request.app_link = AppLinkName{"Demo"};
  const auto all = [&] {
    std::vector<std::string> ids;
    std::string from;
    do {
      const Result<RunRecords> page = service->run_records(request, from);
      if (!page) {
        ADD_FAILURE() << page.error().message;
        break;
      }
      EXPECT_LE(page->records.size(), 2U);
      for (const RecordKey& record : page->records) {
        EXPECT_EQ(record.project.str(), record.side == Side::source ? "L" : "R");
        ids.push_back(record.id.str());
      }
      from = page->next;
    } while (!from.empty());
    return ids;
  };
  EXPECT_THAT(all(), testing::UnorderedElementsAre("L-0", "L-1", "L-2", "L-3", "L-4", "R-9"));
  request.query = "title == \"even\"";
  request.side = Side::source;
  EXPECT_THAT(all(), testing::UnorderedElementsAre("L-0", "L-2", "L-4"));
  for (const char* wrong : {"1:", "x:", ":", "0", "-1:"}) {
    const Result<RunRecords> page = service->run_records(request, wrong);
    ASSERT_FALSE(page.has_value()) << wrong;
    EXPECT_EQ(page.error().code, make_error_code(Refusal::wrong_request));
  }
  EXPECT_EQ(spool->counts().value().waiting, 0);
  EXPECT_TRUE(list_runs(*store, 10).value().empty());
}

TEST(Lister, KnowsTheNextTimeOfTheDay) {
  const Timestamp day{std::chrono::sys_days{std::chrono::year{2026} / 11 / 24}};
  const std::vector<minutes> times{minutes{120}, minutes{870}};
  EXPECT_EQ(next_time_of_day(times, day), day + minutes{120});
  EXPECT_EQ(next_time_of_day(times, day + minutes{120}), day + minutes{870});
  EXPECT_EQ(next_time_of_day(times, day + minutes{900}), day + std::chrono::days{1} + minutes{120});
}

}  // namespace
}  // namespace syncservice::sync
