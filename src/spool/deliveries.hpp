// Which deliveries were accepted lately, so that one that is sent again is not a push anew.
#pragma once

#include "syncservice/record/valid_push.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace syncservice::spool {

/// The push of each of the last deliveries that have a name. A delivery counts as the same only for the same record of
/// the same app link. What is forgotten here, after so many others or (for a push that joined another) with the
/// process, costs a pass that finds nothing to do. Used on the writer thread alone.
class Deliveries {
 public:
  static constexpr std::size_t most = 65'536;

  /// Nothing happens when the delivery has no name. Must not be given before the push is on disk.
  void note(std::string_view delivery, std::int64_t link, const RecordKey& key, std::int64_t push);
  /// The push that this delivery became or joined.
  [[nodiscard]] std::optional<std::int64_t> find(std::string_view delivery, std::int64_t link,
                                                 const RecordKey& key) const;

 private:
  std::unordered_map<std::string, std::int64_t> pushes_;
  std::deque<const std::string*> oldest_first_;  // keys of pushes_
};

}  // namespace syncservice::spool
