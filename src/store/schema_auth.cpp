#include "schema.hpp"

namespace syncservice::store {

// A key is never deleted, so that an id or a log line can always be traced; `hash` is the SHA-256 of its secret.
const char* const schema_auth = R"sql(
CREATE TABLE api_key (
  id      INTEGER PRIMARY KEY AUTOINCREMENT,
  name    TEXT NOT NULL,
  hash    BLOB NOT NULL UNIQUE CHECK (length(hash) = 32),
  origin  TEXT CHECK (origin IN ('source', 'destination')),
  created INTEGER NOT NULL,
  expires INTEGER,
  revoked INTEGER
) STRICT;
CREATE UNIQUE INDEX api_key_name ON api_key (name) WHERE revoked IS NULL;

CREATE TABLE api_key_app_link (
  api_key  INTEGER NOT NULL REFERENCES api_key (id),
  app_link TEXT NOT NULL,
  PRIMARY KEY (api_key, app_link)
) STRICT, WITHOUT ROWID;
)sql";

}  // namespace syncservice::store
