// Comments, attachments, deletion and changes of the folder adapter.
#include "folder_adapter.hpp"

#include "syncservice/base/text.hpp"

#include <unistd.h>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cerrno>
#include <charconv>

namespace syncservice::adapter::folder {
namespace {

// So many changed records at once; a page costs a look at every file of the folder.
constexpr std::size_t page_size = 1'000;
// Files may still get this modification time or an earlier one; the cursor stays before it.
constexpr std::chrono::nanoseconds still_open = std::chrono::milliseconds{50};

Timestamp now() {
  return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

Error no_comment(const CommentId& id) {
  return make_error(Failure::not_found, "There is no comment \"" + text::printable(id.str()) + "\".");
}
Error no_attachment(const AttachmentId& id) {
  return make_error(Failure::not_found, "There is no attachment \"" + text::printable(id.str()) + "\".");
}

// Where a page ends: a modification time and the name of a file that has it.
struct Place {
  std::int64_t modified = std::numeric_limits<std::int64_t>::min();
  std::string name;
  friend auto operator<=>(const Place&, const Place&) = default;
};

Result<Place> place_from(const std::string& cursor) {
  Place place;
  if (cursor.empty()) return place;
  const char* end = cursor.data() + cursor.size();
  const auto [stopped, error] = std::from_chars(cursor.data(), end, place.modified);
  if (error != std::errc{} || stopped == end || *stopped != ' ')
    return make_error(Failure::refused, "\"" + text::printable(cursor) + "\" is no cursor of this adapter.");
  place.name.assign(stopped + 1, end);
  return place;
}

}  // namespace

Capabilities FolderAdapter::capabilities() const noexcept {
  Capabilities can;
  can.changed_since = can.remove = true;
  can.comments = can.edit_comments = can.private_comments = true;
  can.attachments = can.remove_attachments = true;
  return can;
}

Result<std::pair<nlohmann::ordered_json, Timestamp>> FolderAdapter::document_of(const ProjectName& project,
                                                                                const RecordId& id,
                                                                                const CallContext& context,
                                                                                const std::string& doing) const {
  if (auto may_go_on = check(context, doing + named(project, id)); !may_go_on) return may_go_on.error();
  const auto name = escaped(id.str(), record_suffix);
  if (!name) return name.error();
  const auto records = open_records(project);
  if (!records) return records.error();
  if (!*records) return gone(project, id);
  const auto file = read_file(**records, *name);
  if (!file) return file.error();
  if (!*file) return gone(project, id);
  auto document = parse_document((*file)->text, (*records)->path_of(*name));
  if (!document) return document.error();
  return std::pair{std::move(*document), (*file)->updated};
}

Result<std::optional<Folder>> FolderAdapter::open_contents(const ProjectName& project, const RecordId& id) const {
  const auto name = escaped(id.str(), content_suffix);
  if (!name) return name.error();
  const auto records = open_records(project);
  if (!records) return records.error();
  if (!*records) return std::optional<Folder>{};
  return open_child(**records, *name);
}

Result<void> FolderAdapter::remove(const ProjectName& project, const RecordId& id, const CallContext& context) {
  if (auto may_go_on = check(context, "deleting " + named(project, id)); !may_go_on) return may_go_on;
  const auto name = escaped(id.str(), record_suffix);
  const auto contents = escaped(id.str(), content_suffix);
  if (!name) return name.error();
  if (!contents) return contents.error();
  const auto records = open_records(project);
  if (!records) return records.error();
  if (!*records) return gone(project, id);
  const auto file = read_locked(**records, *name, context);
  if (!file) return file.error();
  if (!*file) return gone(project, id);
  if (unlinkat((*records)->fd.get(), name->c_str(), 0) != 0)
    return system_failure(errno, "delete " + (*records)->path_of(*name));
  remove_quietly(**records, *contents);
  return flush(**records);
}

Result<std::vector<Comment>> FolderAdapter::comments(const ProjectName& project, const RecordId& id,
                                                     const CallContext& context) {
  const auto read = document_of(project, id, context, "reading the comments of ");
  if (!read) return read.error();
  return comments_in(read->first, read->second, path_);
}

Result<Comment> FolderAdapter::add_comment(const ProjectName& project, const RecordId& id, const NewComment& comment,
                                           const CallContext& context) {
  CommentId made;
  std::vector<Comment> after;
  const auto changed =
      change(project, id, context, "commenting on ", [&](nlohmann::ordered_json& document) -> Result<void> {
        made = folder::add_comment(document, comment, now());
        auto read = comments_in(document, now(), path_);
        if (!read) return read.error();
        after = std::move(*read);
        return {};
      });
  if (!changed) return changed.error();
  const auto found = std::find_if(after.begin(), after.end(), [&](const Comment& other) { return other.id == made; });
  if (found == after.end()) return no_comment(made);
  return std::move(*found);
}

Result<Comment> FolderAdapter::update_comment(const ProjectName& project, const RecordId& id, const CommentId& comment,
                                              const record::RichText& body, const CallContext& context) {
  std::vector<Comment> after;
  const auto changed =
      change(project, id, context, "changing a comment of ", [&](nlohmann::ordered_json& document) -> Result<void> {
        if (!change_comment(document, comment, body, now())) return no_comment(comment);
        auto read = comments_in(document, now(), path_);
        if (!read) return read.error();
        after = std::move(*read);
        return {};
      });
  if (!changed) return changed.error();
  const auto found =
      std::find_if(after.begin(), after.end(), [&](const Comment& other) { return other.id == comment; });
  if (found == after.end()) return no_comment(comment);
  return std::move(*found);
}

Result<void> FolderAdapter::remove_comment(const ProjectName& project, const RecordId& id, const CommentId& comment,
                                           const CallContext& context) {
  return change(project, id, context, "deleting a comment of ", [&](nlohmann::ordered_json& document) -> Result<void> {
    if (!folder::remove_comment(document, comment)) return no_comment(comment);
    return {};
  });
}

Result<std::vector<Entry>> FolderAdapter::entries(const ProjectName& project, const RecordId& id,
                                                  const CallContext& context) const {
  const auto read = document_of(project, id, context, "reading the attachments of ");
  if (!read) return read.error();
  auto all = attachments_in(read->first, read->second, path_);
  if (!all || all->empty()) return all;
  const auto contents = open_contents(project, id);
  if (!contents) return contents.error();
  std::vector<Entry> there;
  for (Entry& entry : *all) {
    const auto name = escaped(entry.file);
    const std::optional<FileStatus> status = *contents && name ? status_of(**contents, *name) : std::nullopt;
    if (!status) continue;
    entry.about.size = status->size;
    there.push_back(std::move(entry));
  }
  return there;
}

Result<std::vector<Attachment>> FolderAdapter::attachments(const ProjectName& project, const RecordId& id,
                                                           const CallContext& context) {
  auto all = entries(project, id, context);
  if (!all) return all.error();
  std::vector<Attachment> out;
  for (Entry& entry : *all) out.push_back(std::move(entry.about));
  return out;
}

Result<void> FolderAdapter::download(const ProjectName& project, const RecordId& id, const AttachmentId& attachment,
                                     const Sink& sink, const CallContext& context) {
  const auto all = entries(project, id, context);
  if (!all) return all.error();
  const auto entry =
      std::find_if(all->begin(), all->end(), [&](const Entry& other) { return other.about.id == attachment; });
  if (entry == all->end()) return no_attachment(attachment);
  const auto contents = open_contents(project, id);
  if (!contents) return contents.error();
  if (!*contents) return no_attachment(attachment);
  const auto sent = stream_file(**contents, *escaped(entry->file), sink, context);
  if (!sent) return sent.error();
  if (!*sent) return no_attachment(attachment);
  return {};
}

Result<Attachment> FolderAdapter::upload(const ProjectName& project, const RecordId& id,
                                         const NewAttachment& attachment, const Source& source,
                                         const CallContext& context) {
  const auto before = document_of(project, id, context, "attaching to ");
  if (!before) return before.error();
  const auto records = open_records(project);
  if (!records) return records.error();
  if (!*records) return gone(project, id);
  const auto folder_name = escaped(id.str(), content_suffix);
  if (!folder_name) return folder_name.error();
  auto contents = make_child(**records, *folder_name);
  if (!contents) return contents.error();
  auto content = Temporary::stream(*contents, source, attachment.size, context);
  if (!content) return content.error();

  // The content gets the first free number as its name, and the attachment the same as its id.
  AttachmentId made;
  for (std::int64_t number = 1;; ++number) {
    made = AttachmentId{std::to_string(number)};
    const auto named = content->rename_to_free(made.str());
    if (!named) return named.error();
    if (*named) break;
  }
  if (auto flushed = flush(*contents); !flushed) return flushed.error();
  const Timestamp instant = now();
  const auto noted =
      change(project, id, context, "attaching to ", [&](nlohmann::ordered_json& document) -> Result<void> {
        add_attachment(document, made, attachment, made.str(), instant);
        return {};
      });
  if (!noted) {
    remove_quietly(*contents, made.str());
    return noted.error();
  }
  Attachment out;
  out.id = made;
  out.name = attachment.name;
  out.media_type = attachment.media_type;
  out.size = attachment.size;
  out.created = instant;
  return out;
}

Result<void> FolderAdapter::remove_attachment(const ProjectName& project, const RecordId& id,
                                              const AttachmentId& attachment, const CallContext& context) {
  const auto all = entries(project, id, context);
  if (!all) return all.error();
  const auto changed =
      change(project, id, context, "deleting an attachment of ", [&](nlohmann::ordered_json& document) -> Result<void> {
        if (!folder::remove_attachment(document, attachment)) return no_attachment(attachment);
        return {};
      });
  if (!changed) return changed;
  const auto contents = open_contents(project, id);
  if (!contents || !*contents) return {};
  for (const Entry& entry : *all) {
    if (entry.about.id == attachment) remove_quietly(**contents, *escaped(entry.file));
  }
  return {};
}

Result<Changes> FolderAdapter::changed_since(const Selection& selection, const std::string& cursor,
                                             const CallContext& context) {
  const std::string doing = "listing changes in " + path_;
  if (auto may_go_on = check(context, doing); !may_go_on) return may_go_on.error();
  if (!selection.query.empty()) return make_error(Failure::refused, "A folder has no query language of its own.");
  const auto after = place_from(cursor);
  if (!after) return after.error();
  Changes changes{{}, cursor, false};
  const auto records = open_records(selection.project);
  if (!records) return records.error();
  if (!*records) return changes;

  const std::int64_t since = selection.since && cursor.empty() ? to_millis(*selection.since) * 1'000'000
                                                               : std::numeric_limits<std::int64_t>::min();
  std::vector<Place> places;
  const auto listed = for_each_entry(**records, [&](std::string_view name) -> Result<void> {
    if (!unescaped(name, record_suffix)) return {};
    const std::optional<FileStatus> status = status_of(**records, std::string{name});
    if (!status || status->modified < since) return {};
    Place place{status->modified, std::string{name}};
    if (place > *after) places.push_back(std::move(place));
    return check(context, doing);
  });
  if (!listed) return listed.error();
  std::sort(places.begin(), places.end());

  const std::int64_t open =
      (std::chrono::system_clock::now().time_since_epoch() - still_open) / std::chrono::nanoseconds{1};
  for (const Place& place : places) {
    const bool settled = place.modified < open;
    if (settled && changes.records.size() >= page_size) {
      changes.more = true;
      break;
    }
    if (auto may_go_on = check(context, doing); !may_go_on) return may_go_on.error();
    if (settled) changes.cursor = std::to_string(place.modified) + ' ' + place.name;
    const RecordId id{*unescaped(place.name, record_suffix)};
    if (!selection.type.empty()) {
      const auto record = read_in(**records, place.name, selection.project, id);
      // One that can't be read is for its pass to complain about; one of another type is not asked for.
      if (record && !record->type.empty() && record->type != selection.type) continue;
    }
    changes.records.push_back(
        {selection.project, id,
         std::chrono::floor<std::chrono::milliseconds>(
             std::chrono::sys_time<std::chrono::nanoseconds>{std::chrono::nanoseconds{place.modified}})});
  }
  return changes;
}

}  // namespace syncservice::adapter::folder
