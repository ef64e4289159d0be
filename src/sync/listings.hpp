// sync/listings — standing listings and runs as the store keeps them. A cursor moves only together with the pushes
// that came of its page, so that a crash repeats records and leaves none out.
#pragma once

#include "syncservice/mapping/plan.hpp"
#include "syncservice/store/store.hpp"
#include "syncservice/sync/admin.hpp"

#include <memory>
#include <string>
#include <vector>

namespace syncservice::sync {

/// Everything that has not ended: standing listings and runs.
[[nodiscard]] Result<std::vector<Listing>> open_listings(const store::Store& store);
/// The listings that a run consists of, one for each side and project, yet to be stored. Refuses what start_run() does.
[[nodiscard]] Result<std::vector<Listing>> parts_of(const registry::Snapshot& registry, const RunRequest& request);
/// A query in the language of onlyWhen, for systems without a language of their own.
[[nodiscard]] Result<std::shared_ptr<const mapping::Plan>> filter_of(const std::string& query);
/// Stores one as it is; a run that a person ended meanwhile stays ended.
[[nodiscard]] Result<void> save_listing(store::Store& store, const Listing& listing);
/// The same within a transaction; false when it is not stored yet.
bool update_listing(store::Transaction& tx, const Listing& listing);
/// Forgets standing listings of app links that no longer have them.
[[nodiscard]] Result<void> remove_standing(store::Store& store, const Listing& listing);

}  // namespace syncservice::sync
