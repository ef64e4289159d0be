// folder/folder_adapter — the adapter itself. folder.cpp has the records, extras.cpp comments, attachments and changes.
#pragma once

#include "document.hpp"
#include "files.hpp"

#include "syncservice/adapter/adapter.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace syncservice::adapter::folder {

inline constexpr std::string_view record_suffix = ".json", content_suffix = ".files";

/// Hands out the numbers of new records. Each once in this process; another one may still be faster. Thread-safe.
class Numbers {
 public:
  /// The next one; `taken`: the last turned out to exist, so look at the folder again.
  [[nodiscard]] Result<std::int64_t> next(const Folder& folder, const std::string& prefix, bool taken);

 private:
  std::mutex mutex_;
  std::map<std::string, std::int64_t> last_;  // by prefix
};

class FolderAdapter final : public Adapter {
 public:
  FolderAdapter(std::string path, std::string marker_member)
      : path_(std::move(path)), marker_member_(std::move(marker_member)) {}

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
  using Change = std::function<Result<void>(nlohmann::ordered_json& document)>;
  /// The folder of a project's records; empty when there is none yet.
  [[nodiscard]] Result<std::optional<Folder>> open_records(const ProjectName& project) const;
  [[nodiscard]] Result<Folder> make_records(const ProjectName& project) const;
  [[nodiscard]] Result<record::Record> read_in(const Folder& records, const std::string& name,
                                               const ProjectName& project, const RecordId& id) const;
  /// Reads, changes and replaces a record's file under its lock; gone when there is none.
  [[nodiscard]] Result<void> change(const ProjectName& project, const RecordId& id, const CallContext& context,
                                    const std::string& doing, const Change& change) const;
  /// Reads a record's document without changing it; gone when there is none.
  [[nodiscard]] Result<std::pair<nlohmann::ordered_json, Timestamp>> document_of(const ProjectName& project,
                                                                                 const RecordId& id,
                                                                                 const CallContext& context,
                                                                                 const std::string& doing) const;
  /// The attachments with their sizes; those whose content is missing are left out.
  [[nodiscard]] Result<std::vector<Entry>> entries(const ProjectName& project, const RecordId& id,
                                                   const CallContext& context) const;
  /// The folder with the contents of a record's attachments; empty when there is none.
  [[nodiscard]] Result<std::optional<Folder>> open_contents(const ProjectName& project, const RecordId& id) const;
  [[nodiscard]] Error gone(const ProjectName& project, const RecordId& id) const;

  const std::string path_;
  const std::string marker_member_;
  Numbers numbers_;
};

/// "record \"QC-20\" of project \"QC\"", for messages.
[[nodiscard]] std::string named(const ProjectName& project, const RecordId& id);

}  // namespace syncservice::adapter::folder
