// servicenow/servicenow_adapter — the adapter itself. records.cpp has the records, comments.cpp the journal fields,
// attachments.cpp attachments, changes.cpp changed_since.
#pragma once

#include "api.hpp"
#include "lookups.hpp"
#include "tables.hpp"
#include "values.hpp"

#include "syncservice/adapter/fit.hpp"

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace syncservice::adapter::servicenow {

/// What one instance is spoken to with.
struct Options {
  std::vector<std::string> tables;  ///< whose rows are records; at least one
  std::string marker = "correlation_id";
  std::string language = "en";  ///< of choices
  bool formatted_comments = true;
  std::size_t page = 500;  ///< records in a page of changes
};

class ServiceNowAdapter final : public Adapter {
 public:
  using Columns = std::vector<std::string>;
  using Names = std::optional<Columns>;

  ServiceNowAdapter(rest::Endpoint endpoint, rest::Credential credential, Options options);

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
  using TablePointer = std::shared_ptr<const Table>;
  /// A record's row, and the table that it was read from.
  struct Found {
    TablePointer table;
    Json row;
  };
  /// Where a record is.
  struct Place {
    TablePointer table;
    std::string sys_id;
  };

  /// The row with both values: all that makes a record, or the columns named alone.
  [[nodiscard]] Result<Found> find(const RecordId& id, const Names& names, const std::string& doing,
                                   const CallContext& context);
  [[nodiscard]] Result<Found> find_by_sys_id(const RecordId& id, const Names& names, const std::string& doing,
                                             const CallContext& context);
  [[nodiscard]] Result<Found> find_by_number(const RecordId& id, const Names& names, const std::string& doing,
                                             const CallContext& context);
  /// Without a call where the table is known.
  [[nodiscard]] Result<Place> locate(const RecordId& id, const std::string& doing, const CallContext& context);
  /// All tables, the likeliest first.
  [[nodiscard]] Result<std::vector<std::string>> tables_of(const std::string& sys_id, const std::string& doing,
                                                           const CallContext& context);
  /// After a 404 for a sys_id: gone, or there and hidden by an access rule, which is not gone.
  [[nodiscard]] Error missing(const RecordId& id, const std::string& doing, const CallContext& context) const;
  [[nodiscard]] std::optional<std::string> remembered_table(const std::string& sys_id);
  /// What was just seen there, and its number if that is known.
  void remember(const std::string& table, const Json& row);
  void forget(const std::string& sys_id);
  /// The table and sys_id that a record, by sys_id or number, was seen at no longer ago than that.
  [[nodiscard]] std::optional<std::pair<std::string, std::string>> seen_within(std::chrono::milliseconds age,
                                                                               const RecordId& id);
  /// The sys_id of a record that is there: without a call when it was seen in the same pass.
  [[nodiscard]] Result<std::string> present(const RecordId& id, const std::string& doing, const CallContext& context);
  void forget_quiet(const std::string& sys_id);
  /// Refused when the record's form shows comments, which its journal then hides.
  [[nodiscard]] Result<void> check_quiet(const std::string& sys_id, const std::string& doing,
                                         const CallContext& context);

  /// The fields as the body of a write.
  [[nodiscard]] Result<Json> body_of(TablePointer table, const record::Fields& fields, Write write,
                                     const CallContext& context);
  [[nodiscard]] Result<std::string> stored_value(const Column& column, const record::Value& value,
                                                 const CallContext& context);
  [[nodiscard]] Result<std::string> stored_one(const Column& column, const record::Value& value,
                                               const CallContext& context);
  [[nodiscard]] Result<void> check_marker_column(const Table& table) const;

  /// Journal entries, in the order that the query says; `most` of them, or all (0).
  [[nodiscard]] Result<std::vector<Json>> journal(const std::string& query, std::size_t most, const std::string& fields,
                                                  const std::string& doing, const CallContext& context) const;
  [[nodiscard]] Result<std::vector<Comment>> to_comments(const std::vector<Json>& entries, const CallContext& context);

  /// Of that record; not found otherwise.
  [[nodiscard]] Result<Json> attachment_row(const RecordId& id, const AttachmentId& attachment,
                                            const std::string& doing, const CallContext& context);
  [[nodiscard]] Result<std::vector<Attachment>> to_attachments(const std::vector<Json>& rows,
                                                               const CallContext& context);

  [[nodiscard]] Result<void> check_query(const Table& table, const std::string& query, const CallContext& context);

  const Options options_;
  const SystemClock clock_;
  const Api api_;
  Tables tables_;
  Lookups lookups_;
  std::mutex mutex_;
  struct Seen {
    std::string table, sys_id;
    std::string number;  ///< in lower case; may be empty
    Timestamp at{};
  };
  std::unordered_map<std::string, Seen> seen_;        // by sys_id, and by number in lower case; guarded by mutex_
  std::unordered_map<std::string, Timestamp> quiet_;  // sys_ids without comments, and since when; guarded by mutex_
};

/// "reading record \"INC0010023\""; `verb` ends with a blank.
[[nodiscard]] std::string about(std::string_view verb, const RecordId& id);

}  // namespace syncservice::adapter::servicenow
