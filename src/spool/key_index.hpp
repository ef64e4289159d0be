// From a record to its pushes, without a B-tree over record ids (its pages lie everywhere, so that each accept would
// write one once the backlog outgrows the cache).
#pragma once

#include "syncservice/store/store.hpp"

#include <boost/unordered/unordered_map.hpp>

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace syncservice::spool {

/// Hashes of a push's key. Stable for ever: they are stored.
struct KeyHash {
  std::uint64_t key = 0;     ///< app link, side, project and record
  std::uint32_t record = 0;  ///< record alone
};
[[nodiscard]] KeyHash hash_key(std::int64_t link, int side, std::string_view project, std::string_view record) noexcept;

/// Pushes whose row is to be looked at; true ends the search.
using Visit = std::function<bool(std::int64_t id)>;

/// Pushes are numbered in order, 65,536 to a run. The newest are indexed in memory; a complete run is written to disk
/// in one piece (64 parts by record hash, 8 bytes a push) and from then on costs memory only while some of it waits:
/// a filter of 2 bytes a push that says which keys may wait there. Everything found is a hint: the row decides.
/// Used on the writer thread alone, but for `visit_record`.
class KeyIndex {
 public:
  static constexpr int run_bits = 16;
  [[nodiscard]] static constexpr std::int64_t run_of(std::int64_t id) noexcept { return id >> run_bits; }

  /// Reads what is on disk. `waiting_runs`: runs in which pushes wait, and how many.
  void load(store::Connection& connection, const std::map<std::int64_t, std::int64_t>& waiting_runs);

  /// A new push. Ids rise.
  void add(std::int64_t id, const KeyHash& hash);
  /// An older push waits again.
  void remember(std::int64_t id, const KeyHash& hash);
  /// The push does not wait any more.
  void forget(std::int64_t id, const KeyHash& hash);

  /// Visits pushes that may be waiting under this key, newest first, until one is accepted.
  [[nodiscard]] std::optional<std::int64_t> find(store::Connection& connection, const KeyHash& hash,
                                                 const Visit& accept) const;

  /// True when a run is complete (all its ids are below `next_id` and their transactions have ended).
  [[nodiscard]] bool run_complete(std::int64_t next_id) const noexcept {
    return next_id >= (first_run_ + 1) << run_bits;
  }
  /// Writes the oldest complete run. Takes effect with run_written().
  void write_run(store::Transaction& tx);
  void run_written();

  /// Drops the filters of runs in which `waits` says that nothing waits any more.
  void drop_filters(const std::function<bool(std::int64_t run)>& waits);

  /// Visits, newest first, every push below `before` that may be of this record. Any thread.
  static void visit_record(store::Connection& connection, std::string_view record, std::int64_t before,
                           const Visit& visit);

 private:
  using Waiting = boost::unordered_multimap<std::uint64_t, std::int64_t>;
  /// The entry of this push, or the end.
  [[nodiscard]] Waiting::const_iterator entry_of(std::uint64_t key, std::int64_t id) const;

  /// A Bloom filter in blocks of one cache line each.
  class Filter {
   public:
    explicit Filter(std::size_t keys);
    void add(std::uint64_t key) noexcept;
    [[nodiscard]] bool may_hold(std::uint64_t key) const noexcept;
    /// Begins to load what may_hold will look at.
    void prefetch(std::uint64_t key) const noexcept;

   private:
    struct alignas(64) Block {
      std::array<std::uint64_t, 8> words{};
    };
    [[nodiscard]] std::size_t block(std::uint64_t key) const noexcept;
    std::vector<Block> blocks_;
  };
  struct Recent {
    std::int64_t id;
    KeyHash hash;
  };

  std::int64_t first_run_ = 0;                            ///< the oldest run that is not on disk
  std::vector<Recent> recent_;                            ///< its pushes and newer ones, in order
  Waiting waiting_;                                       ///< key → pushes that may be waiting
  std::vector<std::pair<std::int64_t, Filter>> filters_;  ///< with their runs, newest first
  std::optional<Filter> written_;                         ///< of the run being written
  std::vector<KeyHash> moved_;                            ///< keys that it takes over from waiting_
};

}  // namespace syncservice::spool
