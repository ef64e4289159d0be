// sync/engine — one pass over a record pair (design §5), without threads: reads, decides, writes, and reports what has
// to be committed. Everything that it learns is in the Report; what it commits itself are the intentions before writes
// that must not be made twice (a creation, a copy of a comment or an attachment) or whose outcome may stay unknown (a
// patch), and a new link before comments are copied along it.
//
// Decisions where the design is silent:
// - A twin that was deleted is a permanent failure: creating it anew could undo what a person meant.
// - A disabled app link waits, like a blocked application; one that is no longer configured is a dead letter.
// - A twin found by its marker after a crash is taken to hold what it was to be made with; what differs was edited.
// - A snapshot takes over what the pass read, and the fields that it wrote as they were read back. A field that the
//   system changed by itself in the course of a write is left for the next pass, which finds it changed.
// - A fault of ours is a dead letter with an incident id; trouble with our own store is transient.
#pragma once

#include "copies.hpp"
#include "field_limits.hpp"
#include "health.hpp"
#include "in_flight.hpp"
#include "links.hpp"
#include "pace.hpp"
#include "pauses.hpp"
#include "random.hpp"

#include "syncservice/adapter/adapter.hpp"
#include "syncservice/adapter/failure.hpp"
#include "syncservice/base/clock.hpp"
#include "syncservice/mapping/plan.hpp"
#include "syncservice/record/valid_push.hpp"
#include "syncservice/registry/registry.hpp"
#include "syncservice/spool/spool.hpp"
#include "syncservice/store/store.hpp"
#include "syncservice/sync/sync.hpp"
#include "syncservice/telemetry/log.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <type_traits>
#include <vector>

namespace syncservice::sync {

/// What a pass came to: all of it is committed in one transaction, together with the end of the lease.
struct Report {
  std::optional<spool::Verdict> verdict;  ///< empty: the push has to wait, give the lease back as it was
  std::optional<PassRecord> history;      ///< empty: not worth keeping (a lost race)
  std::optional<Link> link;               ///< to be stored
  std::string settled;                    ///< marker of the intent that is settled, empty if none
  std::int64_t drop_link = 0;             ///< id of a link whose pair is no more, 0 if none
  std::vector<Copies> copies;
  /// Conflicts of the link that wait for a person, none if all are settled; empty: not looked at.
  std::optional<std::vector<mapping::HeldField>> held;
  std::int64_t held_link = 0;  ///< id of the link that these belong to; 0: of `link`, a new one
};

/// One push to be looked at, and the state of its lease.
struct Assignment {
  const spool::Push& push;
  std::optional<Timestamp> failing_since;
  std::shared_ptr<const registry::AppLink> app_link;   ///< as in force now; null: no longer configured
  std::function<bool(const RecordKey& end)> extend;    ///< takes another end into the lease; false: it is taken
  std::shared_ptr<const registry::Snapshot> registry;  ///< in force now; may be null
};

/// Thread-safe; what is handed in outlives it.
class Engine {
 public:
  Engine(store::Store& store, const Clock& clock, const Settings& settings, Applications& applications, Random& random,
         const Pauses& pauses, const telemetry::Log& log);

  /// What a pass over that record would do now. Reads both sides, writes nothing, holds no lease.
  [[nodiscard]] Report preview(const Assignment& assignment, const std::stop_token& stop);
  /// Who has been waiting for one answer, or for the turn to ask, longer than `time`.
  [[nodiscard]] std::vector<Stall> waiting_longer_than(std::chrono::milliseconds time) const {
    return in_flight_.older(time);
  }

  /// Blocks for as long as the adapters' calls take. `stop` ends those soon.
  [[nodiscard]] Report pass(const Assignment& assignment, const std::stop_token& stop);
  template <class Call>
  using Answer = std::invoke_result_t<const Call&, adapter::Adapter&, const adapter::CallContext&>;
  /// Calls an adapter at our pace and bounded in time, and notes how its application fared. `record`: what it is about.
  template <class Call>
  [[nodiscard]] Answer<Call> call(const registry::Application& application, const RecordId& record,
                                  const std::stop_token& stop, const Call& call);
  /// The same, but how it went says nothing of the application: for what a pass can do without.
  template <class Call>
  [[nodiscard]] Answer<Call> call_aside(const registry::Application& application, const std::stop_token& stop,
                                        const Call& call);
  /// The end of a pass that threw: logged with an incident id, a dead letter.
  [[nodiscard]] Report broken(const spool::Push& push, Timestamp started, const char* what);
  /// Must pushes of this app link wait (disabled, paused, or one of its applications blocked)?
  [[nodiscard]] bool must_wait(const registry::AppLink& app_link) const;
  /// The same in words; empty when they need not.
  [[nodiscard]] std::string must_wait_because(const registry::AppLink& app_link) const;
  /// Stores all of the report but the verdict.
  void save(store::Transaction& tx, const Report& report) const;

 private:
  class Pass;

  store::Store& store_;
  const Clock& clock_;
  const Settings& settings_;
  Applications& applications_;
  Random& random_;
  const telemetry::Log& log_;
  const Pauses& pauses_;
  Pace pace_;
  InFlight in_flight_;
  FieldLimits field_limits_;
};

template <class Call>
Engine::Answer<Call> Engine::call_aside(const registry::Application& application, const std::stop_token& stop,
                                        const Call& call) {
  const auto deadline = std::chrono::steady_clock::now() + settings_.call_timeout;
  InFlight::Call counted(in_flight_, application.name);
  if (!counted.begin(application.limits.concurrent, stop, deadline)) {
    Error error = adapter::make_error(adapter::Failure::throttled,
                                      "The calls at once that " + application.name.str() + " allows us all hang.");
    error.retry_after = std::chrono::milliseconds{1'000};
    return error;
  }
  if (!pace_.await_turn(application.name, application.limits, stop, deadline)) {
    Error error = adapter::make_error(adapter::Failure::throttled,
                                      "The calls that " + application.name.str() + " allows us are used up for now.");
    error.retry_after = pace_.delay(application.name);
    return error;
  }
  const adapter::CallContext context{stop, std::chrono::steady_clock::now() + settings_.call_timeout,
                                     [&](const adapter::RateLimit& limit) { pace_.saw(application.name, limit); }};
  return call(*application.adapter, context);
}

template <class Call>
Engine::Answer<Call> Engine::call(const registry::Application& application, const RecordId& record,
                                  const std::stop_token& stop, const Call& call) {
  Answer<Call> result = call_aside(application, stop, call);
  if (result) {
    applications_.succeeded(application.name);
    return result;
  }
  switch (result.error().failure) {
    case FailureClass::gone:
    case FailureClass::permanent:
      applications_.succeeded(application.name);
      break;  // it did answer
    case FailureClass::transient:
    case FailureClass::throttled:
    case FailureClass::auth:
    case FailureClass::internal:
      if (!stop.stop_requested()) applications_.failed(application.name, result.error(), record);
      break;
  }
  return result;
}

}  // namespace syncservice::sync
