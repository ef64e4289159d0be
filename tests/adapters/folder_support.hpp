// A folder of records in a temporary place, for the folder adapter's tests.
#pragma once

#include "syncservice/adapter/failure.hpp"
#include "syncservice/adapters/folder/folder.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <string>

namespace syncservice::adapter {

class RecordFolder {
 public:
  RecordFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "syncservice-folder-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error{"no temporary folder"};
    root_ = name;
    std::filesystem::create_directory(path());
  }
  RecordFolder(const RecordFolder&) = delete;
  RecordFolder& operator=(const RecordFolder&) = delete;
  ~RecordFolder() { std::filesystem::remove_all(root_); }

  /// Where the records are; its parent is ours as well, so that a test sees what leaves the folder.
  [[nodiscard]] std::filesystem::path path() const { return root_ / "records"; }
  [[nodiscard]] std::filesystem::path root() const { return root_; }

  [[nodiscard]] std::unique_ptr<Adapter> adapter(const std::string& marker = {}) const {
    Settings settings;
    settings.base_folder = root_.string();
    settings.values = {{"path", "records"}};
    if (!marker.empty()) settings.values["marker"] = marker;
    auto made = folder_kind().make(settings);
    EXPECT_TRUE(made);
    return std::move(*made);
  }

  void put(const std::string& file, const std::string& text) const {
    std::filesystem::create_directories((path() / file).parent_path());
    std::ofstream{path() / file, std::ios::binary} << text;
  }
  [[nodiscard]] std::string get(const std::string& file) const {
    std::ifstream in{path() / file, std::ios::binary};
    EXPECT_TRUE(in) << file;
    return {std::istreambuf_iterator<char>{in}, {}};
  }
  [[nodiscard]] bool has(const std::string& file) const {
    return std::filesystem::exists(std::filesystem::symlink_status(path() / file));
  }
  /// Everything below a folder of records, hidden things too.
  [[nodiscard]] std::size_t entries(const std::string& folder) const {
    const std::filesystem::recursive_directory_iterator all{path() / folder};
    return static_cast<std::size_t>(std::distance(begin(all), end(all)));
  }

 private:
  std::filesystem::path root_;
};

}  // namespace syncservice::adapter
