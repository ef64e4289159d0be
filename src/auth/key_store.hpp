// The API keys on disk.
#pragma once

#include <utility>
#include <vector>

#include "crypto.hpp"
#include "syncservice/auth/auth.hpp"

namespace syncservice::auth {

struct StoredKey {
  ApiKey key;
  Digest hash{};
};

/// Every key, revoked ones included, by id.
[[nodiscard]] Result<std::vector<StoredKey>> load_keys(const store::Store& store);

/// Returns the key's id, or nothing when a key of that name is in force.
[[nodiscard]] Result<std::optional<std::int64_t>> insert_key(store::Store& store, const ApiKey& key,
                                                             const Digest& hash);

/// Keeps the time of an earlier revocation; returns the time that stands.
[[nodiscard]] Result<Timestamp> mark_revoked(store::Store& store, std::int64_t id, Timestamp when);

}  // namespace syncservice::auth
