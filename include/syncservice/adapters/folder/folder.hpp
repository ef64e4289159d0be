// adapters/folder — records as files: one JSON file each, `<path>/<project>/<id>.json`, or `<path>/<id>.json` without
// a project:
//   {"id":"QC-20","type":"Story","fields":{"summary":"…","labels":["a","b"]},"comments":[],"attachments":[],
//    "syncMarker":"…"}
//
// - The file name is the id, with `/`, `%`, control characters and a leading dot as %XX, so that no id leaves the
//   folder; symbolic links are not followed. `id`, where the file has it, must say the same.
// - Files are replaced by rename, never written in place; members that are not ours survive an update. Updates of one
//   record exclude each other, across processes too (flock on the file).
// - `.fields.json` in the application's or the project's folder is a schema: plain JSON is read as it says, and what
// does
//   not fit is refused. Without one, describe() goes by the records.
// - Comments and the entries of attachments are members; contents are files in a folder `<id>.files` beside the record.
// - New records get the next free `<project>-<n>` (`REC-<n>` without a project); no file is ever overwritten.
// - The marker is a member of the file, `syncMarker` unless the setting `marker` names another one. A hidden folder
//   `.markers` beside the records finds a record by it: a link per marker, made before the record and believed only if
//   the record bears the marker, so that a crash in between leaves nothing wrong. Delete it, and it is made anew.
// - `updated` is the file's modification time; changed_since goes by the change time (ctime), which nobody can set
// back.
#pragma once

#include "syncservice/adapter/adapter.hpp"

namespace syncservice::adapter {

/// The kind "folder". Settings: `path` (required; relative to the settings' base folder) and `marker`.
[[nodiscard]] Kind folder_kind();

}  // namespace syncservice::adapter
