// The adapter of one Jira.
#pragma once

#include "api.hpp"
#include "changes.hpp"
#include "marker.hpp"
#include "metadata.hpp"
#include "people.hpp"
#include "values.hpp"
#include "workflow.hpp"

#include "syncservice/adapter/adapter.hpp"
#include "syncservice/adapter/failure.hpp"

#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace syncservice::adapter::jira {

/// How a private comment is written.
struct Privacy {
  enum class How : std::uint8_t { not_at_all, internal, role, group };
  How how = How::not_at_all;
  std::string name;  ///< of the role or the group
};

struct Options {
  std::string marker_field;  ///< name or id of a text field; empty: a label
  Privacy privacy;
  /// How far the search index may lag behind.
  std::chrono::milliseconds search_lag{30'000};
  std::size_t page = 100;  ///< issues in one page of changes
};

/// What was read of an issue and saves asking for it again.
struct Seen {
  std::string project;  ///< key
  std::string type_id;
  Status status;
  std::vector<std::string> marker_labels;
};

/// An issue as it was read.
struct Issue {
  record::Record record;
  std::string key;
  Mark mark;
  Seen seen;
};

class JiraAdapter final : public Adapter {
 public:
  JiraAdapter(std::unique_ptr<Api> api, Options options);

  [[nodiscard]] Capabilities capabilities() const noexcept override;
  [[nodiscard]] bool in_steps(std::string_view field) const noexcept override { return field == "status"; }
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
  [[nodiscard]] Result<Comment> update_comment(const ProjectName& project, const RecordId& id, const CommentId& comment,
                                               const record::RichText& body, const CallContext& context) override;
  [[nodiscard]] Result<void> remove_comment(const ProjectName& project, const RecordId& id, const CommentId& comment,
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
  /// A patch in Jira's terms.
  struct Writes {
    nlohmann::json fields = nlohmann::json::object();
    std::optional<record::Option> status;
    std::map<std::string, std::vector<std::string>> links;  ///< by description ("blocks"), ids of issues
  };

  // issues.cpp
  [[nodiscard]] Result<Issue> issue(const ProjectName& project, const RecordId& id, const Call& call);
  [[nodiscard]] Result<Issue> finished(Issue issue, const ProjectName& project, const Call& call);
  [[nodiscard]] Result<Issue> to_issue(const nlohmann::json& answer, const Call& call);
  [[nodiscard]] Result<record::Fields> to_fields(const nlohmann::json& fields, const FieldTable& table,
                                                 const Server& server, const Call& call);
  void remember_people(const record::Value& value);
  [[nodiscard]] Result<std::string> id_of_key(const std::string& key, const Call& call);
  [[nodiscard]] Result<std::string> key_of_id(const std::string& id, const Call& call);
  [[nodiscard]] Result<Seen> seen(const RecordId& id, const Call& call);
  [[nodiscard]] Result<Seen> look(const RecordId& id, const Call& call);

  // writes.cpp
  [[nodiscard]] Result<Writes> to_writes(const record::Fields& patch, const Call& call);
  /// `just_read`: what the issue is now; else it is asked for where that matters.
  [[nodiscard]] Result<void> apply(const RecordId& id, const record::Fields& patch, const Call& call,
                                   const Seen* just_read = nullptr);
  [[nodiscard]] Result<void> put_fields(const RecordId& id, const nlohmann::json& fields, const Call& call);
  /// As put_fields; what can't be edited in the issue's present status is left as it is.
  [[nodiscard]] Result<void> put_editable(const RecordId& id, const nlohmann::json& fields, const Call& call);
  [[nodiscard]] Result<void> apply_status(const RecordId& id, Writes& writes, const Call& call, const Seen* just_read);
  [[nodiscard]] Result<void> check_status(const Seen& seen, const record::Option& wanted, const Call& call);

  // create.cpp
  [[nodiscard]] Result<void> put_marker(nlohmann::json& fields, const std::string& marker,
                                        const FieldTable& table) const;
  [[nodiscard]] Result<Issue> complete(const Issue& issue, const Call& call);
  [[nodiscard]] Result<Issue> settle(const Issue& issue, const Call& call);
  [[nodiscard]] Error undo(const std::string& id, const std::string& key, Error error, const Call& call);

  // attachments.cpp
  [[nodiscard]] Result<nlohmann::json> attached(const RecordId& id, const Call& call);
  [[nodiscard]] Result<nlohmann::json> attached(const RecordId& id, const AttachmentId& attachment, const Call& call);

  // describe.cpp
  [[nodiscard]] Result<std::vector<ProjectInfo>> projects(const Call& call);
  /// Of all projects: what any of them may have, and nothing that must be there.
  [[nodiscard]] Result<std::vector<TypeInfo>> all_types(const std::vector<FieldInfo>& common, const Call& call);
  [[nodiscard]] Result<TypeInfo> type_info(const std::string& project, const IssueType& type,
                                           const std::vector<FieldInfo>& common, const Call& call);

  // reach.cpp
  [[nodiscard]] Result<std::map<std::string, std::string>> samples(const std::string& project,
                                                                   const std::string& type_id,
                                                                   const std::vector<Status>& statuses,
                                                                   const Call& call);
  [[nodiscard]] Result<std::vector<Status>> reachable(const std::string& project, const std::string& type_id,
                                                      const std::vector<Status>& statuses, const Call& call);

  // changes.cpp
  [[nodiscard]] Result<SearchPage> next_page(const SearchScope& scope, ChangeCursor& at, const Call& call);

  // links.cpp
  [[nodiscard]] Result<void> apply_links(const RecordId& id,
                                         const std::map<std::string, std::vector<std::string>>& wanted,
                                         const Call& call);

  std::unique_ptr<Api> api_;
  const Options options_;
  Metadata metadata_{*api_};
  People people_{*api_};
  Cache<std::string, Seen> seen_;         // by issue id
  Cache<std::string, bool> unknown_;      // ids of fields that issues have and the list of fields has not
  Cache<std::string, std::string> ids_;   // of issues by key
  Cache<std::string, std::string> keys_;  // of issues by id
  std::mutex mutex_;
  using Clock = std::chrono::steady_clock;
  struct Learned {
    Workflow workflow;
    Clock::time_point since = Clock::now();
  };
  std::map<std::pair<std::string, std::string>, Learned> workflows_;  // by project and type id; guarded by mutex_
  std::set<std::string> in_creation_;                                 // ids of issues; guarded by mutex_
};

/// The adapter that the settings describe. `page`: issues in one page of changes.
[[nodiscard]] Result<std::unique_ptr<Adapter>> make(const Settings& settings, std::size_t page);

/// Refused (permanent) when it can be neither the id nor the key of an issue.
[[nodiscard]] Result<void> check_id(const RecordId& id);
/// As a write that may have happened: whoever asked must look before it writes again.
[[nodiscard]] Error as_uncertain(Error error);

}  // namespace syncservice::adapter::jira
