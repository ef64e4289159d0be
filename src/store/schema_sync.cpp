#include "schema.hpp"

namespace syncservice::store {

// A snapshot is the canonical JSON of one end's mapped fields after the last pass. Record ids lead their indexes: they
// are looked up by id alone, too. `side`: 0 source, 1 destination. Instants are milliseconds since the epoch.
const char* const schema_sync = R"sql(
CREATE TABLE record_link (
  id                   INTEGER PRIMARY KEY,
  app_link             TEXT    NOT NULL,
  source_project       TEXT    NOT NULL,
  source_id            TEXT    NOT NULL,
  destination_project  TEXT    NOT NULL,
  destination_id       TEXT    NOT NULL,
  created              INTEGER NOT NULL,
  changed              INTEGER NOT NULL,
  source_snapshot      TEXT    NOT NULL,
  destination_snapshot TEXT    NOT NULL
) STRICT;
CREATE UNIQUE INDEX record_link_source      ON record_link (source_id, app_link, source_project);
CREATE UNIQUE INDEX record_link_destination ON record_link (destination_id, app_link, destination_project);

-- A record about to be created on the other side: committed before the creation, removed with the commit of its link.
CREATE TABLE creation_intent (
  marker   TEXT    PRIMARY KEY,
  app_link TEXT    NOT NULL,
  side     INTEGER NOT NULL,
  project  TEXT    NOT NULL,
  id       TEXT    NOT NULL,
  created  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX creation_intent_origin ON creation_intent (id, app_link, side, project);

CREATE TABLE pass (
  id           INTEGER PRIMARY KEY,
  push         INTEGER NOT NULL,
  app_link     TEXT    NOT NULL,
  side         INTEGER NOT NULL,
  project      TEXT    NOT NULL,
  record       TEXT    NOT NULL,
  twin_project TEXT,
  twin         TEXT,
  started      INTEGER NOT NULL,
  ended        INTEGER NOT NULL,
  outcome      TEXT    NOT NULL,
  reason       TEXT    NOT NULL
) STRICT;
CREATE INDEX pass_push   ON pass (push);
CREATE INDEX pass_record ON pass (record);
CREATE INDEX pass_twin   ON pass (twin) WHERE twin IS NOT NULL;

CREATE TABLE field_change (
  pass       INTEGER NOT NULL,
  number     INTEGER NOT NULL,
  side       INTEGER NOT NULL,
  field      TEXT    NOT NULL,
  from_value TEXT    NOT NULL,
  to_value   TEXT    NOT NULL,
  because    TEXT    NOT NULL,
  PRIMARY KEY (pass, number)
) STRICT, WITHOUT ROWID;
)sql";

// `original` is a comment's or attachment's id at `side`, `copy` its copy's id at the other side; null while it is only
// intended. `seen` tells an edited comment from the one that was copied.
const char* const schema_sync_2 = R"sql(
-- `withdrawn`: 1 the source end, 2 the destination end was deleted or is no longer admitted. `pending`: a write that was about to be made, see links.hpp; empty without one.
ALTER TABLE record_link ADD COLUMN withdrawn INTEGER NOT NULL DEFAULT 0;
ALTER TABLE record_link ADD COLUMN pending TEXT NOT NULL DEFAULT '';
ALTER TABLE creation_intent ADD COLUMN pending TEXT NOT NULL DEFAULT '';
CREATE INDEX record_link_list ON record_link (app_link, id);

CREATE TABLE comment_copy (
  link     INTEGER NOT NULL,
  side     INTEGER NOT NULL,
  original TEXT    NOT NULL,
  copy     TEXT,
  seen     TEXT    NOT NULL,
  PRIMARY KEY (link, side, original)
) STRICT, WITHOUT ROWID;

CREATE TABLE attachment_copy (
  link     INTEGER NOT NULL,
  side     INTEGER NOT NULL,
  original TEXT    NOT NULL,
  copy     TEXT,
  PRIMARY KEY (link, side, original)
) STRICT, WITHOUT ROWID;

-- A field that changed on both sides under the policy `hold`. `decided`: the side that a person let win.
CREATE TABLE held_field (
  link              INTEGER NOT NULL,
  source            TEXT    NOT NULL,
  destination       TEXT    NOT NULL,
  source_value      TEXT    NOT NULL,
  destination_value TEXT    NOT NULL,
  push              INTEGER NOT NULL,
  since             INTEGER NOT NULL,
  decided           INTEGER,
  decided_by        TEXT,
  PRIMARY KEY (link, source, destination)
) STRICT, WITHOUT ROWID;

-- `kind`: 0 app link, 1 application.
CREATE TABLE pause (
  kind  INTEGER NOT NULL,
  name  TEXT    NOT NULL,
  by    TEXT    NOT NULL,
  since INTEGER NOT NULL,
  PRIMARY KEY (kind, name)
) STRICT, WITHOUT ROWID;

-- Asking an application for records that changed: `run` 0 is the standing one of a POLL, SCHEDULED or swept app link,
-- others were asked for by a person. `next` null: it has ended.
CREATE TABLE listing (
  run      INTEGER NOT NULL,
  app_link TEXT    NOT NULL,
  side     INTEGER NOT NULL,
  project  TEXT    NOT NULL,
  since    INTEGER,
  query    TEXT    NOT NULL,
  cursor   TEXT    NOT NULL,
  found    INTEGER NOT NULL,
  queued   INTEGER NOT NULL,
  next     INTEGER,
  started  INTEGER NOT NULL,
  changed  INTEGER NOT NULL,
  by       TEXT    NOT NULL,
  problem  TEXT    NOT NULL,
  PRIMARY KEY (run, app_link, side, project)
) STRICT, WITHOUT ROWID;
)sql";

// `push` null: it is yet to be pushed.
const char* const schema_sync_4 = R"sql(
CREATE TABLE run_record (
  run     INTEGER NOT NULL,
  side    INTEGER NOT NULL,
  project TEXT    NOT NULL,
  record  TEXT    NOT NULL,
  push    INTEGER,
  PRIMARY KEY (run, side, project, record)
) STRICT, WITHOUT ROWID;
CREATE INDEX run_record_to_push ON run_record(run) WHERE push IS NULL;
)sql";

// Other names than its id that a record was pushed by: what is deleted is known by these alone. `link`: its record
// link.
const char* const schema_sync_5 = R"sql(
CREATE TABLE record_name (
  name     TEXT    NOT NULL,
  app_link TEXT    NOT NULL,
  side     INTEGER NOT NULL,
  project  TEXT    NOT NULL,
  link     INTEGER NOT NULL,
  PRIMARY KEY (name, app_link, side, project)
) STRICT, WITHOUT ROWID;
CREATE INDEX record_name_link ON record_name (link);
)sql";

}  // namespace syncservice::store
