// What every adapter must do, as one suite. A system's tests derive a Subject and write:
//   INSTANTIATE_TEST_SUITE_P(Folder, AdapterConformance, testing::Values(&make_folder_subject));
// What an adapter does not claim to do (Capabilities) must fail as refused; the tests of it are skipped then.
#pragma once

#include "syncservice/adapter/failure.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace syncservice::adapter::conformance {

/// A system to try an adapter on, empty at the start.
class Subject {
 public:
  Subject() = default;
  Subject(const Subject&) = delete;
  Subject& operator=(const Subject&) = delete;
  virtual ~Subject() = default;
  /// The adapter, signed in; always the same one.
  [[nodiscard]] virtual Adapter& adapter() = 0;
  /// Another instance for the same system, as after a restart.
  [[nodiscard]] virtual std::unique_ptr<Adapter> restarted() = 0;
  [[nodiscard]] virtual ProjectName project() const = 0;
  [[nodiscard]] virtual std::string type() const = 0;
  /// Two fields that take any short text; the second one may be empty.
  [[nodiscard]] virtual std::string first_field() const = 0;
  [[nodiscard]] virtual std::string second_field() const = 0;
  /// Removes a record behind the adapter's back.
  virtual void remove(const RecordId& id) = 0;
  /// Fields of other kinds than text, whose values come back as they were written.
  [[nodiscard]] virtual record::Fields typed_fields() const { return {}; }
  /// What the system makes of a text: some drop white space at the end.
  [[nodiscard]] virtual std::string kept(const std::string& text) const { return text; }
  /// Lets the system's clock go on by more than its grain, so that what comes next is later.
  virtual void tick() {}
  /// What to write to a field that is described, where `usual` would not come back as it is: users and records that are
  /// there, for example. Empty: leave it out.
  [[nodiscard]] virtual std::optional<record::Value> sample(const FieldInfo& /*field*/, const record::Value& usual) {
    return usual;
  }
  /// The most records that a page of changes has.
  [[nodiscard]] virtual std::size_t page() const { return 1'000; }
  /// With native_query: a query for records whose first field has that text.
  [[nodiscard]] virtual std::string query(const std::string& /*first*/) const { return {}; }
};

using MakeSubject = std::unique_ptr<Subject> (*)();

class AdapterConformance : public testing::TestWithParam<MakeSubject> {
 protected:
  /// One call of the port, and whether the adapter claims that it can do it.
  struct Call {
    const char* name;
    bool claimed;
    bool names_record;
    std::function<std::optional<Error>(const RecordId& id, const CallContext& context)> run;
  };
  /// Every call of the port. `comment` and `attachment` are of the record that is then named.
  [[nodiscard]] std::vector<Call> all_calls(const CommentId& comment, const AttachmentId& attachment);

  [[nodiscard]] Adapter& adapter() { return subject_->adapter(); }
  [[nodiscard]] Capabilities can() { return subject_->adapter().capabilities(); }
  [[nodiscard]] NewRecord wanted(std::string marker, std::string first = "one") const;
  /// Creates, or fails the test.
  [[nodiscard]] record::Record created(std::string marker, std::string first = "one");
  /// The record that bears the marker, once the search index had the time that it is known to need.
  [[nodiscard]] std::optional<record::Record> found(Adapter& adapter, const std::string& marker);
  /// Adds a comment, or fails the test.
  [[nodiscard]] Comment commented(const RecordId& id, const std::string& plain, bool is_private = false);
  /// Adds an attachment of a pattern, or fails the test.
  [[nodiscard]] Attachment attached(const RecordId& id, const std::string& name, std::uint64_t size);
  /// All pages of changes from the cursor on, which is then at the end.
  [[nodiscard]] std::set<RecordId> changes(Adapter& adapter, const Selection& selection, std::string& cursor);

  std::unique_ptr<Subject> subject_ = GetParam()();
  ProjectName project_ = subject_->project();
  CallContext context_;
};

/// Counts what a stream takes and how large its pieces are.
struct Meter {
  std::uint64_t total = 0;
  std::size_t largest = 0;
  void take(std::size_t piece) {
    total += piece;
    largest = std::max(largest, piece);
  }
};

/// Content of that size, of a pattern; counted by the meter.
[[nodiscard]] Source pattern(std::uint64_t size, Meter& meter);
/// Takes it again; `same` is false from the first byte on that is another one.
[[nodiscard]] Sink same_pattern(Meter& meter, bool& same);

/// The failure as an error; empty when it was none.
template <class T>
[[nodiscard]] std::optional<Error> failure_of(const Result<T>& result) {
  if (result) return std::nullopt;
  return result.error();
}

}  // namespace syncservice::adapter::conformance
