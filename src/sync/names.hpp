// sync/names — the names, besides its id, that a linked record was pushed by: a system that knows a record by several
// gives its id when it is read, but nothing once it is deleted.
#pragma once

#include "syncservice/base/ids.hpp"
#include "syncservice/base/result.hpp"
#include "syncservice/record/valid_push.hpp"
#include "syncservice/store/store.hpp"

#include <cstdint>
#include <optional>

namespace syncservice::sync {

/// The end of a link that was pushed by this name; empty when none is known.
[[nodiscard]] Result<std::optional<RecordKey>> end_named(const store::Store& store, const RecordKey& name);
/// Keeps what the link's end at that side was pushed by, unless that is its id.
void remember_name(store::Transaction& tx, const RecordKey& name, std::int64_t link);

}  // namespace syncservice::sync
