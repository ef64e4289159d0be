// Comments and attachments in the JSON of a record's file.
#include "document.hpp"
#include "files.hpp"

#include "syncservice/adapter/failure.hpp"
#include "syncservice/base/hash.hpp"
#include "syncservice/base/text.hpp"
#include "syncservice/record/rich_text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cstdio>
#include <map>

namespace syncservice::adapter::folder {
namespace {

using Json = nlohmann::ordered_json;

Error malformed(const std::string& path, const std::string& what) {
  return make_error(Failure::malformed, path + ": " + what);
}

// The member as a list of objects; empty when it is absent.
Result<std::vector<const Json*>> objects_in(const Json& document, const char* member, const std::string& path) {
  std::vector<const Json*> out;
  const auto found = document.find(member);
  if (found == document.end() || found->is_null()) return out;
  if (!found->is_array()) return malformed(path, "The member \"" + std::string{member} + "\" must be a list.");
  for (const Json& item : *found) {
    if (!item.is_object())
      return malformed(path, "An item of \"" + std::string{member} + "\" must be an object, not " +
                                 std::string{item.type_name()} + ".");
    out.push_back(&item);
  }
  return out;
}

std::string text_of(const Json& item, const char* member) {
  const auto found = item.find(member);
  if (found == item.end() || found->is_null()) return {};
  return found->is_string() ? found->get<std::string>() : found->dump();
}

// "Jane", or {"id":…,"name":…,"email":…}.
record::User author_of(const Json& item) {
  const auto found = item.find("author");
  if (found == item.end()) return {};
  if (found->is_object()) return {text_of(*found, "id"), text_of(*found, "name"), text_of(*found, "email")};
  return {{}, text_of(item, "author"), {}};
}

Result<std::optional<Timestamp>> instant_of(const Json& item, const char* member, const std::string& path) {
  const std::string text = text_of(item, member);
  if (text.empty()) return std::optional<Timestamp>{};
  const std::optional<record::Instant> instant = record::instant_from_text(text);
  if (!instant)
    return malformed(
        path, "\"" + text::printable(text) + "\" in \"" + member + "\" is no instant such as 2026-11-24T02:53:11Z.");
  return std::optional{instant->at};
}

// Of an item that names none: stays as long as its content does.
std::string id_by_content(const Json& item) {
  return 'c' + to_hex(fnv1a(item.dump(-1, ' ', false, Json::error_handler_t::replace)));
}

std::string comment_id(const Json& item) {
  std::string id = text_of(item, "id");
  return id.empty() ? id_by_content(item) : id;
}

std::string attachment_id(const Json& item) {
  std::string id = text_of(item, "id");
  return id.empty() ? text_of(item, "file") : id;
}

// The ids of the items, each once: a second one of the same id gets a number of its own.
template <class IdOf>
std::vector<std::string> ids_in(const Json& list, const IdOf& id_of) {
  std::vector<std::string> out;
  std::map<std::string, int> seen;
  for (const Json& item : list) {
    std::string id = item.is_object() ? id_of(item) : std::string{};
    const int times = ++seen[id];
    if (times > 1) id.append("-").append(std::to_string(times));
    out.push_back(std::move(id));
  }
  return out;
}

Json& list_in(Json& document, const char* member) {
  Json& list = document[member];
  if (!list.is_array()) list = Json::array();
  return list;
}

// Null when there is none of that id.
template <class IdOf>
Json* find_item(Json& list, const std::string& id, const IdOf& id_of) {
  const std::vector<std::string> ids = ids_in(list, id_of);
  const auto found = std::find(ids.begin(), ids.end(), id);
  return found == ids.end() ? nullptr : &list[static_cast<std::size_t>(found - ids.begin())];
}

template <class IdOf>
bool remove_item(Json& list, const std::string& id, const IdOf& id_of) {
  const Json* item = find_item(list, id, id_of);
  if (item == nullptr) return false;
  list.erase(static_cast<std::size_t>(item - &list[0]));
  return true;
}

}  // namespace

Result<std::vector<Comment>> comments_in(const Json& document, Timestamp updated, const std::string& path) {
  const auto items = objects_in(document, "comments", path);
  if (!items) return items.error();
  std::vector<Comment> out;
  const std::vector<std::string> ids =
      items->empty() ? std::vector<std::string>{} : ids_in(document.at("comments"), comment_id);
  for (std::size_t i = 0; i < items->size(); ++i) {
    const Json* item = (*items)[i];
    const auto created = instant_of(*item, "created", path);
    const auto edited = instant_of(*item, "edited", path);
    if (!created) return created.error();
    if (!edited) return edited.error();
    Comment comment;
    comment.id = CommentId{ids[i]};
    comment.author = author_of(*item);
    comment.created = created->value_or(updated);
    comment.edited = *edited;
    comment.body = record::from_html(text_of(*item, "body"));
    const auto is_private = item->find("private");
    comment.is_private = is_private != item->end() && is_private->is_boolean() && is_private->get<bool>();
    out.push_back(std::move(comment));
  }
  std::stable_sort(out.begin(), out.end(),
                   [](const Comment& left, const Comment& right) { return left.created < right.created; });
  return out;
}

CommentId add_comment(Json& document, const NewComment& comment, Timestamp now) {
  const std::string id = unique_digits();
  Json item{{"id", id}, {"author", "syncservice"}, {"created", to_rfc3339(now)}, {"body", comment.body.html()}};
  if (comment.is_private) item["private"] = true;
  list_in(document, "comments").push_back(std::move(item));
  return CommentId{id};
}

bool change_comment(Json& document, const CommentId& id, const record::RichText& body, Timestamp now) {
  Json* item = find_item(list_in(document, "comments"), id.str(), comment_id);
  if (item == nullptr) return false;
  (*item)["id"] = id.str();
  (*item)["body"] = body.html();
  (*item)["edited"] = to_rfc3339(now);
  return true;
}

bool remove_comment(Json& document, const CommentId& id) {
  return remove_item(list_in(document, "comments"), id.str(), comment_id);
}

Result<std::vector<Entry>> attachments_in(const Json& document, Timestamp updated, const std::string& path) {
  const auto items = objects_in(document, "attachments", path);
  if (!items) return items.error();
  std::vector<Entry> out;
  const std::vector<std::string> ids =
      items->empty() ? std::vector<std::string>{} : ids_in(document.at("attachments"), attachment_id);
  for (std::size_t i = 0; i < items->size(); ++i) {
    const Json* item = (*items)[i];
    const auto created = instant_of(*item, "created", path);
    if (!created) return created.error();
    Entry entry;
    entry.file = text_of(*item, "file");
    if (entry.file.empty())
      return malformed(path, "An attachment has no member \"file\"; it names the file that holds the content.");
    entry.about.id = AttachmentId{ids[i]};
    entry.about.name = text_of(*item, "name");
    if (entry.about.name.empty()) entry.about.name = entry.file;
    entry.about.media_type = text_of(*item, "mediaType");
    entry.about.author = author_of(*item);
    entry.about.created = created->value_or(updated);
    out.push_back(std::move(entry));
  }
  std::stable_sort(out.begin(), out.end(),
                   [](const Entry& left, const Entry& right) { return left.about.created < right.about.created; });
  return out;
}

void add_attachment(Json& document, const AttachmentId& id, const NewAttachment& attachment, const std::string& file,
                    Timestamp now) {
  Json item{{"id", id.str()}, {"name", attachment.name}, {"file", file}, {"created", to_rfc3339(now)}};
  if (!attachment.media_type.empty()) item["mediaType"] = attachment.media_type;
  list_in(document, "attachments").push_back(std::move(item));
}

bool remove_attachment(Json& document, const AttachmentId& id) {
  return remove_item(list_in(document, "attachments"), id.str(), attachment_id);
}

}  // namespace syncservice::adapter::folder
