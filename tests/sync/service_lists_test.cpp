// The Service beside its passes: fair workers, pauses, sweeps, POLL app links and runs.
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
  const Listing ended = show_run(*store, *run).value().at(0);
  EXPECT_EQ(ended.problem, "");
  EXPECT_EQ(ended.found, 50);
  EXPECT_EQ(ended.queued, 25);
  EXPECT_TRUE(eventually([&] { return right.ids().size() == 25; }));
  EXPECT_EQ(cancel_run(*store, *run, clock.now()).error().failure, FailureClass::gone);
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
