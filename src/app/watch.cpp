#include "watch.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <utility>
#include <vector>

namespace syncservice::app {
namespace {

std::string of_file(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return path + " missing;";
  return path + ' ' + std::to_string(info.st_ino) + ' ' + std::to_string(info.st_size) + ' ' +
         std::to_string(info.st_mtim.tv_sec) + '.' + std::to_string(info.st_mtim.tv_nsec) + ';';
}

}  // namespace

Watch::Watch(std::string properties, std::string mappings)
    : properties_(std::move(properties)), mappings_(std::move(mappings)) {
  taken();
}

bool Watch::changed() {
  std::string now = signature();
  const bool at_rest = now == seen_;
  seen_ = std::move(now);
  if (!at_rest || seen_ == taken_) return false;
  taken_ = seen_;
  return true;
}

void Watch::taken() {
  seen_ = taken_ = signature();
}

std::string Watch::signature() const {
  std::string out = of_file(properties_);
  std::error_code error;
  if (!std::filesystem::is_directory(mappings_, error)) return out + of_file(mappings_);
  std::vector<std::string> files;
  for (std::filesystem::directory_iterator entry(mappings_, error), end; !error && entry != end; entry.increment(error))
    files.push_back(entry->path().string());
  std::sort(files.begin(), files.end());
  for (const std::string& file : files) out += of_file(file);
  return out;
}

}  // namespace syncservice::app
