// The one thread that writes.
#pragma once

#include "checkpointer.hpp"
#include "connection.hpp"

#include <blockingconcurrentqueue.h>

#include <atomic>
#include <mutex>
#include <span>
#include <thread>
#include <utility>
#include <vector>

namespace syncservice::store {

/// Takes all jobs that wait, runs them in one transaction, commits (one flush), tells each. No timers: a lone job is
/// flushed at once, and what comes during a flush is the next batch.
class Writer {
 public:
  Writer(Connection::Impl& connection, Checkpointer& checkpointer);
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;
  ~Writer();

  void submit(Job& job) noexcept;
  void stop() noexcept;
  /// Only on the writer thread, or after stop().
  void set_observer(BatchObserver observer) { observer_ = std::move(observer); }

 private:
  struct QueueTraits : moodycamel::ConcurrentQueueDefaultTraits {
    // A short spin saves the submitters a wake-up between two batches; a long one would take a core from them.
    static const int MAX_SEMA_SPINS = 1000;  // NOLINT(readability-identifier-naming): the library's name
  };

  void work();
  /// Takes what else arrives while other threads that are ready to run get their turn: on a busy machine a batch of
  /// many costs one flush, on an idle one this returns at once. How many it took.
  [[nodiscard]] std::size_t gather(std::span<Job*> room) noexcept;
  void process(std::span<Job* const> jobs);
  [[nodiscard]] std::optional<Error> run_all(std::span<Job* const> jobs);
  [[nodiscard]] std::optional<Error> run_one(std::size_t index, Job& job, bool alone);
  void tell(std::span<Job* const> jobs, const std::optional<Error>& failure) noexcept;
  void refuse_rest() noexcept;

  Connection::Impl& connection_;
  Checkpointer& checkpointer_;
  BatchObserver observer_;
  int log_pages_ = 0;                                    ///< writer thread only
  std::vector<std::pair<std::size_t, Error>> failures_;  ///< of the batch, by index; writer thread only
  moodycamel::BlockingConcurrentQueue<Job*, QueueTraits> queue_;
  std::atomic<bool> closed_ = false;  ///< no more jobs
  std::atomic<bool> ended_ = false;   ///< the thread is gone
  std::mutex stop_mutex_;
  std::thread thread_;
};

}  // namespace syncservice::store
