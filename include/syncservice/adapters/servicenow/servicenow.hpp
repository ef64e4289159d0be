// adapters/servicenow — records of a ServiceNow instance through its Table and Attachment API: incidents, problems,
// changes, stories, tasks, and custom tables. docs/adapters/servicenow.md is for administrators.
//
// - A record's type is its table. Its id is the sys_id; the number (INC0010023) is taken as well.
// - Fields are known from the instance's own dictionary, read once an hour; what it does not have is refused by name,
//   since the API ignores it without a word.
// - References to users are users, to records of the synchronized tables and of `task` references, to anything else
//   options; each is looked up by what people see. Date-times are UTC, durations whole seconds.
// - The journal fields are comments; work notes are private ones. They are written once and never repeated: each write
//   appends.
// - The marker is the field correlation_id, unless the setting markerField names another one, percent-encoded.
#pragma once

#include "syncservice/adapter/adapter.hpp"

namespace syncservice::adapter {

/// The kind "servicenow".
[[nodiscard]] Kind servicenow_kind();

}  // namespace syncservice::adapter
