// alm/alm_adapter — the adapter itself. records.cpp has the records, comments.cpp the comments' memo, attachments.cpp
// attachments, changes.cpp changed_since.
#pragma once

#include "api.hpp"
#include "customization.hpp"
#include "memo.hpp"
#include "session.hpp"
#include "values.hpp"
#include "zone.hpp"

#include <memory>
#include <string>
#include <vector>

namespace syncservice::adapter::alm {

/// How records of one server are spoken of.
struct Options {
  std::vector<std::string> entities;  ///< types of the records; at least one. Bare ids are of the first
  std::string domain;                 ///< of projects that are named without one; may be empty
  std::string marker = "user-01";     ///< name or label of the marker's field
  std::string comments;               ///< name or label of the comments' memo; empty: ALM's own
  DateOrder dates = DateOrder::day_first;
  Zone zone;
  Form form = Form::xml;
  std::size_t page = 500;  ///< records in a page of changes
};

class AlmAdapter final : public Adapter {
 public:
  AlmAdapter(rest::Endpoint endpoint, std::shared_ptr<Sessions> sessions, Options options,
             std::shared_ptr<const Clock> clock = std::make_shared<SystemClock>());

  [[nodiscard]] Capabilities capabilities() const noexcept override;
  [[nodiscard]] Result<record::Record> read(const ProjectName& project, const RecordId& id,
                                            const CallContext& context) override;
  [[nodiscard]] Result<record::Record> create(const NewRecord& wanted, const CallContext& context) override;
  [[nodiscard]] Result<record::Record> update(const ProjectName& project, const RecordId& id,
                                              const record::Fields& patch, const CallContext& context) override;
  [[nodiscard]] Result<std::optional<record::Record>> find_by_marker(const ProjectName& project,
                                                                     const std::string& marker,
                                                                     const CallContext& context) override;
  [[nodiscard]] Result<void> ping(const CallContext& context) override;
  [[nodiscard]] Result<Description> describe(const ProjectName& project, const CallContext& context) override;
  [[nodiscard]] Result<void> remove(const ProjectName& project, const RecordId& id,
                                    const CallContext& context) override;

  [[nodiscard]] Result<std::vector<Comment>> comments(const ProjectName& project, const RecordId& id,
                                                      const CallContext& context) override;
  [[nodiscard]] Result<Comment> add_comment(const ProjectName& project, const RecordId& id, const NewComment& comment,
                                            const CallContext& context) override;

  [[nodiscard]] Result<std::vector<Attachment>> attachments(const ProjectName& project, const RecordId& id,
                                                            const CallContext& context) override;
  [[nodiscard]] Result<void> download(const ProjectName& project, const RecordId& id, const AttachmentId& attachment,
                                      const Sink& sink, const CallContext& context) override;
  [[nodiscard]] Result<Attachment> upload(const ProjectName& project, const RecordId& id,
                                          const NewAttachment& attachment, const Source& source,
                                          const CallContext& context) override;
  [[nodiscard]] Result<void> remove_attachment(const ProjectName& project, const RecordId& id,
                                               const AttachmentId& attachment, const CallContext& context) override;

  [[nodiscard]] Result<Changes> changed_since(const Selection& selection, const std::string& cursor,
                                              const CallContext& context) override;

 private:
  using SchemaPointer = Customization::SchemaPointer;

  /// Where the project is; refused when it is not named as it should be.
  [[nodiscard]] Result<Place> place_of(const ProjectName& project) const;
  /// Where the record is; not found for an id that can't be one.
  [[nodiscard]] Result<Spot> spot_of(const ProjectName& project, const RecordId& id, const std::string& doing,
                                     const CallContext& context) const;
  [[nodiscard]] RecordId id_of(const std::string& type, const std::string& number) const;
  [[nodiscard]] record::Record record_of(const Schema& schema, const Entity& entity, const ProjectName& project) const;

  /// The fields as the document of a write.
  [[nodiscard]] Result<Entity> document_of(SchemaPointer schema, const Place& place, const record::Fields& fields,
                                           bool is_new, const CallContext& context);
  void add_defaults(const Schema& schema, Entity& entity) const;
  [[nodiscard]] Result<void> add_marker(const Schema& schema, const std::string& marker, Entity& entity) const;
  /// Writes, checked out where the project has versions. The record is this thread's alone.
  [[nodiscard]] Result<Entity> write(const Schema& schema, const Spot& spot, const Entity& entity,
                                     const std::string& doing, const CallContext& context) const;
  /// Reads; what a call that broke off left checked out to us is checked in first, so that others can go on with it.
  [[nodiscard]] Result<Entity> settled(const Schema& schema, const Spot& spot, const std::string& doing,
                                       const CallContext& context) const;
  [[nodiscard]] bool is_ours(const Entity& entity) const;
  /// Checks out; good, too, when it is checked out to us already.
  [[nodiscard]] Result<void> check_out(const Spot& spot, const std::string& doing, const CallContext& context) const;
  /// Appends under the lock that is held.
  [[nodiscard]] Result<Comment> append(const Schema& schema, const Spot& spot, const NewComment& comment,
                                       const std::string& doing, const CallContext& context) const;
  [[nodiscard]] std::vector<Comment> to_comments(const Schema& schema, const Entity& entity) const;
  [[nodiscard]] Result<std::vector<Attachment>> list_attachments(const Spot& spot, const std::string& doing,
                                                                 const CallContext& context) const;
  [[nodiscard]] Attachment to_attachment(const Entity& entity) const;
  [[nodiscard]] Result<Entity> attachment_of(const Spot& spot, const AttachmentId& attachment, const std::string& doing,
                                             const CallContext& context) const;

  const Options options_;
  const std::shared_ptr<Sessions> sessions_;
  const std::shared_ptr<const Clock> clock_;
  const Api api_;
  Customization customization_;
};

/// "reading record \"12\""; `verb` ends with a blank.
[[nodiscard]] std::string about(std::string_view verb, const RecordId& id);
/// Digits alone.
[[nodiscard]] bool is_number(std::string_view text) noexcept;

}  // namespace syncservice::adapter::alm
