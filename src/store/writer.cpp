#include "writer.hpp"

#include <sqlite3.h>

#include <algorithm>

namespace syncservice::store {

namespace {

constexpr std::size_t largest_batch = 4096;

int note_log_length(void* target, sqlite3*, const char*, int pages) noexcept {
  *static_cast<int*>(target) = pages;
  return SQLITE_OK;
}

/// What `work` threw, as an Error; empty when it threw nothing.
template <class Work>
std::optional<Error> caught(const Work& work) {
  try {
    work();
    return std::nullopt;
  } catch (const Failure& failure) {
    return failure.error();
  } catch (const std::exception& bug) {
    return Error{make_error_code(Errc::other), std::string{"A write failed: "} + bug.what() + ".",
                 FailureClass::internal, std::nullopt};
  }
}

}  // namespace

Writer::Writer(Connection::Impl& connection, Checkpointer& checkpointer)
    : connection_(connection), checkpointer_(checkpointer) {
  sqlite3_wal_hook(connection.handle(), note_log_length, &log_pages_);
  thread_ = std::thread{[this] { work(); }};
}

Writer::~Writer() {
  stop();
}

void Writer::submit(Job& job) noexcept {
  if (closed_.load(std::memory_order_acquire)) {
    job.finished(closed_error());
    return;
  }
  if (!queue_.enqueue(&job)) {
    job.finished(Error{make_error_code(Errc::other), "Out of memory while handing over a write.",
                       FailureClass::transient, std::nullopt});
    return;
  }
  // Either the thread's last look into the queue or stop()'s came after this job, or the load below sees its end.
  std::atomic_thread_fence(std::memory_order_seq_cst);
  if (ended_.load(std::memory_order_seq_cst)) refuse_rest();
}

void Writer::stop() noexcept {
  {
    const std::scoped_lock lock{stop_mutex_};
    if (!thread_.joinable()) return;
    closed_ = true;
    while (!queue_.enqueue(nullptr)) std::this_thread::yield();
    thread_.join();
    ended_ = true;
  }
  refuse_rest();
}

void Writer::refuse_rest() noexcept {
  std::atomic_thread_fence(std::memory_order_seq_cst);
  Job* job = nullptr;
  while (queue_.try_dequeue(job)) {
    if (job != nullptr) job->finished(closed_error());
  }
}

void Writer::work() {
  std::vector<Job*> batch(largest_batch);
  bool stopping = false;
  while (true) {
    std::size_t count = stopping ? queue_.try_dequeue_bulk(batch.data(), largest_batch)
                                 : queue_.wait_dequeue_bulk(batch.data(), largest_batch);
    if (count == 0 && stopping) return;
    count += gather({batch.data() + count, largest_batch - count});
    const auto end = std::remove(batch.begin(), batch.begin() + static_cast<std::ptrdiff_t>(count), nullptr);
    const auto jobs = static_cast<std::size_t>(end - batch.begin());
    stopping = stopping || jobs != count;
    if (jobs > 0) process({batch.data(), jobs});
  }
}

std::size_t Writer::gather(std::span<Job*> room) noexcept {
  std::size_t count = 0;
  while (count < room.size()) {
    std::this_thread::yield();
    const std::size_t more = queue_.try_dequeue_bulk(room.data() + count, room.size() - count);
    if (more == 0) break;
    count += more;
  }
  return count;
}

void Writer::process(std::span<Job* const> jobs) {
  failures_.clear();
  std::optional<Error> failure = run_all(jobs);
  const auto before = std::chrono::steady_clock::now();
  if (!failure) failure = caught([this] { connection_.run("COMMIT"); });
  if (failure) connection_.roll_back();
  const auto after = std::chrono::steady_clock::now();
  tell(jobs, failure);
  if (observer_) observer_(Batch{jobs.size(), after - before, !failure});
  checkpointer_.after_commit(connection_, log_pages_);
}

std::optional<Error> Writer::run_all(std::span<Job* const> jobs) {
  if (auto failure = caught([this] { connection_.run("BEGIN IMMEDIATE"); })) return failure;
  for (std::size_t index = 0; index < jobs.size(); ++index) {
    if (auto failure = run_one(index, *jobs[index], jobs.size() == 1)) return failure;
  }
  return std::nullopt;
}

std::optional<Error> Writer::run_one(std::size_t index, Job& job, bool alone) {
  Transaction tx{connection_};
  if (alone || !job.isolated()) return caught([&] { job.run(tx); });
  std::optional<Error> failure = caught([&] {
    connection_.run("SAVEPOINT job");
    job.run(tx);
  });
  if (failure) {
    // SQLite undoes the whole transaction by itself when, for example, the disk is full.
    if (!connection_.in_transaction()) return failure;
    if (auto lost = caught([this] { connection_.run("ROLLBACK TO job"); })) return lost;
    failures_.emplace_back(index, std::move(*failure));
  }
  return caught([this] { connection_.run("RELEASE job"); });
}

void Writer::tell(std::span<Job* const> jobs, const std::optional<Error>& failure) noexcept {
  const Result<void> outcome = failure ? Result<void>{*failure} : Result<void>{};
  auto failed = failures_.begin();
  for (std::size_t index = 0; index < jobs.size(); ++index) {
    if (!failure && failed != failures_.end() && failed->first == index) {
      jobs[index]->finished(failed->second);
      ++failed;
    } else {
      jobs[index]->finished(outcome);
    }
  }
}

}  // namespace syncservice::store
