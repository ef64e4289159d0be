#include "checkpointer.hpp"

#include <sqlite3.h>

#include <algorithm>

namespace syncservice::store {

namespace {

constexpr int start_pages = 4096;         ///< 16 MiB: the background round begins
constexpr int short_rest_pages = 512;     ///< 2 MiB: what the writer may move between two batches
constexpr int longest_log_pages = 32768;  ///< 128 MiB: the writer moves whatever there is

/// Pages of the log that are in the database file afterwards.
int move_pages(sqlite3* db) noexcept {
  int length = 0;
  int moved = 0;
  const int result = sqlite3_wal_checkpoint_v2(db, nullptr, SQLITE_CHECKPOINT_PASSIVE, &length, &moved);
  return result == SQLITE_OK ? std::max(moved, 0) : 0;
}

}  // namespace

Checkpointer::Checkpointer(const std::string& path) : connection_(path, Connection::Impl::Mode::write, 256 * 1024) {
  connection_.execute("PRAGMA synchronous = FULL");
  connection_.execute("PRAGMA wal_autocheckpoint = 0");
  thread_ = std::jthread{[this](const std::stop_token& stop) { work(stop); }};
}

Checkpointer::~Checkpointer() {
  thread_.request_stop();
  thread_.join();
}

void Checkpointer::after_commit(Connection::Impl& writer, int pages) noexcept {
  if (pages < start_pages || running_.load(std::memory_order_acquire)) return;
  const int moved = moved_.load(std::memory_order_acquire);
  const bool short_rest = moved > 0 && pages - moved <= short_rest_pages;
  if (short_rest || pages > longest_log_pages) {
    moved_ = 0;
    move_pages(writer.handle());
    return;
  }
  running_ = true;
  {
    const std::scoped_lock lock{mutex_};
    wanted_ = true;
  }
  wake_.notify_one();
}

void Checkpointer::work(const std::stop_token& stop) {
  std::unique_lock lock{mutex_};
  while (wake_.wait(lock, stop, [this] { return wanted_; })) {
    wanted_ = false;
    lock.unlock();
    moved_.store(move_pages(connection_.handle()), std::memory_order_release);
    running_.store(false, std::memory_order_release);
    lock.lock();
  }
}

}  // namespace syncservice::store
