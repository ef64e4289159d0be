// The API keys in memory: readers take no lock and share no counter, so a check costs one hash and one look-up.
#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "crypto.hpp"
#include "syncservice/auth/auth.hpp"

namespace syncservice::auth {

/// One key. All but the two last members are fixed when it enters the table.
struct KeyEntry {
  KeyEntry(ApiKey k, const Digest& h) : key(std::move(k)), hash(h), revoked(key.revoked.has_value()) {}

  const ApiKey key;  ///< `revoked` as it was on entering
  const Digest hash;
  std::atomic<bool> revoked;
  bool unrecorded = false;  ///< revoked here, but not yet in the store; for the one writer
  KeyEntry* next = nullptr;
};

/// Keys by the hash of their secret. An entry, once added, stays at its place as long as the table, so that readers
/// need no protection against its removal; a revoked key is a flag. One thread at a time may change it; any number may
/// find meanwhile.
class KeyTable {
 public:
  KeyTable() : buckets_(bucket_count) {}

  /// Null when there is none.
  [[nodiscard]] const KeyEntry* find(const Digest& hash) const noexcept {
    for (const KeyEntry* entry = bucket(hash).load(std::memory_order_acquire); entry != nullptr; entry = entry->next) {
      if (equal(entry->hash, hash)) return entry;
    }
    return nullptr;
  }

  /// Readers see the entry when this returns.
  KeyEntry& add(ApiKey key, const Digest& hash) {
    KeyEntry& entry = *entries_.emplace_back(std::make_unique<KeyEntry>(std::move(key), hash));
    std::atomic<KeyEntry*>& head = buckets_[index(hash)];
    entry.next = head.load(std::memory_order_relaxed);
    head.store(&entry, std::memory_order_release);
    return entry;
  }

  /// In the order of adding; for the one writer.
  [[nodiscard]] const std::vector<std::unique_ptr<KeyEntry>>& entries() const noexcept { return entries_; }

 private:
  static constexpr std::size_t bucket_count = 4096;
  static std::size_t index(const Digest& hash) noexcept { return (hash[0] * 256U + hash[1]) % bucket_count; }
  [[nodiscard]] const std::atomic<KeyEntry*>& bucket(const Digest& hash) const noexcept {
    return buckets_[index(hash)];
  }

  std::vector<std::atomic<KeyEntry*>> buckets_;
  std::vector<std::unique_ptr<KeyEntry>> entries_;
};

}  // namespace syncservice::auth
