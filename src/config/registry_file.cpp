#include "syncservice/config/registry_file.hpp"

#include "file.hpp"
#include "registry_pieces.hpp"
#include "registry_reader.hpp"
#include "syncservice/base/text.hpp"
#include "syncservice/config/parallel.hpp"
#include "yaml.hpp"

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <iterator>
#include <system_error>

namespace syncservice::config {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t least_piece = std::size_t{64} << 10U;

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

// In one go; says all that is wrong.
ParsedRegistryFile parse_whole(std::string_view text, const std::string& path) {
  ParsedRegistryFile out;
  out.file.path = path;
  Complaints complaints{path};
  std::vector<yaml::Fault> faults;
  const yaml::Tree tree = yaml::Tree::parse(text, faults);
  for (yaml::Fault& fault : faults) complaints.error(fault.at, std::move(fault.what));
  if (faults.empty()) {
    const std::optional<yaml::Node> root = tree.root();
    if (text::trim(text).empty()) {
      // What a save begins with, and what it leaves on a full disk.
      complaints.error({}, "is empty; \"applications:\" and \"appLinks:\" belong here, or remove the file");
      out.file.applications_known = false;
    } else if (!root || root->is_null()) {
      complaints.warning({}, "holds nothing but comments; \"applications:\" and \"appLinks:\" belong here");
    } else {
      RegistryReader{complaints}.read(*root, out.file);
    }
  } else {
    out.file.applications_known = false;
  }
  out.complaints = std::move(complaints).take();
  return out;
}

bool has_app_links(yaml::Node root) {
  for (std::optional<yaml::Node> key = root.first(); key; key = key->next()->next()) {
    if (key->text() == "appLinks") return true;
  }
  return false;
}

// What stands before `appLinks:`. False when anything is wrong with it.
bool read_head(std::string_view text, RegistryFile& into) {
  Complaints complaints{into.path};
  std::vector<yaml::Fault> faults;
  const yaml::Tree tree = yaml::Tree::parse(text, faults);
  const std::optional<yaml::Node> root = tree.root();
  if (!faults.empty()) return false;
  if (!root || root->is_null()) return true;
  if (root->kind() != yaml::Kind::map || has_app_links(*root)) return false;
  RegistryReader{complaints}.read(*root, into);
  return std::move(complaints).take().empty();
}

bool read_piece(const Piece& piece, RegistryFile& into) {
  Complaints complaints{into.path};
  std::vector<yaml::Fault> faults;
  const yaml::Tree tree = yaml::Tree::parse(piece.text, faults, piece.lines_before);
  const std::optional<yaml::Node> root = tree.root();
  if (!faults.empty() || !root || root->kind() != yaml::Kind::sequence) return false;
  RegistryReader{complaints}.app_links(into, *root);
  return std::move(complaints).take().empty();
}

// Side by side. Empty when the file can't be cut, or has any fault: only the whole tells what is wrong where (a piece
// knows no anchors of another, for example).
std::optional<RegistryFile> parse_pieces(std::string_view text, const std::string& path) {
  if (text.size() > largest_file || threads_side_by_side() < 2) return std::nullopt;
  const std::size_t least = std::max(least_piece, text.size() / (4 * threads_side_by_side()));
  const std::optional<Pieces> pieces = cut_app_links(text, least);
  if (!pieces) return std::nullopt;
  RegistryFile out;
  out.path = path;
  if (!read_head(pieces->head, out)) return std::nullopt;
  std::vector<RegistryFile> parts(pieces->links.size());
  std::atomic<bool> good{true};
  side_by_side(parts.size(), [&](std::size_t i) {
    if (good && !read_piece(pieces->links[i], parts[i])) good = false;
  });
  if (!good) return std::nullopt;
  std::size_t count = 0;
  for (const RegistryFile& part : parts) count += part.app_links.size();
  out.app_links.reserve(count);
  for (RegistryFile& part : parts)
    std::move(part.app_links.begin(), part.app_links.end(), std::back_inserter(out.app_links));
  return out;
}

}  // namespace

ParsedRegistryFile parse_registry_file(std::string_view text, const std::string& path) {
  if (auto file = parse_pieces(text, path)) return {std::move(*file), {}};
  return parse_whole(text, path);
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
  std::vector<ParsedRegistryFile> parsed(paths.size());
  side_by_side(paths.size(), [&](std::size_t i) {
    const Result<std::string> content = read_file(paths[i]);
    if (content) {
      parsed[i] = parse_registry_file(*content, paths[i]);
    } else {
      parsed[i].file.path = paths[i];
      parsed[i].file.applications_known = false;
      parsed[i].complaints.push_back({paths[i], 0, 0, content.error().message, false});
    }
  });
  for (ParsedRegistryFile& file : parsed) {
    std::move(file.complaints.begin(), file.complaints.end(), std::back_inserter(out.complaints));
    out.files.push_back(std::move(file.file));
  }
  return out;
}

}  // namespace syncservice::config
