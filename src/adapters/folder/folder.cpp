#include "syncservice/adapters/folder/folder.hpp"

#include "folder_adapter.hpp"
#include "markers.hpp"

#include "syncservice/base/text.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include <cerrno>
#include <charconv>
#include <filesystem>
#include <limits>

namespace syncservice::adapter {
namespace folder {
namespace {

constexpr std::string_view prefix_without_project = "REC";

Result<std::int64_t> highest_in(const Folder& folder, const std::string& prefix) {
  std::int64_t highest = 0;
  auto listed = for_each_entry(folder, [&](std::string_view name) -> Result<void> {
    remove_leftovers(folder, name);
    const auto id = unescaped(name, record_suffix);
    if (!id || !id->starts_with(prefix)) return {};
    const char* end = id->data() + id->size();
    std::int64_t number = 0;
    const auto [stopped, error] = std::from_chars(id->data() + prefix.size(), end, number);
    // The very last number is never ours; it would leave no next one.
    if (error == std::errc{} && stopped == end && number < std::numeric_limits<std::int64_t>::max())
      highest = std::max(highest, number);
    return {};
  });
  if (!listed) return listed.error();
  return highest;
}

}  // namespace

Result<std::int64_t> Numbers::next(const Folder& folder, const std::string& prefix, bool taken) {
  const std::lock_guard lock{mutex_};
  const auto [known, first] = last_.try_emplace(prefix, 0);
  if (first || taken) {
    const auto highest = highest_in(folder, prefix);
    if (!highest) {
      if (first) last_.erase(known);
      return highest.error();
    }
    known->second = std::max(known->second, *highest);
  }
  return ++known->second;
}

std::string named(const ProjectName& project, const RecordId& id) {
  std::string out = "record \"" + text::printable(id.str()) + "\"";
  if (!project.empty()) out += " of project \"" + text::printable(project.str()) + "\"";
  return out;
}

Error FolderAdapter::gone(const ProjectName& project, const RecordId& id) const {
  return make_error(Failure::not_found, "There is no " + named(project, id) + " in " + path_ + ".");
}

Result<record::Record> FolderAdapter::read(const ProjectName& project, const RecordId& id, const CallContext& context) {
  if (auto may_go_on = check(context, "reading " + named(project, id)); !may_go_on) return may_go_on.error();
  const auto name = escaped(id.str(), record_suffix);
  if (!name) return name.error();
  const auto records = open_records(project);
  if (!records) return records.error();
  if (!*records) return gone(project, id);
  return read_in(**records, *name, project, id);
}

Result<record::Record> FolderAdapter::create(const NewRecord& wanted, const CallContext& context) {
  const std::string doing = "creating a record in " + path_;
  if (auto may_go_on = check(context, doing); !may_go_on) return may_go_on.error();
  if (wanted.marker.empty()) return make_error(Failure::refused, "A new record needs a marker, and this one has none.");
  auto records = make_records(wanted.project);
  if (!records) return records.error();
  auto markers = Markers::open(*records, marker_member_, context);
  if (!markers) return markers.error();

  const std::string prefix =
      (wanted.project.empty() ? std::string{prefix_without_project} : wanted.project.str()) + '-';
  for (bool taken = false;; taken = true) {
    if (auto may_go_on = check(context, doing); !may_go_on) return may_go_on.error();
    const auto number = numbers_.next(*records, prefix, taken);
    if (!number) return number.error();
    const RecordId id{prefix + std::to_string(*number)};
    const auto name = escaped(id.str(), record_suffix);
    if (!name) return name.error();
    auto file = Temporary::write(*records, to_text(new_document(wanted, id.str(), marker_member_)), std::nullopt);
    if (!file) return file.error();
    // In this order, so that no record is ever there that its marker does not find.
    if (auto noted = markers->put(wanted.marker, *name); !noted) return noted.error();
    const auto created = file->rename_to_free(*name);
    if (!created) return created.error();
    if (!*created) continue;
    if (auto flushed = flush(*records); !flushed) return flushed.error();
    return read_in(*records, *name, wanted.project, id);
  }
}

Result<record::Record> FolderAdapter::update(const ProjectName& project, const RecordId& id,
                                             const record::Fields& patch, const CallContext& context) {
  const auto changed = change(project, id, context, "updating ", [&](nlohmann::ordered_json& document) -> Result<void> {
    apply(document, patch);
    return {};
  });
  if (!changed) return changed.error();
  const auto name = escaped(id.str(), record_suffix);
  const auto records = open_records(project);
  if (!records) return records.error();
  if (!*records) return gone(project, id);
  return read_in(**records, *name, project, id);
}

Result<void> FolderAdapter::change(const ProjectName& project, const RecordId& id, const CallContext& context,
                                   const std::string& doing, const Change& change) const {
  if (auto may_go_on = check(context, doing + named(project, id)); !may_go_on) return may_go_on;
  const auto name = escaped(id.str(), record_suffix);
  if (!name) return name.error();
  const auto records = open_records(project);
  if (!records) return records.error();
  if (!*records) return gone(project, id);
  const std::string path = (*records)->path_of(*name);
  const auto file = read_locked(**records, *name, context);
  if (!file) return file.error();
  if (!*file) return gone(project, id);
  auto document = parse_document((*file)->text, path);
  if (!document) return document.error();
  if (auto before = to_record(*document, project, id, marker_member_, path); !before) return before.error();

  const auto unchanged = *document;
  if (auto changed = change(*document); !changed) return changed;
  if (*document == unchanged) return {};
  auto replacement = Temporary::write(**records, to_text(*document), (*file)->mode);
  if (!replacement) return replacement.error();
  if (auto replaced = replacement->rename_over(*name); !replaced) return replaced;
  return flush(**records);
}

Result<std::optional<record::Record>> FolderAdapter::find_by_marker(const ProjectName& project,
                                                                    const std::string& marker,
                                                                    const CallContext& context) {
  using Found = std::optional<record::Record>;
  if (auto may_go_on = check(context, "looking for a marker in " + path_); !may_go_on) return may_go_on.error();
  if (marker.empty()) return Found{};
  const auto records = open_records(project);
  if (!records) return records.error();
  if (!*records) return Found{};
  const auto markers = Markers::open(**records, marker_member_, context);
  if (!markers) return markers.error();
  const auto name = markers->find(marker);
  if (!name) return name.error();
  if (!*name) return Found{};
  auto record = read_in(**records, **name, project, RecordId{*unescaped(**name, record_suffix)});
  if (!record && record.error().failure == FailureClass::gone) return Found{};
  if (!record) return record.error();
  if (record->marker != marker) return Found{};
  return Found{std::move(*record)};
}

Result<void> FolderAdapter::ping(const CallContext& context) {
  if (auto may_go_on = check(context, "looking at " + path_); !may_go_on) return may_go_on;
  const auto base = open_base(path_);
  if (!base) return base.error();
  if (faccessat(base->fd.get(), ".", R_OK | W_OK | X_OK, AT_EACCESS) != 0)
    return system_failure(errno, "read and write in " + path_);
  return {};
}

// The folder of a project's records; empty when there is none yet.
Result<std::optional<Folder>> FolderAdapter::open_records(const ProjectName& project) const {
  auto base = open_base(path_);
  if (!base) return base.error();
  if (project.empty()) return std::optional<Folder>{std::move(*base)};
  const auto name = escaped(project.str());
  if (!name) return name.error();
  return open_child(*base, *name);
}

Result<Folder> FolderAdapter::make_records(const ProjectName& project) const {
  auto base = open_base(path_);
  if (!base || project.empty()) return base;
  const auto name = escaped(project.str());
  if (!name) return name.error();
  return make_child(*base, *name);
}

Result<record::Record> FolderAdapter::read_in(const Folder& records, const std::string& name,
                                              const ProjectName& project, const RecordId& id) const {
  const auto file = read_file(records, name);
  if (!file) return file.error();
  if (!*file) return gone(project, id);
  const std::string path = records.path_of(name);
  const auto document = parse_document((*file)->text, path);
  if (!document) return document.error();
  auto record = to_record(*document, project, id, marker_member_, path);
  if (record) record->updated = (*file)->updated;
  return record;
}

namespace {

Result<std::unique_ptr<Adapter>> make(const Settings& settings) {
  const auto setting = [&](std::string_view name) -> std::string {
    const auto found = settings.values.find(name);
    return found == settings.values.end() ? std::string{} : found->second;
  };
  const std::string path = setting("path");
  if (path.empty())
    return make_error(Failure::misconfigured,
                      "path is missing; name the folder that holds the records, for example "
                      "\"path: records/left\".");
  if (path.find('\0') != std::string::npos)
    return make_error(Failure::misconfigured, "path \"" + text::printable(path) + "\" holds a NUL; no folder can.");
  std::string marker = setting("marker");
  if (marker.empty()) marker = default_marker_member;
  if (is_reserved_member(marker))
    return make_error(Failure::misconfigured, "marker \"" + marker + "\" is a member that records have anyway; name " +
                                                  "another one, or leave it out for \"" +
                                                  std::string{default_marker_member} + "\".");
  const auto whole = (std::filesystem::path{settings.base_folder} / path).lexically_normal();
  return std::unique_ptr<Adapter>{std::make_unique<FolderAdapter>(whole.string(), std::move(marker))};
}

}  // namespace
}  // namespace folder

Kind folder_kind() {
  Kind kind;
  kind.name = "folder";
  kind.settings = {
      {"path", true, false, "Folder that holds the records, one JSON file each, in one folder per project."},
      {"marker", false, false, "Member of a record's file that keeps our marker; \"syncMarker\" unless given."}};
  kind.make = folder::make;
  return kind;
}

}  // namespace syncservice::adapter
