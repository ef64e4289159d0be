// The tables, one piece per module that reads and writes them; together they are schema version 1.
#pragma once

namespace syncservice::store {

extern const char* const schema_spool;  ///< pushes and the names of their app links
extern const char* const schema_auth;   ///< API keys
extern const char* const schema_sync;   ///< record links, snapshots, creation intents, history

}  // namespace syncservice::store
