// sync — runs the passes. Owns two invariants: a record pair has at most one pass at a time, and every lease ends in
// exactly one committed state together with the links, snapshots and history that its pass made.
#pragma once

#include "syncservice/base/clock.hpp"
#include "syncservice/base/ids.hpp"
#include "syncservice/base/result.hpp"
#include "syncservice/record/valid_push.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace syncservice::store {
class Store;
}
namespace syncservice::spool {
class Spool;
}
namespace syncservice::registry {
class Registry;
}
namespace syncservice::telemetry {
class Log;
class Metrics;
}  // namespace syncservice::telemetry

namespace syncservice::sync {

/// Retry policy for transient failures: exponential backoff with full jitter.
struct Backoff {
  std::chrono::milliseconds first{5'000};
  std::chrono::milliseconds longest{3'600'000};
  std::chrono::milliseconds total{24 * 3'600'000};  ///< since the first failure; then dead letter
};

struct Settings {
  unsigned workers = 8;
  Backoff backoff;
  std::chrono::milliseconds call_timeout{60'000};  ///< for one call of an adapter
  std::chrono::milliseconds probe_after{30'000};   ///< first probe of an open circuit; doubles up to 15 min
  std::chrono::milliseconds keep_history{std::chrono::hours{24 * 90}};  ///< done pushes and passes
  std::string scratch_folder = "/tmp";  ///< where attachments rest on their way; must exist
  std::uint64_t seed = 0;               ///< of the jitter and the markers; 0: from the system
};

/// One field that a pass looked at and wrote or refused.
struct FieldChange {
  Side side = Side::destination;
  std::string field, from, to, because;
};

/// One pass, as history keeps it.
struct PassRecord {
  std::int64_t id = 0;
  PushId push{};
  RecordKey record;
  std::optional<RecordKey> twin;
  Timestamp started{}, ended{};
  std::string
      outcome;  ///< "synchronized", "nothing to do", "gone", "filtered", "failed", "waiting", "dead letter", "held"
  std::string reason;  ///< in words
  std::vector<FieldChange> changes;
};

struct RecordLink {
  RecordKey source, destination;
  Timestamp created{}, changed{};
};

struct RunRequest;

/// Some of the records that a run would push.
struct RunRecords {
  std::vector<RecordKey> records;
  std::string next;  ///< where the rest begins; empty: that was all
};

/// How an application fares.
struct Health {
  ApplicationName application;
  bool circuit_open = false;
  std::optional<Timestamp> blocked_until, last_success, last_failure;
  std::string last_error;
};

/// The dispatcher and its workers. Everything handed in outlives it. Thread-safe.
class Service {
 public:
  Service(store::Store& store, spool::Spool& spool, const registry::Registry& registry, const Clock& clock,
          const Settings& settings, telemetry::Log& log, telemetry::Metrics& metrics);
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;
  ~Service();

  void start();
  /// No new passes; those running may end within `grace`, then their stop token fires. Joins all threads. Idempotent.
  void stop(std::chrono::milliseconds grace) noexcept;

  /// What a pass over that record would do now, as its history would tell it. Reads both sides and writes nothing;
  /// blocks for as long as the adapters' calls take.
  [[nodiscard]] Result<PassRecord> preview(const ValidPush& record) const;
  /// The records that such a run would push, some at a time; pushes none. `from`: empty, then `next` of the page
  /// before. Blocks for as long as the adapters' calls take. Fails as start_run() does, and as an adapter does.
  [[nodiscard]] Result<RunRecords> run_records(const RunRequest& request, const std::string& from) const;
  /// Is there such a record? Asks its application; `gone` when there is none.
  [[nodiscard]] Result<void> look_for(const ValidPush& record) const;
  /// An administrator changed something (pauses, runs, …): look again at once. Circuits are probed next.
  void nudge() noexcept;
  [[nodiscard]] std::vector<Health> health() const;
  /// Why no push of the app link runs now (disabled, paused, one of its applications blocked), in words; empty when
  /// they run.
  [[nodiscard]] std::string waits_because(const AppLinkName& app_link) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// What the store knows of a record; usable without a running Service.
[[nodiscard]] Result<std::vector<PassRecord>> passes(const store::Store& store, const RecordId& record,
                                                     int limit = 100);
[[nodiscard]] Result<std::vector<PassRecord>> passes(const store::Store& store, PushId push, int limit = 100);
/// What that record is called besides, where it was pushed by several names; the given one first.
[[nodiscard]] Result<std::vector<RecordId>> names_of(const store::Store& store, const RecordId& record);
[[nodiscard]] Result<std::vector<RecordLink>> record_links(const store::Store& store, const RecordId& record);

}  // namespace syncservice::sync
