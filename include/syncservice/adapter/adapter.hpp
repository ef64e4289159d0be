// adapter — the port to a system that holds records. Vendor-free; each system is one target under adapters/ that
// implements Adapter and is handed to the registry as a Kind. Every reply is classified once, here (FailureClass),
// and an adapter never retries.
#pragma once

#include "syncservice/base/clock.hpp"
#include "syncservice/base/ids.hpp"
#include "syncservice/base/result.hpp"
#include "syncservice/record/record.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace syncservice::adapter {

/// What the remote's own headers say of its rate limit, after an answer of any kind.
struct RateLimit {
  std::optional<std::uint64_t> remaining;              ///< calls left in the present window
  std::optional<std::chrono::milliseconds> resets_in;  ///< until the window is new
};

/// What bounds one call: it returns soon after `stop` is requested or `deadline` has passed (transient failure).
struct CallContext {
  std::stop_token stop;
  std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::time_point::max();
  std::function<void(const RateLimit&)> saw_rate_limit;  ///< may be empty; called on the calling thread
};

/// What an adapter can do beyond reading, creating and updating records.
struct Capabilities {
  bool describe = false;             ///< describe() knows projects, types and fields
  bool changed_since = false;        ///< changed_since() lists changes
  bool native_query = false;         ///< changed_since() takes the system's own query language
  bool remove = false;               ///< records can be deleted
  bool comments = false;             ///< comments can be read and added
  bool edit_comments = false;        ///< comments can be changed and deleted
  bool private_comments = false;     ///< comments may be marked as not for everybody
  bool attachments = false;          ///< attachments can be read and added
  bool remove_attachments = false;   ///< attachments can be deleted
  bool notifications = false;        ///< read_notification() reads what the system sends of itself
  std::uint64_t max_attachment = 0;  ///< bytes; 0: no limit known
  /// How long a record just made may stay hidden from find_by_marker (a search index that lags behind).
  std::chrono::milliseconds marker_lag{0};
};

/// A record to be made.
struct NewRecord {
  ProjectName project;  ///< empty when the application has none
  std::string type;
  record::Fields fields;
  std::string marker;  ///< stored in the record so that find_by_marker finds it; never empty
};

/// What a field may hold.
enum class FieldKind : std::uint8_t {
  text,
  rich_text,
  integer,
  decimal,
  boolean,
  date,
  instant,
  user,
  option,
  reference
};
/// Lower-case name as printed, for example "rich text".
[[nodiscard]] std::string_view to_string(FieldKind kind) noexcept;

struct FieldInfo {
  std::string name;                  ///< as a mapping names it
  std::vector<std::string> aliases;  ///< other names that a mapping may use for it
  std::string label;                 ///< as people see it; may be empty
  FieldKind kind = FieldKind::text;
  bool list = false;
  bool required = false;                  ///< must be given when a record is made
  bool read_only = false;                 ///< can't be written
  std::optional<std::size_t> max_length;  ///< of text, in characters (code points)
  std::vector<record::Option> options;    ///< of kind option; empty: not known, or open
};

struct TypeInfo {
  std::string name;
  std::vector<FieldInfo> fields;
};

struct ProjectInfo {
  ProjectName name;
  std::string label;
};

/// What an application holds, as far as the account may see it.
struct Description {
  std::vector<ProjectInfo> projects;
  std::vector<TypeInfo> types;
};

using CommentId = StrongString<struct CommentIdTag>;        ///< unique in its record
using AttachmentId = StrongString<struct AttachmentIdTag>;  ///< unique in its record

struct Comment {
  CommentId id;
  record::User author;
  Timestamp created{};
  std::optional<Timestamp> edited;  ///< last change, if there was one after `created`
  record::RichText body;
  bool is_private = false;  ///< internal, restricted: not for everybody who sees the record
  friend bool operator==(const Comment&, const Comment&) = default;
};

struct NewComment {
  record::RichText body;
  bool is_private = false;
};

struct Attachment {
  AttachmentId id;
  std::string name;  ///< file name without a path
  std::string media_type;
  std::uint64_t size = 0;  ///< bytes
  record::User author;
  Timestamp created{};
  friend bool operator==(const Attachment&, const Attachment&) = default;
};

struct NewAttachment {
  std::string name;  ///< 1–255 bytes, never a path
  std::string media_type;
  std::uint64_t size = 0;  ///< bytes that the source gives
};

/// Takes the next piece of a download; a failure ends it.
using Sink = std::function<Result<void>(std::string_view piece)>;
/// Fills `piece` with what comes next and says how many bytes; 0: the end.
using Source = std::function<Result<std::size_t>(std::span<char> piece)>;

/// Which records changed_since() lists.
struct Selection {
  ProjectName project;             ///< empty: all
  std::string type;                ///< empty: all
  std::optional<Timestamp> since;  ///< changed at or after; without it, all. Only read when the cursor is empty
  std::string query;  ///< further condition in the system's own language; only with Capabilities::native_query
};

struct ChangedRecord {
  ProjectName project;
  RecordId id;
  std::optional<Timestamp> updated;
  friend bool operator==(const ChangedRecord&, const ChangedRecord&) = default;
};

/// One page of changes.
struct Changes {
  std::vector<ChangedRecord> records;
  std::string cursor;  ///< where the next page begins; valid for as long as the selection stays the same
  bool more = false;   ///< another page is there now. Without it, the cursor serves to ask again later
};

/// What a system sent of itself when records changed: a webhook's request.
struct Notification {
  std::function<std::string_view(std::string_view name)> header;  ///< its value by name in any case; empty: none
  std::string_view body;
  std::string_view type;    ///< records of this type are asked for
  std::string_view secret;  ///< it must be signed with this; empty: it need not be signed
};

