#include "readers.hpp"

#include <SQLiteCpp/Exception.h>

#include <algorithm>

namespace syncservice::store {

namespace {
constexpr std::int64_t cache_bytes = 2 * 1024 * 1024;
}

Readers::Readers(std::string path, int most) : path_(std::move(path)), may_open_(std::max(1, most)) {}

std::unique_ptr<Connection::Impl> Readers::take() {
  std::unique_lock lock{mutex_};
  freed_.wait(lock, [this] { return !idle_.empty() || may_open_ > 0; });
  if (!idle_.empty()) {
    auto connection = std::move(idle_.back());
    idle_.pop_back();
    return connection;
  }
  --may_open_;
  lock.unlock();
  try {
    return std::make_unique<Connection::Impl>(path_, Connection::Impl::Mode::read, cache_bytes);
  } catch (...) {
    lock.lock();
    ++may_open_;
    freed_.notify_one();
    throw;
  }
}

void Readers::give_back(std::unique_ptr<Connection::Impl> connection) {
  {
    const std::scoped_lock lock{mutex_};
    idle_.push_back(std::move(connection));
  }
  freed_.notify_one();
}

Result<void> Readers::read(const std::function<void(Connection&)>& work) {
  std::unique_ptr<Connection::Impl> connection;
  Result<void> outcome;
  try {
    connection = take();
    connection->run("BEGIN");
    Connection view{*connection};
    work(view);
    connection->run("COMMIT");
  } catch (const Failure& failure) {
    outcome = failure.error();
  } catch (const SQLite::Exception& failure) {
    outcome = sqlite_error(failure.getExtendedErrorCode(), "read", failure.what(), path_);
  } catch (const std::exception& bug) {
    outcome = Error{make_error_code(Errc::other), std::string{"A read failed: "} + bug.what() + ".",
                    FailureClass::internal, std::nullopt};
  }
  if (connection) {
    connection->roll_back();
    give_back(std::move(connection));
  }
  return outcome;
}

}  // namespace syncservice::store
