// helix_alm/schemas — the schemas of projects, each read when it is first needed and again an hour later.
#pragma once

#include "schema.hpp"

#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace syncservice::adapter::helix_alm {

/// Thread-safe.
class Schemas {
 public:
  /// The references outlive this.
  Schemas(const Api& api, const Labels& labels, const Workflow& workflow)
      : api_(api), labels_(labels), workflow_(workflow) {}

  using SchemaPointer = std::shared_ptr<const Schema>;
  /// Three calls, once an hour. Permanent when nothing tells what fields there are.
  [[nodiscard]] Result<SchemaPointer> get(const Place& place, const CallContext& context);
  /// Read again, unless it was within the last minute.
  [[nodiscard]] Result<SchemaPointer> refreshed(const Place& place, const CallContext& context);
  /// With the items of the menus, which cost a call each; for those who look at the description.
  [[nodiscard]] Result<SchemaPointer> with_menus(const Place& place, const CallContext& context);

 private:
  struct Known {
    SchemaPointer schema;
    bool has_menus = false;
  };
  [[nodiscard]] Result<SchemaPointer> younger_than(std::chrono::steady_clock::duration age, const Place& place,
                                                   const CallContext& context);
  [[nodiscard]] Result<Schema> load(const Place& place, const CallContext& context) const;
  [[nodiscard]] Result<std::map<std::string, std::vector<record::Option>>> options_of(const Place& place,
                                                                                      const Schema& schema,
                                                                                      const CallContext& context) const;

  const Api& api_;
  const Labels& labels_;
  const Workflow& workflow_;
  std::mutex mutex_;
  std::map<std::string, Known> known_;  // by Place::str(); guarded by mutex_
};

}  // namespace syncservice::adapter::helix_alm