/// The records that a notification names.
struct Notified {
  struct Record {
    ProjectName project;  ///< empty: it names none
    RecordId id;
  };
  std::vector<Record> records;
  std::size_t of_other_types = 0;  ///< records left out
  std::string delivery;            ///< the sender's name for it, the same when it sends it again; may be empty
};

/// One application, signed in as configured. Calls block; thread-safe; several passes use one instance at once.
/// Failure classes: gone — no such record, comment or attachment; permanent — refused as it stands; transient,
/// throttled, auth — design §6. A write that may or may not have happened fails with Failure::uncertain.
class Adapter {
 public:
  Adapter() = default;
  Adapter(const Adapter&) = delete;
  Adapter& operator=(const Adapter&) = delete;
  virtual ~Adapter() = default;

  /// Constant over the adapter's life. What it does not name fails as refused (permanent).
  [[nodiscard]] virtual Capabilities capabilities() const noexcept { return {}; }
  /// Does an update of that field go through other values, so that one that breaks off may leave one of them there?
  [[nodiscard]] virtual bool in_steps(std::string_view /*field*/) const noexcept { return false; }

  [[nodiscard]] virtual Result<record::Record> read(const ProjectName& project, const RecordId& id,
                                                    const CallContext& context) = 0;
  /// Creates and reads back: the result is what the system now holds.
  [[nodiscard]] virtual Result<record::Record> create(const NewRecord& wanted, const CallContext& context) = 0;
  /// Changes only the fields named (Null empties a field) and reads back.
  [[nodiscard]] virtual Result<record::Record> update(const ProjectName& project, const RecordId& id,
                                                      const record::Fields& patch, const CallContext& context) = 0;
  /// The record that carries the marker, if there is one.
  [[nodiscard]] virtual Result<std::optional<record::Record>> find_by_marker(const ProjectName& project,
                                                                             const std::string& marker,
                                                                             const CallContext& context) = 0;
  /// Cheapest call that proves address and credentials.
  [[nodiscard]] virtual Result<void> ping(const CallContext& context) = 0;

  /// Projects, and the types and fields of `project` (empty: of a system without projects, or of all).
  [[nodiscard]] virtual Result<Description> describe(const ProjectName& project, const CallContext& context);
  /// Deletes the record; gone when it is not there.
  [[nodiscard]] virtual Result<void> remove(const ProjectName& project, const RecordId& id, const CallContext& context);

  /// Oldest first, all of them.
  [[nodiscard]] virtual Result<std::vector<Comment>> comments(const ProjectName& project, const RecordId& id,
                                                              const CallContext& context);
  /// Adds and reads back.
  [[nodiscard]] virtual Result<Comment> add_comment(const ProjectName& project, const RecordId& id,
                                                    const NewComment& comment, const CallContext& context);
  /// Replaces the text and reads back.
  [[nodiscard]] virtual Result<Comment> update_comment(const ProjectName& project, const RecordId& id,
                                                       const CommentId& comment, const record::RichText& body,
                                                       const CallContext& context);
  [[nodiscard]] virtual Result<void> remove_comment(const ProjectName& project, const RecordId& id,
                                                    const CommentId& comment, const CallContext& context);

  /// Oldest first, all of them.
  [[nodiscard]] virtual Result<std::vector<Attachment>> attachments(const ProjectName& project, const RecordId& id,
                                                                    const CallContext& context);
  /// Streams the content, piece by piece, in constant memory.
  [[nodiscard]] virtual Result<void> download(const ProjectName& project, const RecordId& id,
                                              const AttachmentId& attachment, const Sink& sink,
                                              const CallContext& context);
  /// Streams the content, piece by piece, in constant memory; a source that gives more or fewer bytes than
  /// `attachment.size` leaves no attachment behind.
  [[nodiscard]] virtual Result<Attachment> upload(const ProjectName& project, const RecordId& id,
                                                  const NewAttachment& attachment, const Source& source,
                                                  const CallContext& context);
  [[nodiscard]] virtual Result<void> remove_attachment(const ProjectName& project, const RecordId& id,
                                                       const AttachmentId& attachment, const CallContext& context);

  /// The next page of records that changed, each at least once, none left out: not by equal instants, nor by changes
  /// made while paging. `cursor`: empty for the first page.
  [[nodiscard]] virtual Result<Changes> changed_since(const Selection& selection, const std::string& cursor,
                                                      const CallContext& context);

  /// Reads a notification in the system's own form. Does no I/O: it runs on an I/O thread. Failures: auth — the
  /// signature does not fit; permanent — it is not what the system sends.
  [[nodiscard]] virtual Result<Notified> read_notification(const Notification& notification) const;
};

/// The settings of one application as the YAML gives them, secrets resolved. Values are plain text.
struct Settings {
  std::map<std::string, std::string, std::less<>> values;
  std::string base_folder;  ///< folder that relative paths are relative to
};

/// One setting that a kind of adapter knows.
struct SettingSpec {
  std::string name;
  bool required = false;
  bool secret = false;  ///< never printed
  std::string help;
};

/// A kind of adapter, as the `adapter:` member of an application names it.
struct Kind {
  std::string name;
  bool needs_project = false;  ///< a project is needed to sign in (contract §1)
  std::vector<SettingSpec> settings;
  /// Builds the adapter of one application; does no I/O. Thread-safe.
  std::function<Result<std::unique_ptr<Adapter>>(const Settings&)> make;
};

using Kinds = std::vector<Kind>;

}  // namespace syncservice::adapter
