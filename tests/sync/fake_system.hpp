// A system with records, in memory, whose failures a test scripts.
#pragma once

#include "syncservice/adapter/adapter.hpp"

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace syncservice::sync {

enum class Op {
  read,
  create,
  update,
  find,
  ping,
  remove,
  comments,
  add_comment,
  update_comment,
  remove_comment,
  attachments,
  download,
  upload,
  remove_attachment,
  changes,
  describe
};
/// When a scripted failure strikes: before the call did anything, when an update had written a part, or after it did
/// all (an answer that got lost).
enum class Strikes { before, halfway, after };

/// Thread-safe. Outlives the adapters that it hands out.
class FakeSystem {
 public:
  explicit FakeSystem(std::string prefix) : prefix_(std::move(prefix)) {}

  void put(const std::string& id, record::Fields fields, std::optional<Timestamp> updated = std::nullopt);
  void erase(const std::string& id);
  /// As a person does with a button: marker and all.
  void copy(const std::string& from, const std::string& to);
  void set(const std::string& id, const std::string& field, record::Value value);
  [[nodiscard]] record::Fields fields(const std::string& id) const;
  [[nodiscard]] record::Record record(const std::string& id) const;
  [[nodiscard]] std::vector<std::string> ids() const;

  /// As a person comments, edits and deletes comments, and attaches files; the ids are "1", "2", … in a record.
  std::string comment(const std::string& id, const std::string& author, const std::string& text, Timestamp created = {},
                      bool is_private = false);
  void edit_comment(const std::string& id, const std::string& comment, const std::string& text, Timestamp when = {});
  void set_private(const std::string& id, const std::string& comment, bool is_private);
  void delete_comment(const std::string& id, const std::string& comment);
  std::string attach(const std::string& id, const std::string& name, std::string content, Timestamp created = {});
  void detach(const std::string& id, const std::string& attachment);
  [[nodiscard]] std::vector<adapter::Comment> comments(const std::string& id) const;
  /// Name and content of each, in order.
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> attachments(const std::string& id) const;

  /// The next call of this kind fails; several add up.
  void fail(Op op, Error error, Strikes strikes = Strikes::before);
  /// Forgets failures that were scripted and not met.
  void mend();
  /// Calls of this kind wait until `release`, or until they are stopped (transient failure).
  void hold(Op op);
  void release();
  /// Waits until a call is held.
  void await_held();
  /// Calls of this kind throw.
  void throw_on(Op op) { throws_ = op; }

  [[nodiscard]] int calls(Op op) const;
  [[nodiscard]] record::Fields last_patch() const;

  /// What it can do; everything unless a test says otherwise.
  adapter::Capabilities can{.describe = false,
                            .changed_since = true,
                            .remove = true,
                            .comments = true,
                            .edit_comments = true,
                            .private_comments = true,
                            .attachments = true,
                            .remove_attachments = true};
  /// When given, every change of a record sets its `updated`.
  const Clock* clock = nullptr;
  /// What `describe` says; asked for only where `can` says so.
  adapter::Description described;
  /// How many records a page of changes has.
  std::size_t page = 2;
  /// What the system makes of a value that is written.
  std::function<record::Value(const std::string& field, const record::Value& value)> normalise;
  /// What it fills in when a record is created without these.
  record::Fields defaults;
  /// What of a patch an update writes that breaks off halfway; without it, all but the last field.
  std::function<record::Fields(const record::Fields& patch)> halfway;
  /// Fields that are written in steps.
  std::set<std::string, std::less<>> stepwise;
  /// Other ids by which it knows a record.
  std::map<std::string, std::string> aliases;
  /// Around every call that names a record, without a lock held.
  std::function<void(Op op, const std::string&id)> on_enter, on_leave;

  [[nodiscard]] std::unique_ptr<adapter::Adapter> adapter();

 private:
  class Port;
  struct Failure {
    Error error;
    Strikes strikes;
  };
  template <class Value, class Work>
  Result<Value> run(Op op, const std::string& id, const adapter::CallContext& context, const Work& work);
  [[nodiscard]] std::optional<Failure> begin(Op op, const adapter::CallContext& context);
  [[nodiscard]] Result<record::Record> find(const RecordId& id) const;  // with mutex_ held
  void write(record::Record& record, const record::Fields& patch);      // with mutex_ held

  const std::string prefix_;
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  struct File {
    adapter::Attachment about;
    std::string content;
  };
  struct Extras {
    std::vector<adapter::Comment> comments;
    std::vector<File> files;
    int next_comment = 1, next_file = 1;
  };
  void touch(record::Record& record) const;
  [[nodiscard]] record::Fields part_of(record::Fields patch) const;
  [[nodiscard]] Result<Extras*> extras(const RecordId& id);  // with mutex_ held
  std::map<std::string, record::Record> records_;
  std::map<std::string, Extras> extras_;
  std::map<Op, std::deque<Failure>> failures_;
  std::map<Op, int> calls_;
  record::Fields last_patch_;
  bool breaks_off_ = false;
  std::optional<Op> held_, throws_;
  int waiting_ = 0;
  int next_ = 1;
};

[[nodiscard]] Error failure(FailureClass failure, std::string message,
                            std::optional<std::chrono::milliseconds> retry_after = std::nullopt);

}  // namespace syncservice::sync
