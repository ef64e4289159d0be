#include "lease_queue.hpp"

#include <utility>

namespace syncservice::sync {

LeaseQueue::Running::Running(LeaseQueue& queue, spool::Lease lease, Shares shares)
    : queue_(&queue), lease_(std::move(lease)), shares_(std::move(shares)) {}

LeaseQueue::Running::Running(Running&& from) noexcept
    : queue_(std::exchange(from.queue_, nullptr)), lease_(std::move(from.lease_)), shares_(std::move(from.shares_)) {}

LeaseQueue::Running::~Running() {
  if (queue_ != nullptr) queue_->ended(shares_);
}

LeaseQueue::LeaseQueue(std::size_t workers) : workers_(workers) {}

std::size_t LeaseQueue::wait_for_room() {
  std::unique_lock lock(mutex_);
  room_.wait(lock, [this] { return closed_ || leases_.size() < workers_; });
  return closed_ ? 0 : workers_ - leases_.size();
}

std::size_t LeaseQueue::load(const ApplicationName& name) const {
  const auto found = load_.find(name);
  return found == load_.end() ? 0 : found->second;
}

bool LeaseQueue::full_locked(const Shares& shares) const {
  const bool full = load(shares.source) >= shares.source_most || load(shares.destination) >= shares.destination_most;
  if (full) refused_ = true;
  return full;
}

bool LeaseQueue::full(const Shares& shares) const {
  const std::scoped_lock lock(mutex_);
  return full_locked(shares);
}

void LeaseQueue::push(spool::Lease lease, const Shares& shares) {
  const std::scoped_lock lock(mutex_);
  if (closed_ || full_locked(shares)) return;
  ++load_[shares.source];
  if (shares.destination != shares.source) ++load_[shares.destination];
  leases_.push_back({std::move(lease), shares});
  work_.notify_one();
}

std::optional<LeaseQueue::Running> LeaseQueue::pop() {
  std::unique_lock lock(mutex_);
  work_.wait(lock, [this] { return closed_ || (!leases_.empty() && running_ < workers_ + stalled_); });
  if (closed_) return std::nullopt;
  Waiting next = std::move(leases_.front());
  leases_.pop_front();
  ++running_;
  room_.notify_one();
  return std::optional<Running>(std::in_place, *this, std::move(next.lease), std::move(next.shares));
}

void LeaseQueue::ended(const Shares& shares) noexcept {
  const std::scoped_lock lock(mutex_);
  --running_;
  const auto release = [this](const ApplicationName& name) {
    const auto found = load_.find(name);
    if (--found->second == 0) load_.erase(found);
  };
  release(shares.source);
  if (shares.destination != shares.source) release(shares.destination);
  if (std::exchange(refused_, false)) room_again_ = true;
  work_.notify_one();
}

void LeaseQueue::set_stalled(std::size_t stalled) {
  const std::scoped_lock lock(mutex_);
  stalled_ = stalled;
  work_.notify_all();
}

bool LeaseQueue::took_room_back() {
  const std::scoped_lock lock(mutex_);
  return std::exchange(room_again_, false);
}

void LeaseQueue::close() {
  std::deque<Waiting> unclaimed;
  {
    const std::scoped_lock lock(mutex_);
    closed_ = true;
    unclaimed.swap(leases_);
  }
  room_.notify_all();
  work_.notify_all();
}

}  // namespace syncservice::sync
