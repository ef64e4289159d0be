#include "scratch.hpp"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace syncservice::sync {
namespace {

Error no_room(int number) {
  std::string message = "An attachment can't be kept on its way: ";
  message.append(std::strerror(number)).append(". Look at the free space of the data folder.");
  return {boost::system::error_code{number, boost::system::system_category()}, std::move(message),
          FailureClass::transient, std::nullopt};
}

}  // namespace

Result<ScratchFile> ScratchFile::make(const std::string& folder) {
  int file = ::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (file < 0) {  // not every file system has O_TMPFILE
    std::string name = folder + "/.attachment-XXXXXX";
    file = ::mkostemp(name.data(), O_CLOEXEC);
    if (file < 0) return no_room(errno);
    ::unlink(name.c_str());
  }
  return ScratchFile{file};
}

ScratchFile::ScratchFile(ScratchFile&& from) noexcept
    : file_(std::exchange(from.file_, -1)), size_(from.size_), read_(from.read_) {}

ScratchFile::~ScratchFile() {
  if (file_ >= 0) ::close(file_);
}

Result<void> ScratchFile::append(std::string_view piece) {
  while (!piece.empty()) {
    const ssize_t written = ::pwrite(file_, piece.data(), piece.size(), static_cast<off_t>(size_));
    if (written < 0) {
      if (errno == EINTR) continue;
      return no_room(errno);
    }
    size_ += static_cast<std::uint64_t>(written);
    piece.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

Result<std::size_t> ScratchFile::read(std::span<char> piece) {
  for (;;) {
    const ssize_t got = ::pread(file_, piece.data(), piece.size(), static_cast<off_t>(read_));
    if (got >= 0) {
      read_ += static_cast<std::uint64_t>(got);
      return static_cast<std::size_t>(got);
    }
    if (errno != EINTR) return no_room(errno);
  }
}

}  // namespace syncservice::sync
