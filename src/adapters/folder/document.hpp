// folder/document — the JSON in a record's file.
#pragma once

#include "syncservice/adapter/adapter.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace syncservice::adapter::folder {

/// Default of the setting `marker`.
inline constexpr std::string_view default_marker_member = "syncMarker";
/// True for the members that a marker can't be.
[[nodiscard]] bool is_reserved_member(std::string_view name) noexcept;

/// The document in a file; fails (malformed) with file and position.
[[nodiscard]] Result<nlohmann::ordered_json> parse_document(std::string_view text, const std::string& path);

/// The record that the document is. Fails (malformed) where a member is not what it must be, naming it.
[[nodiscard]] Result<record::Record> to_record(const nlohmann::ordered_json& document, const ProjectName& project,
                                               const RecordId& id, const std::string& marker_member,
                                               const std::string& path);

/// `type`: the fields as a schema has them; null without one.
[[nodiscard]] nlohmann::ordered_json new_document(const NewRecord& wanted, const std::string& id,
                                                  const std::string& marker_member, const TypeInfo* type);

/// Sets the fields; everything else stays. The document is one that to_record takes.
void apply(nlohmann::ordered_json& document, const record::Fields& patch, const TypeInfo* type);

/// The comments of the document, oldest first. One without an id goes by its content; one without an instant is as old
/// as the file (`updated`). No two have one id, even where the file gives them one.
[[nodiscard]] Result<std::vector<Comment>> comments_in(const nlohmann::ordered_json& document, Timestamp updated,
                                                       const std::string& path);
/// Adds one and gives it an id that no comment had before.
[[nodiscard]] CommentId add_comment(nlohmann::ordered_json& document, const NewComment& comment, Timestamp now);
/// False when there is none of that id.
[[nodiscard]] bool change_comment(nlohmann::ordered_json& document, const CommentId& id, const record::RichText& body,
                                  Timestamp now);
[[nodiscard]] bool remove_comment(nlohmann::ordered_json& document, const CommentId& id);

/// An attachment as the document has it; its content lies under the name `file`.
struct Entry {
  Attachment about;
  std::string file;
};
/// The same for attachments.
[[nodiscard]] Result<std::vector<Entry>> attachments_in(const nlohmann::ordered_json& document, Timestamp updated,
                                                        const std::string& path);
void add_attachment(nlohmann::ordered_json& document, const AttachmentId& id, const NewAttachment& attachment,
                    const std::string& file, Timestamp now);
[[nodiscard]] bool remove_attachment(nlohmann::ordered_json& document, const AttachmentId& id);

/// As a file holds it.
[[nodiscard]] std::string to_text(const nlohmann::ordered_json& document);

}  // namespace syncservice::adapter::folder
