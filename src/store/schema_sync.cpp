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

}  // namespace syncservice::store
