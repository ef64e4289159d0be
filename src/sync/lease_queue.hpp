// sync/lease_queue — what the dispatcher has claimed and no worker has taken yet. Bounded, so that what is claimed
// stays near what can run; the rest waits in the spool.
#pragma once

#include "syncservice/spool/spool.hpp"

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>

namespace syncservice::sync {

/// One producer, many consumers. Thread-safe.
class LeaseQueue {
 public:
  explicit LeaseQueue(std::size_t capacity);

  /// Waits until there is room; how much. 0 once it is closed.
  [[nodiscard]] std::size_t wait_for_room();
  /// The lease goes back to the spool when the queue is closed.
  void push(spool::Lease lease);
  /// Waits for a lease; empty once the queue is closed.
  [[nodiscard]] std::optional<spool::Lease> pop();
  /// Gives back what nobody took, and lets everyone go who waits.
  void close();

 private:
  const std::size_t capacity_;
  std::mutex mutex_;
  std::condition_variable room_, work_;
  std::deque<spool::Lease> leases_;
  bool closed_ = false;
};

}  // namespace syncservice::sync
