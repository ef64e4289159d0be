#include "folder.hpp"

#include "schema.hpp"

#include <SQLiteCpp/Exception.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

namespace syncservice::store {

namespace fs = std::filesystem;

namespace {

constexpr std::int64_t application_id = 0x73796e63;  // "sync"
constexpr std::int64_t schema_version = 5;
/// Up to this size the whole file is checked at open; above it would take too long.
constexpr std::int64_t full_check_bytes = std::int64_t{16} * 1024 * 1024;

Error system_error(const std::string& doing, int number) {
  return {boost::system::error_code{number, boost::system::system_category()},
          doing + ": " + std::strerror(number) + ". Check the folder push.service.data and its permissions.",
          FailureClass::permanent, std::nullopt};
}

Result<void> sync_folder(const std::string& folder) {
  const int file = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (file < 0) return system_error("Can't open the folder " + folder, errno);
  const int done = ::fsync(file);
  const int number = errno;
  ::close(file);
  if (done != 0) return system_error("Can't flush the folder " + folder, number);
  return {};
}

void require_durable(Connection::Impl& connection) {
  connection.execute("PRAGMA journal_mode = WAL");
  connection.execute("PRAGMA synchronous = FULL");
  connection.execute("PRAGMA wal_autocheckpoint = 0");
  connection.execute("PRAGMA journal_size_limit = 134217728");
  Statement mode{connection.borrow("PRAGMA journal_mode")};
  Statement synchronous{connection.borrow("PRAGMA synchronous")};
  if (!mode.step() || mode.text(0) != "wal" || !synchronous.step() || synchronous.integer(0) != 2) {
    throw Failure(Error{make_error_code(Errc::other),
                        "The database " + connection.path +
                            " does not take WAL with synchronous=FULL, so nothing could be promised. Put the folder "
                            "push.service.data on a local file system.",
                        FailureClass::permanent, std::nullopt});
  }
}

void migrate(Connection::Impl& connection, std::int64_t from) {
  if (from >= schema_version) return;
  connection.execute("BEGIN IMMEDIATE");
  if (from < 1) {
    connection.execute(schema_spool);
    connection.execute(schema_auth);
    connection.execute(schema_sync);
  }
  if (from < 2) connection.execute(schema_sync_2);
  if (from < 3) connection.execute(schema_spool_3);
  if (from < 4) connection.execute(schema_sync_4);
  if (from < 5) connection.execute(schema_sync_5);
  connection.execute(("PRAGMA application_id = " + std::to_string(application_id)).c_str());
  connection.execute(("PRAGMA user_version = " + std::to_string(schema_version)).c_str());
  connection.execute("COMMIT");
}

/// Every table's first row, and the whole file when it is small: finds a truncated or overwritten file without reading
/// what may be gigabytes. What this misses, the statement that meets it reports.
void probe(Connection::Impl& connection) {
  std::vector<std::string> tables;
  {
    Statement names{connection.borrow("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")};
    while (names.step()) tables.push_back(names.text(0));
  }
  for (const std::string& table : tables) {
    (void)connection.number("SELECT count(*) FROM (SELECT * FROM \"" + table + "\" LIMIT 1)");
  }
  const std::int64_t size = connection.number("PRAGMA page_count") * connection.number("PRAGMA page_size");
  if (size > full_check_bytes) return;
  Statement check{connection.borrow("PRAGMA quick_check(1)")};
  if (check.step() && check.text(0) != "ok") throw Failure(damaged(connection.path, check.text(0)));
}

Result<void> create(const std::string& folder) {
  const std::string path = database_path(folder);
  const std::string fresh = path + ".new";
  std::error_code ignored;
  for (const char* suffix : {"", "-wal", "-shm", "-journal"}) fs::remove(fresh + suffix, ignored);
  {
    // Built with a rollback journal, so that the file is complete by itself when it gets its name.
    Connection::Impl connection{fresh, Connection::Impl::Mode::create, 1024 * 1024};
    connection.execute("PRAGMA synchronous = FULL");
    migrate(connection, 0);
  }
  if (::chmod(fresh.c_str(), 0600) != 0) return system_error("Can't restrict " + fresh, errno);
  if (::rename(fresh.c_str(), path.c_str()) != 0) return system_error("Can't name the database " + path, errno);
  return sync_folder(folder);
}

Result<void> check_file(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  if (!file) return system_error("Can't read the database " + path, errno);
  std::array<char, 16> header{};
  file.read(header.data(), header.size());
  if (file.gcount() == 0) return damaged(path, "the file is empty");
  if (std::memcmp(header.data(), "SQLite format 3", header.size()) != 0)
    return damaged(path, "its header is not that of a SQLite 3 database");
  return {};
}

void check_identity(Connection::Impl& connection) {
  const std::int64_t id = connection.number("PRAGMA application_id");
  const std::int64_t version = connection.number("PRAGMA user_version");
  if (id != application_id) {
    throw Failure(Error{make_error_code(Errc::other),
                        "The file " + connection.path +
                            " is a database of another program. Move it away, or name another folder in "
                            "push.service.data.",
                        FailureClass::permanent, std::nullopt});
  }
  if (version > schema_version) {
    throw Failure(Error{make_error_code(Errc::newer_schema),
                        "The database " + connection.path + " has schema " + std::to_string(version) +
                            ", this version of syncservice knows up to " + std::to_string(schema_version) +
                            ". Start the newer version, or restore a backup made before the upgrade.",
                        FailureClass::permanent, std::nullopt});
  }
  migrate(connection, version);
}

}  // namespace

Result<FolderLock> FolderLock::take(const std::string& folder) {
  std::error_code error;
  const fs::path path{folder};
  if (!fs::exists(path, error)) {
    if (path.has_parent_path()) fs::create_directories(path.parent_path(), error);
    if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST)
      return system_error("Can't create the folder " + folder, errno);
  }
  const std::string name = folder + "/lock";
  const int file = ::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) return system_error("Can't open " + name, errno);
  FolderLock lock{file};
  if (::flock(file, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return system_error("Can't lock " + name, errno);
    std::array<char, 32> pid{};
    const ssize_t length = ::pread(file, pid.data(), pid.size() - 1, 0);
    std::string holder{pid.data(), length > 0 ? static_cast<std::size_t>(length) : 0};
    while (!holder.empty() && holder.back() == '\n') holder.pop_back();
    return Error{make_error_code(Errc::locked),
                 "The data folder " + folder + " is in use by process " + (holder.empty() ? "(unknown)" : holder) +
                     ". Stop that process, or name another folder in push.service.data.",
                 FailureClass::permanent, std::nullopt};
  }
  const std::string pid = std::to_string(::getpid()) + "\n";
  if (::ftruncate(file, 0) != 0 || ::pwrite(file, pid.data(), pid.size(), 0) != static_cast<ssize_t>(pid.size()))
    return system_error("Can't write " + name, errno);
  return lock;
}

FolderLock::~FolderLock() {
  if (file_ >= 0) ::close(file_);
}

std::string database_path(const std::string& folder) {
  return folder + "/syncservice.db";
}

Result<std::unique_ptr<Connection::Impl>> open_database(const std::string& folder, std::int64_t cache_bytes) {
  // Nobody asks how much memory SQLite has taken, and counting it costs a lock around each allocation. In force from
  // the process's first connection on; afterwards this does nothing.
  (void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  const std::string path = database_path(folder);
  try {
    std::error_code error;
    if (!fs::exists(path, error)) {
      if (fs::exists(path + "-wal", error))
        return damaged(path, "the file is missing, but its write-ahead log is there");
      if (Result<void> created = create(folder); !created) return created.error();
    }
    if (Result<void> sound = check_file(path); !sound) return sound.error();
    auto connection = std::make_unique<Connection::Impl>(path, Connection::Impl::Mode::write, cache_bytes);
    check_identity(*connection);
    require_durable(*connection);
    probe(*connection);
    return connection;
  } catch (const Failure& failure) {
    return failure.error();
  } catch (const SQLite::Exception& failure) {
    return sqlite_error(failure.getExtendedErrorCode(), "open", failure.what(), path);
  }
}

}  // namespace syncservice::store
