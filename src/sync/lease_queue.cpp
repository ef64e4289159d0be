#include "lease_queue.hpp"

#include <utility>

namespace syncservice::sync {

LeaseQueue::Running::Running(LeaseQueue& queue, spool::Lease lease, std::list<Entry>::iterator entry)
    : queue_(&queue), lease_(std::move(lease)), entry_(entry) {}

LeaseQueue::Running::Running(Running&& from) noexcept
    : queue_(std::exchange(from.queue_, nullptr)), lease_(std::move(from.lease_)), entry_(from.entry_) {}

LeaseQueue::Running::~Running() {
  if (queue_ != nullptr) queue_->ended(entry_);
}

LeaseQueue::LeaseQueue(std::size_t workers) : workers_(workers) {}

std::size_t LeaseQueue::wait_for_room() {
  std::unique_lock lock(mutex_);
  room_.wait(lock, [this] { return closed_ || leases_.size() < workers_; });
  return closed_ ? 0 : workers_ - leases_.size();
}

std::size_t LeaseQueue::load(const ApplicationName& name) const {
  const auto count = [&](const std::map<ApplicationName, std::size_t>& counts) {
    const auto found = counts.find(name);
    return found == counts.end() ? std::size_t{0} : found->second;
  };
  return count(load_) - count(away_);
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
  work_.wait(lock, [this] { return closed_ || (!leases_.empty() && running_.size() < workers_ + stalled_); });
  if (closed_) return std::nullopt;
  Waiting next = std::move(leases_.front());
  leases_.pop_front();
  const auto entry =
      running_.insert(running_.end(), Entry{std::move(next.shares), std::this_thread::get_id(), std::nullopt});
  room_.notify_one();
  return std::optional<Running>(std::in_place, *this, std::move(next.lease), entry);
}

void LeaseQueue::ended(std::list<Entry>::iterator entry) noexcept {
  const std::scoped_lock lock(mutex_);
  place(*entry, std::nullopt);
  const auto release = [this](const ApplicationName& name) {
    const auto found = load_.find(name);
    if (--found->second == 0) load_.erase(found);
  };
  release(entry->shares.source);
  if (entry->shares.destination != entry->shares.source) release(entry->shares.destination);
  running_.erase(entry);
  if (std::exchange(refused_, false)) room_again_ = true;
  work_.notify_one();
}

void LeaseQueue::place(Entry& entry, const std::optional<ApplicationName>& stalled_at) {
  if (entry.stalled_at == stalled_at) return;
  const auto others = [&](const auto& change) {
    for (const ApplicationName* name : {&entry.shares.source, &entry.shares.destination}) {
      if (*name != *entry.stalled_at) change(away_[*name]);
    }
  };
  if (entry.stalled_at) {
    others([](std::size_t& count) { --count; });
    --stalled_;
  }
  entry.stalled_at = stalled_at;
  if (entry.stalled_at) {
    others([](std::size_t& count) { ++count; });
    ++stalled_;
    if (std::exchange(refused_, false)) room_again_ = true;
  }
}

std::size_t LeaseQueue::set_stalled(const std::vector<Stall>& stalls) {
  const std::scoped_lock lock(mutex_);
  std::map<std::thread::id, ApplicationName> at;
  for (const Stall& stall : stalls) at.emplace(stall.thread, stall.application);
  for (Entry& entry : running_) {
    const auto found = at.find(entry.thread);
    place(entry, found == at.end() ? std::optional<ApplicationName>{} : found->second);
  }
  work_.notify_all();
  return stalled_;
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
