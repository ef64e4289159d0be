// helix_alm/helix_alm_adapter — the adapter itself. records.cpp reads and finds, writes.cpp creates and changes,
// status.cpp has the events of the workflow, comments.cpp and attachments.cpp what their names say, changes.cpp
// changed_since, notification.cpp what webhooks send.
#pragma once

#include "api.hpp"
#include "schemas.hpp"
#include "workflow.hpp"

#include <array>
#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace syncservice::adapter::helix_alm {

/// How records of one server are spoken of.
struct Options {
  std::vector<const ItemType*> types;  ///< of the records; at least one. Bare ids are of the first
  Labels labels{{}, "Date Modified"};
  Workflow workflow;
  std::string requirement_type;  ///< of new requirements whose mapping says none; may be empty
  std::size_t page = 300;        ///< records in a page of changes
};

class HelixAlmAdapter final : public Adapter {
 public:
  HelixAlmAdapter(rest::Endpoint endpoint, rest::Credential credential, Options options,
                  std::shared_ptr<const Clock> clock = std::make_shared<SystemClock>(),
                  std::shared_ptr<Pace> pace = std::make_shared<Pace>());

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

  [[nodiscard]] Result<Changes> changed_since(const Selection& selection, const std::string& cursor,
                                              const CallContext& context) override;
  [[nodiscard]] Result<Notified> read_notification(const Notification& notification) const override;

 private:
  using SchemaPointer = Schemas::SchemaPointer;
  using Alone = std::unique_lock<std::timed_mutex>;

  /// What a write consists of, in the API's terms.
  struct Writes {
    Json fields = Json::array();
    Json found_by = Json::object();  ///< members of the first found-by record
    Json requirement_type;
    std::string status;      ///< empty: none is wanted
    record::Fields checked;  ///< what is looked at afterwards
    SchemaPointer schema;
    [[nodiscard]] bool empty() const { return fields.empty() && found_by.empty() && requirement_type.is_null(); }
  };

  // records.cpp
  [[nodiscard]] Result<Place> place_of(const ProjectName& project, const ItemType& type) const;
  /// Where the record is; a tag is looked up. Not found for an id that can't be one.
  [[nodiscard]] Result<Spot> spot_of(const ProjectName& project, const RecordId& id, const std::string& doing,
                                     const CallContext& context) const;
  [[nodiscard]] Result<std::string> id_of_tag(const Place& place, const std::string& tag, const RecordId& id,
                                              const std::string& doing, const CallContext& context) const;
  [[nodiscard]] RecordId id_of(const ItemType& type, const std::string& number) const;
  [[nodiscard]] record::Record record_of(const Spot& spot, const Json& item) const;
  /// All records that the search finds, page by page; ends when `take` says false.
  [[nodiscard]] Result<void> each_found(const Place& place, Listing listing, const std::string& doing,
                                        const CallContext& context,
                                        const std::function<bool(const Json& item)>& take) const;
  /// A 404 for a part of a record or for something that it was given: gone when the record is, else refused.
  [[nodiscard]] Error missing(const Spot& spot, const Error& error, const std::string& doing,
                              const CallContext& context) const;
  /// What is read, changed and written back as a whole is so by one thread at a time.
  [[nodiscard]] Result<Alone> alone(const Spot& spot, const std::string& doing, const CallContext& context);

  // writes.cpp
  [[nodiscard]] Result<Writes> to_writes(const Place& place, const record::Fields& fields, bool is_new,
                                         const CallContext& context);
  [[nodiscard]] Result<void> split(const record::Fields& fields, Writes& writes) const;
  [[nodiscard]] Result<Json> new_item(const Place& place, const Writes& writes, const std::string& marker) const;
  [[nodiscard]] Result<Json> finished(const Spot& spot, const Writes& writes, const std::string& marker, Json item,
                                      const std::vector<Problem>& problems, const CallContext& context);
  [[nodiscard]] Result<void> put(const Spot& spot, Json item, const std::string& doing, const CallContext& context);
  /// All found-by records of an issue with the first one changed: a write replaces the collection.
  [[nodiscard]] static Json found_by_records(const Json& item, const Json& changes);
  [[nodiscard]] Result<void> check_kept(const Spot& spot, const Writes& writes, const record::Record& now) const;

  // status.cpp
  /// Goes there event by event, and gives the record as it is then.
  [[nodiscard]] Result<Json> reach_status(const Spot& spot, Json item, const std::string& status,
                                          const std::string& doing, const CallContext& context) const;
  [[nodiscard]] Result<std::string> post_event(const Spot& spot, Json event, const std::string& doing,
                                               const CallContext& context) const;

  // comments.cpp
  [[nodiscard]] std::vector<Comment> to_comments(const Json& events) const;

  // attachments.cpp
  [[nodiscard]] Result<std::string> found_by_for(const Spot& spot, const std::string& doing,
                                                 const CallContext& context);

  // changes.cpp
  [[nodiscard]] Result<Page> changed_page(const Place& place, const std::string& query, Timestamp since,
                                          Listing listing, const std::string& doing, const CallContext& context);

  const Options options_;
  const std::shared_ptr<const Clock> clock_;
  const Api api_;
  Schemas schemas_;
  std::atomic<bool> dates_can_be_searched_{true};
  std::array<std::timed_mutex, 64> records_;  // by the hash of a Spot
};

/// "reading record \"12\""; `verb` ends with a blank.
[[nodiscard]] std::string about(std::string_view verb, const RecordId& id);
/// Digits alone.
[[nodiscard]] bool is_number(std::string_view text) noexcept;
/// As a write that may have happened: whoever asked must look before it writes again.
[[nodiscard]] Error as_uncertain(const Error& error, const std::string& doing);

}  // namespace syncservice::adapter::helix_alm
