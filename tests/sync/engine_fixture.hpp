// An engine over a real store and two fake systems, left (source) and right (destination), linked as "Demo".
#pragma once

#include "engine.hpp"
#include "fake_system.hpp"
#include "health.hpp"
#include "helpers.hpp"
#include "random.hpp"
#include "support/fake_clock.hpp"
#include "support/temp_folder.hpp"

#include "syncservice/mapping/plan.hpp"
#include "syncservice/registry/registry.hpp"
#include "syncservice/spool/spool.hpp"
#include "syncservice/store/store.hpp"
#include "syncservice/sync/sync.hpp"
#include "syncservice/telemetry/log.hpp"
#include "syncservice/telemetry/metrics.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace syncservice::sync {

class EngineFixture : public testing::Test {
 public:
  static std::shared_ptr<const registry::Application> application(const std::string& name, FakeSystem& system) {
    auto made = std::make_shared<registry::Application>();
    made->name = ApplicationName{name};
    made->kind = "fake";
    made->adapter = system.adapter();
    return made;
  }

 protected:
  EngineFixture() {
    settings.backoff.first = std::chrono::milliseconds{5'000};
    reopen();
    link = std::make_shared<registry::AppLink>();
    link->name = AppLinkName{"Demo"};
    link->source = {application("left", left), "Story"};
    link->destination = {application("right", right), "requirement"};
    link->projects = {{ProjectName{"L"}, ProjectName{"R"}}};
    rules = {rule("title", "name"), rule("text", "description")};
    compile();
  }

  /// As after a restart of the daemon: everything but the store's folder is new.
  void reopen() {
    engine.reset();
    store.reset();
    Result<std::unique_ptr<store::Store>> opened = store::Store::open(in_folder(folder.path()));
    if (!opened) throw std::runtime_error(opened.error().message);
    store = std::move(*opened);
    random = std::make_unique<Random>(++seed);
    applications = std::make_unique<Applications>(clock, settings.probe_after, log, metrics);
    engine = std::make_unique<Engine>(*store, clock, settings, *applications, *random, pauses, log);
  }

  void compile(const std::string& only_when_source = {},
               mapping::ConflictPolicy conflict = mapping::ConflictPolicy::newest) {
    std::vector<mapping::Fault> faults;
    mapping::PlanSpec spec;
    spec.fields = rules;
    spec.only_when_source = only_when_source;
    spec.conflict = conflict;
    link->plan = mapping::Plan::compile(spec, faults);
    if (!link->plan) throw std::runtime_error("the test's mapping is wrong: " + faults.at(0).what);
  }

  /// Runs a pass, does not commit what it came to.
  Report pass_uncommitted(Side side, const std::string& id) {
    push.id = PushId{static_cast<std::int64_t>(push.id) + 1};
    push.key = {AppLinkName{"Demo"}, side, ProjectName{side == Side::source ? "L" : "R"}, RecordId{id}};
    const Assignment assignment{push, failing_since, link,
                                [this](const RecordKey& end) {
                                  taken.push_back(end);
                                  return free;
                                },
                                nullptr};
    return engine->pass(assignment, stop.get_token());
  }

  Report pass(Side side, const std::string& id) {
    Report report = pass_uncommitted(side, id);
    const Result<void> saved = store->write([&](store::Transaction& tx) { engine->save(tx, report); });
    EXPECT_TRUE(saved.has_value());
    return report;
  }

  [[nodiscard]] std::vector<RecordLink> links_of(const std::string& id) const {
    return record_links(*store, RecordId{id}).value();
  }

  support::TempFolder folder;
  support::FakeClock clock;
  telemetry::Log log{quiet()};
  telemetry::Metrics metrics;
  Settings settings;
  FakeSystem left{"L-"}, right{"R-"};
  std::unique_ptr<store::Store> store;
  std::unique_ptr<Random> random;
  std::unique_ptr<Applications> applications;
  Pauses pauses;
  std::unique_ptr<Engine> engine;
  std::shared_ptr<registry::AppLink> link;
  std::vector<mapping::FieldRule> rules;
  spool::Push push;
  std::optional<Timestamp> failing_since;
  bool free = true;  // are the ends that a pass takes?
  std::vector<RecordKey> taken;
  std::stop_source stop;
  std::uint64_t seed = 0;
};

inline spool::Outcome outcome_of(const Report& report) {
  return report.verdict && report.verdict->kind == spool::Verdict::Kind::done ? report.verdict->outcome
                                                                              : spool::Outcome::none;
}

inline bool is(const Report& report, spool::Verdict::Kind kind) {
  return report.verdict && report.verdict->kind == kind;
}

}  // namespace syncservice::sync
