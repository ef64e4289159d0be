#include "file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <system_error>

namespace syncservice::config {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int number) noexcept : number_(number) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  [[nodiscard]] int get() const noexcept { return number_; }
  [[nodiscard]] bool valid() const noexcept { return number_ >= 0; }

 private:
  int number_;
};

// Removes a file unless told that it has become something to keep.
class Temporary {
 public:
  explicit Temporary(std::string path) : path_(std::move(path)) {}
  Temporary(const Temporary&) = delete;
  Temporary& operator=(const Temporary&) = delete;
  ~Temporary() {
    if (!path_.empty()) ::unlink(path_.c_str());
  }
  void keep() noexcept { path_.clear(); }

 private:
  std::string path_;
};

Error failed(int number, const std::string& what) {
  const boost::system::error_code code{number, boost::system::system_category()};
  return {code, what + ": " + code.message(), FailureClass::permanent, std::nullopt};
}

bool write_all(int descriptor, std::string_view bytes) noexcept {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

}  // namespace

Result<std::string> read_file(const std::string& path, std::size_t limit) {
  const Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!file.valid()) return failed(errno, "can't be read");
  std::string out;
  std::array<char, 65536> buffer{};
  for (;;) {
    const ssize_t got = ::read(file.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed(errno, "can't be read");
    if (got == 0) return out;
    if (out.size() + static_cast<std::size_t>(got) > limit)
      return failed(EFBIG, "can't be read, it holds more than " + std::to_string(limit / 1024) + " KiB");
    out.append(buffer.data(), static_cast<std::size_t>(got));
  }
}

Result<void> replace_file(const std::string& path, std::string_view bytes) {
  std::error_code ignored;
  std::filesystem::path target = std::filesystem::canonical(path, ignored);
  if (ignored) target = path;
  struct stat before {};
  if (::stat(target.c_str(), &before) != 0) return failed(errno, path + " can't be changed");

  std::string beside = target.string() + ".new-XXXXXX";
  const Descriptor file{::mkstemp(beside.data())};
  if (!file.valid()) return failed(errno, path + " can't be changed, no file can be created beside it");
  Temporary temporary{beside};
  if (::fchown(file.get(), before.st_uid, before.st_gid) != 0 && errno != EPERM)
    return failed(errno, path + " can't be changed");
  if (::fchmod(file.get(), before.st_mode & 07777U) != 0 || !write_all(file.get(), bytes) || ::fsync(file.get()) != 0 ||
      ::rename(beside.c_str(), target.c_str()) != 0) {
    return failed(errno, path + " can't be changed");
  }
  temporary.keep();
  const Descriptor folder{::open(target.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (!folder.valid() || ::fsync(folder.get()) != 0) return failed(errno, path + " was changed but not flushed");
  return {};
}

}  // namespace syncservice::config
