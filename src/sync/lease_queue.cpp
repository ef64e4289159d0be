#include "lease_queue.hpp"

#include <utility>

namespace syncservice::sync {

LeaseQueue::LeaseQueue(std::size_t capacity) : capacity_(capacity) {}

std::size_t LeaseQueue::wait_for_room() {
  std::unique_lock lock(mutex_);
  room_.wait(lock, [this] { return closed_ || leases_.size() < capacity_; });
  return closed_ ? 0 : capacity_ - leases_.size();
}

void LeaseQueue::push(spool::Lease lease) {
  const std::scoped_lock lock(mutex_);
  if (closed_) return;
  leases_.push_back(std::move(lease));
  work_.notify_one();
}

std::optional<spool::Lease> LeaseQueue::pop() {
  std::unique_lock lock(mutex_);
  work_.wait(lock, [this] { return closed_ || !leases_.empty(); });
  if (closed_) return std::nullopt;
  std::optional<spool::Lease> lease(std::move(leases_.front()));
  leases_.pop_front();
  room_.notify_one();
  return lease;
}

void LeaseQueue::close() {
  std::deque<spool::Lease> unclaimed;
  {
    const std::scoped_lock lock(mutex_);
    closed_ = true;
    unclaimed.swap(leases_);
  }
  room_.notify_all();
  work_.notify_all();
}

}  // namespace syncservice::sync
