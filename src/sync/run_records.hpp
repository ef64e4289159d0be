// sync/run_records — the records of runs as the store keeps them: a run lists first, then pushes what it listed, a few
// at a time. So its size is known early, and what became of each record later.
#pragma once

#include "syncservice/adapter/adapter.hpp"
#include "syncservice/store/store.hpp"
#include "syncservice/sync/admin.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace syncservice::sync {

struct RunRecord {
  Side side = Side::source;
  ProjectName project;
  RecordId record;
};

/// Stores the page of a run's listing together with where the listing goes on. Records named before are not doubled.
[[nodiscard]] Result<void> save_page(store::Store& store, const Listing& listing,
                                     const std::vector<adapter::ChangedRecord>& records);
/// The first run after `run` that has something to push.
[[nodiscard]] Result<std::optional<std::int64_t>> next_to_push(const store::Store& store, std::int64_t run);
/// Some of what a run has to push.
[[nodiscard]] Result<std::vector<RunRecord>> to_push(const store::Store& store, std::int64_t run, std::size_t most);
/// `records[i]` is push `pushes[i]` now.
[[nodiscard]] Result<void> save_pushed(store::Store& store, std::int64_t run, const std::vector<RunRecord>& records,
                                       const std::vector<PushId>& pushes);
/// What is yet to be pushed is not; `problem` says why.
[[nodiscard]] Result<void> drop_unpushed(store::Store& store, std::int64_t run, const std::string& problem);
/// Forgets up to `most` records of runs that ended before `before`; how many.
[[nodiscard]] Result<std::int64_t> prune_runs(store::Store& store, Timestamp before, int most);

}  // namespace syncservice::sync
