// The tables, one piece per module that reads and writes them. The first three are schema version 1; each further
// piece is what its version adds to the one before, and is never changed once released.
#pragma once

namespace syncservice::store {

extern const char* const schema_spool;    ///< pushes and the names of their app links
extern const char* const schema_auth;     ///< API keys
extern const char* const schema_sync;     ///< record links, snapshots, creation intents, history
extern const char* const schema_sync_2;   ///< comments, attachments, held conflicts, pauses, listings
extern const char* const schema_spool_3;  ///< what a sender calls its delivery
extern const char* const schema_sync_4;   ///< the records of runs
extern const char* const schema_sync_5;   ///< the names that records are pushed by

}  // namespace syncservice::store
