// mapping — how one app link turns a record of one side into a patch for the other. Pure: no I/O, no clock;
// a Plan is immutable once compiled and may be used by many threads.
//
// How a field is decided (design §5). Absent, Null and empty text or lists are all "empty"; 1 and 1.0 are the same; a
// user, an option and a text that names it by any of its parts are the same.
// - No twin yet: the new record gets what the pusher holds, but for empty fields, and the constants.
// - Changed at one side since the snapshots: that side's value goes to the other, where the rule leads there. Both
//   directions are looked at in one pass, since the snapshots taken after it cover both sides.
// - Changed at both sides: a conflict, unless they agree; decided by the rule's policy, else the app link's. `newest`
//   compares `updated`; equal or unknown instants count as the pusher's win. Where the winner's value can't go to the
//   other side (a one-way rule, a condition that does not hold) each side keeps its own.
// - No snapshot that knows the field (two existing records linked for the first time, or a new rule): the pusher's
//   value wins, but an empty field never empties the other side's: it is filled from there, where the rule leads back.
//   On a one-way rule the side that it comes from wins.
// - A constant is written when the twin is created or first linked, or the rule is new, or its condition begins to
//   hold; later it belongs to whoever edits it there. A template goes one way only, and is made anew when one of its
//   fields changes.
// - A rule with a condition leads to a side only while the condition holds for the record at the other one. When it
//   begins to hold, the field counts as changed there, unless it is empty.
// - A rule that writes on creation only never looks at a field again.
// - Nothing is written that the other side holds already, seen through the rule: its table, its conversion, its cut.
//   What is lost on the way (formatting, the time of day, the end of a text) does not come back as a change: only what
//   was edited over there does. On the way back a converted value takes the kind that the field holds there.
// - A reference goes across as the twin of what it names; one without a twin is waited for, or left out.
#pragma once

#include "syncservice/base/ids.hpp"
#include "syncservice/base/result.hpp"
#include "syncservice/record/record.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <type_traits>
#include <vector>

