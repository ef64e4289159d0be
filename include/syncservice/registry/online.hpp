// registry/online — app links against what the applications say of themselves: what can be known only by asking them.
#pragma once

#include "syncservice/adapter/adapter.hpp"
#include "syncservice/base/complaint.hpp"
#include "syncservice/base/ids.hpp"
#include "syncservice/base/result.hpp"
#include "syncservice/registry/app_link.hpp"
#include "syncservice/registry/registry.hpp"

#include <functional>
#include <vector>

namespace syncservice::registry {

/// Asks an application that can describe itself for the types and fields of a project (empty: the link names none).
/// Called once for each application and project that an app link names.
using Describe =
    std::function<Result<adapter::Description>(const Application& application, const ProjectName& project)>;

/// Whether projects, types and fields exist, values fit their fields, options are known, nothing read-only is written,
/// and what a new record must have is given; each complaint with the place of the app link or the rule. An application
/// that can't describe itself is a warning. Pure but for `ask`.
[[nodiscard]] std::vector<Complaint> check_online(const Snapshot& snapshot, const Describe& ask);

}  // namespace syncservice::registry
