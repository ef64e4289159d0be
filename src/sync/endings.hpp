// sync/endings — ends of passes on their way to the disk. A worker hands its pass over and takes the next one while the
// writer commits and flushes. Owns: every lease handed in ends once, either with the commit of all that its pass made
// or, when that fails, by going back to the spool.
#pragma once

#include "engine.hpp"
#include "instruments.hpp"

#include "syncservice/spool/spool.hpp"
#include "syncservice/store/store.hpp"
#include "syncservice/telemetry/log.hpp"

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>

namespace syncservice::sync {

/// Thread-safe; what is handed in outlives it.
class Endings {
 public:
  /// `most`: how many may be on their way at once.
  Endings(store::Store& store, spool::Spool& spool, const Engine& engine, const Instruments& instruments,
          const telemetry::Log& log, std::size_t most);
  Endings(const Endings&) = delete;
  Endings& operator=(const Endings&) = delete;
  ~Endings();

  /// Hands over a pass with a verdict. Waits while too many are on their way.
  void commit(spool::Lease lease, Report report, std::chrono::steady_clock::duration took);
  /// True once after a commit failed: its push is due again at once, and the store may need a while.
  [[nodiscard]] bool failed();
  /// True once after a pass ended what was held of its pair.
  [[nodiscard]] bool ended_conflict();
  /// Waits until none is on its way.
  void drain();

 private:
  class Ending;
  void ended(bool committed, bool conflict) noexcept;

  store::Store& store_;
  spool::Spool& spool_;
  const Engine& engine_;
  const Instruments& instruments_;
  const telemetry::Log& log_;
  const std::size_t most_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t under_way_ = 0;
  bool failed_ = false, ended_conflict_ = false;
};

}  // namespace syncservice::sync