namespace syncservice::mapping {

/// Which way a field or a link synchronizes.
enum class Direction : std::uint8_t { both, to_destination, to_source };
/// Who wins a field that changed on both sides since the last pass. `pusher`: the side that pushed; `hold`: a person.
enum class ConflictPolicy : std::uint8_t { source, destination, newest, oldest, pusher, hold };
/// What `as:` makes of a value before it is written.
enum class As : std::uint8_t { text, rich_text, integer, decimal, boolean, date, instant, user, option, reference };
/// What a user is known by in both systems.
enum class UserPart : std::uint8_t { email, name, id };
/// What becomes of a reference to a record whose twin does not exist yet: the pass waits for it, or leaves it out.
enum class WhenUnlinked : std::uint8_t { wait, leave_out };

/// One row of `fields:` as the YAML gives it. Either both names, or one name and a constant or a template.
struct FieldRule {
  std::string source;       ///< field name on the left, empty for a constant on the right
  std::string destination;  ///< field name on the right, empty for a constant on the left
  std::optional<record::Value> constant;
  /// Left → right; without entries every value stays as it is. Compared as text, lists element by element; an empty
  /// value stays empty unless it has an entry. To the right "*" catches the rest. To the left each right text means the
  /// one left text that has it (two are a fault, unless the rule only goes to the right); a right text that only "*"
  /// stands for leaves a left value alone that maps to it, and otherwise has no way back. `"*": "*"` lets the rest pass
  /// as it is, both ways.
  std::map<std::string, std::string> values;
  std::map<std::string, std::string> users;  ///< the same for users, each found by e-mail, name or id
  std::optional<UserPart> users_by;          ///< only this part of a user goes across, and is how it is found there
  Direction direction = Direction::both;
  std::optional<ConflictPolicy> conflict;  ///< else the link's
  /// What the value is made before it is written to the right (by a rule that only goes to the left: there), list
  /// elements one by one. On the way back it becomes the kind that the field holds there, where it can, else it stays
  /// as it is.
  std::optional<As> as;
  /// `default`: written to the right (by a rule that only goes to the left: there) where the field that
  /// it comes from is empty.
  std::optional<record::Value> fallback;
  /// `template`: text with {field} in it, made at the side it comes from; {id} and {project} are the record's own, "{{"
  /// is a brace.
  std::string pattern;
  std::string only_when;  ///< the rule counts only while this holds for the side that it comes from
  std::optional<std::string> only_when_destination;  ///< instead, for what comes from the right; no text: always
  bool create_only = false;                          ///< writes when a record is made, never again
  /// Longer text is cut, in characters, with "…" as its last one; at the right, by a rule that only goes to the left
  /// there.
  std::optional<std::size_t> max_length;
  std::string separator;  ///< of a text that is a list at the other side (`split`, `join`)
  bool joins = false;     ///< the list is at the left (`join`), else at the right (`split`)
  WhenUnlinked unlinked = WhenUnlinked::wait;
  int line = 0;  ///< for messages
  int column = 0;
};

/// `only_when_source` and `only_when_destination`: filters; only records for which they hold are synchronized. Grammar:
/// comparisons `field == "x"` (!=, <, <=, >, >=), `field in ["a", "b"]`, `field matches "regular expression"` (RE2's,
/// anywhere in the text), `changed(field)`, `empty(field)`, joined by `and`, `or`, `not` and parentheses. `and` binds
/// tighter than `or`, `not` tightest. Numbers compare as numbers, days and instants as such, all else as text; case
/// counts; an absent field is `""`; a comparison with a list holds when it holds for one of its elements; a user or an
/// option is equal to each of its parts. A value is in quotes, a number, true or false. A field name with blanks, or
/// one that is a keyword, stands in quotes as well; in quotes a backslash takes the next character as it is.
struct PlanSpec {
  std::vector<FieldRule> fields;
  std::string only_when_source;
  std::string only_when_destination;
  ConflictPolicy conflict = ConflictPolicy::newest;
  Direction direction = Direction::both;
};

/// What of a rule a fault is about.
enum class Part : std::uint8_t { rule, only_when, only_when_destination, pattern };

/// One thing wrong with a PlanSpec. `rule`: index into fields, -1/-2 for the source/destination filter.
struct Fault {
  int rule = 0;
  std::string what;
  Part part = Part::rule;
};

/// Why a pass can't be decided (permanent).
enum class Problem : std::uint8_t {
  no_counterpart = 1,  ///< a value that the rule's table has no counterpart for
  not_convertible      ///< a value that can't be made what the rule's `as` says
};
[[nodiscard]] const boost::system::error_category& mapping_category() noexcept;
[[nodiscard]] boost::system::error_code make_error_code(Problem problem) noexcept;

/// A reference at one side that a pass would have to translate.
struct UnlinkedReference {
  Side side = Side::source;
  record::Reference to;
};

/// A conflict that waits for a person. Null on a side: empty there.
struct HeldField {
  std::string source, destination;  ///< the field's name at each side
  record::Value source_value, destination_value;
};

/// What the two sides held, now and after the last pass. A missing `other_now` means: no twin yet.
struct PassInput {
  Side pusher = Side::source;
  record::Fields pusher_now;
  std::optional<record::Fields> other_now;
  RecordId pusher_id, other_id;  ///< for {id} and {project} of a template
  ProjectName pusher_project, other_project;
  std::optional<record::Fields> pusher_snapshot;  ///< mapped fields after the last pass
  std::optional<record::Fields> other_snapshot;
  std::optional<Timestamp> pusher_updated, other_updated;
  /// The twin, at the other side, of a record at `from`; empty when it has none. May be empty: no record has one.
  std::function<std::optional<record::Reference>(Side from, const record::Reference& to)> twin_of;
  /// How much text a field of that side takes, in characters; what is longer is cut, with a mark.
  std::map<std::string, std::size_t, std::less<>> pusher_limits, other_limits;
  /// Conflicts that a person decided: a field's name at the source side → the side that wins.
  std::map<std::string, Side, std::less<>> decided;
  /// Fields of that side that an earlier write was to fill and did not: what comes from the other side goes there.
  std::set<std::string, std::less<>> pusher_unfinished, other_unfinished;
};

/// What became of one field of a write whose outcome is not known.
enum class Arrival : std::uint8_t { written, not_written, something_else };
/// `was`: what the field held before; `wanted`: what was to be written; `now`: what it holds.
[[nodiscard]] Arrival arrival(const record::Value& was, const record::Value& wanted, const record::Value& now);

/// One decision, for history: a field of one side, what it held and what it shall hold.
struct Change {
  Side side = Side::destination;
  std::string field;
  record::Value from, to;
  std::string because;  ///< "changed at source", "conflict, source wins", "constant", …
};

/// What a pass has to do.
struct PassPlan {
  record::Fields to_other;      ///< patch for the side that did not push (all fields, when it is to be created)
  record::Fields to_pusher;     ///< patch for the pushing side (a conflict that the other side won, or its change)
  std::vector<Change> changes;  ///< the same, with reasons
  std::vector<HeldField> held;  ///< conflicts that wait for a person; the rest is empty then: nothing is written
  /// Records that must be linked first; the rest is empty then: nothing is written.
  std::vector<UnlinkedReference> waits_for;
  bool agreed = false;  ///< a field changed, and both sides hold the same
};

/// What a rule does to which fields, for checks against what the applications say of themselves.
struct RuleUse {
  std::string source, destination;                 ///< names, empty where the rule has none
  bool to_source = false, to_destination = false;  ///< where it writes
  bool create_only = false;
  std::optional<record::Value> constant, fallback;
  std::optional<As> as;
  bool from_template = false;
  bool list_at_source = false, list_at_destination = false;    ///< `join`, `split`
  bool users = false;                                          ///< has a table of users, or matches them by a part
  std::vector<std::string> source_values, destination_values;  ///< what its table of values names, without "*"
  /// What its table of values makes of one value at that side, empty when it knows none; null without a table.
  std::function<std::optional<record::Value>(const record::Value& value, Side to)> translate;
  std::vector<std::string> source_reads, destination_reads;  ///< by its template and conditions
  int line = 0, column = 0;
};

/// A compiled PlanSpec.
class Plan {
 public:
  /// Checks and compiles; every fault at once, in the order of the rules, filters last. Null when there are any.
  [[nodiscard]] static std::shared_ptr<const Plan> compile(PlanSpec spec, std::vector<Fault>& faults);
  ~Plan();

