#include "slots.hpp"

namespace syncservice::rest {

Result<Slots::Slot> Slots::take(const adapter::CallContext& context, std::string_view doing) {
  std::unique_lock lock{mutex_};
  if (!wait_within(context, given_back_, lock, [this] { return free_ > 0; })) {
    lock.unlock();
    if (auto may_go_on = adapter::check(context, doing); !may_go_on) return may_go_on.error();
    return adapter::make_error(adapter::Failure::timed_out,
                               "No connection became free for " + std::string{doing} + ".");
  }
  --free_;
  return Slot{*this};
}

void Slots::give_back() noexcept {
  {
    const std::lock_guard lock{mutex_};
    ++free_;
  }
  given_back_.notify_one();
}

}  // namespace syncservice::rest
