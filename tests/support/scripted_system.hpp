// support/scripted_system — a system with records, in memory: everything the adapter port can do, people who work in
// it, and whatever goes wrong when a test says so.
#pragma once

#include "syncservice/adapter/adapter.hpp"
#include "syncservice/adapter/failure.hpp"

#include <array>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace syncservice::support {

/// A call of the port.
enum class Operation : std::uint8_t {
  read,
  create,
  update,
  find_by_marker,
  ping,
  describe,
  remove,
  comments,
  add_comment,
  update_comment,
  remove_comment,
  attachments,
  download,
  upload,
  remove_attachment,
  changed_since
};
inline constexpr std::size_t operations = 16;

/// When a scripted failure strikes: before the call did anything, or after it did all.
enum class When : std::uint8_t { before, after };

/// What the system makes of what is written to it. Each may be empty.
struct Habits {
  std::function<record::Value(const std::string& field, const record::Value& value)> fields;
  std::function<record::RichText(const record::RichText& body)> comments;
};
/// Text trimmed, lists of text in lower case and sorted, rich text in bold.
[[nodiscard]] Habits fussy_habits();

/// How the system is, as far as it does not change. Set up before the first call.
struct Nature {
  std::string prefix = "T-";  ///< of the ids, which are unique over all projects
  adapter::Capabilities can{.describe = true,
                            .changed_since = true,
                            .native_query = true,
                            .remove = true,
                            .comments = true,
                            .edit_comments = true,
                            .private_comments = true,
                            .attachments = true,
                            .remove_attachments = true,
                            .max_attachment = 0,
                            .marker_lag = std::chrono::milliseconds{0}};
  /// With types, a write that does not fit one is refused; without them, anything goes.
  std::vector<adapter::TypeInfo> types;
  std::vector<std::string> projects;  ///< with some, no other is there
  record::Fields defaults;            ///< filled in when a record is made without them
  Habits habits;
  std::size_t page = 3;             ///< records in a page of changes
  int searches_that_miss = 0;       ///< so many times a new record stays hidden from find_by_marker
  bool keeps_content = true;        ///< false: of an upload, only size and hash are kept
  std::size_t piece = 64 * 1024;    ///< bytes asked for and given at once
  std::string account = "service";  ///< author of what is written through the port
};

/// The system. Thread-safe; outlives the adapters that it hands out. Instants are the clock's. The members for people
/// throw std::out_of_range for records that are not there.
class ScriptedSystem {
 public:
  explicit ScriptedSystem(const Clock& clock, Nature nature = {});

  /// A view of it, as many as wanted.
  [[nodiscard]] std::unique_ptr<adapter::Adapter> adapter();
  [[nodiscard]] const Nature& nature() const noexcept { return nature_; }

  // As people work in it; none of this is refused, counted or delayed.
  /// Makes a record and returns its id.
  std::string add(record::Fields fields, const std::string& type = {}, const std::string& project = {});
  /// The same under an id of the test's choice.
  void put(const std::string& id, record::Fields fields, const std::string& type = {}, const std::string& project = {});
  void edit(const std::string& id, const record::Fields& patch);
  void remove(const std::string& id);
  /// With everything in it, the marker too; returns the copy's id.
  std::string copy(const std::string& id);
  std::string add_comment(const std::string& id, const std::string& author, const std::string& plain,
                          bool is_private = false);
  void edit_comment(const std::string& id, const std::string& comment, const std::string& plain);
  void delete_comment(const std::string& id, const std::string& comment);
  std::string attach(const std::string& id, const std::string& name, std::string content,
                     const std::string& author = "Jane");
  /// One that takes no memory however large it is: its content is generated_byte of each place.
  std::string attach_generated(const std::string& id, const std::string& name, std::uint64_t size);
  void detach(const std::string& id, const std::string& attachment);

  // What it holds.
  [[nodiscard]] bool has(const std::string& id) const;
  [[nodiscard]] record::Record record(const std::string& id) const;
  [[nodiscard]] std::vector<std::string> ids() const;
  [[nodiscard]] std::vector<adapter::Comment> comments(const std::string& id) const;
  [[nodiscard]] std::vector<adapter::Attachment> attachments(const std::string& id) const;
  /// Empty for what is generated or was not kept.
  [[nodiscard]] std::string content(const std::string& id, const std::string& attachment) const;
  /// FNV-1a of the content.
  [[nodiscard]] std::uint64_t content_hash(const std::string& id, const std::string& attachment) const;

