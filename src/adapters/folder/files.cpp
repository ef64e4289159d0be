#include "files.hpp"

#include "syncservice/base/text.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <condition_variable>
#include <cstdio>
#include <memory>
#include <mutex>
#include <random>
#include <system_error>
#include <vector>

namespace syncservice::adapter::folder {
namespace {

constexpr std::size_t longest_name = 255;
constexpr std::size_t largest_file = std::size_t{64} * 1024 * 1024;
constexpr std::size_t piece_size = std::size_t{64} * 1024;
constexpr std::string_view temporary_prefix = ".new-";
constexpr std::chrono::hours leftover_after{1};
constexpr std::chrono::milliseconds lock_poll{5};

Timestamp modified(const struct stat& status) {
  return std::chrono::floor<std::chrono::milliseconds>(std::chrono::sys_time<std::chrono::nanoseconds>{
      std::chrono::seconds{status.st_mtim.tv_sec} + std::chrono::nanoseconds{status.st_mtim.tv_nsec}});
}

// Opens a record's file. Neither a link nor a pipe nor a device is one, and none of them blocks.
Result<Descriptor> open_regular(const Folder& folder, const std::string& name, struct stat& status) {
  const std::string path = folder.path_of(name);
  Descriptor file{openat(folder.fd.get(), name.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)};
  if (!file.valid()) {
    if (errno == ENOENT) return Descriptor{};
    if (errno == ELOOP)
      return make_error(Failure::refused,
                        path + " is a symbolic link, and none is followed; put the file itself there.");
    return system_failure(errno, "open " + path);
  }
  if (fstat(file.get(), &status) != 0) return system_failure(errno, "examine " + path);
  if (!S_ISREG(status.st_mode))
    return make_error(Failure::refused, path + " is no regular file; move it away, or put a record's file there.");
  return file;
}

Result<File> read_content(Descriptor file, const struct stat& status, const std::string& path) {
  File out;
  // One byte more than there should be, so that the end shows.
  out.text.resize(std::min(static_cast<std::size_t>(status.st_size), largest_file) + 1);
  std::size_t size = 0;
  for (;;) {
    const ssize_t got = ::read(file.get(), out.text.data() + size, out.text.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return system_failure(errno, "read " + path);
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
    if (size > largest_file)
      return make_error(Failure::refused, path + " is larger than 64 MiB; a record must be smaller.");
    if (size == out.text.size()) out.text.resize(size + piece_size);
  }
  out.text.resize(size);
  out.file = std::move(file);
  out.updated = modified(status);
  out.mode = status.st_mode & 07777U;
  return out;
}

Result<void> write_all(int file, std::string_view text, const std::string& path) {
  while (!text.empty()) {
    const ssize_t written = ::write(file, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return system_failure(errno, "write " + path);
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

// Waits a moment, or until stop is requested.
void pause(const CallContext& context) {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock{mutex};
  never.wait_for(lock, context.stop, lock_poll, [] { return false; });
}

}  // namespace

Descriptor::~Descriptor() {
  if (fd_ >= 0) ::close(fd_);
}

Result<std::string> escaped(std::string_view id, std::string_view suffix) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  for (const char c : id) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7F || c == '/' || c == '%' || (c == '.' && out.empty())) {
      out.push_back('%');
      out.push_back(digits[byte >> 4U]);
      out.push_back(digits[byte & 0xFU]);
    } else {
      out.push_back(c);
    }
  }
  out += suffix;
  if (id.empty()) return make_error(Failure::refused, "An empty id names no record; give one.");
  if (out.size() > longest_name)
    return make_error(Failure::refused, "\"" + text::printable(id, 60) + "\" is too long: its file name would have " +
                                            std::to_string(out.size()) + " bytes, and at most " +
                                            std::to_string(longest_name) + " are possible.");
  return out;
}

std::optional<std::string> unescaped(std::string_view name, std::string_view suffix) {
  if (name.size() <= suffix.size() || !name.ends_with(suffix)) return std::nullopt;
  auto id = text::percent_decode(name.substr(0, name.size() - suffix.size()));
  // One id has one name: "%41.json" is nobody's, nor is a hidden file.
  if (id) {
    const auto again = escaped(*id, suffix);
    if (!again || *again != name) return std::nullopt;
  }
  return id;
}

Error system_failure(int error, const std::string& doing) {
  const bool as_it_stands = error == ENAMETOOLONG || error == ELOOP || error == ENOTDIR || error == EISDIR;
  return make_error(as_it_stands ? Failure::refused : Failure::unavailable,
                    "Can't " + doing + ": " + std::generic_category().message(error) + '.');
}

Result<Folder> open_base(const std::string& path) {
  Descriptor fd{::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (fd.valid()) return Folder{std::move(fd), path};
  // Always transient: it is the application that is out of order, not the record.
  return make_error(Failure::unavailable, "Can't open the folder " + path + ": " +
                                              std::generic_category().message(errno) +
                                              "; create it or make it accessible, or correct the application's path.");
}

Result<std::optional<Folder>> open_child(const Folder& parent, const std::string& name) {
  Descriptor fd{openat(parent.fd.get(), name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)};
  if (fd.valid()) return std::optional<Folder>{Folder{std::move(fd), parent.path_of(name)}};
  if (errno == ENOENT) return std::optional<Folder>{};
  return system_failure(errno, "open the folder " + parent.path_of(name) + " (it may not be a symbolic link)");
}

Result<Folder> make_child(const Folder& parent, const std::string& name) {
  if (mkdirat(parent.fd.get(), name.c_str(), 0777) == 0) {
    if (auto flushed = flush(parent); !flushed) return flushed.error();
  } else if (errno != EEXIST) {
    return system_failure(errno, "make the folder " + parent.path_of(name));
  }
  auto child = open_child(parent, name);
  if (!child) return child.error();
  if (!*child) return system_failure(ENOENT, "open the folder " + parent.path_of(name));
  return std::move(**child);
}

Result<std::optional<File>> read_file(const Folder& folder, const std::string& name) {
  struct stat status {};
  auto file = open_regular(folder, name, status);
  if (!file) return file.error();
  if (!file->valid()) return std::optional<File>{};
  auto content = read_content(std::move(*file), status, folder.path_of(name));
  if (!content) return content.error();
  return std::optional<File>{std::move(*content)};
}

Result<std::optional<File>> read_locked(const Folder& folder, const std::string& name, const CallContext& context) {
  const std::string path = folder.path_of(name);
  for (;;) {
    struct stat status {};
    auto file = open_regular(folder, name, status);
    if (!file) return file.error();
    if (!file->valid()) return std::optional<File>{};
    while (flock(file->get(), LOCK_EX | LOCK_NB) != 0) {
      if (errno != EWOULDBLOCK && errno != EINTR) return system_failure(errno, "lock " + path);
      if (auto may_go_on = check(context, "waiting for the lock on " + path); !may_go_on) return may_go_on.error();
      pause(context);
    }
    // Whoever held the lock has put a new file under this name by now: then the lock is on one that is gone.
    struct stat current {};
    if (fstatat(folder.fd.get(), name.c_str(), &current, AT_SYMLINK_NOFOLLOW) != 0 && errno != ENOENT)
      return system_failure(errno, "examine " + path);
    if (current.st_ino != status.st_ino || current.st_dev != status.st_dev) continue;
    auto content = read_content(std::move(*file), status, path);
    if (!content) return content.error();
    return std::optional<File>{std::move(*content)};
  }
}

Result<void> for_each_entry(const Folder& folder, const std::function<Result<void>(std::string_view)>& visit) {
  // Opened anew, since the position in a folder belongs to the open description.
  const int fd = openat(folder.fd.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return system_failure(errno, "list " + folder.path);
  const auto close_dir = [](DIR* dir) { closedir(dir); };
  const std::unique_ptr<DIR, decltype(close_dir)> dir{fdopendir(fd), close_dir};
  if (!dir) {
    const int error = errno;
    ::close(fd);
    return system_failure(error, "list " + folder.path);
  }
  for (;;) {
    errno = 0;
    const dirent* entry = readdir(dir.get());
    if (entry == nullptr) break;
    const std::string_view name = entry->d_name;
    if (name == "." || name == "..") continue;
    if (auto visited = visit(name); !visited) return visited;
  }
  if (errno != 0) return system_failure(errno, "list " + folder.path);
  return {};
}

Result<void> flush(const Folder& folder) {
  if (fsync(folder.fd.get()) != 0) return system_failure(errno, "flush the folder " + folder.path);
  return {};
}

Error uncertain(Error error) {
  if (error.failure != FailureClass::transient) return error;
  return make_error(Failure::uncertain, error.message + " It was written before that happened.");
}

std::string unique_digits() {
  std::random_device random;
  std::array<char, 17> digits{};
  std::snprintf(digits.data(), digits.size(), "%08x%08x", random(), random());
  return digits.data();
}

std::string temporary_name() {
  return std::string{temporary_prefix} + unique_digits();
}

void remove_leftovers(const Folder& folder, std::string_view name) {
  if (!name.starts_with(temporary_prefix)) return;
  struct stat status {};
  const std::string file{name};
  if (fstatat(folder.fd.get(), file.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) return;
  if (std::chrono::system_clock::now() - modified(status) > leftover_after) remove_quietly(folder, file);
}

void remove_quietly(const Folder& folder, const std::string& name) noexcept {
  if (unlinkat(folder.fd.get(), name.c_str(), 0) == 0 || errno != EISDIR) return;
  const auto child = open_child(folder, name);
  if (!child || !*child) return;
  const Folder& inner = **child;
  (void)for_each_entry(inner, [&](std::string_view entry) -> Result<void> {
    unlinkat(inner.fd.get(), std::string{entry}.c_str(), 0);
    return {};
  });
  unlinkat(folder.fd.get(), name.c_str(), AT_REMOVEDIR);
}

Result<bool> stream_file(const Folder& folder, const std::string& name, const Sink& sink, const CallContext& context) {
  const std::string path = folder.path_of(name);
  struct stat status {};
  const auto file = open_regular(folder, name, status);
  if (!file) return file.error();
  if (!file->valid()) return false;
  std::vector<char> piece(piece_size);
  for (;;) {
    if (auto may_go_on = check(context, "reading " + path); !may_go_on) return may_go_on.error();
    const ssize_t got = ::read(file->get(), piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return system_failure(errno, "read " + path);
    if (got == 0) return true;
    if (auto taken = sink({piece.data(), static_cast<std::size_t>(got)}); !taken) return taken.error();
  }
}

std::optional<FileStatus> status_of(const Folder& folder, const std::string& name) noexcept {
  struct stat status {};
  if (fstatat(folder.fd.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(status.st_mode)) {
    return std::nullopt;
  }
  const auto nanoseconds = [](const timespec& instant) {
    return std::int64_t{instant.tv_sec} * 1'000'000'000 + instant.tv_nsec;
  };
  return FileStatus{static_cast<std::uint64_t>(status.st_size), nanoseconds(status.st_mtim),
                    nanoseconds(status.st_ctim)};
}

bool is_folder(const Folder& folder, const std::string& name) noexcept {
  struct stat status {};
  return fstatat(folder.fd.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(status.st_mode);
}

Result<Descriptor> Temporary::create(const Folder& folder, const std::string& name) {
  Descriptor file{openat(folder.fd.get(), name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666)};
  if (!file.valid()) return system_failure(errno, "create " + folder.path_of(name));
  return file;
}

Result<Temporary> Temporary::write(const Folder& folder, std::string_view text, std::optional<mode_t> mode) {
  const std::string name = temporary_name();
  const std::string path = folder.path_of(name);
  const auto file = create(folder, name);
  if (!file) return file.error();
  Temporary out{folder, name};
  if (mode && fchmod(file->get(), *mode) != 0) return system_failure(errno, "set the permissions of " + path);
  if (auto written = write_all(file->get(), text, path); !written) return written.error();
  if (fsync(file->get()) != 0) return system_failure(errno, "flush " + path);
  return out;
}

Result<Temporary> Temporary::stream(const Folder& folder, const Source& source, std::uint64_t size,
                                    const CallContext& context) {
  const std::string name = temporary_name();
  const std::string path = folder.path_of(name);
  const auto file = create(folder, name);
  if (!file) return file.error();
  Temporary out{folder, name};
  std::vector<char> piece(piece_size);
  std::uint64_t total = 0;
  for (;;) {
    if (auto may_go_on = check(context, "writing " + path); !may_go_on) return may_go_on.error();
    const auto got = source(piece);
    if (!got) return got.error();
    if (*got == 0) break;
    total += *got;
    if (total > size) break;
    if (auto written = write_all(file->get(), {piece.data(), *got}, path); !written) return written.error();
  }
  if (total != size) {
    return make_error(Failure::refused, "An attachment was said to have " + std::to_string(size) + " bytes and gave " +
                                            (total > size ? "more." : "fewer."));
  }
  if (fsync(file->get()) != 0) return system_failure(errno, "flush " + path);
  return out;
}

Temporary::~Temporary() {
  if (!name_.empty()) remove_quietly(*folder_, name_);
}

Result<bool> Temporary::rename_to_free(const std::string& name) {
  const int fd = folder_->fd.get();
  if (renameat2(fd, name_.c_str(), fd, name.c_str(), RENAME_NOREPLACE) == 0) {
    name_.clear();
    return true;
  }
  // Some file systems lack that; a second name for the file is as exclusive, and the first one goes with this object.
  if ((errno == EINVAL || errno == ENOSYS) && linkat(fd, name_.c_str(), fd, name.c_str(), 0) == 0) return true;
  if (errno == EEXIST) return false;
  return system_failure(errno, "create " + folder_->path_of(name));
}

Result<void> Temporary::rename_over(const std::string& name) {
  if (renameat(folder_->fd.get(), name_.c_str(), folder_->fd.get(), name.c_str()) != 0)
    return system_failure(errno, "replace " + folder_->path_of(name));
  name_.clear();
  return {};
}

}  // namespace syncservice::adapter::folder
