// spool — the durable queue of pushes. Owns two invariants: a Receipt exists only for a push that is committed and
// flushed, and a push is in exactly one state (design §4). Memory never holds the only copy of a push; what is kept
// here is a window over the database, and an overflow and a restart fill it the same way.
#pragma once

#include "syncservice/base/clock.hpp"
#include "syncservice/base/ids.hpp"
#include "syncservice/base/result.hpp"
#include "syncservice/record/valid_push.hpp"
#include "syncservice/store/store.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace syncservice::telemetry {
class Log;
class Metrics;
}  // namespace syncservice::telemetry

namespace syncservice::spool {

enum class Errc : std::uint8_t {
  queue_full = 1,  ///< the limit of waiting pushes is reached (transient)
  disk_full,       ///< no room to promise anything (transient)
  unavailable,     ///< shutting down, or the database failed (transient)
  no_such_push,    ///< gone
  wrong_state      ///< the push is not in a state that allows this (permanent)
};
[[nodiscard]] const boost::system::error_category& spool_category() noexcept;
[[nodiscard]] boost::system::error_code make_error_code(Errc code) noexcept;

/// waiting → running → done | waiting (again at `due`) | dead_letter | held. Stored as these numbers.
enum class State : std::uint8_t { waiting = 0, running = 1, done = 2, dead_letter = 3, held = 4 };
[[nodiscard]] std::string_view to_string(State state) noexcept;  ///< "waiting", "dead letter", …
[[nodiscard]] std::optional<State> parse_state(std::string_view text) noexcept;

/// How a done push ended. Stored as text.
enum class Outcome : std::uint8_t {
  none,           ///< not done
  synchronized,   ///< something was written
  nothing_to_do,  ///< both sides agreed already (an echo, or a repeated push)
  gone,           ///< the record no longer exists at its origin
  filtered,       ///< onlyWhen does not hold
  joined,         ///< its record had been pushed again meanwhile; that push went on for both
  superseded,     ///< a dead letter or held push whose record was synchronized by a later push
  discarded       ///< ended by an administrator
};
[[nodiscard]] std::string_view to_string(Outcome outcome) noexcept;  ///< "synchronized", "nothing to do", …
[[nodiscard]] std::optional<Outcome> parse_outcome(std::string_view text) noexcept;

class Spool;
struct Core;  ///< what the spool keeps in memory; private
struct Link;

/// Proof that a push is on disk. Made by the spool alone.
class Receipt {
 public:
  [[nodiscard]] PushId id() const noexcept { return id_; }
  /// True: it joined a push that was waiting already, or repeats a delivery.
  [[nodiscard]] bool joined() const noexcept { return joined_; }

 private:
  friend struct Core;
  Receipt(PushId id, bool joined) noexcept : id_(id), joined_(joined) {}
  PushId id_;
  bool joined_;
};

/// One push on its way to disk. The submitter derives from it, keeps it alive until `accepted` is called, and may
/// destroy it in that call.
class Acceptance : private store::Job {
 public:
  /// The longest id of a delivery.
  static constexpr std::size_t longest_delivery = 128;

  /// `pushed_by`: name of the key or user. `peer`: the client's address. Both may be cut to 100 bytes. `delivery`: what
  /// the sender calls this delivery, the same when it is sent again, at most longest_delivery bytes; empty: it has no
  /// name for it. Of a delivery that was accepted before (among the last 65,536 that have a name), the record's push is
  /// the receipt's: there is none anew, whatever became of it.
  Acceptance(const ValidPush& push, std::string pushed_by, std::string peer, std::string delivery = {});
  ~Acceptance() override = default;

 protected:
  /// On the writer thread, after commit and flush, or after the failure of both (on the submitting thread when the
  /// spool or the store is closed). Must only hand over (post) and return.
  virtual void accepted(const Result<Receipt>& receipt) noexcept = 0;

 private:
  friend class Spool;
  friend struct Core;
  void run(store::Transaction& tx) final;
  void finished(const Result<void>& outcome) noexcept final;
  [[nodiscard]] bool isolated() const noexcept final { return false; }

  ValidPush push_;
  std::string pushed_by_, peer_, delivery_;
  Core* core_ = nullptr;
  Link* link_ = nullptr;
  std::int64_t row_ = 0;   ///< the push that it became or joined
  bool inserted_ = false;  ///< a row of its own, in the transaction under way
  bool repeats_ = false;   ///< the delivery was accepted before
  std::optional<Error> refusal_;
};

/// Everything known of one push.
struct Push {
  PushId id{};
  RecordKey key;
  State state = State::waiting;
  Outcome outcome = Outcome::none;
  std::string reason;  ///< in words; empty while it waits for its first pass
  int attempts = 0;    ///< passes that failed and counted
  Timestamp accepted{}, changed{}, due{};
  std::string pushed_by, peer;
};

/// The right to run the pass of one push: no other pass touches either end of its pair meanwhile. Move-only; when it
/// is destroyed without having been finished, the push waits again. Used by one thread at a time; ends before the
/// spool.
class Lease {
 public:
  Lease(Lease&&) noexcept;
  Lease& operator=(Lease&&) noexcept;
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;
  ~Lease();

