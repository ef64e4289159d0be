// admin/engine_operations — the operations of /api/v1 on what the engine keeps: record links, held conflicts, pauses,
// runs, previews. Each blocks and runs on the Api's own threads.
#pragma once

#include "call.hpp"
#include "documents.hpp"

#include "syncservice/admin/api.hpp"
#include "syncservice/base/result.hpp"

namespace syncservice::admin {

/// Why no push of the app link runs now, in words; empty when they run.
[[nodiscard]] std::string waits_because(const Services& services, const AppLinkName& app_link);

/// Ends the conflict that a discarded push was held for, unless another push is held for it.
[[nodiscard]] Result<void> end_conflict_of(const Services& services, PushId discarded);

/// Why nothing can be listed for an app link of that name: there is none; empty when there is, or names are not known.
[[nodiscard]] std::optional<Error> unknown_app_link(const Services& services, const std::string& name);

[[nodiscard]] Result<Document> list_links(const Services& services, const Call& call);
[[nodiscard]] Result<Document> add_link(const Services& services, const Call& call);
[[nodiscard]] Result<Document> show_link(const Services& services, const Call& call);
[[nodiscard]] Result<Document> rename_links(const Services& services, const Call& call);
[[nodiscard]] Result<Document> remove_link(const Services& services, const Call& call);
[[nodiscard]] Result<Document> list_conflicts(const Services& services, const Call& call);
[[nodiscard]] Result<Document> resolve_conflict(const Services& services, const Call& call);
[[nodiscard]] Result<Document> list_pauses(const Services& services, const Call& call);
[[nodiscard]] Result<Document> add_pause(const Services& services, const Call& call);
[[nodiscard]] Result<Document> remove_pause(const Services& services, const Call& call);
[[nodiscard]] Result<Document> preview(const Services& services, const Call& call);
[[nodiscard]] Result<Document> list_run_records(const Services& services, const Call& call);
[[nodiscard]] Result<Document> list_runs(const Services& services, const Call& call);
[[nodiscard]] Result<Document> start_run(const Services& services, const Call& call);
[[nodiscard]] Result<Document> show_run(const Services& services, const Call& call);
[[nodiscard]] Result<Document> cancel_run(const Services& services, const Call& call);

}  // namespace syncservice::admin
