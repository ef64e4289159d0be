#include "support/temp_folder.hpp"

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <system_error>

namespace syncservice::support {

namespace fs = std::filesystem;

TempFolder::TempFolder() : TempFolder(fs::temp_directory_path()) {}

TempFolder TempFolder::in_memory() {
  std::error_code none;
  const fs::path memory = "/dev/shm";
  return TempFolder(fs::is_directory(memory, none) ? memory : fs::temp_directory_path());
}

TempFolder::TempFolder(const fs::path& base) {
  std::string pattern = (base / "syncservice-test-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder like " + pattern);
  path_ = pattern;
}

TempFolder::~TempFolder() {
  std::error_code ignored;
  if (!path_.empty()) fs::remove_all(path_, ignored);
}

std::string read_file(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  std::ostringstream content;
  content << stream.rdbuf();
  return std::move(content).str();
}

void write_file(const fs::path& file, std::string_view content) {
  fs::create_directories(file.parent_path());
  const fs::path beside = file.parent_path() / (file.filename().string() + ".writing");
  {
    std::ofstream stream(beside, std::ios::binary | std::ios::trunc);
    stream.write(content.data(), static_cast<std::streamsize>(content.size()));
    if (!stream.flush()) throw std::runtime_error("can't write " + beside.string());
  }
  fs::rename(beside, file);
}

}  // namespace syncservice::support
