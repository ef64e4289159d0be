// Moves what the write-ahead log holds into the database file, on a thread of its own, so that no commit waits for it.
#pragma once

#include "connection.hpp"

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

namespace syncservice::store {

/// SQLite starts the log anew only when all of it has been moved and nobody reads it, which a busy writer always
/// outruns. So this thread moves the bulk, and the writer the short rest between two batches. A failure (a full disk)
/// leaves the log as it is; the next round tries again.
class Checkpointer {
 public:
  /// Throws SQLite::Exception or Failure.
  explicit Checkpointer(const std::string& path);
  Checkpointer(const Checkpointer&) = delete;
  Checkpointer& operator=(const Checkpointer&) = delete;
  ~Checkpointer();

  /// On the writer thread, outside a transaction: `pages` is the log's length.
  void after_commit(Connection::Impl& writer, int pages) noexcept;

 private:
  void work(const std::stop_token& stop);

  Connection::Impl connection_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  bool wanted_ = false;                ///< guarded by mutex_
  std::atomic<bool> running_ = false;  ///< from the request until `moved_` is valid
  std::atomic<int> moved_ = 0;         ///< pages in the file after the last round; 0: none since the log's last start
  std::jthread thread_;
};

}  // namespace syncservice::store
