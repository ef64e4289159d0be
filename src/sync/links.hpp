// sync/links — record links with their snapshots, and creation intents, as the store keeps them.
#pragma once

#include "syncservice/base/clock.hpp"
#include "syncservice/base/ids.hpp"
#include "syncservice/base/result.hpp"
#include "syncservice/record/record.hpp"
#include "syncservice/record/valid_push.hpp"
#include "syncservice/store/store.hpp"
#include "syncservice/sync/sync.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace syncservice::sync {

/// A write to a linked pair that was about to be made: committed before it, so that after a crash, or an answer that
/// never came, what it wrote is not taken for an edit. Mapped fields of both sides as they were read, and the patches.
struct Pending {
  record::Fields source_was, destination_was, to_source, to_destination;
};

/// A pair of records that are each other's twins, with the mapped fields of both after the last pass.
struct Link {
  std::int64_t id = 0;  ///< 0: not stored yet
  RecordKey source, destination;
  record::Fields source_snapshot, destination_snapshot;
  Timestamp created{};
  /// This end was deleted or is no longer admitted, and the other was closed for it.
  std::optional<Side> withdrawn;
  std::optional<Pending> pending;
  bool held = false;  ///< as it was read: conflicts of it wait for a person, or were decided and are yet to be settled

  [[nodiscard]] const RecordKey& end(Side side) const noexcept { return side == Side::source ? source : destination; }
  [[nodiscard]] record::Fields& snapshot(Side side) noexcept {
    return side == Side::source ? source_snapshot : destination_snapshot;
  }
  [[nodiscard]] const record::Fields& snapshot(Side side) const noexcept {
    return side == Side::source ? source_snapshot : destination_snapshot;
  }
};

/// `origin` is about to get a twin that carries `marker`, or had got one when the daemon died.
struct Intent {
  std::string marker;
  RecordKey origin;
  Timestamp ended{};               ///< when the call that makes it has ended, at the latest
  std::optional<Pending> pending;  ///< what the twin was to be made with; the twin itself was empty
};

/// What the store knows of a record that was read, in one consistent state.
struct Known {
  std::optional<Link> link;           ///< by this end
  std::optional<Intent> own_intent;   ///< no link, and a twin was to be created for this record
  std::optional<Intent> twin_intent;  ///< no link, and this record is what was created for another (by its marker)
};

/// `marker`: what the record carries, may be empty.
[[nodiscard]] Result<Known> lookup(const store::Store& store, const RecordKey& end, const std::string& marker);

/// The other end of the record's link, if it is linked. One index probe.
[[nodiscard]] Result<std::optional<RecordKey>> twin_of(const store::Store& store, const RecordKey& end);

/// Stores a new intent, or what is pending of a known one.
void put_intent(store::Transaction& tx, const Intent& intent);
void remove_intent(store::Transaction& tx, const std::string& marker);

/// Stores a new link or all of a known one but its ends and what is held; gives its id.
std::int64_t save_link(store::Transaction& tx, const Link& link, Timestamp now);
/// Forgets the pair, with all that is known of its comments, attachments and conflicts.
void remove_link(store::Transaction& tx, std::int64_t link);

}  // namespace syncservice::sync
