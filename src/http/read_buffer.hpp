// The bytes of one connection that have come but are not used up yet. Starts small, grows up to a limit; idle
// connections give it back.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>

namespace syncservice::http {

class ReadBuffer {
 public:
  explicit ReadBuffer(std::size_t limit) : limit_(limit) {}

  /// What is there to use.
  [[nodiscard]] std::string_view bytes() const noexcept { return {data_.get() + begin_, end_ - begin_}; }
  [[nodiscard]] bool empty() const noexcept { return begin_ == end_; }
  /// Forgets the first `count` bytes; they stay in memory until the next make_room.
  void consume(std::size_t count) noexcept { begin_ += count; }
  void commit(std::size_t count) noexcept { end_ += count; }

  /// No further byte can come before some are consumed.
  [[nodiscard]] bool full() const noexcept { return end_ - begin_ >= limit_; }

  /// Space to read into, at least one byte unless full(). Moves bytes() only when there is no space behind them.
  [[nodiscard]] std::span<char> make_room() {
    if (begin_ == end_) begin_ = end_ = 0;
    if (end_ == capacity_) {
      if (begin_ > 0) {
        compact(data_.get(), capacity_);
      } else {
        grow(std::min(std::max(capacity_ * 2, initial), limit_));
      }
    }
    return {data_.get() + end_, capacity_ - end_};
  }

  /// As large as allowed at once, for a long body.
  void widen() { grow(limit_); }

  /// Gives memory back when there is much of it and nothing in it.
  void relax() noexcept {
    if (!empty() || capacity_ <= initial) return;
    data_.reset();
    begin_ = end_ = capacity_ = 0;
  }

 private:
  static constexpr std::size_t initial = 4096;

  void grow(std::size_t capacity) {
    if (capacity <= capacity_) return;
    auto data = std::make_unique_for_overwrite<char[]>(capacity);
    compact(data.get(), capacity);
    data_ = std::move(data);
  }

  void compact(char* target, std::size_t capacity) noexcept {
    if (end_ > begin_) std::memmove(target, data_.get() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
    capacity_ = capacity;
  }

  std::size_t limit_;
  std::unique_ptr<char[]> data_;
  std::size_t capacity_ = 0, begin_ = 0, end_ = 0;
};

}  // namespace syncservice::http
