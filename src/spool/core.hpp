// What the spool keeps in memory: a window over the database, who is running, and a few numbers.
#pragma once

#include "deliveries.hpp"
#include "disk_guard.hpp"
#include "instruments.hpp"
#include "key_index.hpp"
#include "rows.hpp"

#include "syncservice/spool/spool.hpp"

#include <atomic>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <set>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace syncservice::spool {

/// An app link that was ever pushed to.
struct Link {
  std::int64_t id = 0;
  AppLinkName name;
  std::size_t place = 0;  ///< in Core::links
  bool stored = false;    ///< its name is on disk; writer thread only

  // Guarded by Core::mutex.
  std::int64_t waiting = 0;   ///< rows that wait on disk, those running included
  Timestamp next_due{};       ///< when a look at the disk may find something
  std::uint64_t version = 0;  ///< rises when that may have come nearer
  bool reload = false;        ///< the window may hold rows that do not wait any more

  std::deque<Row> window;  ///< due rows, oldest first; claiming thread only
};

struct Lease::Impl {
  Core* core = nullptr;
  Link* link = nullptr;
  Row row;
  std::vector<RecordKey> ends;
  std::optional<Verdict> verdict;  ///< of finish(), until it is settled
  Timestamp next_due{};            ///< of the push that goes on, with verdict again
  bool went_on = false;            ///< another push goes on in its place

  Impl() = default;
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  ~Impl();
};

/// Running is a matter of memory: a claimed row stays `waiting` on disk until its pass ends, so that a crash needs no
/// recovery and a claim no write. What guards it is `busy`: an accept does not join a busy row, and one that joined a
/// row which became busy before the commit becomes a row of its own.
struct Core {
  Core(store::Store& store_used, const Clock& clock_used, const Settings& settings_used, telemetry::Log& log_used,
       telemetry::Metrics& metrics);
  Core(const Core&) = delete;
  Core& operator=(const Core&) = delete;
  ~Core();

  store::Store& store;
  const Clock& clock;
  const Settings settings;
  telemetry::Log& log;
  Instruments instruments;
  std::atomic<std::int64_t> waiting_limit;
  std::atomic<bool> closed = false;
  std::atomic<bool> store_failing = false;  ///< the last batch could not be committed
  std::atomic<std::int64_t> under_way = 0;  ///< jobs handed to the writer and not told yet

  mutable std::mutex mutex;
  std::condition_variable_any wake;
  std::uint64_t events = 0;  ///< rises with all that a claim may wait for
  std::vector<Link*> links;  ///< grows only
  std::unordered_map<std::int64_t, Link*> links_by_id;
  std::set<std::int64_t> busy;  ///< leased, or reserved by an administrator's change
  std::set<std::int64_t> leased;
  std::set<RecordKey> leased_ends;
  std::map<std::int64_t, std::int64_t> waiting_runs;  ///< waiting rows by run (KeyIndex)
  std::int64_t waiting = 0;                           ///< their sum
  bool refilling = false;
  std::vector<std::int64_t> ended_meanwhile;                 ///< ids that ended during a refill
  std::vector<std::pair<std::int64_t, KeyHash>> wait_again;  ///< for the index: their end was not committed

  // Writer thread only.
  struct Inserted {
    std::int64_t id;
    Link* link;
  };
  KeyIndex index;
  Deliveries deliveries;
  DiskGuard disk;
  std::unordered_map<AppLinkName, std::unique_ptr<Link>> links_by_name;
  std::int64_t next_id = 1;
  std::int64_t next_link = 1;
  std::function<void()> after_batch;  ///< see Spool
  bool batch_begun = false;
  Timestamp now{};                                    ///< of the batch
  std::int64_t waiting_now = 0;                       ///< waiting, with what the batch has inserted
  std::vector<Inserted> inserted;                     ///< in this batch, not yet counted
  std::int64_t accepted_total = 0, joined_total = 0;  ///< in this batch

  // Claiming thread only.
  std::size_t turn = 0;

  [[nodiscard]] Result<void> open();
  /// Returns when no work of the spool is left at the writer.
  void drain() noexcept;

  // accept.cpp
  void begin_batch();
  /// Tells the index of pushes whose end was not committed. Before it is asked.
  void take_hints();
  void end_batch(const store::Batch& batch);
  [[nodiscard]] Link& link(const AppLinkName& name);
  Link& add_link(std::int64_t id, const AppLinkName& name, bool stored);
  void count_inserted() noexcept;
  void job_ended() noexcept;
  void accept(store::Transaction& tx, Acceptance& acceptance);
  void told(Acceptance& acceptance, const Result<void>& outcome) noexcept;
  void load_deliveries(store::Connection& connection);
  [[nodiscard]] bool is_busy(std::int64_t id) const;
  /// The waiting push of this key that is not busy, other than `self`.
  [[nodiscard]] std::optional<std::int64_t> waiting_push(store::Connection& connection, std::int64_t link_id,
                                                         const RecordKey& key, const KeyHash& hash,
                                                         std::int64_t self) const;

  // claim.cpp
  [[nodiscard]] std::vector<Lease> claim(std::size_t most, const TwinLookup& twin, const Blocked& blocked,
                                         const std::stop_token& stop, std::chrono::steady_clock::time_point until);
  void take_in_turns(std::vector<Lease>& leases, std::size_t most, const TwinLookup& twin, const Blocked& blocked);
  [[nodiscard]] std::vector<Link*> due_links();
  [[nodiscard]] std::optional<Lease> take_one(Link& from, const TwinLookup& twin);
  [[nodiscard]] bool lease_ends(Lease::Impl& lease, const std::optional<RecordKey>& twin);
  /// Reads the window anew, if that may find something. False: it holds nothing to try.
  [[nodiscard]] bool refill(Link& of);

  // finish.cpp
  void finish(store::Transaction& tx, Lease::Impl& lease, const Verdict& verdict);
  void go_on(store::Transaction& tx, Lease::Impl& lease, const Verdict& verdict);
  void settle(Lease::Impl& lease) noexcept;
  void release(Lease::Impl& lease) noexcept;
  void free_ends(Lease::Impl& lease);

  // admin.cpp
  struct Effect {
    std::int64_t link = 0;
    std::int64_t waiting = 0;  ///< how many rows more wait
  };
  [[nodiscard]] Result<void> reserve(PushId id);
  void unreserve(PushId id, const std::optional<Effect>& effect) noexcept;
  void count_waiting(Link& of, std::int64_t id, std::int64_t more);
  void note_ended(std::int64_t id);

  [[nodiscard]] Result<PushId> retry(PushId id, const std::string& by);
  [[nodiscard]] Result<void> discard(PushId id, const std::string& by);

  // queries.cpp
  [[nodiscard]] Result<std::vector<Push>> list(const Query& query) const;
  [[nodiscard]] std::set<std::int64_t> leased_now() const;

  class RunJob;
  std::unique_ptr<RunJob> run_job;
};

/// Writes a complete run of the index, beside the accepts.
class Core::RunJob final : public store::Job {
 public:
  explicit RunJob(Core& core) : core_(core) {}
  void submit() noexcept;
  void run(store::Transaction& tx) override;
  void finished(const Result<void>& outcome) noexcept override;

 private:
  Core& core_;
  bool under_way_ = false;
};

}  // namespace syncservice::spool
