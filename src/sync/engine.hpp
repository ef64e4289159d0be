// sync/engine — one pass over a record pair (design §5), without threads: reads, decides, writes, and reports what has
// to be committed. Everything that it learns is in the Report; the one thing it commits itself is the intent before a
// creation. Comments and attachments are not part of this version.
//
// Decisions where the design is silent:
// - A twin that was deleted is a permanent failure: creating it anew could undo what a person meant.
// - A disabled app link waits, like a blocked application; one that is no longer configured is a dead letter.
// - A twin found by its marker after a crash is linked without snapshots: the pusher wins every difference. When the
//   twin itself pushes first, the link's conflict policy decides, since both may have changed.
// - A snapshot takes over what the pass read, and the fields that it wrote as they were read back. A field that the
//   system changed by itself in the course of a write is left for the next pass, which finds it changed.
// - A fault of ours is a dead letter with an incident id; trouble with our own store is transient.
#pragma once

#include "health.hpp"
#include "links.hpp"
#include "random.hpp"

#include "syncservice/base/clock.hpp"
#include "syncservice/record/valid_push.hpp"
#include "syncservice/registry/registry.hpp"
#include "syncservice/spool/spool.hpp"
#include "syncservice/store/store.hpp"
#include "syncservice/sync/sync.hpp"
#include "syncservice/telemetry/log.hpp"

#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

namespace syncservice::sync {

/// What a pass came to: all of it is committed in one transaction, together with the end of the lease.
struct Report {
  std::optional<spool::Verdict> verdict;  ///< empty: the push has to wait, give the lease back as it was
  std::optional<PassRecord> history;      ///< empty: not worth keeping (a lost race)
  std::optional<Link> link;               ///< to be stored
  std::string fulfilled;                  ///< marker of the intent that the link fulfils, empty if none
};

/// One push to be looked at, and the state of its lease.
struct Assignment {
  const spool::Push& push;
  std::optional<Timestamp> failing_since;
  std::shared_ptr<const registry::AppLink> app_link;  ///< as in force now; null: no longer configured
  std::function<bool(const RecordKey& end)> extend;   ///< takes another end into the lease; false: it is taken
};

/// Thread-safe; what is handed in outlives it.
class Engine {
 public:
  Engine(store::Store& store, const Clock& clock, const Settings& settings, Applications& applications, Random& random,
         const telemetry::Log& log);

  /// Blocks for as long as the adapters' calls take. `stop` ends those soon.
  [[nodiscard]] Report pass(const Assignment& assignment, const std::stop_token& stop);
  /// The end of a pass that threw: logged with an incident id, a dead letter.
  [[nodiscard]] Report broken(const spool::Push& push, Timestamp started, const char* what);
  /// Must pushes of this app link wait (disabled, or one of its applications blocked)?
  [[nodiscard]] bool must_wait(const registry::AppLink& app_link) const;
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
};

}  // namespace syncservice::sync
