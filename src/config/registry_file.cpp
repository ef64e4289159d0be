#include "syncservice/config/registry_file.hpp"

#include "file.hpp"
#include "registry_reader.hpp"
#include "syncservice/base/text.hpp"
#include "yaml.hpp"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <system_error>

namespace syncservice::config {
namespace {

namespace fs = std::filesystem;

Result<std::vector<std::string>> files_of(const std::string& path) {
  std::error_code error;
  std::vector<std::string> out;
  for (fs::directory_iterator entry{path, error}, end; !error && entry != end; entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    const std::string extension = text::lower(entry->path().extension().string());
    std::error_code ignored;
    if (!name.starts_with('.') && (extension == ".yaml" || extension == ".yml") && !entry->is_directory(ignored))
      out.push_back(entry->path().string());
  }
  if (error)
    return Error{boost::system::error_code{error.value(), boost::system::system_category()},
                 "can't be read: " + error.message(), FailureClass::permanent, std::nullopt};
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace

ParsedRegistryFile parse_registry_file(std::string_view text, const std::string& path) {
  ParsedRegistryFile out;
  out.file.path = path;
  Complaints complaints{path};
  std::vector<yaml::Fault> faults;
  const yaml::Tree tree = yaml::Tree::parse(text, faults);
  for (yaml::Fault& fault : faults) complaints.error(fault.at, std::move(fault.what));
  if (faults.empty()) {
    const std::optional<yaml::Node> root = tree.root();
    if (!root || root->is_null()) {
      complaints.warning({}, "is empty; \"applications:\" and \"appLinks:\" belong here");
    } else {
      RegistryReader{complaints}.read(*root, out.file);
    }
  }
  out.complaints = std::move(complaints).take();
  return out;
}

ReadRegistry read_registry(const std::string& path) {
  ReadRegistry out;
  std::error_code ignored;
  std::vector<std::string> paths{path};
  if (fs::is_directory(path, ignored)) {
    Result<std::vector<std::string>> found = files_of(path);
    if (!found) {
      out.complaints.push_back({path, 0, 0, found.error().message, false});
      return out;
    }
    paths = std::move(*found);
    if (paths.empty())
      out.complaints.push_back({path, 0, 0, "holds no *.yaml or *.yml file, so there are no app links", true});
  }
  for (const std::string& file : paths) {
    const Result<std::string> content = read_file(file);
    if (!content) {
      out.complaints.push_back({file, 0, 0, content.error().message, false});
      continue;
    }
    ParsedRegistryFile parsed = parse_registry_file(*content, file);
    std::move(parsed.complaints.begin(), parsed.complaints.end(), std::back_inserter(out.complaints));
    out.files.push_back(std::move(parsed.file));
  }
  return out;
}

}  // namespace syncservice::config
