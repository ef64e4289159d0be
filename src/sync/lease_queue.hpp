// sync/lease_queue — what the dispatcher has claimed and no worker has taken yet, handed out fairly: an application
// never has more passes at once than its share, and passes that wait long for a hanging application do not count
// against the others. Bounded, so that what is claimed stays near what can run; the rest waits in the spool.
#pragma once

#include "syncservice/base/ids.hpp"
#include "syncservice/spool/spool.hpp"

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <map>
#include <mutex>
#include <optional>

namespace syncservice::sync {

/// The two applications that a pass calls, and how many passes at once each may have.
struct Shares {
  ApplicationName source, destination;
  std::size_t source_most = 0, destination_most = 0;  ///< at least 1
};

/// One producer, many consumers. Thread-safe.
class LeaseQueue {
 public:
  /// `workers`: passes at once, not counting those that are stalled.
  explicit LeaseQueue(std::size_t workers);

  /// A pass that runs; counts against its applications until it ends.
  class Running {
   public:
    Running(LeaseQueue& queue, spool::Lease lease, Shares shares);
    Running(Running&& from) noexcept;
    Running& operator=(Running&&) = delete;
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;
    ~Running();
    [[nodiscard]] spool::Lease take() { return std::move(lease_); }

   private:
    LeaseQueue* queue_;
    spool::Lease lease_;
    Shares shares_;
  };

  /// Waits until there is room; how much. 0 once it is closed.
  [[nodiscard]] std::size_t wait_for_room();
  /// Has one of the applications as many passes queued and running as it may have?
  [[nodiscard]] bool full(const Shares& shares) const;
  /// Takes the lease, unless one of its applications has its share or the queue is closed: then it goes back to the
  /// spool.
  void push(spool::Lease lease, const Shares& shares);
  /// Waits for a lease; empty once the queue is closed.
  [[nodiscard]] std::optional<Running> pop();
  /// How many of the running passes are stalled; as many more may run.
  void set_stalled(std::size_t stalled);
  /// True once after an application that was full has room again.
  [[nodiscard]] bool took_room_back();
  /// Gives back what nobody took, and lets everyone go who waits.
  void close();

 private:
  struct Waiting {
    spool::Lease lease;
    Shares shares;
  };
  [[nodiscard]] bool full_locked(const Shares& shares) const;
  [[nodiscard]] std::size_t load(const ApplicationName& name) const;
  void ended(const Shares& shares) noexcept;

  const std::size_t workers_;
  mutable std::mutex mutex_;
  std::condition_variable room_, work_;
  std::deque<Waiting> leases_;
  std::map<ApplicationName, std::size_t> load_;  // queued and running
  std::size_t running_ = 0, stalled_ = 0;
  mutable bool refused_ = false;
  bool room_again_ = false;
  bool closed_ = false;
};

}  // namespace syncservice::sync
