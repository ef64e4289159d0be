// The data folder: its lock, and the database file in it.
#pragma once

#include "connection.hpp"

#include <memory>
#include <string>

namespace syncservice::store {

/// The folder belongs to one process at a time: an flock on the file `lock`, which also names the holder's pid. Freed
/// by the kernel however the process ends.
class FolderLock {
 public:
  /// Creates the folder (mode 0700) when missing.
  [[nodiscard]] static Result<FolderLock> take(const std::string& folder);
  FolderLock(FolderLock&& from) noexcept : file_(std::exchange(from.file_, -1)) {}
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;
  FolderLock& operator=(FolderLock&&) = delete;
  ~FolderLock();

 private:
  explicit FolderLock(int file) noexcept : file_(file) {}
  int file_;
};

/// Opens the database of `folder` for its writer, migrated and checked; creates it when there is none. It is created
/// under another name and renamed when complete, so a missing or empty database beside a write-ahead log is damage.
[[nodiscard]] Result<std::unique_ptr<Connection::Impl>> open_database(const std::string& folder,
                                                                      std::int64_t cache_bytes);

[[nodiscard]] std::string database_path(const std::string& folder);

}  // namespace syncservice::store
