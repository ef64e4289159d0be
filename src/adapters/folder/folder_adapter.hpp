// folder/folder_adapter — the adapter itself. folder.cpp has the records, extras.cpp comments and attachments,
// changes.cpp changed_since, describe.cpp describe.
#pragma once

#include "changes.hpp"
#include "document.hpp"
#include "files.hpp"
#include "markers.hpp"
#include "schema.hpp"

#include "syncservice/adapter/adapter.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace syncservice::adapter::folder {

inline constexpr std::string_view record_suffix = ".json", content_suffix = ".files";

/// Hands out the numbers of new records. Each once in this process; another one may still be faster. A number that a
/// record of ours had is not given again, as long as the index of markers remembers it. Thread-safe.
class Numbers {
 public:
  /// The next one; `taken`: the last turned out to exist, so look at the folder again.
  [[nodiscard]] Result<std::int64_t> next(const Folder& folder, const Markers& markers, const std::string& prefix,
                                          bool taken);

 private:
  std::mutex mutex_;
  std::map<std::string, std::int64_t> last_;  // by prefix
};

/// An open folder of records, and the schema that counts there; null when there is none.
struct Records {
  Folder folder;
  std::shared_ptr<const Schema> schema;
  /// The fields of a type; null without a schema.
  [[nodiscard]] const TypeInfo* type(std::string_view name) const noexcept {
    return schema == nullptr ? nullptr : &schema->type(name);
  }
};

/// So many changed records at once, unless a test wants fewer. Every so many pages, one costs a look at every file.
inline constexpr std::size_t default_page = 1'000;

class FolderAdapter final : public Adapter {
 public:
  FolderAdapter(std::string path, std::string marker_member, std::size_t page = default_page)
      : path_(std::move(path)), marker_member_(std::move(marker_member)), page_(page) {}

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
  /// Changes the document of a record, which is `before`, in that folder.
  using Change = std::function<Result<void>(nlohmann::ordered_json& document, const record::Record& before,
                                            const Records& records)>;
  /// What a record's file holds.
  struct Document {
    nlohmann::ordered_json json;
    Timestamp updated{};
    std::string path;
  };
  /// The folder of a project's records; empty when there is none yet.
  [[nodiscard]] Result<std::optional<Records>> open_records(const ProjectName& project);
  [[nodiscard]] Result<Records> make_records(const ProjectName& project);
  /// Where a record's file is, or would be.
  struct RecordFile {
    Records records;
    std::string name;
  };
  /// Gone when not even its folder is there.
  [[nodiscard]] Result<RecordFile> file_of(const ProjectName& project, const RecordId& id);
  [[nodiscard]] Result<record::Record> read_in(const Records& records, const std::string& name,
                                               const ProjectName& project, const RecordId& id) const;
  /// Reads, changes and replaces a record's file under its lock; gone when there is none. Once it is written, what
  /// fails is uncertain.
  [[nodiscard]] Result<void> change(const ProjectName& project, const RecordId& id, const CallContext& context,
                                    const std::string& doing, const Change& change);
  /// Reads a record's document without changing it; gone when there is none.
  [[nodiscard]] Result<Document> document_of(const ProjectName& project, const RecordId& id, const CallContext& context,
                                             const std::string& doing);
  /// Changes a record so that it has a comment, which is then returned.
  [[nodiscard]] Result<Comment> change_comments(
      const ProjectName& project, const RecordId& id, const CallContext& context, const std::string& doing,
      const std::function<Result<CommentId>(nlohmann::ordered_json& document)>& change);
  /// The attachments with their sizes; those whose content is missing are left out.
  [[nodiscard]] Result<std::vector<Entry>> entries(const ProjectName& project, const RecordId& id,
                                                   const CallContext& context);
  /// The folder with the contents of a record's attachments; empty when there is none.
  [[nodiscard]] Result<std::optional<Folder>> open_contents(const ProjectName& project, const RecordId& id);
  /// The projects' folders by name.
  [[nodiscard]] Result<std::vector<ProjectName>> projects(const Folder& base) const;
  /// What was changed after a place, in the project or in all of them.
  [[nodiscard]] Result<Listing> list_after(const ProjectName& project, const Place& after, const CallContext& context);
  /// The record there; empty when it is gone or of another type.
  [[nodiscard]] Result<std::optional<ChangedRecord>> changed_at(const Place& place, const std::string& type);
  [[nodiscard]] Error gone(const ProjectName& project, const RecordId& id) const;

  const std::string path_;
  const std::string marker_member_;
  const std::size_t page_;
  Numbers numbers_;
  Schemas schemas_;
  Ahead ahead_;
};

/// "record \"QC-20\" of project \"QC\"", for messages.
[[nodiscard]] std::string named(const ProjectName& project, const RecordId& id);

}  // namespace syncservice::adapter::folder
