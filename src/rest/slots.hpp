// How many calls one application gets at once.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>

#include "syncservice/adapter/failure.hpp"

namespace syncservice::rest {

/// Thread-safe.
class Slots {
 public:
  explicit Slots(std::size_t free) noexcept : free_(free) {}

  /// One of the slots, given back when this ends.
  class Slot {
   public:
    explicit Slot(Slots& slots) noexcept : slots_(&slots) {}
    Slot(Slot&& from) noexcept : slots_(std::exchange(from.slots_, nullptr)) {}
    Slot(const Slot&) = delete;
    Slot& operator=(const Slot&) = delete;
    ~Slot() {
      if (slots_ != nullptr) slots_->give_back();
    }

   private:
    Slots* slots_;
  };

  /// Waits for one until the call must end.
  [[nodiscard]] Result<Slot> take(const adapter::CallContext& context, std::string_view doing);

 private:
  void give_back() noexcept;

  std::mutex mutex_;
  std::condition_variable_any given_back_;
  std::size_t free_;  // guarded by mutex_
};

/// Waits until `ready`, which is guarded by `lock`; false when the call must end before.
template <class Ready>
bool wait_within(const adapter::CallContext& context, std::condition_variable_any& condition,
                 std::unique_lock<std::mutex>& lock, Ready ready) {
  if (context.deadline == std::chrono::steady_clock::time_point::max())
    return condition.wait(lock, context.stop, ready);
  return condition.wait_until(lock, context.stop, context.deadline, ready);
}

}  // namespace syncservice::rest
