// support/temp_folder — a folder that is gone, with everything in it, when the test ends.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace syncservice::support {

/// A new empty folder below the system's temporary folder, removed by the destructor. Move-free, owner only (0700).
class TempFolder {
 public:
  TempFolder();
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  ~TempFolder();

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
  [[nodiscard]] std::filesystem::path operator/(const std::filesystem::path& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

/// The whole content of a file; empty when it can't be read.
[[nodiscard]] std::string read_file(const std::filesystem::path& file);

/// Writes beside and renames, so that a reader sees the old content or the new one. Makes missing folders.
void write_file(const std::filesystem::path& file, std::string_view content);

}  // namespace syncservice::support
