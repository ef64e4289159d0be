// What SQLite reports, as our errors.
#pragma once

#include "syncservice/store/store.hpp"

#include <string>
#include <string_view>

struct sqlite3;

namespace syncservice::store {

/// `result`: an (extended) SQLite result code. `doing`: what was tried, for example "commit". The sentence names the
/// database's path and, where there is one, the cure.
[[nodiscard]] Error sqlite_error(int result, std::string_view doing, std::string_view detail, const std::string& path);

/// The same, with SQLite's own words about the last failure on `db`.
[[nodiscard]] Error last_error(sqlite3* db, std::string_view doing, const std::string& path);

/// The database can't be read; says how to restore it.
[[nodiscard]] Error damaged(const std::string& path, std::string_view what);

[[nodiscard]] Error closed_error();

}  // namespace syncservice::store
