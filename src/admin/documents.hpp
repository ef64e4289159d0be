// The JSON documents of /api/v1, one function per thing shown. Names are those of the contract where it has them.
#pragma once

#include "syncservice/auth/auth.hpp"
#include "syncservice/base/complaint.hpp"
#include "syncservice/record/record.hpp"
#include "syncservice/spool/spool.hpp"
#include "syncservice/sync/admin.hpp"
#include "syncservice/sync/sync.hpp"

#include <nlohmann/json.hpp>

namespace syncservice::admin {

/// Members keep the order in which they are written here.
using Document = nlohmann::ordered_json;

[[nodiscard]] Document document(const spool::Push& push);
[[nodiscard]] Document document(const spool::Counts& counts);
[[nodiscard]] Document document(const sync::PassRecord& pass);
[[nodiscard]] Document document(const sync::RecordLink& link);
[[nodiscard]] Document document(const RecordKey& record);
[[nodiscard]] Document document(const sync::Health& health);
[[nodiscard]] Document document(const auth::ApiKey& key);
[[nodiscard]] Document document(const Complaint& complaint);
[[nodiscard]] Document document(const sync::StoredLink& link);
[[nodiscard]] Document document(const sync::Conflict& conflict);
[[nodiscard]] Document document(const sync::Pause& pause);
[[nodiscard]] Document document(const sync::Listing& part);
[[nodiscard]] Document document(const sync::RunCounts& counts);
/// Fields as an object, values in their canonical form.
[[nodiscard]] Document fields_document(const record::Fields& fields);

/// An array of the documents of each.
template <class T>
[[nodiscard]] Document documents(const std::vector<T>& things) {
  Document out = Document::array();
  for (const T& thing : things) out.push_back(document(thing));
  return out;
}

}  // namespace syncservice::admin
