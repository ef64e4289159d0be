#include "syncservice/adapters/folder/folder.hpp"

#include "folder_adapter.hpp"

#include "syncservice/adapter/fit.hpp"
#include "syncservice/base/text.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <limits>

namespace syncservice::adapter {
namespace folder {
namespace {

constexpr std::string_view prefix_without_project = "REC";

// The number of a record's file; 0 when it has none of ours.
std::int64_t number_of(std::string_view file, const std::string& prefix) {
  const auto id = unescaped(file, record_suffix);
  if (!id || !id->starts_with(prefix)) return 0;
  const char* end = id->data() + id->size();
  std::int64_t number = 0;
  const auto [stopped, error] = std::from_chars(id->data() + prefix.size(), end, number);
  // The very last number is never ours; it would leave no next one.
  const bool ours = error == std::errc{} && stopped == end && number < std::numeric_limits<std::int64_t>::max();
  return ours ? number : 0;
}

Result<std::int64_t> highest_in(const Folder& folder, const std::string& prefix) {
  std::int64_t highest = 0;
  auto listed = for_each_entry(folder, [&](std::string_view name) -> Result<void> {
    remove_leftovers(folder, name);
    highest = std::max(highest, number_of(name, prefix));
    return {};
  });
  if (!listed) return listed.error();
  return highest;
}

}  // namespace

Result<std::int64_t> Numbers::next(const Folder& folder, const Markers& markers, const std::string& prefix,
                                   bool taken) {
  const std::lock_guard lock{mutex_};
  const auto [known, first] = last_.try_emplace(prefix, 0);
  std::int64_t highest = known->second;
  if (first || taken) {
    const auto there = highest_in(folder, prefix);
    if (!there) {
      if (first) last_.erase(known);
      return there.error();
    }
    highest = std::max(highest, *there);
  }
  if (first) {
    const auto seen =
        markers.for_each_file([&](std::string_view file) { highest = std::max(highest, number_of(file, prefix)); });
    if (!seen) {
      last_.erase(known);
      return seen.error();
    }
  }
  return known->second = highest + 1;
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
  const auto at = file_of(project, id);
  if (!at) return at.error();
  return read_in(at->records, at->name, project, id);
}

Result<record::Record> FolderAdapter::create(const NewRecord& wanted, const CallContext& context) {
  const std::string doing = "creating a record in " + path_;
  if (auto may_go_on = check(context, doing); !may_go_on) return may_go_on.error();
  if (wanted.marker.empty()) return make_error(Failure::refused, "A new record needs a marker, and this one has none.");
  auto records = make_records(wanted.project);
  if (!records) return records.error();
  const Folder& folder = records->folder;
  NewRecord fitting = wanted;
  if (records->schema != nullptr) {
    if (auto known = records->schema->check_type(wanted.type); !known) return known.error();
    auto fields = fit(*records->type(wanted.type), wanted.fields, Write::create);
    if (!fields) return fields.error();
    fitting.fields = std::move(*fields);
  }
  auto markers = Markers::open(folder, marker_member_, context);
  if (!markers) return markers.error();

  const std::string prefix =
      (wanted.project.empty() ? std::string{prefix_without_project} : wanted.project.str()) + '-';
  for (bool taken = false;; taken = true) {
    if (auto may_go_on = check(context, doing); !may_go_on) return may_go_on.error();
    const auto number = numbers_.next(folder, *markers, prefix, taken);
    if (!number) return number.error();
    const RecordId id{prefix + std::to_string(*number)};
    const auto name = escaped(id.str(), record_suffix);
    if (!name) return name.error();
    const auto document = new_document(fitting, id.str(), marker_member_, records->type(wanted.type));
    auto file = Temporary::write(folder, to_text(document), std::nullopt);
    if (!file) return file.error();
    // In this order, so that no record is ever there that its marker does not find.
    if (auto noted = markers->put(wanted.marker, *name); !noted) return noted.error();
    const auto created = file->rename_to_free(*name);
    if (!created) return created.error();
    if (!*created) continue;
    if (auto flushed = flush(folder); !flushed) return uncertain(flushed.error());
    auto record = read_in(*records, *name, wanted.project, id);
    if (!record) return uncertain(record.error());
    return record;
  }
}

Result<record::Record> FolderAdapter::update(const ProjectName& project, const RecordId& id,
                                             const record::Fields& patch, const CallContext& context) {
  const auto changed = change(
      project, id, context, "updating ",
      [&](nlohmann::ordered_json& document, const record::Record& before, const Records& records) -> Result<void> {
        const TypeInfo* type = records.type(before.type);
        if (type == nullptr) {
          apply(document, patch, nullptr);
          return {};
        }
        const auto fitting = fit(*type, patch, Write::update);
        if (!fitting) return fitting.error();
        apply(document, *fitting, type);
        return {};
      });
  if (!changed) return changed.error();
  const auto name = escaped(id.str(), record_suffix);
  const auto records = open_records(project);
  if (!records) return uncertain(records.error());
  if (!*records) return gone(project, id);
  auto record = read_in(**records, *name, project, id);
  if (!record) return uncertain(record.error());
  return record;
}

Result<FolderAdapter::RecordFile> FolderAdapter::file_of(const ProjectName& project, const RecordId& id) {
  auto name = escaped(id.str(), record_suffix);
  if (!name) return name.error();
  auto records = open_records(project);
  if (!records) return records.error();
  if (!*records) return gone(project, id);
  return RecordFile{std::move(**records), std::move(*name)};
}

Result<void> FolderAdapter::change(const ProjectName& project, const RecordId& id, const CallContext& context,
                                   const std::string& doing, const Change& change) {
  if (auto may_go_on = check(context, doing + named(project, id)); !may_go_on) return may_go_on;
  const auto at = file_of(project, id);
  if (!at) return at.error();
  const Folder& folder = at->records.folder;
  const std::string path = folder.path_of(at->name);
  const auto file = read_locked(folder, at->name, context);
  if (!file) return file.error();
  if (!*file) return gone(project, id);
  auto document = parse_document((*file)->text, path);
  if (!document) return document.error();
  const auto before = to_record(*document, project, id, marker_member_, path);
  if (!before) return before.error();

  const auto unchanged = *document;
  if (auto changed = change(*document, *before, at->records); !changed) return changed;
  if (*document == unchanged) return {};
  auto replacement = Temporary::write(folder, to_text(*document), (*file)->mode);
  if (!replacement) return replacement.error();
  if (auto replaced = replacement->rename_over(at->name); !replaced) return replaced;
  if (auto flushed = flush(folder); !flushed) return uncertain(flushed.error());
  return {};
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
  const auto markers = Markers::open((*records)->folder, marker_member_, context);
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

Result<std::optional<Records>> FolderAdapter::open_records(const ProjectName& project) {
  using Found = std::optional<Records>;
  auto base = open_base(path_);
  if (!base) return base.error();
  if (project.empty()) {
    auto schema = schemas_.in(*base);
    if (!schema) return schema.error();
    return Found{Records{std::move(*base), std::move(*schema)}};
  }
  const auto name = escaped(project.str());
  if (!name) return name.error();
  auto child = open_child(*base, *name);
  if (!child) return child.error();
  if (!*child) return Found{};
  auto schema = schemas_.of(*base, **child);
  if (!schema) return schema.error();
  return Found{Records{std::move(**child), std::move(*schema)}};
}

Result<Records> FolderAdapter::make_records(const ProjectName& project) {
  if (!project.empty()) {
    const auto base = open_base(path_);
    if (!base) return base.error();
    const auto name = escaped(project.str());
    if (!name) return name.error();
    if (const auto made = make_child(*base, *name); !made) return made.error();
  }
  auto records = open_records(project);
  if (!records) return records.error();
  if (!*records) return system_failure(ENOENT, "open the folder of project \"" + text::printable(project.str()) + '"');
  return std::move(**records);
}

Result<std::vector<ProjectName>> FolderAdapter::projects(const Folder& base) const {
  std::vector<ProjectName> out;
  auto listed = for_each_entry(base, [&](std::string_view name) -> Result<void> {
    const auto project = unescaped(name, {});
    if (!project || name.ends_with(content_suffix) || !is_folder(base, std::string{name})) return {};
    out.emplace_back(*project);
    return {};
  });
  if (!listed) return listed.error();
  std::sort(out.begin(), out.end());
  return out;
}

Result<record::Record> FolderAdapter::read_in(const Records& records, const std::string& name,
                                              const ProjectName& project, const RecordId& id) const {
  const auto file = read_file(records.folder, name);
  if (!file) return file.error();
  if (!*file) return gone(project, id);
  const std::string path = records.folder.path_of(name);
  const auto document = parse_document((*file)->text, path);
  if (!document) return document.error();
  auto record = to_record(*document, project, id, marker_member_, path);
  if (!record) return record;
  record->updated = (*file)->updated;
  if (const TypeInfo* type = records.type(record->type)) make_typed(record->fields, *type);
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