  // What goes wrong.
  /// The next call of that kind fails; several add up. An answer that got lost is Failure::uncertain, When::after.
  void fail_next(Operation operation, adapter::Failure failure, When when = When::before,
                 std::optional<std::chrono::milliseconds> retry_after = std::nullopt);
  /// Every call fails so until `mend`: throttled, unauthorized, unavailable.
  void fail_all(adapter::Failure failure, std::optional<std::chrono::milliseconds> retry_after = std::nullopt);
  /// Forgets both of these.
  void mend();
  /// Calls of that kind wait, before or after their work, until `release`, or until stop or deadline ends them.
  void hold(Operation operation, When when = When::before);
  void release();
  /// Waits until so many calls are held.
  void await_held(int calls = 1) const;
  /// Each call takes so long, real time.
  void set_latency(std::chrono::milliseconds latency);
  /// What each answer says of the rate limit.
  void set_rate_limit(std::optional<adapter::RateLimit> limit);
  /// Called before each call, without a lock held. Set up before the first call.
  std::function<void(Operation operation, const std::string& id)> on_call;

  // What was asked of it.
  [[nodiscard]] int calls(Operation operation) const;
  [[nodiscard]] int calls() const;
  /// Calls that change something.
  [[nodiscard]] int writes() const;
  void forget_calls();
  [[nodiscard]] record::Fields last_patch() const;
  /// Most calls at once so far.
  [[nodiscard]] int most_at_once() const;
  /// The largest piece of content that was given or taken.
  [[nodiscard]] std::size_t largest_piece() const;

 private:
  class Port;
  struct File {
    adapter::Attachment about;
    std::string content;
    bool generated = false;
    std::uint64_t hash = 0;
  };
  struct Item {
    record::Record record;
    std::vector<adapter::Comment> comments;
    std::vector<File> files;
    std::uint64_t changed = 0;  // order of the last changes
    int unseen = 0;             // searches for its marker that still miss it
  };
  struct Script {
    Error error;
    When when = When::before;
  };
  // With mutex_ held, all of these.
  Item& item(const std::string& id);
  [[nodiscard]] const Item& item(const std::string& id) const;
  [[nodiscard]] Result<Item*> find(const ProjectName& project, const RecordId& id);
  void touch(Item& item);
  void write(record::Record& record, const record::Fields& patch) const;
  [[nodiscard]] record::RichText accustomed(const record::RichText& body) const;
  [[nodiscard]] Result<record::Fields> fitted(const std::string& type, const record::Fields& fields,
                                              bool creating) const;
  [[nodiscard]] std::string next_id() { return nature_.prefix + std::to_string(++last_record_); }
  [[nodiscard]] std::string next_part() { return std::to_string(++last_part_); }
  adapter::Comment& comment_of(const std::string& id, const std::string& comment);
  std::string attach_file(const std::string& id, File file);

  const Clock& clock_;
  const Nature nature_;
  mutable std::mutex mutex_;
  mutable std::condition_variable_any changed_;
  std::map<std::string, Item> items_;
  std::uint64_t last_change_ = 0;
  std::uint64_t last_record_ = 0, last_part_ = 0;
  std::array<std::deque<Script>, operations> scripts_;
  std::optional<Error> outage_;
  std::optional<std::pair<Operation, When>> held_;
  std::chrono::milliseconds latency_{0};
  std::optional<adapter::RateLimit> limit_;
  std::array<int, operations> calls_{};
  record::Fields last_patch_;
  int waiting_ = 0, running_ = 0, most_at_once_ = 0;
  std::size_t largest_piece_ = 0;
};

/// The content of a generated attachment.
[[nodiscard]] constexpr char generated_byte(std::uint64_t place) noexcept {
  return static_cast<char>('a' + (place * 7 + place / 4096) % 26);
}

/// FNV-1a, to be fed in pieces.
class ContentHash {
 public:
  void take(std::string_view piece) noexcept {
    for (const char c : piece) state_ = (state_ ^ static_cast<unsigned char>(c)) * 0x100000001B3U;
  }
  [[nodiscard]] std::uint64_t value() const noexcept { return state_; }

 private:
  std::uint64_t state_ = 0xCBF29CE484222325U;
};

}  // namespace syncservice::support
