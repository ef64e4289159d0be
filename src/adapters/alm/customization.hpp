// alm/customization — the schemas of projects, each read when it is first needed and again an hour later.
#pragma once

#include "api.hpp"
#include "schema.hpp"

#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace syncservice::adapter::alm {

/// Thread-safe.
class Customization {
 public:
  /// The Api outlives this.
  Customization(const Api& api, SchemaNames names) : api_(api), names_(std::move(names)) {}

  using SchemaPointer = std::shared_ptr<const Schema>;
  [[nodiscard]] Result<SchemaPointer> get(const Place& place, const std::string& type, const CallContext& context);
  /// Read again, unless it was within the last minute.
  [[nodiscard]] Result<SchemaPointer> refreshed(const Place& place, const std::string& type,
                                                const CallContext& context);

 private:
  [[nodiscard]] Result<SchemaPointer> younger_than(std::chrono::steady_clock::duration age, const Place& place,
                                                   const std::string& type, const CallContext& context);
  [[nodiscard]] Result<Schema> load(const Place& place, const std::string& type, const CallContext& context) const;

  const Api& api_;
  const SchemaNames names_;
  std::mutex mutex_;
  std::map<std::string, SchemaPointer> known_;  // by "domain/project/type"; guarded by mutex_
};

}  // namespace syncservice::adapter::alm
