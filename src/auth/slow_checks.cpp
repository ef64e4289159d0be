#include "slow_checks.hpp"

#include <algorithm>

namespace syncservice::auth {

SlowChecks::SlowChecks(Verify verify) : verify_(std::move(verify)), thread_([this] { run(); }) {}

bool SlowChecks::submit(Basic basic, const Digest& digest, std::string address, Done done) {
  const std::lock_guard lock{mutex_};
  if (stopping_ || callers_ >= most_callers) return false;
  const auto same =
      std::find_if(waiting_.begin(), waiting_.end(), [&](const auto& check) { return equal(check->digest, digest); });
  if (same != waiting_.end()) {
    (*same)->callers.push_back(std::move(done));
  } else {
    const auto neighbours =
        std::count_if(waiting_.begin(), waiting_.end(), [&](const auto& check) { return check->address == address; });
    if (waiting_.size() >= most_waiting || neighbours >= static_cast<std::ptrdiff_t>(most_for_one_address))
      return false;
    auto check = std::make_unique<Check>(Check{std::move(basic), digest, std::move(address), {}});
    check->callers.push_back(std::move(done));
    waiting_.push_back(std::move(check));
  }
  ++callers_;
  changed_.notify_one();
  return true;
}

void SlowChecks::run() {
  std::unique_lock lock{mutex_};
  for (;;) {
    changed_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
    if (waiting_.empty()) return;
    const std::unique_ptr<Check> check = std::move(waiting_.front());
    waiting_.pop_front();
    callers_ -= check->callers.size();
    const bool refused = stopping_;
    lock.unlock();
    Outcome outcome = Outcome::refused;
    if (!refused) outcome = verify_(check->basic, check->digest) ? Outcome::right : Outcome::wrong;
    for (const Done& done : check->callers) done(outcome);
    lock.lock();
  }
}

void SlowChecks::stop() noexcept {
  {
    const std::lock_guard lock{mutex_};
    stopping_ = true;
  }
  changed_.notify_all();
  const std::lock_guard lock{join_};
  if (thread_.joinable()) thread_.join();
}

}  // namespace syncservice::auth