  [[nodiscard]] const Push& push() const noexcept;
  /// Since when this push has been failing; empty on the first attempt.
  [[nodiscard]] std::optional<Timestamp> failing_since() const noexcept;
  /// Takes another end into the lease, when a pass finds out what its record's twin is. False: another pass has it;
  /// end this one with Again.
  [[nodiscard]] bool extend(const RecordKey& end);

 private:
  friend class Spool;
  friend struct Core;
  struct Impl;
  explicit Lease(std::unique_ptr<Impl> impl) noexcept;
  std::unique_ptr<Impl> impl_;
};

/// What became of a pass.
struct Verdict {
  enum class Kind : std::uint8_t { done, again, dead_letter, held };
  Kind kind = Kind::done;
  Outcome outcome = Outcome::none;  ///< done only
  std::string reason;
  Timestamp due{};             ///< again only
  bool counts_attempt = true;  ///< again only: false for throttling and lost races
};

struct Settings {
  std::int64_t waiting_limit = 1'000'000;
  std::int64_t disk_reserve_bytes = 64 * 1024 * 1024;  ///< refuse pushes below this much free space
};

/// Which pushes to list. Empty members do not restrict.
struct Query {
  std::optional<State> state;
  std::optional<AppLinkName> app_link;
  std::optional<RecordId> record;
  std::optional<PushId> before;  ///< older than this one, for paging
  int limit = 100;               ///< 1–1000
};

struct Counts {
  std::int64_t waiting = 0, running = 0, dead_letters = 0, held = 0;
  std::optional<Timestamp> oldest_waiting;  ///< when the push that is due the longest was accepted
};

/// The other end of a pair, if the record is linked. Called while claiming, on the claiming thread.
using TwinLookup = std::function<std::optional<RecordKey>(const RecordKey& end)>;
/// True: leave pushes of this app link alone for now (paused, throttled, circuit open). Must be fast.
using Blocked = std::function<bool(const AppLinkName& app_link)>;

/// Thread-safe. The store outlives it.
class Spool {
 public:
  /// Recovers: what was running waits again. Takes less than 2 s with a million waiting pushes.
  [[nodiscard]] static Result<std::unique_ptr<Spool>> open(store::Store& store, const Clock& clock, Settings settings,
                                                           telemetry::Log& log, telemetry::Metrics& metrics);
  Spool(const Spool&) = delete;
  Spool& operator=(const Spool&) = delete;
  ~Spool();

  /// Hands a push to the writer; never blocks. `accepted` is called exactly once, also after close().
  void accept(Acceptance& acceptance) noexcept;
  /// `told` is called on the writer thread each time after `accepted` of all that one flush has put on disk: what was
  /// handed over there can go off together. Not on the writer thread.
  void after_batch(std::function<void()> told);
  /// From now on every accept fails with Errc::unavailable, and claim returns nothing.
  void close() noexcept;
  /// Would a push be accepted now? The error says why not (for /readyz).
  [[nodiscard]] Result<void> ready() const;
  void set_waiting_limit(std::int64_t limit) noexcept;

  /// Up to `most` leases of pushes that are due, oldest first within an app link, app links in turn. Waits until there
  /// is one, `until` has passed, or `stop` is requested. One thread claims.
  [[nodiscard]] std::vector<Lease> claim(std::size_t most, const TwinLookup& twin, const Blocked& blocked,
                                         std::stop_token stop, std::chrono::steady_clock::time_point until);
  /// Wakes a waiting claim, because `blocked` may answer otherwise now.
  void nudge() noexcept;

  /// Ends the lease's pass, in the pass's own transaction (so on the writer thread). Takes effect (and the lease ends)
  /// with its commit; call `settle` after it. Another push of the same record that came meanwhile goes on in its place
  /// when the verdict is Again. A done push with outcome synchronized or nothing_to_do supersedes older dead letters
  /// and held pushes of its record, a held one the older held ones.
  void finish(store::Transaction& tx, const Lease& lease, const Verdict& verdict);
  /// After the transaction with `finish` has been committed.
  void settle(Lease lease) noexcept;

  // For administrators.
  [[nodiscard]] Result<std::vector<Push>> list(const Query& query) const;
  [[nodiscard]] Result<Push> find(PushId id) const;
  /// Every push of a record, whatever its app link and project, newest first, at most `limit`.
  [[nodiscard]] Result<std::vector<Push>> story(const RecordId& record, int limit = 200) const;
  /// dead letter, held or waiting → waiting, due now, attempts kept. Gives the id of the push that runs for it.
  [[nodiscard]] Result<PushId> retry(PushId id, const std::string& by);
  /// waiting, dead letter or held → done, discarded.
  [[nodiscard]] Result<void> discard(PushId id, const std::string& by);
  [[nodiscard]] Result<Counts> counts() const;
  /// Removes up to `most` done pushes that ended before `before`; returns how many. The newest id always stays.
  [[nodiscard]] Result<std::int64_t> prune(Timestamp before, int most);

 private:
  explicit Spool(std::unique_ptr<Core> core);
  std::unique_ptr<Core> core_;
};

}  // namespace syncservice::spool
