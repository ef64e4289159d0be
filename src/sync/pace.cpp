#include "pace.hpp"

#include <algorithm>

namespace syncservice::sync {
namespace {

using std::chrono::duration;
using std::chrono::duration_cast;

// Calls of one second may come in a bunch.
constexpr std::chrono::seconds burst{1};
// More calls left than this in a window of the remote are as good as no limit.
constexpr std::uint64_t plenty = 200;

}  // namespace

bool Pace::await_turn(const ApplicationName& name, const registry::CallLimits& limits, const std::stop_token& stop,
                      Steady::time_point deadline) {
  std::unique_lock lock(mutex_);
  const Steady::time_point now = Steady::now();
  const auto found = entries_.find(name);
  const bool told = found != entries_.end() && found->second.told_until > now;
  if (limits.per_second <= 0 && !told) return true;

  Entry& entry = found != entries_.end() ? found->second : entries_[name];
  Steady::duration spacing{0};
  Steady::duration bunch{0};
  if (limits.per_second > 0) {
    spacing = duration_cast<Steady::duration>(duration<double>{1.0 / limits.per_second});
    bunch = std::max(Steady::duration{burst} - spacing, Steady::duration{0});
  }
  if (told && entry.spacing > spacing) {
    spacing = entry.spacing;
    bunch = Steady::duration{0};
  }
  const Steady::time_point turn = std::max(entry.next, now - bunch);
  if (turn > deadline) return false;
  entry.next = turn + spacing;
  never_.wait_until(lock, stop, turn, [] { return false; });
  return true;
}

void Pace::saw(const ApplicationName& name, const adapter::RateLimit& limit) {
  if (!limit.remaining || !limit.resets_in) return;
  const std::scoped_lock lock(mutex_);
  if (*limit.remaining > plenty) {
    if (const auto found = entries_.find(name); found != entries_.end()) found->second.told_until = {};
    return;
  }
  Entry& entry = entries_[name];
  const Steady::time_point now = Steady::now();
  entry.told_until = now + *limit.resets_in;
  entry.spacing = Steady::duration{*limit.resets_in} / static_cast<Steady::rep>(*limit.remaining + 1);
  if (*limit.remaining == 0) entry.next = std::max(entry.next, entry.told_until);
}

std::chrono::milliseconds Pace::delay(const ApplicationName& name) const {
  const std::scoped_lock lock(mutex_);
  const auto found = entries_.find(name);
  if (found == entries_.end()) return std::chrono::milliseconds{0};
  return std::max(std::chrono::ceil<std::chrono::milliseconds>(found->second.next - Steady::now()),
                  std::chrono::milliseconds{0});
}

}  // namespace syncservice::sync