  /// Does `onlyWhen` of that side hold? Without a filter, yes.
  /// changed(field) compares with `snapshot`; without one, what is not empty has changed.
  [[nodiscard]] bool admits(Side side, const record::Fields& fields, const record::Fields* snapshot = nullptr) const;
  /// Only the fields of that side that some rule reads or writes, for its template and condition too, or that a filter
  /// asks changed() of: what a snapshot keeps and compares. An absent one is there as Null, so that a snapshot tells
  /// which fields it knows.
  [[nodiscard]] record::Fields mapped(Side side, const record::Fields& fields) const;
  /// True when nothing that this side may send has changed since its snapshot (a mapped() one); a field that the
  /// snapshot does not know counts as changed. With the other side's snapshot: so does a rule whose field there that
  /// one does not know, a constant too.
  [[nodiscard]] bool unchanged(Side side, const record::Fields& now, const record::Fields& snapshot,
                               const record::Fields* other_snapshot = nullptr) const;
  /// Decides field by field (design §5, steps 4 and 5). Fails (permanent) when a value has no mapping; the message
  /// names field and value.
  [[nodiscard]] Result<PassPlan> decide(const PassInput& input) const;
  [[nodiscard]] Direction direction() const noexcept;
  /// In the order of the rules.
  [[nodiscard]] std::vector<RuleUse> uses() const;
  /// The fields that `onlyWhen` of that side names.
  [[nodiscard]] std::vector<std::string> filter_reads(Side side) const;

 private:
  struct Impl;
  explicit Plan(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace syncservice::mapping

template <>
struct boost::system::is_error_code_enum<syncservice::mapping::Problem> : std::true_type {};
