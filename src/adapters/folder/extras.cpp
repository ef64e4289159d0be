// Comments, attachments and deletion of the folder adapter.
#include "folder_adapter.hpp"

#include "syncservice/base/text.hpp"

#include <unistd.h>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cctype>
#include <cerrno>

namespace syncservice::adapter::folder {
namespace {

Timestamp now() {
  return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

Error no_comment(const CommentId& id) {
  return make_error(Failure::not_found, "There is no comment \"" + text::printable(id.str()) + "\".");
}
Error no_attachment(const AttachmentId& id) {
  return make_error(Failure::not_found, "There is no attachment \"" + text::printable(id.str()) + "\".");
}

constexpr std::size_t longest_name = 255, longest_kept = 100;

Result<void> check_name(const std::string& name) {
  const bool proper = !name.empty() && name.size() <= longest_name && name != "." && name != ".." &&
                      name.find('/') == std::string::npos && text::is_utf8(name) && !text::has_control(name);
  if (proper) return {};
  return make_error(Failure::refused,
                    "\"" + text::printable(name) +
                        "\" is no name of an attachment: it has 1 to 255 bytes of UTF-8, no \"/\" and "
                        "no control characters.");
}

// What stands in a record's file is no path either.
bool is_plain(const std::string& file) noexcept {
  return file.find_first_of(std::string_view{"/\0", 2}) == std::string::npos && !file.starts_with('.');
}

// What a content's file is called: the id makes it unique, the rest is for people.
std::string file_name(const AttachmentId& id, std::string name) {
  for (char& c : name) {
    const auto byte = static_cast<unsigned char>(c);
    const bool kept = byte >= 0x80 || std::isalnum(byte) != 0 || c == '.' || c == '-' || c == '_';
    if (!kept) c = '_';
  }
  // The end tells what it is.
  while (name.size() > longest_kept || (static_cast<unsigned char>(name.front()) & 0xC0U) == 0x80) name.erase(0, 1);
  return id.str() + '-' + name;
}

}  // namespace

Capabilities FolderAdapter::capabilities() const noexcept {
  Capabilities can;
  can.describe = can.changed_since = can.remove = true;
  can.comments = can.edit_comments = can.private_comments = true;
  can.attachments = can.remove_attachments = true;
  return can;
}

Result<FolderAdapter::Document> FolderAdapter::document_of(const ProjectName& project, const RecordId& id,
                                                           const CallContext& context, const std::string& doing) {
  if (auto may_go_on = check(context, doing + named(project, id)); !may_go_on) return may_go_on.error();
  const auto at = file_of(project, id);
  if (!at) return at.error();
  const auto file = read_file(at->records.folder, at->name);
  if (!file) return file.error();
  if (!*file) return gone(project, id);
  std::string path = at->records.folder.path_of(at->name);
  auto document = parse_document((*file)->text, path);
  if (!document) return document.error();
  return Document{std::move(*document), (*file)->updated, std::move(path)};
}

Result<std::optional<Folder>> FolderAdapter::open_contents(const ProjectName& project, const RecordId& id) {
  const auto name = escaped(id.str(), content_suffix);
  if (!name) return name.error();
  const auto records = open_records(project);
  if (!records) return records.error();
  if (!*records) return std::optional<Folder>{};
  return open_child((*records)->folder, *name);
}

Result<void> FolderAdapter::remove(const ProjectName& project, const RecordId& id, const CallContext& context) {
  if (auto may_go_on = check(context, "deleting " + named(project, id)); !may_go_on) return may_go_on;
  const auto at = file_of(project, id);
  if (!at) return at.error();
  const Folder& folder = at->records.folder;
  const auto file = read_locked(folder, at->name, context);
  if (!file) return file.error();
  if (!*file) return gone(project, id);
  if (unlinkat(folder.fd.get(), at->name.c_str(), 0) != 0)
    return system_failure(errno, "delete " + folder.path_of(at->name));
  if (const auto contents = escaped(id.str(), content_suffix)) remove_quietly(folder, *contents);
  if (auto flushed = flush(folder); !flushed) return uncertain(flushed.error());
  return {};
}

Result<std::vector<Comment>> FolderAdapter::comments(const ProjectName& project, const RecordId& id,
                                                     const CallContext& context) {
  const auto read = document_of(project, id, context, "reading the comments of ");
  if (!read) return read.error();
  return comments_in(read->json, read->updated, read->path);
}

Result<Comment> FolderAdapter::change_comments(
    const ProjectName& project, const RecordId& id, const CallContext& context, const std::string& doing,
    const std::function<Result<CommentId>(nlohmann::ordered_json& document)>& change) {
  Comment out;
  const auto changed = this->change(
      project, id, context, doing,
      [&](nlohmann::ordered_json& document, const record::Record& /*before*/, const Records& records) -> Result<void> {
        const auto made = change(document);
        if (!made) return made.error();
        auto all = comments_in(document, now(), records.folder.path_of(*escaped(id.str(), record_suffix)));
        if (!all) return all.error();
        const auto found = std::find_if(all->begin(), all->end(), [&](const Comment& one) { return one.id == *made; });
        if (found == all->end()) return no_comment(*made);
        out = std::move(*found);
        return {};
      });
  if (!changed) return changed.error();
  return out;
}

Result<Comment> FolderAdapter::add_comment(const ProjectName& project, const RecordId& id, const NewComment& comment,
                                           const CallContext& context) {
  return change_comments(project, id, context, "commenting on ",
                         [&](nlohmann::ordered_json& document) -> Result<CommentId> {
                           return folder::add_comment(document, comment, now());
                         });
}

Result<Comment> FolderAdapter::update_comment(const ProjectName& project, const RecordId& id, const CommentId& comment,
                                              const record::RichText& body, const CallContext& context) {
  return change_comments(project, id, context, "changing a comment of ",
                         [&](nlohmann::ordered_json& document) -> Result<CommentId> {
                           if (!change_comment(document, comment, body, now())) return no_comment(comment);
                           return comment;
                         });
}

Result<void> FolderAdapter::remove_comment(const ProjectName& project, const RecordId& id, const CommentId& comment,
                                           const CallContext& context) {
  return change(project, id, context, "deleting a comment of ",
                [&](nlohmann::ordered_json& document, const record::Record& /*before*/,
                    const Records& /*records*/) -> Result<void> {
                  if (!folder::remove_comment(document, comment)) return no_comment(comment);
                  return {};
                });
}

Result<std::vector<Entry>> FolderAdapter::entries(const ProjectName& project, const RecordId& id,
                                                  const CallContext& context) {
  const auto read = document_of(project, id, context, "reading the attachments of ");
  if (!read) return read.error();
  auto all = attachments_in(read->json, read->updated, read->path);
  if (!all || all->empty()) return all;
  const auto contents = open_contents(project, id);
  if (!contents) return contents.error();
  std::vector<Entry> there;
  for (Entry& entry : *all) {
    const bool may_be = *contents && is_plain(entry.file);
    const std::optional<FileStatus> status = may_be ? status_of(**contents, entry.file) : std::nullopt;
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
  const auto sent = stream_file(**contents, entry->file, sink, context);
  if (!sent) return sent.error();
  if (!*sent) return no_attachment(attachment);
  return {};
}

Result<Attachment> FolderAdapter::upload(const ProjectName& project, const RecordId& id,
                                         const NewAttachment& attachment, const Source& source,
                                         const CallContext& context) {
  if (auto proper = check_name(attachment.name); !proper) return proper.error();
  const auto before = document_of(project, id, context, "attaching to ");
  if (!before) return before.error();
  const auto records = open_records(project);
  if (!records) return records.error();
  if (!*records) return gone(project, id);
  const auto folder_name = escaped(id.str(), content_suffix);
  if (!folder_name) return folder_name.error();
  auto contents = make_child((*records)->folder, *folder_name);
  if (!contents) return contents.error();
  const auto tidied = for_each_entry(*contents, [&](std::string_view name) -> Result<void> {
    remove_leftovers(*contents, name);
    return {};
  });
  if (!tidied) return tidied.error();
  auto content = Temporary::stream(*contents, source, attachment.size, context);
  if (!content) return content.error();

  const AttachmentId made{unique_digits()};
  const std::string file = file_name(made, attachment.name);
  const auto placed = content->rename_to_free(file);
  if (!placed) return placed.error();
  if (!*placed) return make_error(Failure::unavailable, contents->path_of(file) + " is there already.");
  const Timestamp instant = now();
  auto noted = flush(*contents);
  if (noted)
    noted = change(project, id, context, "attaching to ",
                   [&](nlohmann::ordered_json& document, const record::Record& /*before*/,
                       const Records& /*records*/) -> Result<void> {
                     add_attachment(document, made, attachment, file, instant);
                     return {};
                   });
  if (!noted) {
    if (noted.error().code != Failure::uncertain) remove_quietly(*contents, file);
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
  auto changed = change(project, id, context, "deleting an attachment of ",
                        [&](nlohmann::ordered_json& document, const record::Record& /*before*/,
                            const Records& /*records*/) -> Result<void> {
                          if (!folder::remove_attachment(document, attachment)) return no_attachment(attachment);
                          return {};
                        });
  if (!changed) return changed;
  const auto contents = open_contents(project, id);
  if (!contents || !*contents) return {};
  for (const Entry& entry : *all) {
    if (entry.about.id == attachment) remove_quietly(**contents, entry.file);
  }
  return {};
}

}  // namespace syncservice::adapter::folder
