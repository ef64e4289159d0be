// adapters/jira — the issues of a Jira as records. Cloud (REST API 3) and Data Center or Server (REST API 2) are told
// apart by asking; docs/adapters/jira.md says what an administrator may want to know.
//
// - A record's id is the numeric id, which it keeps when it is moved and gets another key; it may be asked for
// by
//   its key too. The field "key" holds the key.
// - Fields go by their ids ("summary", "customfield_10010"), custom ones by their names too. "status" is written by
//   walking the workflow's transitions, "link:<description>" holds links, "timetracking.<part>" the estimates.
// - The marker is an issue property, which is part of the call that makes the issue; a label, or a text field, leads
//   there. What that call can't write is written after it and noted in the property until then.
#pragma once

#include "syncservice/adapter/adapter.hpp"

namespace syncservice::adapter {

/// The kind "jira". Settings: those of a connection (rest.hpp), `username`, `token`, `password`, `marker`,
/// `privateComments`, `searchLag`.
[[nodiscard]] Kind jira_kind();

}  // namespace syncservice::adapter
