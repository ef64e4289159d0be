#include "syncservice/adapter/adapter.hpp"

#include "syncservice/adapter/failure.hpp"

namespace syncservice::adapter {
namespace {

Error unable(std::string_view what) {
  return make_error(Failure::refused, "This adapter can't " + std::string{what} + "; its capabilities say so.");
}

}  // namespace

std::string_view to_string(FieldKind kind) noexcept {
  switch (kind) {
    case FieldKind::text:
      return "text";
    case FieldKind::rich_text:
      return "rich text";
    case FieldKind::integer:
      return "integer";
    case FieldKind::decimal:
      return "decimal";
    case FieldKind::boolean:
      return "boolean";
    case FieldKind::date:
      return "date";
    case FieldKind::instant:
      return "instant";
    case FieldKind::user:
      return "user";
    case FieldKind::option:
      return "option";
    case FieldKind::reference:
      return "reference";
  }
  return "unknown";
}

Result<Description> Adapter::describe(const ProjectName& /*project*/, const CallContext& /*context*/) {
  return unable("describe projects and fields");
}

Result<void> Adapter::remove(const ProjectName& /*project*/, const RecordId& /*id*/, const CallContext& /*context*/) {
  return unable("delete records");
}

Result<std::vector<Comment>> Adapter::comments(const ProjectName& /*project*/, const RecordId& /*id*/,
                                               const CallContext& /*context*/) {
  return unable("read comments");
}

Result<Comment> Adapter::add_comment(const ProjectName& /*project*/, const RecordId& /*id*/,
                                     const NewComment& /*comment*/, const CallContext& /*context*/) {
  return unable("add comments");
}

Result<Comment> Adapter::update_comment(const ProjectName& /*project*/, const RecordId& /*id*/,
                                        const CommentId& /*comment*/, const record::RichText& /*body*/,
                                        const CallContext& /*context*/) {
  return unable("change comments");
}

Result<void> Adapter::remove_comment(const ProjectName& /*project*/, const RecordId& /*id*/,
                                     const CommentId& /*comment*/, const CallContext& /*context*/) {
  return unable("delete comments");
}

Result<std::vector<Attachment>> Adapter::attachments(const ProjectName& /*project*/, const RecordId& /*id*/,
                                                     const CallContext& /*context*/) {
  return unable("read attachments");
}

Result<void> Adapter::download(const ProjectName& /*project*/, const RecordId& /*id*/,
                               const AttachmentId& /*attachment*/, const Sink& /*sink*/,
                               const CallContext& /*context*/) {
  return unable("download attachments");
}

Result<Attachment> Adapter::upload(const ProjectName& /*project*/, const RecordId& /*id*/,
                                   const NewAttachment& /*attachment*/, const Source& /*source*/,
                                   const CallContext& /*context*/) {
  return unable("add attachments");
}

Result<void> Adapter::remove_attachment(const ProjectName& /*project*/, const RecordId& /*id*/,
                                        const AttachmentId& /*attachment*/, const CallContext& /*context*/) {
  return unable("delete attachments");
}

Result<Changes> Adapter::changed_since(const Selection& /*selection*/, const std::string& /*cursor*/,
                                       const CallContext& /*context*/) {
  return unable("list changes");
}

Result<Notified> Adapter::read_notification(const Notification& /*notification*/) const {
  return unable("read notifications");
}

}  // namespace syncservice::adapter
