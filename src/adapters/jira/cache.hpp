// A small map that forgets.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

namespace syncservice::adapter::jira {

/// Values by key, each for a while. Thread-safe. Filled beyond `most`, it starts afresh.
template <class Key, class T>
class Cache {
 public:
  static constexpr std::chrono::minutes usual_age{10};

  explicit Cache(std::size_t most = 10'000) : most_(most) {}

  [[nodiscard]] std::optional<T> find(const Key& key, std::chrono::steady_clock::duration age = usual_age) const {
    const std::lock_guard lock{mutex_};
    const auto found = entries_.find(key);
    if (found == entries_.end() || std::chrono::steady_clock::now() - found->second.second > age) return std::nullopt;
    return found->second.first;
  }
  void put(const Key& key, T value) {
    const std::lock_guard lock{mutex_};
    if (entries_.size() >= most_) entries_.clear();
    entries_.insert_or_assign(key, std::pair{std::move(value), std::chrono::steady_clock::now()});
  }
  void erase(const Key& key) {
    const std::lock_guard lock{mutex_};
    entries_.erase(key);
  }
  void clear() {
    const std::lock_guard lock{mutex_};
    entries_.clear();
  }

 private:
  const std::size_t most_;
  mutable std::mutex mutex_;
  std::map<Key, std::pair<T, std::chrono::steady_clock::time_point>> entries_;  // guarded by mutex_
};

}  // namespace syncservice::adapter::jira
