// record/valid_push — proof that a push was checked against the registry. Only registry::Snapshot makes one, so
// nothing unchecked can be handed to the spool.
#pragma once

#include "syncservice/base/ids.hpp"

#include <utility>

namespace syncservice::registry {
class Snapshot;
}

namespace syncservice {

/// One end of an app link's pair: a record in an application, seen from that app link. The key of a push (design §4).
struct RecordKey {
  AppLinkName app_link;
  Side side = Side::source;
  ProjectName project;  ///< empty: the app link has no projects
  RecordId id;
  friend auto operator<=>(const RecordKey&, const RecordKey&) = default;
};

/// A push that the registry accepts: known, enabled app link of type PUSH, open from that side, project resolved.
class ValidPush {
 public:
  [[nodiscard]] const RecordKey& key() const noexcept { return key_; }

 private:
  friend class registry::Snapshot;
  friend struct ValidPushForTests;  // defined under tests/support only
  explicit ValidPush(RecordKey key) : key_(std::move(key)) {}
  RecordKey key_;
};

}  // namespace syncservice
