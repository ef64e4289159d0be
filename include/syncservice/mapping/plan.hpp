// mapping — how one app link turns a record of one side into a patch for the other. Pure: no I/O, no clock;
// a Plan is immutable once compiled and may be used by many threads.
#pragma once

#include "syncservice/base/ids.hpp"
#include "syncservice/base/result.hpp"
#include "syncservice/record/record.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace syncservice::mapping {

/// Which way a field or a link synchronizes.
enum class Direction : std::uint8_t { both, to_destination, to_source };
/// Who wins a field that changed on both sides since the last pass. `pusher`: the side that pushed; `hold`: a person.
enum class ConflictPolicy : std::uint8_t { source, destination, newest, pusher, hold };

/// One row of `fields:` as the YAML gives it. Either both names, or one name and a constant.
struct FieldRule {
  std::string source;       ///< field name on the left, empty for a constant on the right
  std::string destination;  ///< field name on the right, empty for a constant on the left
  std::optional<record::Value> constant;
  std::map<std::string, std::string> values;  ///< left → right; "*" catches the rest (to the right); empty: as it is
  std::map<std::string, std::string> users;   ///< the same for users
  Direction direction = Direction::both;
  std::optional<ConflictPolicy> conflict;  ///< else the link's
  int line = 0;                            ///< for messages
  int column = 0;
};

/// A filter, one per side: only records for which it holds are synchronized. Grammar: comparisons
/// `field == "x"`, `field != "x"`, `field in ["a", "b"]`, joined by `and`, `or`, `not` and parentheses.
struct PlanSpec {
  std::vector<FieldRule> fields;
  std::string only_when_source;
  std::string only_when_destination;
  ConflictPolicy conflict = ConflictPolicy::newest;
  Direction direction = Direction::both;
};

/// One thing wrong with a PlanSpec. `rule`: index into fields, -1/-2 for the source/destination filter.
struct Fault {
  int rule = 0;
  std::string what;
};

/// A field of the two sides that a pass must look at.
struct FieldState {
  std::string name_source, name_destination;
};

/// What the two sides held, now and after the last pass. A missing `other_now` means: no twin yet.
struct PassInput {
  Side pusher = Side::source;
  record::Fields pusher_now;
  std::optional<record::Fields> other_now;
  std::optional<record::Fields> pusher_snapshot;  ///< mapped fields after the last pass
  std::optional<record::Fields> other_snapshot;
  std::optional<Timestamp> pusher_updated, other_updated;
};

/// One decision, for history: a field of one side, what it held and what it shall hold.
struct Change {
  Side side = Side::destination;
  std::string field;
  record::Value from, to;
  std::string because;  ///< "changed at source", "conflict, source wins", "constant", …
};

/// What a pass has to do.
struct PassPlan {
  record::Fields to_other;        ///< patch for the side that did not push (all fields, when it is to be created)
  record::Fields to_pusher;       ///< patch for the pushing side (a conflict that the other side won)
  std::vector<Change> changes;    ///< the same, with reasons
  std::vector<std::string> held;  ///< fields whose conflict waits for a person; nothing is to be written then
};

class Plan {
 public:
  /// Checks and compiles; every fault at once, in the order of the rules.
  [[nodiscard]] static std::shared_ptr<const Plan> compile(PlanSpec spec, std::vector<Fault>& faults);
  ~Plan();

  /// Does `onlyWhen` of that side hold? Without a filter, yes.
  [[nodiscard]] bool admits(Side side, const record::Fields& fields) const;
  /// Only the fields of that side that some rule reads or writes: what a snapshot keeps and compares.
  [[nodiscard]] record::Fields mapped(Side side, const record::Fields& fields) const;
  /// True when nothing that this side may send has changed since its snapshot.
  [[nodiscard]] bool unchanged(Side side, const record::Fields& now, const record::Fields& snapshot) const;
  /// Decides field by field (design §5, steps 4 and 5). Fails (permanent) when a value has no mapping; the message
  /// names field and value.
  [[nodiscard]] Result<PassPlan> decide(const PassInput& input) const;
  [[nodiscard]] Direction direction() const noexcept;

 private:
  struct Impl;
  explicit Plan(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace syncservice::mapping
