// adapters/helix_alm — issues, requirements and test cases of Perforce (Helix) ALM projects through the REST API.
// docs/adapters/helix-alm.md is for administrators.
//
// - A record's type is issue, requirement or testCase. Its id is the record id of the API; a tag (IS-11) is taken as
// well.
//   With several types in one application, ids of all but the first name theirs: requirement/12.
// - A token is of one project, shared by all calls to it, and renewed before and upon its end.
// - Fields go by their labels. What an issue shows of its first found-by record, such as Description, is written there,
//   as the API takes it nowhere else.
// - A status is reached by workflow events. The API does not tell which are possible, so the setting workflow does.
// - A comment is an event as well. Comments and attachments can't be changed or deleted.
// - The marker stands percent-encoded in a text field of its own.
#pragma once

#include "syncservice/adapter/adapter.hpp"

namespace syncservice::adapter {

/// The kind "helix_alm".
[[nodiscard]] Kind helix_alm_kind();

}  // namespace syncservice::adapter
