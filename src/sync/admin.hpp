// sync/admin — what the parts of the public admin.hpp share.
#pragma once

#include "syncservice/store/store.hpp"
#include "syncservice/sync/admin.hpp"

#include <string>

namespace syncservice::sync {

/// An Error of that refusal. `message`: a whole sentence.
[[nodiscard]] Error refuse(Refusal refusal, std::string message);

}  // namespace syncservice::sync
