// sync/lease_queue — what the dispatcher has claimed and no worker has taken yet, handed out fairly: an application
// never has more passes at once than its share, and passes that wait long for a hanging application count against that
// one alone. Bounded, so that what is claimed stays near what can run; the rest waits in the spool.
#pragma once

#include "in_flight.hpp"

#include "syncservice/base/ids.hpp"
#include "syncservice/spool/spool.hpp"

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace syncservice::sync {

/// The two applications that a pass calls, and how many passes at once each may have.
struct Shares {
  ApplicationName source, destination;
  std::size_t source_most = 0, destination_most = 0;  ///< at least 1
};

/// One producer, many consumers. Thread-safe.
class LeaseQueue {
 private:
  struct Entry {
    Shares shares;
    std::thread::id thread;
    std::optional<ApplicationName> stalled_at;
  };

 public:
  /// `workers`: passes at once, not counting those that are stalled.
  explicit LeaseQueue(std::size_t workers);

  /// A pass that runs, on the thread that took it; counts against its applications until it ends.
  class Running {
   public:
    Running(LeaseQueue& queue, spool::Lease lease, std::list<Entry>::iterator entry);
    Running(Running&& from) noexcept;
    Running& operator=(Running&&) = delete;
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;
    ~Running();
    [[nodiscard]] spool::Lease take() { return std::move(lease_); }

   private:
    LeaseQueue* queue_;
    spool::Lease lease_;
    std::list<Entry>::iterator entry_;
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
  /// Which threads are stalled, and where. As many more passes may run as are among these; how many that is.
  std::size_t set_stalled(const std::vector<Stall>& stalls);
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
  void ended(std::list<Entry>::iterator entry) noexcept;
  /// Notes where the pass is stalled, if it is. With mutex_ held.
  void place(Entry& entry, const std::optional<ApplicationName>& stalled_at);

  const std::size_t workers_;
  mutable std::mutex mutex_;
  std::condition_variable room_, work_;
  std::deque<Waiting> leases_;
  std::list<Entry> running_;
  std::map<ApplicationName, std::size_t> load_;  // queued and running
  std::map<ApplicationName, std::size_t> away_;  // of these, stalled at the other application that they call
  std::size_t stalled_ = 0;
  mutable bool refused_ = false;
  bool room_again_ = false;
  bool closed_ = false;
};

}  // namespace syncservice::sync
