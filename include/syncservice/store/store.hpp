// store — one SQLite database (WAL, synchronous=FULL, asserted at open) in the data folder, behind one writer thread.
// Owns: schema and migrations, the folder's lock, group commit (the writer takes all that waits, runs it in one
// transaction, flushes once, then tells each job). Nobody else includes sqlite3.h or SQLiteCpp.
#pragma once

#include "syncservice/base/result.hpp"

#include <boost/system/error_code.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace syncservice::store {

enum class Errc : std::uint8_t { full = 1, io, corrupt, constraint, locked, newer_schema, closed, other };
[[nodiscard]] const boost::system::error_category& store_category() noexcept;
[[nodiscard]] boost::system::error_code make_error_code(Errc code) noexcept;

/// Thrown by Statement and Connection inside a read or write function; the store turns it into an Error at its edge.
class Failure : public std::runtime_error {
 public:
  explicit Failure(Error error);
  [[nodiscard]] const Error& error() const noexcept { return error_; }

 private:
  Error error_;
};

/// A prepared statement borrowed from its connection's cache, reset when this goes out of scope. Parameters count
/// from 1, columns from 0. Text is bound without a copy: it must live until the last step.
class Statement {
 public:
  struct Impl;
  explicit Statement(Impl& impl) noexcept : impl_(&impl) {}
  Statement(Statement&& from) noexcept : impl_(std::exchange(from.impl_, nullptr)) {}
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;
  Statement& operator=(Statement&&) = delete;
  ~Statement();

  Statement& bind(int parameter, std::int64_t value);
  Statement& bind(int parameter, std::string_view value);
  Statement& bind_blob(int parameter, std::string_view bytes);
  Statement& bind_null(int parameter);
  /// Binds null when empty.
  Statement& bind(int parameter, const std::optional<std::int64_t>& value);

  /// True when there is a (next) row.
  bool step();
  /// Runs to the end; returns the number of rows changed.
  int run();
  /// Ready to be bound and stepped again.
  void reset();

  [[nodiscard]] std::int64_t integer(int column) const;
  [[nodiscard]] std::string text(int column) const;
  [[nodiscard]] std::string blob(int column) const;
  [[nodiscard]] bool is_null(int column) const;

 private:
  Impl* impl_;
};

/// A connection, for the duration of one read or write function.
class Connection {
 public:
  struct Impl;
  explicit Connection(Impl& impl) noexcept : impl_(&impl) {}
  /// `sql` must have static storage duration: the cache is keyed by its address.
  [[nodiscard]] Statement prepare(const char* sql);
  [[nodiscard]] std::int64_t last_insert_id() const;

 private:
  Impl* impl_;
};

/// A connection inside the writer's transaction.
class Transaction : public Connection {
 public:
  using Connection::Connection;
};

/// A piece of work for the writer. The submitter owns it and keeps it alive until `finished`.
class Job {
 public:
  Job() = default;
  Job(const Job&) = delete;
  Job& operator=(const Job&) = delete;
  virtual ~Job() = default;

  /// On the writer thread, inside the transaction. May throw Failure. Jobs of one batch see each other's changes.
  virtual void run(Transaction& tx) = 0;
  /// On the writer thread, after commit and flush (success) or rollback (why). The job may be gone when it returns.
  virtual void finished(const Result<void>& outcome) noexcept = 0;
  /// True: a failure of `run` undoes this job alone (a savepoint, about 2 µs). False: it fails the whole batch.
  [[nodiscard]] virtual bool isolated() const noexcept { return true; }
};

struct Settings {
  std::string folder;                           ///< created with mode 0700 when missing
  std::int64_t cache_bytes = 32 * 1024 * 1024;  ///< page cache of the writer
  int readers = 4;                              ///< read connections kept open
};

/// One transaction of the writer, after its jobs were told.
struct Batch {
  std::size_t jobs = 0;
  std::chrono::nanoseconds commit{};  ///< how long commit and flush took
  bool committed = false;
};
using BatchObserver = std::function<void(const Batch&)>;

/// The store of one data folder. Thread-safe.
class Store {
 public:
  /// Takes the folder's lock (Errc::locked names the holder's pid), opens or creates the database, asserts WAL and
  /// synchronous=FULL, migrates, starts the writer. A damaged database is refused with a message that says how to
  /// restore; it is never recreated.
  [[nodiscard]] static Result<std::unique_ptr<Store>> open(const Settings& settings);
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;
  /// Runs what was submitted, then closes.
  ~Store();

  /// Hands a job to the writer: lock-free, never blocks. After stop(), `finished` gets Errc::closed.
  void submit(Job& job) noexcept;

  /// Runs `work` on the writer thread and waits until it is committed and flushed. Not on an I/O thread, nor from a
  /// job.
  template <class Work, class Value = std::invoke_result_t<Work, Transaction&>>
  [[nodiscard]] Result<Value> write(Work work) {
    return call<Value>(
        [&](const std::function<void(Connection&)>& body) { return run_write([&](Transaction& tx) { body(tx); }); },
        [&](Connection& c) -> Value { return work(static_cast<Transaction&>(c)); });
  }

  /// Runs `work` on this thread over a read connection that sees one consistent state. Not on an I/O thread.
  template <class Work, class Value = std::invoke_result_t<Work, Connection&>>
  [[nodiscard]] Result<Value> read(Work work) const {
    return call<Value>([&](const std::function<void(Connection&)>& body) { return run_read(body); },
                       [&](Connection& c) -> Value { return work(c); });
  }

  /// `observer` is called on the writer thread after each batch, once all its jobs were told and before the next one
  /// begins; null ends it. Returns when it is in force. Not from a job or the observer.
  void observe(BatchObserver observer);

  /// Finishes what was submitted before and refuses the rest. Idempotent.
  void stop() noexcept;

  [[nodiscard]] const std::string& folder() const noexcept;

 private:
  struct Impl;
  explicit Store(std::unique_ptr<Impl> impl);
  [[nodiscard]] Result<void> run_write(const std::function<void(Transaction&)>& work);
  [[nodiscard]] Result<void> run_read(const std::function<void(Connection&)>& work) const;

  template <class Value, class Runner, class Work>
  static Result<Value> call(const Runner& runner, const Work& work) {
    if constexpr (std::is_void_v<Value>) {
      return runner([&](Connection& c) { work(c); });
    } else {
      std::optional<Value> value;
      if (Result<void> done = runner([&](Connection& c) { value.emplace(work(c)); }); !done) return done.error();
      return std::move(*value);
    }
  }

  std::unique_ptr<Impl> impl_;
};

}  // namespace syncservice::store
