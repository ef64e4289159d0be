// base/published — a value that one thread replaces as a whole while others go on with the one they took.
#pragma once

#include <memory>
#include <mutex>
#include <utility>

namespace syncservice {

/// Null until something is published. Thread-safe; a reader holds a lock only while it copies a pointer.
/// Not std::atomic<std::shared_ptr>: load() of libstdc++ 12 lets its inner lock go without release order, so nothing
/// orders its read before the next store, as the thread sanitizer finds.
template <class T>
class Published {
 public:
  [[nodiscard]] std::shared_ptr<const T> current() const noexcept {
    const std::lock_guard lock(mutex_);
    return value_;
  }
  /// What stood here before dies outside of the lock, when its last reader lets go of it.
  void publish(std::shared_ptr<const T> next) noexcept {
    const std::lock_guard lock(mutex_);
    value_.swap(next);
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const T> value_;
};

}  // namespace syncservice
