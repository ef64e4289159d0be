// sync/scratch — a nameless file that an attachment rests in on its way from one system to the other, so that it needs
// no memory and its size is known before it is sent.
#pragma once

#include "syncservice/base/result.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace syncservice::sync {

/// Gone with its last handle, also when the process dies. Not thread-safe.
class ScratchFile {
 public:
  /// In `folder`, which must exist. Fails (transient) when there is no room.
  [[nodiscard]] static Result<ScratchFile> make(const std::string& folder);
  ScratchFile(ScratchFile&& from) noexcept;
  ScratchFile& operator=(ScratchFile&&) = delete;
  ScratchFile(const ScratchFile&) = delete;
  ScratchFile& operator=(const ScratchFile&) = delete;
  ~ScratchFile();

  [[nodiscard]] Result<void> append(std::string_view piece);
  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
  /// Reads on from where the last read ended; 0 at the end.
  [[nodiscard]] Result<std::size_t> read(std::span<char> piece);

 private:
  explicit ScratchFile(int file) noexcept : file_(file) {}
  int file_;
  std::uint64_t size_ = 0, read_ = 0;
};

}  // namespace syncservice::sync
