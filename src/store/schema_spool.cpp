#include "schema.hpp"

namespace syncservice::store {

// An accept appends to `push` and to `push_waiting` and touches nothing else on disk: there is no B-tree over record
// ids, whose pages lie everywhere and would each be written per push once the backlog outgrows the cache. The index
// from record id to pushes is written in runs of 65,536 pushes instead (`push_run_part`, see spool's key_index).
const char* const schema_spool = R"sql(
CREATE TABLE app_link_name(
  id   INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
);

CREATE TABLE push(
  id            INTEGER PRIMARY KEY,
  link          INTEGER NOT NULL,   -- app_link_name.id
  side          INTEGER NOT NULL,
  state         INTEGER NOT NULL,   -- spool::State; running is known to the running process alone
  attempts      INTEGER NOT NULL,
  accepted      INTEGER NOT NULL,   -- instants in milliseconds since the epoch
  due           INTEGER NOT NULL,
  changed       INTEGER NOT NULL,
  failing_since INTEGER,
  project       TEXT NOT NULL,
  record        TEXT NOT NULL,
  pushed_by     TEXT NOT NULL,
  peer          TEXT NOT NULL,
  outcome       TEXT,
  reason        TEXT
);
CREATE INDEX push_waiting ON push(link, due) WHERE state = 0;
CREATE INDEX push_ended ON push(changed) WHERE state = 2;
CREATE INDEX push_stuck ON push(record, link, side, project) WHERE state >= 3;

CREATE TABLE push_run_part(
  id      INTEGER PRIMARY KEY,      -- run * 64 + part
  entries BLOB NOT NULL
);
)sql";

// No index: it is read once at start, from the newest rows.
const char* const schema_spool_3 = "ALTER TABLE push ADD COLUMN delivery TEXT;";

}  // namespace syncservice::store
