// One SQLite connection with its cache of prepared statements. Used by one thread at a time.
#pragma once

#include "failure.hpp"

#include <SQLiteCpp/Database.h>

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

struct sqlite3_stmt;

namespace syncservice::store {

/// SQLiteCpp's own Statement copies every bound text and allocates for every column read; this is the hot path, so the
/// statement itself is SQLite's.
struct Statement::Impl {
  Connection::Impl& connection;
  sqlite3_stmt* handle = nullptr;
  const char* sql = nullptr;
  bool borrowed = false;

  Impl(Connection::Impl& owner, const char* text);
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  ~Impl();
};

struct Connection::Impl {
  enum class Mode : std::uint8_t { create, write, read };

  SQLite::Database database;
  std::string path;
  std::unordered_map<const char*, std::vector<std::unique_ptr<Statement::Impl>>> statements;

  /// Throws SQLite::Exception.
  Impl(const std::string& file, Mode mode, std::int64_t cache_bytes);

  [[nodiscard]] sqlite3* handle() const noexcept { return database.getHandle(); }
  [[nodiscard]] Statement::Impl& borrow(const char* sql);
  /// For the few statements without result that are not worth a cache entry. Throws Failure.
  void execute(const char* sql);
  /// Like execute, from the cache.
  void run(const char* sql);
  [[nodiscard]] std::int64_t number(const std::string& sql);
  [[nodiscard]] bool in_transaction() const noexcept;
  /// Undoes what is open, if SQLite has not done so itself. Never throws.
  void roll_back() noexcept;
};

}  // namespace syncservice::store
