// support/temp_folder — a folder that is gone, with everything in it, when the test ends.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

namespace syncservice::support {

/// A new empty folder below the system's temporary folder, removed by the destructor. Owner only (0700).
class TempFolder {
 public:
  TempFolder();
  /// In memory where the system has a place for that: for tests that flush ten thousands of times.
  [[nodiscard]] static TempFolder in_memory();
  TempFolder(TempFolder&& from) noexcept : path_(std::exchange(from.path_, {})) {}
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  ~TempFolder();

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
  [[nodiscard]] std::filesystem::path operator/(const std::filesystem::path& name) const { return path_ / name; }

 private:
  explicit TempFolder(const std::filesystem::path& base);
  std::filesystem::path path_;
};

/// The whole content of a file; empty when it can't be read.
[[nodiscard]] std::string read_file(const std::filesystem::path& file);

/// Writes beside and renames, so that a reader sees the old content or the new one. Makes missing folders.
void write_file(const std::filesystem::path& file, std::string_view content);

}  // namespace syncservice::support
