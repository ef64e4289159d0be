// sync/conflicts — fields that changed on both sides under the policy `hold`, and what a person decided about them. A
// decision holds for the two values that the person saw.
#pragma once

#include "syncservice/base/clock.hpp"
#include "syncservice/base/ids.hpp"
#include "syncservice/base/result.hpp"
#include "syncservice/mapping/plan.hpp"
#include "syncservice/record/valid_push.hpp"
#include "syncservice/store/store.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace syncservice::sync {

/// What a person decided for a pair, and which values they saw.
struct Decision {
  Side winner = Side::source;
  std::string destination;  ///< the field's name there
  record::Value source_value, destination_value;
};
using Decisions = std::map<std::string, Decision, std::less<>>;  ///< by the field's name at the source side

[[nodiscard]] Result<Decisions> decisions(const store::Store& store, std::int64_t link);

/// Replaces what is held of the pair; an empty list ends its conflicts. Decisions about other fields stay, since
/// nothing is written while any field is held.
void save_held(store::Transaction& tx, std::int64_t link, const std::vector<mapping::HeldField>& held, PushId push,
               Timestamp now);

/// Is anything held of the pair that the record, as it was pushed, belongs to?
[[nodiscard]] Result<bool> is_held(const store::Store& store, const RecordKey& pushed);

}  // namespace syncservice::sync
