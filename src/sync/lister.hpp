// sync/lister — asks applications for records that changed and pushes each through the queue: POLL and SCHEDULED app
// links, the sweeps of PUSH links, and runs that an administrator started. A record that it names needlessly costs a
// pass that finds nothing to do; none is left out.
#pragma once

#include "engine.hpp"
#include "listings.hpp"

#include "syncservice/base/clock.hpp"
#include "syncservice/registry/registry.hpp"
#include "syncservice/spool/spool.hpp"
#include "syncservice/store/store.hpp"
#include "syncservice/telemetry/log.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace syncservice::sync {

/// What a listing names in one go.
struct Page {
  std::vector<adapter::ChangedRecord> records;
  std::size_t found = 0;  ///< before a query of our own
  std::string cursor;
  bool more = false;
};

/// Asks the application for the page at the listing's cursor; records that its query does not admit are left out.
[[nodiscard]] Result<Page> fetch(Engine& engine, const Listing& listing, const registry::AppLink& app_link,
                                 const std::stop_token& stop);
/// The push for one record of a listing.
[[nodiscard]] Result<ValidPush> push_for(const Listing& listing, const registry::Snapshot& snapshot,
                                         const RecordId& record);

/// Used by one thread. What is handed in outlives it.
class Lister {
 public:
  /// `window`: how many pushes of one run may wait at once, so that live pushes hardly wait for them.
  Lister(store::Store& store, spool::Spool& spool, const registry::Registry& registry, const Clock& clock,
         Engine& engine, std::size_t window, const telemetry::Log& log);

  /// Works off what is due, a page of each, and says when to come back. Blocks for as long as the adapters' calls take.
  [[nodiscard]] Timestamp step(const std::stop_token& stop);

 private:
  /// False when one could not be stored or removed.
  [[nodiscard]] bool keep_standing(std::vector<Listing>& listings, const registry::Snapshot& snapshot);
  void advance(Listing& listing, const registry::Snapshot& snapshot, const std::stop_token& stop);
  [[nodiscard]] Result<void> push(const Listing& listing, const registry::Snapshot& snapshot,
                                  const std::vector<adapter::ChangedRecord>& records);
  /// Pushes some of what a run has listed; when to come back.
  [[nodiscard]] Timestamp feed(std::int64_t run, const registry::Snapshot& snapshot);
  [[nodiscard]] std::size_t room_of(std::int64_t run);
  [[nodiscard]] Timestamp next_turn(const registry::AppLink& app_link) const;

  store::Store& store_;
  spool::Spool& spool_;
  const registry::Registry& registry_;
  const Clock& clock_;
  Engine& engine_;
  const std::size_t window_;
  const telemetry::Log& log_;
  std::optional<std::uint64_t> standing_for_;              // version of the registry that the standing listings follow
  std::map<std::int64_t, std::vector<PushId>> under_way_;  // pushes of runs that may still wait
};

/// The first of the times of day (minutes after midnight, UTC, rising, not empty) after `now`.
[[nodiscard]] Timestamp next_time_of_day(const std::vector<std::chrono::minutes>& times, Timestamp now);

}  // namespace syncservice::sync
