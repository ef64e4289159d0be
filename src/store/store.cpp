#include "syncservice/store/store.hpp"

#include "checkpointer.hpp"
#include "folder.hpp"
#include "readers.hpp"
#include "writer.hpp"

#include <SQLiteCpp/Exception.h>

#include <semaphore>

namespace syncservice::store {

struct Store::Impl {
  std::string folder;
  FolderLock lock;
  std::unique_ptr<Connection::Impl> connection;
  Checkpointer checkpointer;
  Readers readers;
  Writer writer;

  Impl(const Settings& settings, FolderLock taken, std::unique_ptr<Connection::Impl> opened)
      : folder(settings.folder),
        lock(std::move(taken)),
        connection(std::move(opened)),
        checkpointer(database_path(folder)),
        readers(database_path(folder), settings.readers),
        writer(*connection, checkpointer) {}
};

namespace {

class WriteAndWait final : public Job {
 public:
  explicit WriteAndWait(const std::function<void(Transaction&)>& work) : work_(work) {}
  void run(Transaction& tx) override { work_(tx); }
  void finished(const Result<void>& outcome) noexcept override {
    outcome_ = outcome;
    done_.release();
  }
  [[nodiscard]] Result<void> wait() {
    done_.acquire();
    return std::move(outcome_);
  }

 private:
  const std::function<void(Transaction&)>& work_;
  Result<void> outcome_;
  std::binary_semaphore done_{0};
};

}  // namespace

Store::Store(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Store::~Store() {
  stop();
}

Result<std::unique_ptr<Store>> Store::open(const Settings& settings) {
  Result<FolderLock> lock = FolderLock::take(settings.folder);
  if (!lock) return lock.error();
  Result<std::unique_ptr<Connection::Impl>> connection = open_database(settings.folder, settings.cache_bytes);
  if (!connection) return connection.error();
  try {
    return std::unique_ptr<Store>{
        new Store{std::make_unique<Impl>(settings, std::move(*lock), std::move(*connection))}};
  } catch (const Failure& failure) {
    return failure.error();
  } catch (const SQLite::Exception& failure) {
    return sqlite_error(failure.getExtendedErrorCode(), "open", failure.what(), database_path(settings.folder));
  }
}

void Store::submit(Job& job) noexcept {
  impl_->writer.submit(job);
}

void Store::stop() noexcept {
  impl_->writer.stop();
}

void Store::observe(BatchObserver observer) {
  const Result<void> set = run_write([&](Transaction&) { impl_->writer.set_observer(observer); });
  if (!set && set.error().code == make_error_code(Errc::closed)) impl_->writer.set_observer(std::move(observer));
}

const std::string& Store::folder() const noexcept {
  return impl_->folder;
}

Result<void> Store::run_write(const std::function<void(Transaction&)>& work) {
  WriteAndWait job{work};
  submit(job);
  return job.wait();
}

Result<void> Store::run_read(const std::function<void(Connection&)>& work) const {
  return impl_->readers.read(work);
}

}  // namespace syncservice::store
