// sync/history — passes as the store keeps them. The public queries passes() and record_links() are in queries.cpp.
#pragma once

#include "syncservice/base/clock.hpp"
#include "syncservice/base/result.hpp"
#include "syncservice/store/store.hpp"
#include "syncservice/sync/sync.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace syncservice::sync {

/// What history keeps of a field's value: all of it up to 4 KiB, else the beginning and its full length. Cuts between
/// the characters of UTF-8.
[[nodiscard]] std::string kept_of(std::string_view value);

void write_pass(store::Transaction& tx, const PassRecord& pass);

/// Removes passes that ended before `before`, among the oldest `most`; returns how many.
[[nodiscard]] Result<std::int64_t> prune_passes(store::Store& store, Timestamp before, int most);

}  // namespace syncservice::sync
