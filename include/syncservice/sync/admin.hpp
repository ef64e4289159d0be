// sync/admin — what administrators ask of the engine: record links, held conflicts, pauses and runs over whole app
// links. Free functions over the store, so that they work with and without a running Service; a running one is told
// with nudge().
#pragma once

#include "syncservice/base/clock.hpp"
#include "syncservice/base/ids.hpp"
#include "syncservice/base/result.hpp"
#include "syncservice/record/record.hpp"
#include "syncservice/record/valid_push.hpp"
#include "syncservice/registry/registry.hpp"
#include "syncservice/sync/sync.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

namespace syncservice::sync {

/// Why an administrator's request can't be done.
enum class Refusal : std::uint8_t {
  no_such_link = 1,  ///< gone
  no_such_conflict,  ///< gone
  no_such_run,       ///< gone
  unknown_app_link,  ///< permanent
  already_linked,    ///< permanent
  not_paused,        ///< permanent
  wrong_request      ///< permanent
};
[[nodiscard]] const boost::system::error_category& refusal_category() noexcept;
[[nodiscard]] boost::system::error_code make_error_code(Refusal refusal) noexcept;

// Record links.

/// A link as administrators see it.
struct StoredLink {
  std::int64_t id = 0;
  RecordLink link;
  std::optional<Side> withdrawn;  ///< this end was deleted or is no longer admitted
  record::Fields source_snapshot, destination_snapshot;
};

/// By rising id, after `after`, at most `limit` (1–1000); of all app links when none is named.
[[nodiscard]] Result<std::vector<StoredLink>> list_links(const store::Store& store,
                                                         const std::optional<AppLinkName>& app_link, std::int64_t after,
                                                         int limit);
[[nodiscard]] Result<StoredLink> find_link(const store::Store& store, std::int64_t id);
/// The link that joins these two already, if there is one. Refuses when one of them is linked otherwise.
[[nodiscard]] Result<std::optional<StoredLink>> linked_already(const store::Store& store, const ValidPush& source,
                                                               const ValidPush& destination);
/// Makes twins of two records that exist; that are twins already, stay so: nothing is created, and the next push of
/// either finds the other. `source` and `destination` are ends of one app link, with the project that the registry
/// resolves.
[[nodiscard]] Result<StoredLink> add_link(store::Store& store, const ValidPush& source, const ValidPush& destination,
                                          Timestamp now);
/// Hands all pairs of one app link to another that has none yet, with what is known of them (fields, comments,
/// attachments, conflicts, how far its changes were listed), as when an app link gets another name. Gives how many.
[[nodiscard]] Result<std::int64_t> rename_links(store::Store& store, const AppLinkName& from, const AppLinkName& to);
/// Forgets that two records are twins; both stay as they are. A later push of either creates a new twin.
[[nodiscard]] Result<StoredLink> remove_link(store::Store& store, std::int64_t id);

// Held conflicts.

struct Conflict {
  std::int64_t link = 0;
  RecordKey source, destination;
  std::string source_field, destination_field;
  record::Value source_value, destination_value;
  PushId push{};  ///< that is held for it
  Timestamp since{};
  std::optional<Side> decided;
  std::string decided_by;
};
/// Oldest first; of one link when it is named. `skip`: so many of the first are left out, for paging.
[[nodiscard]] Result<std::vector<Conflict>> list_conflicts(const store::Store& store,
                                                           const std::optional<std::int64_t>& link, int limit,
                                                           std::int64_t skip = 0);
/// The link that a held push waits for a decision about; empty when there is none, or a later push waits for it.
[[nodiscard]] Result<std::optional<std::int64_t>> conflict_of(const store::Store& store, PushId push);
/// Forgets what is held of the link: nobody waits for a decision any more.
[[nodiscard]] Result<void> drop_conflict(store::Store& store, std::int64_t link);
/// From here on the conflict is that push's.
[[nodiscard]] Result<void> move_conflict(store::Store& store, std::int64_t link, PushId push);
/// Lets `winner` win the field (empty: all that are undecided) of the link. Gives the push that was held last once
/// nothing of the link is undecided; empty before. The held pushes of both ends are the caller's to retry.
[[nodiscard]] Result<std::optional<PushId>> resolve_conflict(store::Store& store, std::int64_t link,
                                                             const std::string& source_field, Side winner,
                                                             const std::string& by);

// Pauses: pushes are accepted and kept, none runs.

struct Pause {
  bool application = false;  ///< else an app link
  std::string name;
  std::string by;
  Timestamp since{};
};
[[nodiscard]] Result<std::vector<Pause>> list_pauses(const store::Store& store);
/// Pausing what is paused changes nothing.
[[nodiscard]] Result<void> put_pause(store::Store& store, const Pause& pause);
[[nodiscard]] Result<void> remove_pause(store::Store& store, bool application, const std::string& name);

// Runs: every record of an app link, or those that changed, through the queue.

/// What a person asked for.
struct RunRequest {
  AppLinkName app_link;
  std::optional<Side> side;        ///< empty: every side that sends
  std::optional<Timestamp> since;  ///< changed at or after; empty: all
  std::string query;  ///< in the system's own language where the adapter takes it, else in that of onlyWhen
};

/// A run or a standing listing (`run` 0) of one side and project.
struct Listing {
  std::int64_t run = 0;
  AppLinkName app_link;
  Side side = Side::source;
  ProjectName project;
  std::optional<Timestamp> since;
  std::string query, cursor;
  std::int64_t found = 0;         ///< records that the system named
  std::int64_t queued = 0;        ///< of these, pushed so far
  std::optional<Timestamp> next;  ///< when it goes on; empty: it has ended
  Timestamp started{}, changed{};
  std::string by, problem;  ///< `problem`: of the last attempt, empty if it went well
};

/// Begins a run; a running Service carries it out. Gives its number.
[[nodiscard]] Result<std::int64_t> start_run(store::Store& store, const registry::Snapshot& registry,
                                             const RunRequest& request, const std::string& by, Timestamp now);
/// The parts of a run (0: all standing listings).
[[nodiscard]] Result<std::vector<Listing>> show_run(const store::Store& store, std::int64_t run);
/// The newest runs, the newest first.
[[nodiscard]] Result<std::vector<Listing>> list_runs(const store::Store& store, int limit);
/// What became of a run's records so far. A record whose push was removed as old counts nowhere but in `records`.
struct RunCounts {
  std::int64_t records = 0;   ///< that its listing has named and its query admits
  std::int64_t to_push = 0;   ///< not in the queue yet
  std::int64_t waiting = 0;   ///< in the queue or running
  std::int64_t retrying = 0;  ///< of `waiting`: failed, and tried again
  std::int64_t synchronized = 0, nothing_to_do = 0, dead_letters = 0, held = 0;
  std::int64_t other = 0;  ///< ended otherwise: gone, filtered, joined, superseded, discarded
  [[nodiscard]] std::int64_t open() const noexcept { return to_push + waiting; }
};
[[nodiscard]] Result<RunCounts> count_run(const store::Store& store, std::int64_t run);
/// Ends a run where it stands.
[[nodiscard]] Result<void> cancel_run(store::Store& store, std::int64_t run, Timestamp now);

}  // namespace syncservice::sync

template <>
struct boost::system::is_error_code_enum<syncservice::sync::Refusal> : std::true_type {};
